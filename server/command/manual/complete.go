package manual

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The shells' own side: each asks `postern complete` what may stand where the cursor is, so that what is offered is
// what the installed binary takes, and the three of them offer the same.
var (
	//go:embed shells/postern.bash
	bash string
	//go:embed shells/postern.zsh
	zsh string
	//go:embed shells/postern.fish
	fish string
)

// Shells are those that there is a completion for.
var Shells = []string{"bash", "zsh", "fish"}

// Script is a shell's completion.
func Script(shell string) string {
	return map[string]string{"bash": bash, "zsh": zsh, "fish": fish}[shell]
}

// Candidate is a word that may stand where the cursor is.
type Candidate struct{ Word, Meaning string }

// Kinds of what may stand where the cursor is.
const (
	Words       = "words"
	Files       = "files"
	Directories = "directories"
)

// Complete finds what may stand in the place of the last word. All words are those behind the program's name; the last
// is what has been typed of the one to be completed, perhaps nothing.
func Complete(table []Command, all []string) (kind string, found []Candidate) {
	// Bash makes three words of --state=failed.
	all = slices.DeleteFunc(slices.Clone(all), func(word string) bool { return word == "=" })
	if len(all) == 0 {
		all = []string{""}
	}
	before, current := all[:len(all)-1], all[len(all)-1]
	if len(before) > 0 && before[0] == "help" {
		if _, rest, is := named(table, before[1:]); is || len(rest) > 1 {
			return Words, nil
		}
		return Words, starting(names(table, before[1:], nil), current)
	}
	c, rest, is := named(table, before)
	if !is {
		return Words, starting(names(table, before, []Candidate{{"help", "says more about a command"}}), current)
	}
	return c.complete(rest, current)
}

// Print writes what Complete has found, for a shell: the kind, then a candidate a line with its meaning behind a tab.
func Print(out io.Writer, kind string, found []Candidate) error {
	var text strings.Builder
	fmt.Fprintln(&text, kind)
	for _, one := range found {
		fmt.Fprintf(&text, "%s\t%s\n", one.Word, one.Meaning)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// named takes a command's one or two words off the front.
func named(table []Command, words []string) (c Command, rest []string, is bool) {
	for _, n := range []int{2, 1} {
		if len(words) < n {
			continue
		}
		name := strings.Join(words[:n], " ")
		if i := slices.IndexFunc(table, func(c Command) bool { return c.Name == name }); i >= 0 {
			return table[i], words[n:], true
		}
	}
	return Command{}, words, false
}

// names are the words that go on behind those that name no command yet.
func names(table []Command, before []string, more []Candidate) []Candidate {
	groups, members := groups(table)
	var all []Candidate
	switch len(before) {
	case 0:
		for _, name := range groups {
			meaning := members[name][0].Short
			if n := len(members[name]); n > 1 || members[name][0].Name != name {
				meaning = secondWords(members[name])
			}
			all = append(all, Candidate{name, meaning})
		}
		all = append(all, more...)
	case 1:
		for _, c := range members[before[0]] {
			if _, second, two := strings.Cut(c.Name, " "); two {
				all = append(all, Candidate{second, c.Short})
			}
		}
	}
	return all
}

func secondWords(members []Command) string {
	var words []string
	for _, c := range members {
		if _, second, two := strings.Cut(c.Name, " "); two {
			words = append(words, second)
		}
	}
	return strings.Join(words, ", ")
}

// complete finds what may stand behind the command and these words of it.
func (c Command) complete(before []string, current string) (kind string, found []Candidate) {
	given := map[string]bool{}
	var waiting *Flag // the flag before the cursor that takes a value
	positional, plain := 0, false
	for _, word := range before {
		switch flag := c.flag(word); {
		case waiting != nil:
			waiting = nil
		case plain || !strings.HasPrefix(word, "-") || word == "-":
			positional++
		case word == "--":
			plain = true
		case flag != nil:
			given[flag.Name] = true
			if flag.Value != "" && !strings.Contains(word, "=") {
				waiting = flag
			}
		}
	}
	name, typed, assigns := strings.Cut(current, "=")
	switch flag := c.flag(name); {
	case waiting != nil:
		return waiting.complete("", current)
	case !plain && assigns && flag != nil:
		return flag.complete(name+"=", typed)
	case !plain && strings.HasPrefix(current, "-"):
		return Words, starting(c.flags(given), current)
	}
	if kind, found = c.argument(positional, current); kind == Words && len(found) == 0 && current == "" && !plain {
		found = c.flags(given)
	}
	return kind, found
}

// flag returns the flag that a word gives; nil where it is none.
func (c Command) flag(word string) *Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	i := slices.IndexFunc(c.Flags, func(f Flag) bool { return f.Name == name })
	if i < 0 || !strings.HasPrefix(word, "-") {
		return nil
	}
	return &c.Flags[i]
}

// flags are those that may still be given.
func (c Command) flags(given map[string]bool) (all []Candidate) {
	for _, f := range c.Flags {
		if f.Again || !given[f.Name] {
			all = append(all, Candidate{"--" + f.Name, f.Meaning})
		}
	}
	return all
}

// complete finds what the flag takes.
func (f *Flag) complete(prefix, current string) (kind string, found []Candidate) {
	if len(f.Choices) == 0 {
		return taking(f.Value), nil
	}
	if done, last, several := cutLast(current, ","); f.Again && several {
		prefix, current = prefix+done+",", last
	}
	for _, word := range f.Choices {
		found = append(found, Candidate{Word: word})
	}
	found = starting(found, current)
	for i := range found {
		found[i].Word = prefix + found[i].Word
	}
	return Words, found
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+len(separator):], true
}

// argument finds what may stand at a place behind the command; the usage line says what: FILE, DIR, or a few words in
// lower case between bars.
func (c Command) argument(place int, current string) (kind string, found []Candidate) {
	var places []string
	for word := range strings.FieldsSeq(c.Args) {
		if strings.HasPrefix(strings.TrimLeft(word, "["), "--") {
			break
		}
		places = append(places, strings.Trim(word, "[]"))
	}
	if place >= len(places) {
		return Words, nil
	}
	if kind := taking(places[place]); kind != Words {
		return kind, nil
	}
	for word := range strings.SplitSeq(places[place], "|") {
		if word == strings.ToLower(word) && !strings.HasPrefix(word, "-") {
			found = append(found, Candidate{Word: word})
		}
	}
	return Words, starting(found, current)
}

// taking is the kind of what a placeholder stands for.
func taking(placeholder string) string {
	switch {
	case strings.HasPrefix(placeholder, "FILE"):
		return Files
	case strings.HasPrefix(placeholder, "DIR"):
		return Directories
	}
	return Words
}

func starting(all []Candidate, with string) []Candidate {
	return slices.DeleteFunc(all, func(c Candidate) bool {
		return !strings.HasPrefix(strings.ToLower(c.Word), strings.ToLower(with))
	})
}
