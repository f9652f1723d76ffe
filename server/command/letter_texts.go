package command

import (
	"errors"
	"flag"
	"fmt"

	"postern/mail/letters"
)

// textsWritten is what letter texts prints as JSON.
type textsWritten struct {
	Written []string `json:"written"` // file names
	Kept    []string `json:"kept"`    // were there already
}

func letterTexts() command {
	return command{
		name: "letter texts", args: "DIR", least: 1, most: 1,
		short: "writes the letters' texts into a directory, to be edited there",
		long: `No file is overwritten. Set POSTERN_LETTERS_DIR to the directory and start the appliance anew: its
files then stand in the place of the built-in ones, file by file, so delete those that you do not change. A language
is added by files with its code in their names. All that is wrong with them is told at the start.`,
		examples: []string{"postern letter texts ./letters"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				written, kept, err := letters.WriteTexts(args[0])
				if *asJSON {
					return errors.Join(printJSON(c.Out, textsWritten{append([]string{}, written...),
						append([]string{}, kept...)}), err)
				}
				for _, name := range written {
					fmt.Fprintln(c.Out, "written:", inLine(name))
				}
				for _, name := range kept {
					fmt.Fprintln(c.Out, "was there, kept:", inLine(name))
				}
				return err
			}
		},
	}
}
