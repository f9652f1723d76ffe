package command

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"postern/server/operator"
	"postern/store"
)

var letterHeading = []string{"ID", "KIND", "STATE", "OWED", "TRIES", "TO", "REASON"}

func letterRow(l operator.Letter) []string {
	return []string{l.ID.String(), string(l.Kind), string(l.State), clock(l.OwedAt), strconv.Itoa(l.Tries), l.To, l.Reason}
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

func letterList() command {
	return command{
		name: "letter list", args: "[--state STATE] [--to EMAIL]", short: "lists letters, the newest first",
		prepare: func(f *flag.FlagSet) action {
			state := f.String("state", "", "only letters in this `STATE`: queued, held, sent, failed or cancelled")
			to := f.String("to", "", "only letters to this `EMAIL` address")
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				query := url.Values{}
				if *state != "" {
					query.Set("state", *state)
				}
				if *to != "" {
					query.Set("to", *to)
				}
				return printPages(c.Out, *asJSON, letterHeading, letterRow, func(after store.ID) (page operator.Page[operator.Letter], err error) {
					query.Set("before", guid(after))
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
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showLetter(http.MethodGet, args[0], "", *asJSON)
			}
		},
	}
}

func letterRetry() command {
	return letterAct("retry", "failed", "sends a letter now that failed or waits, or all that failed",
		`While the smarthost is at fault, all letters wait until it is tried again, after at most 5 minutes. To have it
tried at once, say postern letter pause, and then postern letter resume.`)
}

func letterRelease() command {
	return letterAct("release", "held", "sends a letter that is held, or all that are",
		"Letters are held where one partner causes more of them than its limit says.")
}

// letterAct is a command that queues one letter, or all letters of a state.
func letterAct(act, state, short, long string) command {
	return command{
		name: "letter " + act, args: "ID|--" + state, most: 1, short: short, long: long,
		prepare: func(f *flag.FlagSet) action {
			all := f.Bool(state, false, "all "+state+" letters")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				switch {
				case *all == (len(args) == 1):
					return wrongUse("name one letter by its ID, or say --%s", state)
				case *all:
					return c.queueAll("/sending/"+act+"-"+state, *asJSON)
				}
				return c.showLetter(http.MethodPost, args[0], "/"+act, *asJSON)
			}
		},
	}
}

func (c *call) queueAll(path string, asJSON bool) error {
	var answer operator.Counted
	if err := c.ask(http.MethodPost, path, nil, nil, &answer); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, answer)
	}
	fmt.Fprintf(c.Out, "queued again: %d\n", answer.Count)
	return nil
}

// showLetter shows a letter, after the act on it, if one is named.
func (c *call) showLetter(method, text, act string, asJSON bool) error {
	id, err := parseID(text)
	if err != nil {
		return err
	}
	var letter operator.Letter
	if err := c.ask(method, "/letters/"+id+act, nil, nil, &letter); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, letter)
	}
	return printLetter(c.Out, letter)
}

func printLetter(out io.Writer, l operator.Letter) error {
	err := printFields(out,
		"id", l.ID.String(), "kind", string(l.Kind), "language", l.Language, "to", l.To, "partner", l.Partner, "cleaning", guid(l.CleaningID),
		"message id", l.MessageID, "state", string(l.State), "reason", l.Reason, "owed", clock(l.OwedAt),
		"next try", clock(l.DueAt), "done", clock(l.DoneAt), "tries", strconv.Itoa(l.Tries))
	if err != nil || len(l.Attempts) == 0 {
		return err
	}
	fmt.Fprintln(out)
	rows := make([][]string, len(l.Attempts))
	for i, a := range l.Attempts {
		code := ""
		if a.Code != 0 {
			code = strings.TrimSpace(strconv.Itoa(a.Code) + " " + a.Enhanced)
		}
		rows[i] = []string{clock(a.At), string(a.Class), a.Phase, code, fmt.Sprintf("%d ms", a.Milliseconds), a.Text}
	}
	return printRows(out, []string{"TRIED", "OUTCOME", "PHASE", "CODE", "TOOK", "ANSWER"}, rows)
}

func letterPause() command {
	return sendingAct("pause", "stops sending; letters go on being owed", "")
}

func letterResume() command {
	return sendingAct("resume", "starts sending again",
		"A smarthost that is at fault is tried at once, where sending was paused.")
}

func sendingAct(act, short, long string) command {
	return command{
		name: "letter " + act, short: short, long: long,
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				var sending operator.Sending
				if err := c.ask(http.MethodPost, "/sending/"+act, nil, nil, &sending); err != nil {
					return err
				}
				if *asJSON {
					return printJSON(c.Out, sending)
				}
				state := "sending goes on"
				if sending.Paused {
					state = "sending is paused"
				}
				fmt.Fprintf(c.Out, "%s; letters queued: %d\n", state, sending.Counts[store.LetterQueued])
				return nil
			}
		},
	}
}
