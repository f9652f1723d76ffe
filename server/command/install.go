package command

import (
	"flag"
	"os"

	"postern/server/command/service"
)

const installHelp = `It changes nothing: without a flag it prints a shell script that installs the service, to be read
and run as root. The Debian package does the same. The unit has the service in a user of its own that may write to
/var/lib/postern alone; settings stand in /etc/default/postern, passwords in /etc/postern/secrets.`

// installCommand is for machines without the Debian package, and for what builds that.
func installCommand() command {
	return command{
		name: "install", args: "[--unit|--env|--ctl] [--binary FILE]",
		short: "prints what makes it a service of systemd: a script, the unit, the file of settings", long: installHelp,
		examples: []string{
			"postern install | sudo sh",
			"postern install --unit --binary /opt/postern/postern",
			"postern install --env",
		},
		prepare: func(f *flag.FlagSet) action {
			unit := f.Bool("unit", false, "print the unit alone: /etc/systemd/system/postern.service")
			env := f.Bool("env", false, "print the file of settings alone: "+service.Environment)
			control := f.Bool("ctl", false, "print posternctl alone, which runs commands as the service's user")
			binary := f.String("binary", "/usr/local/bin/postern", "the `FILE` that the program is installed as")
			return func(c *call, _ []string) error {
				chosen := 0
				for _, one := range []bool{*unit, *env, *control} {
					if one {
						chosen++
					}
				}
				if chosen > 1 {
					return wrongUse("say one of --unit, --env and --ctl, and none for a script that has them all")
				}
				if err := (service.Places{Binary: *binary}).Check(); err != nil {
					return wrongUse("--binary: %s", err)
				}
				self, err := os.Executable()
				if err != nil {
					self = *binary
				}
				places := service.Places{Binary: *binary, Self: self}
				if err := places.Check(); err != nil {
					return err
				}
				switch {
				case *unit:
					return places.Unit(c.Out)
				case *control:
					return places.Control(c.Out)
				case *env:
					return service.WriteEnvironment(c.Out)
				}
				return places.Script(c.Out)
			}
		},
	}
}
