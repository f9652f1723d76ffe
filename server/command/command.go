// Package command is Postern's command line: one file per group of subcommands. A command parses its words, sends one
// request to the operator's handler, of a running appliance or in this process, and prints the answer.
//
// Nothing is decided here: what an act does, and what may be wrong with it, is in server/operator, which answers a
// command and any other client of the socket alike. A command checks only what it needs to make its request.
//
// Standard output holds the answer and nothing else, so that it can be piped; whatever else there is to say, and every
// error, goes to standard error, a sentence a line. What others have typed is made harmless for a terminal on the way
// out (inLine). With --json the answer is what the handler sent. No command asks back, "are you sure": they are for
// scripts, too, and what cannot be undone has a name that says so.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"postern/server/input"
	"postern/server/web/fields"
	"postern/store/guid"
)

// Exit codes. Scripts tell by them whether to mend the call or what it is about.
const (
	exitDone    = 0
	exitRefused = 1 // refused or failed; one sentence on stderr
	exitUsage   = 2
)

// Process is what the command line has of its process.
type Process struct {
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	Version string // stamped by the linker, as the commit; empty: what the Go tool knows of the build
	Commit  string
}

// command is one entry of the command table.
type command struct {
	name     string   // its words: "cleaning add"
	args     string   // what follows, for the usage line: "FILE.json [--pdf FILE]"
	short    string   // one line of help
	long     string   // more help, without a final line break; may be empty
	examples []string // one to three command lines that work, as an operator types them
	least    int      // positional arguments
	most     int
	hidden   bool // not in the help: called by the binary itself

	// prepare defines the flags and gives what runs with them. It runs for help, too, and so must not do anything else.
	// The flags' variables are its own: a command has no state between two runs.
	prepare func(f *flag.FlagSet) action
}

// action runs a command on its positional arguments.
type action func(c *call, args []string) error

// call is one run of a command, with its way to the operator's handler. Run closes that way when the action has
// returned, and what closing says counts: in process it is the data file that is closed.
type call struct {
	Process
	asker
}

// usageError is a wrong use of the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func wrongUse(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// Main runs the command that the words name and gives the exit code. No words: help.
func Main(ctx context.Context, words []string, process Process) int {
	if process.In != nil {
		process.In = newStdin(ctx, process.In)
	}
	err := run(ctx, words, process)
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(process.Err, "postern: %s\n", usage.text)
		return exitUsage
	}
	for line := range strings.Lines(err.Error() + "\n") {
		fmt.Fprintf(process.Err, "postern: %s", line)
	}
	return exitRefused
}

func run(ctx context.Context, words []string, process Process) error {
	if len(words) == 0 {
		words = []string{"help"}
	}
	switch words[0] {
	case "help", "-h", "-help", "--help":
		return help(process.Out, words[1:])
	case "--version", "-version":
		words = append([]string{"version"}, words[1:]...)
	}
	if len(words) > 1 && isHelp(words[1]) {
		return help(process.Out, words[:1])
	}
	chosen, rest, err := find(words)
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet(chosen.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // its messages come back as errors
	act := chosen.prepare(flags)
	args, err := parse(flags, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return help(process.Out, strings.Fields(chosen.name))
	case err != nil:
		return wrongUse("%s postern help %s", seeAlso(err.Error()), chosen.name)
	case len(args) < chosen.least || len(args) > chosen.most:
		return wrongUse("usage: %s", chosen.usage())
	}
	c := &call{Process: process, asker: asker{ctx: ctx, errors: process.Err}}
	return errors.Join(act(c, args), c.close())
}

// seeAlso goes on behind a sentence, or behind a question.
func seeAlso(text string) string {
	if strings.HasSuffix(text, "?") {
		return text + " See"
	}
	return text + "; see"
}

// jsonFlag is the flag of every command that lists or shows.
func jsonFlag(f *flag.FlagSet) *bool { return f.Bool("json", false, "print JSON") }

func (c *command) usage() string { return strings.TrimSpace("postern " + c.name + " " + c.args) }

// parse reads flags wherever they stand; after "--" everything is positional. Package flag stops at the first word that
// is none, so that in "letter show ID --json" it would leave --json out.
func parse(flags *flag.FlagSet, words []string) (args []string, err error) {
	onceEach(flags)
	for {
		if err := flags.Parse(words); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, flagFault(flags, err)
		}
		rest := flags.Args()
		if read := len(words) - len(rest); len(rest) == 0 || read > 0 && words[read-1] == "--" {
			return append(args, rest...), nil
		}
		args, words = append(args, rest[0]), rest[1:]
	}
}

// parseID reads an ID on the command line.
func parseID(text string) (string, error) {
	id, err := guid.Parse(fields.Trim(text))
	if err != nil {
		return "", wrongUse("%q is no ID: it must be a GUID, as 00000000-0000-4000-8000-000000000001", text)
	}
	return id.String(), nil
}

// find takes the command's one or two words off the front. Two are looked for first: "letter list" is no command
// "letter" with an argument.
func find(words []string) (*command, []string, error) {
	table := commands()
	for _, n := range []int{2, 1} {
		if len(words) < n {
			continue
		}
		name := strings.Join(words[:n], " ")
		if i := slices.IndexFunc(table, func(c command) bool { return c.name == name }); i >= 0 {
			return &table[i], words[n:], nil
		}
	}
	return nil, nil, unknown(table, words)
}

// unknown says what is wrong with words that name no command.
func unknown(table []command, words []string) error {
	var groups, seconds []string
	for _, c := range table {
		if c.hidden {
			continue
		}
		first, second, _ := strings.Cut(c.name, " ")
		groups = append(groups, first)
		if first == words[0] {
			seconds = append(seconds, second)
		}
	}
	switch {
	case len(seconds) > 0 && len(words) == 1:
		return wrongUse("say what to do: postern %s %s", words[0], strings.Join(seconds, "|"))
	case len(seconds) > 0:
		if nearest := input.Nearest(words[1], seconds); nearest != "" {
			return wrongUse("there is no command %q: did you mean %s? See postern help %s",
				words[0]+" "+words[1], words[0]+" "+nearest, words[0])
		}
		return wrongUse("there is no command %q: postern %s %s", words[0]+" "+words[1], words[0],
			strings.Join(seconds, "|"))
	}
	if nearest := input.Nearest(words[0], groups); nearest != "" {
		return wrongUse("there is no command %q: did you mean %s? See postern help", words[0], nearest)
	}
	return wrongUse("there is no command %q: see postern help", words[0])
}
