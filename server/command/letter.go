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
	return command{
		name: "letter retry", args: "ID|--failed", most: 1, short: "sends a letter now that failed or waits, or all that failed",
		long: `While the smarthost is at fault, all letters wait until it is tried again, after at most 5 minutes. To have it
tried at once, say postern letter pause, and then postern letter resume.`,
		prepare: func(f *flag.FlagSet) action {
			failed := f.Bool("failed", false, "all failed letters")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				switch {
				case *failed == (len(args) == 1):
					return wrongUse("name one letter by its ID, or say --failed")
				case *failed:
					return c.retryFailed(*asJSON)
				}
				return c.showLetter(http.MethodPost, args[0], "/retry", *asJSON)
			}
		},
	}
}

func (c *call) retryFailed(asJSON bool) error {
	var answer operator.Retried
	if err := c.ask(http.MethodPost, "/sending/retry-failed", nil, nil, &answer); err != nil {
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
		"id", l.ID.String(), "kind", string(l.Kind), "language", l.Language, "to", l.To, "cleaning", guid(l.CleaningID),
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
