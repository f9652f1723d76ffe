package command

import (
	"flag"
	"fmt"
	"net/http"

	"postern/server/config"
	"postern/server/operator"
	"postern/store/file"
)

func check() command {
	return command{
		name: "check", short: "looks through the whole data file for damage",
		long: "A running appliance goes on meanwhile: a copy of its file is looked through. Exit code 1 if " +
			"anything is wrong.",
		examples: []string{"postern check"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				faults, err := c.check()
				if err != nil {
					return err
				}
				return c.printFaults(faults, *asJSON)
			}
		},
	}
}

// check asks the appliance that runs, or looks at the file of a stopped one: opening it as an appliance does could end
// this process where the file is damaged.
func (c *call) check() ([]string, error) {
	settings, err := config.ReadSettings()
	if err != nil {
		return nil, err
	}
	dir := settings.DataDir()
	running, err := c.dial(dir)
	if err != nil {
		return nil, err
	}
	if running {
		var answer operator.Checked
		err := c.ask(http.MethodPost, "/check", nil, nil, &answer)
		return answer.Faults, err
	}
	if err := hasData(dir); err != nil {
		return nil, err
	}
	return operator.CheckInChild(c.ctx, file.DataFile(dir))
}

func (c *call) printFaults(faults []string, asJSON bool) error {
	if asJSON {
		if err := printJSON(c.Out, operator.Checked{Faults: append([]string{}, faults...)}); err != nil {
			return err
		}
	} else {
		for _, fault := range faults {
			fmt.Fprintln(c.Out, inLine(fault))
		}
	}
	if n := len(faults); n > 0 {
		return fmt.Errorf("the data file is damaged (faults: %d): restore a backup, or start on an empty directory", n)
	}
	if !asJSON {
		fmt.Fprintln(c.Out, "the data file is sound")
	}
	return nil
}

// checkFile is the child of a check. It is a command of the same binary, so that the two are always of one version.
func checkFile() command {
	return command{
		name: operator.CheckWord, args: "FILE", least: 1, most: 1, hidden: true,
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error { return operator.CheckFile(args[0], c.Out) }
		},
	}
}
