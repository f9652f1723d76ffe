package command

import (
	"flag"
	"fmt"
	"net/http"
	"strings"

	"postern/server/operator"
)

func keyList() command {
	return command{
		name: "key list", short: "lists the token keys, and what still needs the former ones",
		long: `Keys seal the links in letters, when they are sent, and user tokens. The fingerprint recognises a key: data
file and backups have those of the keys that they need.`,
		examples: []string{"postern key list"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error { return c.keys(http.MethodGet, "/keys", nil, *asJSON) }
		},
	}
}

func keyRotate() command {
	return command{
		name: "key rotate", short: "makes a new key, which seals from now on; the former is accepted",
		long: `An appliance that runs goes by it at once. Keep a copy of the key file apart, as before. Once nothing needs the
former key (postern key list), retire it.`,
		examples: []string{"postern key rotate"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error { return c.keys(http.MethodPost, "/keys/rotate", nil, *asJSON) }
		},
	}
}

func keyRetire() command {
	return command{
		name: "key retire", args: "KEY [--force]", least: 1, most: 1,
		short:    "takes a former key out of the key file, once nothing needs it",
		examples: []string{"postern key retire 3fa91c04"},
		prepare: func(f *flag.FlagSet) action {
			force := f.Bool("force", false,
				"also where links and tokens still need it: they end, as after a theft of the key")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.keys(http.MethodPost, "/keys/retire", operator.Retirement{ID: args[0], Force: *force}, *asJSON)
			}
		},
	}
}

func keyNew() command {
	return command{
		name: "key new", args: "--after-loss", short: "makes keys where those of the data file are lost for good",
		long: `The appliance must be stopped. All links and user tokens that are out end, and so does what stands under hashes
in the data file: limits per address, who wants no letters, what people were told. Where a key file lies in the place
of the lost one, that is used.`,
		examples: []string{"postern key new --after-loss"},
		prepare: func(f *flag.FlagSet) action {
			lost := f.Bool("after-loss", false, "the keys are lost, and no copy is left")
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				if !*lost {
					return wrongUse("keys are made anew after a loss alone: postern key new --after-loss; " +
						"for a new key beside the present one there is postern key rotate")
				}
				stopped, err := c.stopped("key new")
				if err != nil {
					return err
				}
				if err := hasData(stopped.Dir); err != nil {
					return err
				}
				made, err := stopped.ReplaceLostKeys(c.ctx)
				if err != nil {
					return err
				}
				if *asJSON {
					return printJSON(c.Out, made)
				}
				fmt.Fprintf(c.Out, "the data file goes by the keys of %s now: keep a copy apart\n", made.File)
				printAdopted(c, made.Adopted)
				return nil
			}
		},
	}
}

// keys does an act on the keys, and shows them.
func (c *call) keys(method, path string, in any, asJSON bool) error {
	var keys operator.Keys
	if err := c.ask(method, path, nil, in, &keys); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, keys)
	}
	rows := make([][]string, len(keys.Keys))
	for i, key := range keys.Keys {
		rows[i] = []string{key.ID, string(key.State), clock(key.MadeAt), key.Fingerprint}
	}
	if err := printRows(c.Out, []string{"KEY", "STATE", "MADE", "FINGERPRINT"}, rows); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "\naddress key: fingerprint %s; rotations keep it\nkey file: %s\n", keys.AddressKey, keys.File)
	for _, key := range keys.Keys {
		switch {
		case key.State == operator.KeyPrimary:
		case len(key.Needs) == 0:
			fmt.Fprintf(c.Out, "nothing needs %s any more: postern key retire %[1]s\n", key.ID)
		default:
			fmt.Fprintf(c.Out, "\n%s is still needed for\n", key.ID)
			for _, need := range key.Needs {
				fmt.Fprintf(c.Out, "  %s\n", needText(need))
			}
		}
	}
	return nil
}

// needText says what still needs a key, and until when.
func needText(n operator.KeyNeed) string {
	text := n.What + ", until " + clock(n.Until)
	switch {
	case n.Letters >= 1000:
		text += " (1000 letters or more)"
	case n.Letters > 0:
		text += fmt.Sprintf(" (letters: %d)", n.Letters)
	}
	if n.Spared {
		text += "; no reason to wait"
	}
	return strings.TrimSpace(text)
}
