package command

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"postern/server/command/manual"
	"postern/server/config"
)

// describe is the command as help, man pages and completions know it.
func (c *command) describe() manual.Command {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.prepare(flags)
	described := manual.Command{Name: c.name, Args: c.args, Short: c.short, Long: c.long, Examples: c.examples}
	flags.VisitAll(func(f *flag.Flag) {
		value, meaning := flag.UnquoteUsage(f)
		one := manual.Flag{Name: f.Name, Value: value, Meaning: meaning}
		if choosing, is := f.Value.(interface{ choices() []string }); is {
			one.Choices = choosing.choices()
		}
		_, one.Again = f.Value.(words)
		described.Flags = append(described.Flags, one)
	})
	return described
}

// described is the table without what the binary calls itself by.
func described() (all []manual.Command) {
	for _, c := range commands() {
		if !c.hidden {
			all = append(all, c.describe())
		}
	}
	return all
}

func completion() command {
	return command{
		name: "completion", args: strings.Join(manual.Shells, "|"), least: 1, most: 1,
		short: "prints what makes a shell complete commands, flags and their values",
		long: `The Debian package has it in place. Without it, for a shell of yours: add the first example to ~/.bashrc, put
the second's file into a directory of $fpath, or the third's into ~/.config/fish/completions.`,
		examples: []string{
			`eval "$(postern completion bash)"`,
			"postern completion zsh > ~/.zsh/_postern",
			"postern completion fish > ~/.config/fish/completions/postern.fish",
		},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				shell, err := among(args[0], manual.Shells)
				if err != nil {
					return wrongUse("there is no completion for %q: %s", args[0], err)
				}
				_, err = fmt.Fprint(c.Out, manual.Script(shell))
				return err
			}
		},
	}
}

// completeWords is what the shells' completions ask.
func completeWords() command {
	return command{
		name: "complete", args: "-- WORD…", most: 1 << 10, hidden: true,
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				kind, found := manual.Complete(described(), args)
				return manual.Print(c.Out, kind, found)
			}
		},
	}
}

func manCommand() command {
	return command{
		name: "man", args: "[DIR] [--page NAME]", most: 1,
		short: "prints a manual page, or writes all of them into a directory",
		long: `Without DIR it is postern(1), or the page that --page names: a command's first word, settings or posternctl.
The Debian package has them in place.`,
		examples: []string{"postern man | man -l -", "postern man --page settings | man -l -", "postern man ./man"},
		prepare: func(f *flag.FlagSet) action {
			name := f.String("page", "", "the `NAME` of the page, as letter")
			return func(c *call, args []string) error {
				if len(args) > 0 && *name != "" {
					return wrongUse("name a directory or --page, not both")
				}
				book := manual.Book{Table: described(), Settings: config.Settings{}.List(nil), At: buildTime()}
				if len(args) > 0 {
					return c.writePages(args[0], book.Pages())
				}
				page, is := book.Page(*name)
				if !is {
					return wrongUse("there is no page %q: name a command's first word, settings or posternctl", *name)
				}
				_, err := fmt.Fprint(c.Out, page.Text)
				return err
			}
		},
	}
}

func (c *call) writePages(dir string, pages []manual.Page) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the pages cannot be written: %w", err)
	}
	for _, page := range pages {
		path := filepath.Join(dir, page.Name)
		if err := os.WriteFile(path, []byte(page.Text), 0o644); err != nil {
			return fmt.Errorf("the pages cannot be written: %w", err)
		}
		if _, err := fmt.Fprintln(c.Out, path); err != nil {
			return err
		}
	}
	return nil
}

// buildTime dates the pages: SOURCE_DATE_EPOCH, which makes builds repeatable, else the commit, else today.
func buildTime() time.Time {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range build.Settings {
			if at, err := time.Parse(time.RFC3339, setting.Value); setting.Key == "vcs.time" && err == nil {
				return at
			}
		}
	}
	return time.Now()
}
