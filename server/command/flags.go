package command

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"postern/server/input"
)

// words is a flag that may be given again and again, each time with one word or several between commas.
type words struct {
	to *[]string
	of []string // the words that there are; none: any
}

// String is what the help shows as default: nothing.
func (w words) String() string { return "" }

// Set adds words. An empty one is refused: it comes from a variable that was not set, and "none given" often means
// "all".
func (w words) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			return errors.New("a word is missing")
		}
		if len(w.of) > 0 {
			known, err := among(word, w.of)
			if err != nil {
				return err
			}
			word = known
		}
		*w.to = append(*w.to, word)
	}
	return nil
}

// choice is a flag that takes one of a few words, in any case.
type choice struct {
	to *string
	of []string
}

// String is what the help shows as default: nothing.
func (c choice) String() string { return "" }

// Set keeps the word as it is documented.
func (c choice) Set(text string) (err error) {
	*c.to, err = among(strings.TrimSpace(text), c.of)
	return err
}

// The words that flags take, for completions.
func (w words) choices() []string  { return w.of }
func (c choice) choices() []string { return c.of }

// once is a flag that may be given once. Package flag takes the last of several values and says nothing of the others,
// so that a list of two states would show one of them.
type once struct {
	flag.Value
	given, again bool
}

// Set takes the first value.
func (o *once) Set(text string) error {
	if o.given {
		o.again = true
		return errors.New("given twice")
	}
	o.given = true
	return o.Value.Set(text)
}

// IsBoolFlag tells package flag whether the flag needs a value behind it.
func (o *once) IsBoolFlag() bool {
	of, is := o.Value.(interface{ IsBoolFlag() bool })
	return is && of.IsBoolFlag()
}

// onceEach lets every flag be given once, but those that collect words.
func onceEach(flags *flag.FlagSet) {
	flags.VisitAll(func(f *flag.Flag) {
		if _, collects := f.Value.(words); !collects {
			f.Value = &once{Value: f.Value}
		}
	})
}

// givenTwice returns the name of a flag that was given again; empty: none was.
func givenTwice(flags *flag.FlagSet) (name string) {
	flags.VisitAll(func(f *flag.Flag) {
		if single, is := f.Value.(*once); is && single.again {
			name = f.Name
		}
	})
	return name
}

// among finds a word among those that there are, in any case.
func among(word string, known []string) (string, error) {
	if i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, word) }); i >= 0 {
		return known[i], nil
	}
	list := "t must be one of: " + strings.Join(known, ", ")
	if nearest := input.Nearest(word, known); nearest != "" {
		return "", errors.New("did you mean " + nearest + "? I" + list)
	}
	return "", errors.New("i" + list)
}

// The forms of package flag's errors. It has no types for them; a test of each form holds that these still fit.
var (
	undefinedFlag = regexp.MustCompile(`^flag provided but not defined: -(.*)$`)
	valueMissing  = regexp.MustCompile(`^flag needs an argument: -(.*)$`)
	wrongValue    = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-([^:]+): (.*)$`)
)

// flagFault says in our words what package flag found wrong.
func flagFault(flags *flag.FlagSet, err error) error {
	if name := givenTwice(flags); name != "" {
		return fmt.Errorf("--%s is given twice, and may be given once", name)
	}
	text := err.Error()
	if m := undefinedFlag.FindStringSubmatch(text); m != nil {
		return unknownFlag(flags, m[1])
	}
	if m := valueMissing.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("--%s needs a value behind it", m[1])
	}
	if m := wrongValue.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("--%s cannot be %s: %s", m[2], m[1], whatItTakes(flags.Lookup(m[2]), m[3]))
	}
	return err
}

func unknownFlag(flags *flag.FlagSet, name string) error {
	var known []string
	flags.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
	if nearest := input.Nearest(name, known); nearest != "" {
		return fmt.Errorf("there is no flag --%s: did you mean --%s?", name, nearest)
	}
	if len(known) == 0 {
		return fmt.Errorf("there is no flag --%s: this command takes none", name)
	}
	return fmt.Errorf("there is no flag --%s: there are --%s", name, strings.Join(known, ", --"))
}

// whatItTakes says what a flag takes, where package flag says no more than that it cannot be read.
func whatItTakes(f *flag.Flag, reason string) string {
	if f == nil {
		return reason
	}
	value := f.Value
	if single, is := value.(*once); is {
		value = single.Value
	}
	getter, is := value.(flag.Getter)
	if !is {
		return reason
	}
	switch getter.Get().(type) {
	case time.Duration:
		return "write a length of time, as 30s, 5m or 1h"
	case bool:
		return "write the flag alone, or true or false behind an equals sign"
	case uint, uint64, int, int64:
		return "write a whole number, 0 or more"
	}
	return reason
}
