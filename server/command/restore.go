package command

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"postern/server/config"
	"postern/server/operator"
	"postern/store"
	"postern/store/file"
)

func restore() command {
	return command{
		name: "restore", args: "FILE [--after-loss]", least: 1, most: 1,
		short: "puts a backup in the data file's place, of a stopped appliance",
		long: `The backup is checked first, and brought to this version. The former data file stays beside it under another
name. Afterwards all letters, new ones too, are held until postern letter resume: those of the queue may have been
sent since the backup was made. Everybody has to log in again, and the event feed has a new id.

The key file must be the one that the backup was made with. Where that is lost, --after-loss goes on without it, as
postern key new does.`,
		examples: []string{"postern restore postern.backup"},
		prepare: func(f *flag.FlagSet) action {
			lost := f.Bool("after-loss", false,
				"the keys of the backup are lost: go on with those of the key file, or new ones")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				stopped, err := c.stopped("restore")
				if err != nil {
					return err
				}
				done, err := stopped.Restore(c.ctx, args[0], *lost)
				if err != nil {
					return err
				}
				if *asJSON {
					return printJSON(c.Out, done)
				}
				return c.printRestored(done)
			}
		},
	}
}

// stopped is the data directory of an appliance that does not run.
func (c *call) stopped(act string) (operator.Stopped, error) {
	settings, err := config.ReadSettings()
	if err != nil {
		return operator.Stopped{}, err
	}
	parsed, err := settings.Parse()
	if err != nil {
		return operator.Stopped{}, err
	}
	running, err := c.dial(parsed.Data)
	if err == nil && running {
		err = fmt.Errorf("an appliance runs on %s: stop it first, and then run postern %s", parsed.Data, act)
	}
	return operator.Stopped{Dir: parsed.Data, KeyFile: parsed.KeyFile, Now: time.Now, Random: rand.Reader}, err
}

func (c *call) printRestored(done operator.Restored) error {
	fmt.Fprintf(c.Out, "restored: %s is the data file now\n", done.From)
	if done.Kept != "" {
		fmt.Fprintf(c.Out, "the former data file is kept as %s: delete it once all is well, as people erased since "+
			"are in it\n", done.Kept)
	}
	for _, id := range done.Missing {
		fmt.Fprintf(c.Out, "the key %s is not in the key file any more: links that it has sealed do not open\n", id)
	}
	if done.Adopted != nil {
		printAdopted(c, *done.Adopted)
	}
	_, err := fmt.Fprintf(c.Out, `sessions and user tokens of before are over: people log in again
letters that wait: %d; they, and new ones, are held. Those that were sent since the backup was made would go again:
look with postern letter list --state held, cancel what must not go, then run postern letter resume
`, done.Letters)
	return err
}

// printAdopted says what is lost with the keys.
func printAdopted(c *call, lost store.Adopted) {
	fmt.Fprintf(c.Out, `links in letters that were sent do not open any more, and user tokens are void:
  bikers without a password: %d; they ask for a link at /biker/forgot, or the partner posts them again
  users who are not activated: %d; they get a link when they sign in
bikers with a password: %d; they log in as before
addresses whose limits, and whose owners' "this wasn't me", are forgotten: %d
`, lost.WithoutLogin, lost.Unconfirmed, lost.Bikers, lost.Addresses)
}

func compact() command {
	return command{
		name: "compact", short: "gives back the room that deleted records have left, of a stopped appliance",
		long: `The data file is written anew, without what was deleted or erased, checked, and put in its own place. This
needs room for the new one beside it. The old file's octets stay on the disk until that is written there again.`,
		examples: []string{"postern compact"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				stopped, err := c.stopped("compact")
				if err != nil {
					return err
				}
				if err := hasData(stopped.Dir); err != nil {
					return err
				}
				done, err := stopped.Compact(c.ctx)
				if err != nil {
					return err
				}
				if *asJSON {
					return printJSON(c.Out, done)
				}
				fmt.Fprintf(c.Out, "compacted: %s before, %s now; %s given back\n", sizeText(done.Before),
					sizeText(done.After),
					sizeText(done.Before-done.After))
				fmt.Fprintln(c.Out, "nothing that was deleted is in the new file; the old one's octets stay on the disk, "+
					"in nobody's file, until they are written over")
				if len(done.Older) > 0 {
					fmt.Fprintf(c.Out, "what was deleted since is still in %s: delete what you do not need\n",
						strings.Join(done.Older, ", "))
				}
				return nil
			}
		},
	}
}

// hasData looks whether there is a data file.
func hasData(dir string) error {
	if _, err := os.Stat(file.DataFile(dir)); errors.Is(err, os.ErrNotExist) {
		return noData(dir)
	}
	return nil
}
