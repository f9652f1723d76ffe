package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

const aboutHelp = `Postern registers bikers for partners, and eECD users, mails them their links and documents,
and takes decisions on cleanings.

`

const footHelp = `
postern help COMMAND says more about one. Settings come from the environment: see postern config.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
`

func isHelp(word string) bool {
	return slices.Contains([]string{"-h", "-help", "--help", "help"}, word)
}

// help prints what there is to know of a command, of a group of them, or of all.
func help(out io.Writer, words []string) error {
	table := slices.DeleteFunc(commands(), func(c command) bool { return c.hidden })
	name := strings.Join(words, " ")
	if name == "" {
		io.WriteString(out, aboutHelp)
		list(out, table)
		_, err := io.WriteString(out, footHelp)
		return err
	}
	if i := slices.IndexFunc(table, func(c command) bool { return c.name == name }); i >= 0 {
		return table[i].help(out)
	}
	group := slices.DeleteFunc(slices.Clone(table), func(c command) bool {
		return !strings.HasPrefix(c.name, name+" ")
	})
	if len(group) == 0 {
		return unknown(table, words)
	}
	list(out, group)
	_, err := fmt.Fprintf(out, "\npostern help %s says more about that one, with its flags and examples.\n", group[0].name)
	return err
}

// widestUsage is how wide the usages are that have what a command does beside them; it stands below wider ones. With it
// most lines fit into a terminal of 120 columns.
const widestUsage = 52

// list prints what each command does, beside how it is called.
func list(out io.Writer, table []command) {
	for _, c := range table {
		usage := "  " + c.usage()
		if utf8.RuneCountInString(usage) > widestUsage {
			fmt.Fprintln(out, usage)
			usage = ""
		}
		fmt.Fprintf(out, "%-*s   %s\n", widestUsage, usage, c.short)
	}
}

// help prints everything about one command.
func (c *command) help(out io.Writer) error {
	about := c.describe()
	fmt.Fprintf(out, "usage: %s\n\n%s\n", c.usage(), c.short)
	if c.long != "" {
		fmt.Fprintf(out, "\n%s\n", c.long)
	}
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for i, f := range about.Flags {
		if i == 0 {
			fmt.Fprintln(columns)
		}
		fmt.Fprintf(columns, "  %s\t%s\n", strings.TrimSpace("--"+f.Name+" "+f.Value), f.Meaning)
	}
	if err := columns.Flush(); err != nil || len(c.examples) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\nExamples:\n  %s\n", strings.Join(c.examples, "\n  "))
	return err
}
