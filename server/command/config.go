package command

import (
	"flag"
	"fmt"
	"io"

	"postern/server/config"
)

// configCommand asks nobody: it must also work where a setting is wrong, and so nothing starts.
func configCommand() command {
	return command{
		name: "config", args: "[--env]", short: "lists every setting: its value now, its default, its meaning",
		long: `The values are those of this command's own environment, passwords masked. Exit code 1 if one is wrong.
--env prints a file to start from, for systemd or a shell: every setting with its meaning, and its default commented
out. It tells nothing of this environment.`,
		examples: []string{"postern config", "postern config --env > postern.env",
			"POSTERN_KEEP_SENT=1000h postern config --json"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			env := f.Bool("env", false, "print a file of all settings to start from")
			return func(c *call, _ []string) error {
				if *env && *asJSON {
					return wrongUse("say --env or --json, not both")
				}
				if *env {
					_, err := io.WriteString(c.Out, config.EnvFile(config.EnvHead, ""))
					return err
				}
				settings, err := config.ReadSettings()
				if err != nil {
					return err
				}
				return printSettings(c.Out, settings, *asJSON)
			}
		},
	}
}

// printSettings lists the settings also where some are wrong; what is wrong comes back as the error.
func printSettings(out io.Writer, settings config.Settings, asJSON bool) error {
	parsed, wrong := settings.Parse()
	right := &parsed
	if wrong != nil {
		right = nil
	}
	all := settings.List(right)
	if asJSON {
		if err := printJSON(out, all); err != nil {
			return err
		}
		return wrong
	}
	rows := make([][]string, len(all))
	for i, one := range all {
		rows[i] = []string{one.Name, orDash(one.Value), orDash(one.Default), one.Meaning}
	}
	if err := printRows(out, []string{"NAME", "VALUE", "DEFAULT", "MEANING"}, rows); err != nil {
		return fmt.Errorf("listing the settings: %w", err)
	}
	return wrong
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
