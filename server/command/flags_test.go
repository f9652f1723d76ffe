package command

import (
	"flag"
	"io"
	"testing"
)

// sayings are a value for every flag that does not take any word.
var sayings = map[string]string{
	"state": "sent", "after": "1", "scope": "users", "language": "EN", "format": "csv", "encoding": "utf-8",
	"every": "5m", "keep": "3",
}

// TestFlagsTwice holds that no flag of any command silently forgets its first value: only those that collect words may
// be given again.
func TestFlagsTwice(t *testing.T) {
	repeatable := map[string]bool{"partner add --scope": true, "partner add --plan": true, "partner add --from": true}
	for _, c := range commands() {
		plain := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.prepare(plain)
		plain.VisitAll(func(f *flag.Flag) {
			word := "--" + f.Name
			if bare, is := f.Value.(interface{ IsBoolFlag() bool }); !is || !bare.IsBoolFlag() {
				value := sayings[f.Name]
				if value == "" {
					value = "x"
				}
				word += "=" + value
			}
			give := func(words ...string) error {
				flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
				flags.SetOutput(io.Discard)
				c.prepare(flags)
				_, err := parse(flags, words)
				return err
			}
			if err := give(word); err != nil {
				t.Errorf("%s %s: %v", c.name, word, err)
			}
			err := give(word, word)
			if name := c.name + " --" + f.Name; repeatable[name] != (err == nil) {
				t.Errorf("%s given twice: %v", name, err)
			}
		})
	}
}
