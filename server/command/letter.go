package command

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postern/server/operator"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/guid"
)

var letterHeading = []string{"ID", "KIND", "STATE", "QUEUED", "TRIES", "TO", "REASON"}

func letterRow(l operator.Letter) []string {
	return []string{l.ID.String(), string(l.Kind), string(l.State), clock(l.OwedAt), strconv.Itoa(l.Tries), l.To,
		l.Reason}
}

// printLetters prints the letters of a person below what is said of the person.
func printLetters(out io.Writer, letters []operator.Letter) error {
	if len(letters) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	rows := make([][]string, len(letters))
	for i, letter := range letters {
		rows[i] = letterRow(letter)
	}
	return printRows(out, letterHeading, rows)
}

var letterStates = []string{
	string(store.LetterQueued), string(store.LetterHeld), string(store.LetterSent), string(store.LetterFailed),
	string(store.LetterCancelled),
}

func letterList() command {
	return command{
		name: "letter list", args: "[--state STATE] [--to EMAIL]", short: "lists letters, the newest first",
		examples: []string{
			"postern letter list --state failed",
			"postern letter list --to jane@example.org --json",
		},
		prepare: func(f *flag.FlagSet) action {
			var state string
			f.Var(choice{&state, letterStates}, "state",
				"only letters in this `STATE`: queued, held, sent, failed or cancelled")
			to := f.String("to", "", "only letters to this `EMAIL` address")
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				query := url.Values{}
				if state != "" {
					query.Set("state", state)
				}
				if *to != "" {
					query.Set("to", *to)
				}
				return printPages(c.Out, *asJSON, letterHeading, letterRow,
					func(after guid.ID) (page operator.Page[operator.Letter], err error) {
						query.Set("before", idText(after))
						err = c.ask(http.MethodGet, "/letters", query, nil, &page)
						return page, err
					})
			}
		},
	}
}

func letterShow() command {
	return command{
		name: "letter show", args: "ID", least: 1, most: 1, short: "shows a letter and the tries to send it",
		long: `ID may be the reference in a mail that a registration failed, which is the end of the letter's id.

For each of the last ten tries: when it was, how long it took, how it ended, in which phase of the SMTP dialogue and
with which reply code, the id that the smarthost gives the letter in its own log, and what it said.`,
		examples: []string{"postern letter show 01a200cf-3773-712f-a811-13533db15b41"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showLetter(http.MethodGet, args[0], "", *asJSON)
			}
		},
	}
}

// showLetter shows a letter, after the act on it, if one is named.
func (c *call) showLetter(method, text, act string, asJSON bool) error {
	id := fields.Trim(text)
	if act != "" || !guid.IsShort(id) {
		var err error
		if id, err = parseID(text); err != nil {
			return err
		}
	}
	var letter operator.Letter
	if err := c.ask(method, "/letters/"+id+act, nil, nil, &letter); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, letter)
	}
	return c.printLetter(letter)
}

// printLetter prints everything about a letter but its text, which nobody has: it is composed when it is sent.
func (c *call) printLetter(l operator.Letter) error {
	next, err := c.nextTry(l)
	if err != nil {
		return err
	}
	err = printFields(c.Out,
		"id", l.ID.String(), "kind", string(l.Kind), "language", l.Language, "to", l.To, "partner", l.Partner,
		"cleaning", idText(l.CleaningID),
		"message id", l.MessageID, "state", string(l.State), "reason", l.Reason, "queued", clock(l.OwedAt),
		"next try", next, "done", clock(l.DoneAt), "tries", strconv.Itoa(l.Tries), "waited", waited(l))
	if err != nil || len(l.Attempts) == 0 {
		return err
	}
	fmt.Fprintln(c.Out)
	rows := make([][]string, len(l.Attempts))
	for i, a := range l.Attempts {
		code := ""
		if a.Code != 0 {
			code = strings.TrimSpace(strconv.Itoa(a.Code) + " " + a.Enhanced)
		}
		rows[i] = []string{clock(a.At), fmt.Sprintf("%d ms", a.Milliseconds), string(a.Class), a.Phase, code,
			a.QueueID, a.Text}
	}
	return printRows(c.Out, []string{"TRIED", "TOOK", "OUTCOME", "PHASE", "CODE", "QUEUE ID", "ANSWER"}, rows)
}

// waited is what counts towards giving a letter up.
func waited(l operator.Letter) string {
	if l.Waited == 0 {
		return ""
	}
	return time.Duration(l.Waited).Round(time.Second).String()
}

// nextTry says when a queued letter is tried next, or what it waits for.
func (c *call) nextTry(l operator.Letter) (string, error) {
	if l.State != store.LetterQueued {
		return "", nil
	}
	paused, err := c.sendingPaused()
	switch {
	case err != nil:
		return "", err
	case paused:
		return "when sending goes on: postern letter resume", nil
	case !c.session.running:
		return clock(l.DueAt) + ", if an appliance runs then", nil
	}
	return clock(l.DueAt), nil
}

func (c *call) sendingPaused() (bool, error) {
	var sending operator.Sending
	err := c.ask(http.MethodGet, "/sending", nil, nil, &sending)
	return sending.Paused, err
}
