package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/mattn/go-isatty"

	"postern/server/command/push"
)

// tokenVariable is the environment's alternative to --token-file. A token on the command line would be in every list
// of processes.
const tokenVariable = "PUSH_TOKEN"

const pushHelp = `FILE is a CSV file, JSON as user.create takes it, or JSON lines; - is standard input. The header of
a CSV names the fields BikePlanCode, FirstName, LastName, Email, Language, ContractType, partner_EmployeeID,
PersonnelNumber; the last three may be missing. Columns are separated by commas, semicolons, tabs or |; titles and a
line sep=; may stand above the header. A CSV that is not UTF-8 is read as Windows-1252, with a warning; --encoding
names another encoding. Text that looks damaged, and a partner_EmployeeID or Email that several people share, is
reported before anything is sent. If a line cannot be read, nothing of the file is sent, unless --skip-bad is given.
Standard output has a line for each person who failed or was skipped (the line cannot be read): line in the file,
Email, outcome, reasons; with --verbose or --json for everybody: created, existing and unsent people, too. People who
failed are written to FILE.failed.csv (.jsonl), to be corrected and pushed again. Its cells are those of FILE,
unchanged: if FILE comes from people you do not trust, open neither file in a spreadsheet except as text.

Sending the same file again is safe. For a day the receiver gives the same answers again, and push says so: after a
correction on the receiver's side, push the failures file. With --watch every file put into DIR is sent and moved to
DIR/done or DIR/failed; write it under another name first (as people.tmp) and rename it. The token comes from
--token-file or from the environment variable PUSH_TOKEN.
Exit codes: 0 everybody is registered, 1 somebody is not, 2 wrong usage.`

// pushFlags are what stands on push's command line.
type pushFlags struct {
	to, tokenFile, format, encoding, watch   string
	every                                    time.Duration
	dryRun, skipBad, plain, verbose, jsonOut bool
	everySet                                 bool
}

func pushPeople() command {
	return command{
		name: "push", args: "FILE.csv|.json|.jsonl|-|--watch DIR --to URL", most: 1,
		short: "sends people to a user.create endpoint: a file once, or every new file in a directory", long: pushHelp,
		examples: []string{
			"postern push people.csv --to https://gate.example.org --token-file token --dry-run",
			"postern push people.csv --to https://gate.example.org --token-file token",
			"postern push --watch outbox --every 5m --to https://gate.example.org --token-file token",
		},
		prepare: func(f *flag.FlagSet) action {
			var o pushFlags
			f.StringVar(&o.to, "to", "", "the receiver's `URL`: its base, or that of user.create")
			f.StringVar(&o.tokenFile, "token-file", "", "`FILE` with the bearer token, readable by you alone")
			f.Var(choice{&o.format, push.Formats}, "format",
				"the `FORMAT`, where FILE's name does not show it: csv, json or jsonl")
			f.Var(encodingFlag{&o.encoding}, "encoding", "the `ENCODING` of FILE: "+strings.Join(push.Encodings, ", "))
			f.StringVar(&o.watch, "watch", "", "send every file that is put into `DIR`, until stopped")
			f.DurationVar(&o.every, "every", 5*time.Minute, "look into DIR every `SPAN`: at least 1s; 5m unless given")
			f.BoolVar(&o.dryRun, "dry-run", false, "only ask what would happen")
			f.BoolVar(&o.skipBad, "skip-bad", false, "where lines cannot be read, send the others")
			f.BoolVar(&o.plain, "plain", false, "allow http to another machine, which sends the token in the clear")
			f.BoolVar(&o.verbose, "verbose", false, "print a line for everybody, not only for failures")
			f.BoolVar(&o.jsonOut, "json", false, "print a JSON line for everybody")
			return func(c *call, args []string) error {
				f.Visit(func(set *flag.Flag) { o.everySet = o.everySet || set.Name == "every" })
				return c.push(o, args)
			}
		},
	}
}

// push asks no appliance of ours: it runs at the partner's, and knows nothing but the receiver's address and a token.
// The token is read again for each call, so that a watcher goes on where it is rotated.
func (c *call) push(o pushFlags, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	target, err := push.ParseTarget(o.to, o.plain)
	if err != nil {
		return &usageError{err.Error()}
	}
	token := func() (string, error) { return pushToken(o.tokenFile) }
	if _, err := token(); err != nil {
		return err
	}
	p := &pusher{call: c, flags: o, progress: newProgress(c.Err)}
	if warning := push.OpenToOthers(o.tokenFile); o.tokenFile != "" && warning != "" {
		p.tell("warning: " + warning)
	}
	p.sender = push.NewSender(push.SenderOptions{Target: target, Token: token, DryRun: o.dryRun,
		Transport: push.NewTransport(), Now: time.Now, Progress: p.progress.show, Trouble: p.tell})
	if o.watch != "" {
		return p.watch(target)
	}
	return p.once(args[0])
}

// encodingFlag is a choice with several names for some of its words, as programs and people call them.
type encodingFlag struct{ to *string }

// String is what the help shows as default: nothing.
func (e encodingFlag) String() string { return "" }

func (e encodingFlag) choices() []string { return push.Encodings }

// Set keeps the name that is documented.
func (e encodingFlag) Set(text string) error {
	encoding, err := push.ParseEncoding(strings.TrimSpace(text))
	*e.to = string(encoding)
	return err
}

// check looks whether the flags fit one another. A flag that would have no effect is refused: whoever gave it expects
// one.
func (o pushFlags) check(args []string) error {
	switch {
	case o.watch == "" && len(args) == 0:
		return wrongUse("name a file, - for standard input, or --watch DIR; see postern help push")
	case o.watch != "" && len(args) > 0:
		return wrongUse("name a file or --watch DIR, not both")
	case o.watch == "" && o.everySet:
		return wrongUse("--every goes with --watch DIR")
	case o.watch != "" && (o.dryRun || o.format != ""):
		return wrongUse("--dry-run and --format go with a file, not with --watch")
	case o.every < time.Second:
		return wrongUse("--every must be at least 1s, as 5m")
	case o.to == "":
		return wrongUse("say where to: --to https://api.example.org")
	}
	return nil
}

func pushToken(file string) (string, error) {
	if file != "" {
		return push.ReadToken(file)
	}
	text, set := os.LookupEnv(tokenVariable)
	if !set {
		return "", fmt.Errorf("there is no bearer token: name its file with --token-file, or set %s", tokenVariable)
	}
	token, err := push.ParseToken(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", tokenVariable, err)
	}
	return token, nil
}

// pusher is one run of push.
type pusher struct {
	*call
	flags    pushFlags
	sender   *push.Sender
	progress *progress
}

// tell says something on stderr, beside the results; while a directory is watched with the time.
func (p *pusher) tell(text string) {
	p.progress.clear()
	if p.flags.watch != "" {
		text = time.Now().Format(time.RFC3339) + " " + text
	}
	fmt.Fprintln(p.Err, inLine(text))
}

// once sends one file.
func (p *pusher) once(path string) error {
	f, err := p.read(path)
	if err != nil {
		return err
	}
	for _, line := range f.NotesText() {
		p.tell("warning: " + line)
	}
	if faults := f.Unreadable(); faults != nil && !p.flags.skipBad {
		return fmt.Errorf("%w\nnothing was sent: mend the file, or send the others with --skip-bad", faults)
	}
	tally, err := p.sender.Send(p.ctx, f, func(r push.Result) { p.print("", r) })
	p.progress.clear()
	summary := fmt.Sprintf("%s: %s", f.Name, tally)
	if tally.Warned > 0 && !p.flags.verbose && !p.flags.jsonOut {
		summary += fmt.Sprintf("; %d with warnings, which --verbose shows", tally.Warned)
	}
	if p.flags.dryRun {
		summary += "; dry run: nothing is stored"
	} else if len(tally.Failures) > 0 {
		saved, there, fault := push.SaveFailures(filepath.Dir(path), f, tally.Failures)
		switch {
		case fault != nil:
		case there:
			summary += "; to be mended and pushed again, as written before: " + saved
		default:
			summary += "; to be mended and pushed again: " + saved
		}
		err = errors.Join(err, fault)
	}
	if err != nil {
		return fmt.Errorf("%s\n%s", inLine(err.Error()), inLine(summary)) // the receiver's words are in it
	}
	if len(tally.Failures) > 0 {
		return errors.New(inLine(summary))
	}
	fmt.Fprintln(p.Err, inLine(summary))
	return nil
}

// read reads a file whole before anything is sent.
func (p *pusher) read(path string) (*push.File, error) {
	name, content, err := path, []byte(nil), error(nil)
	if path == "-" {
		name = "stdin"
		content, err = push.ReadInput(p.In)
	} else {
		content, err = push.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the file can't be read: %w", err)
	}
	format := push.Format(p.flags.format)
	if format == "" {
		format = push.FormatOf(name, content)
	}
	f, err := push.Read(name, content, format, push.Encoding(p.flags.encoding))
	if err != nil {
		return nil, fmt.Errorf("%w\nnothing was sent: mend the file", err)
	}
	return f, nil
}

// watch sends what turns up in a directory.
func (p *pusher) watch(target *url.URL) error {
	p.tell(fmt.Sprintf("looking into %s every %v, sending to %s", p.flags.watch, p.flags.every, target))
	return push.NewWatcher(push.WatcherOptions{
		Dir: p.flags.watch, Every: p.flags.every, SkipBad: p.flags.skipBad, Encoding: push.Encoding(p.flags.encoding),
		Sender: p.sender, Now: time.Now, Tell: p.tell,
		Report: func(f *push.File, r push.Result) { p.print(f.Name, r) },
	}).Run(p.ctx)
}

// pushedPerson is a person's JSON line.
type pushedPerson struct {
	File     string       `json:"file,omitzero"`
	Line     int          `json:"line"`
	Email    string       `json:"Email"`
	Outcome  push.Outcome `json:"outcome"`
	ID       string       `json:"id,omitzero"`
	Letter   string       `json:"letter,omitzero"`
	Updated  []string     `json:"updated,omitempty"`
	Errors   []string     `json:"errors,omitempty"`
	Warnings []string     `json:"warnings,omitempty"`
}

// print writes a person's line. Several files' lines have the file before them. Without --verbose those who are
// registered, or wait to be sent, have none: the summary counts them.
func (p *pusher) print(file string, r push.Result) {
	p.progress.clear()
	isFailure := r.Outcome == push.Failed || r.Outcome == push.Skipped
	if !p.flags.jsonOut && !p.flags.verbose && !isFailure {
		return
	}
	if p.flags.jsonOut {
		line, err := json.Marshal(pushedPerson{file, r.Line, strings.ToValidUTF8(r.Email, "\ufffd"), r.Outcome, r.ID,
			r.Letter,
			r.Updated, r.Reasons, r.Warnings})
		if err == nil {
			fmt.Fprintf(p.Out, "%s\n", line)
		}
		return
	}
	said := slices.Clone(r.Reasons)
	if len(r.Updated) > 0 {
		said = append(said, "updated: "+strings.Join(r.Updated, ", "))
	}
	for _, warning := range r.Warnings {
		said = append(said, "warning: "+warning)
	}
	if file != "" {
		file = inLine(file) + ":"
	}
	fmt.Fprintf(p.Out, "%s%d\t%s\t%s\t%s\n", file, r.Line, inLine(r.Email), r.Outcome, inLine(strings.Join(said,
		" | ")))
}

// progress is a line on a terminal that is overwritten by the next one. On anything else it is silent.
type progress struct {
	out   io.Writer
	shown bool
}

func newProgress(out io.Writer) *progress {
	if file, is := out.(*os.File); !is || !isatty.IsTerminal(file.Fd()) {
		out = nil
	}
	return &progress{out: out}
}

func (p *progress) show(text string) {
	if p.out != nil {
		p.clear()
		fmt.Fprint(p.out, inLine(text))
		p.shown = true
	}
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}
