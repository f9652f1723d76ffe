package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"postern/server"
	"postern/server/config"
	"postern/server/doctor"
)

func examine() command {
	return command{
		name: "doctor", short: "looks at everything, and says what to mend",
		long: `It looks at settings, files, keys, disk and clock, dials the smarthost up to AUTH, asks DNS about the sender,
and calls the public URL; nothing is sent. It asks the appliance that runs; where none does, it goes by the settings
of this command's environment. Exit code 1 if anything must be mended: what loses mail or keeps it back, lets links
lead nowhere, or keeps the appliance from starting. A warning is none of that.`,
		examples: []string{"postern doctor", "postern doctor --json"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				report, err := c.doctor()
				if err != nil {
					return err
				}
				return printReport(c.Out, report, *asJSON)
			}
		},
	}
}

// doctor asks the appliance that runs, or looks by the settings of this environment. Faults of those are told in both
// cases: the next start would meet them.
func (c *call) doctor() (report doctor.Report, err error) {
	settings, err := config.ReadSettings()
	if err != nil {
		return report, err
	}
	parsed, wrong := settings.Parse()
	var faults *config.Error
	if errors.As(wrong, &faults) {
		report.Add(doctor.Settings(faults.Faults)...)
	}
	running, denied := c.dial(settings.DataDir())
	var found doctor.Report
	switch {
	case running:
		err = c.ask(http.MethodPost, "/doctor", nil, nil, &found)
	case wrong != nil:
		found = doctor.Examine(c.ctx, doctor.Options{Dir: settings.DataDir(), Unsettled: true, Denied: denied})
	default:
		found, err = server.Examine(c.ctx, parsed, denied)
	}
	report.Running = found.Running
	report.Add(found.Findings...)
	return report, err
}

// stateWords are the states as they are printed.
var stateWords = map[doctor.State]string{doctor.OK: "ok", doctor.Warning: "warning", doctor.MustMend: "must mend"}

// printReport shows what was found, and below what to do about it. That anything must be mended is the error.
func printReport(out io.Writer, report doctor.Report, asJSON bool) error {
	if asJSON {
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		for _, f := range report.Findings {
			fmt.Fprintf(out, "%-9s  %-11s  %s\n", stateWords[f.State], f.Check, inLine(f.Found))
			if f.Mend != "" {
				fmt.Fprintf(out, "%-9s  %-11s  -> %s\n", "", "", inLine(f.Mend))
			}
		}
	}
	if report.Mend == 0 {
		return nil
	}
	var checks []string
	for _, f := range report.Findings {
		if f.State == doctor.MustMend && !slices.Contains(checks, f.Check) {
			checks = append(checks, f.Check)
		}
	}
	return fmt.Errorf("must be mended: %s", strings.Join(checks, ", "))
}
