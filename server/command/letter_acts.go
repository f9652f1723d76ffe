package command

import (
	"flag"
	"fmt"
	"net/http"

	"postern/server/operator"
	"postern/store"
)

func letterRetry() command {
	return letterAct("retry", "failed", "tries a letter again now: one that failed or waits, or all that failed",
		`While the smarthost is at fault, all letters wait until it is tried again, after at most 5 minutes. To try it
at once, run postern letter pause and then postern letter resume.`)
}

func letterRelease() command {
	return letterAct("release", "held", "sends a letter that is held, or all that are",
		"Letters are held where a partner causes more of them than its limit allows, and by postern letter hold.")
}

func letterCancel() command {
	return letterChange("cancel", "cancels a letter that is queued or held",
		"A letter that is being sent at that moment may still arrive; it then counts as sent.")
}

func letterHold() command {
	return letterChange("hold", "keeps a queued letter back until it is released",
		"The time on hold does not count towards MAIL_GIVE_UP_AFTER.")
}

// letterChange is a command that changes one letter and shows it.
func letterChange(act, short, long string) command {
	return command{
		name: "letter " + act, args: "ID", least: 1, most: 1, short: short, long: long,
		examples: []string{"postern letter " + act + " 01a200cf-3773-712f-a811-13533db15b41"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showLetter(http.MethodPost, args[0], "/"+act, *asJSON)
			}
		},
	}
}

// letterAct is a command that queues one letter, or all letters of a state.
func letterAct(act, state, short, long string) command {
	return command{
		name: "letter " + act, args: "ID|--" + state, most: 1, short: short, long: long,
		examples: []string{
			"postern letter " + act + " 01a200cf-3773-712f-a811-13533db15b41",
			"postern letter " + act + " --" + state,
		},
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

// queueAll is one request, whatever the number of letters: the store goes through them in stretches, between which
// others' writes pass.
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

func letterPause() command {
	return sendingAct("pause", "stops sending; new letters wait in the queue", "")
}

func letterResume() command {
	return sendingAct("resume", "starts sending again",
		"A smarthost that is at fault is tried at once, where sending was paused.")
}

func sendingAct(act, short, long string) command {
	return command{
		name: "letter " + act, short: short, long: long,
		examples: []string{"postern letter " + act},
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
