package command

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/server"
	"postern/server/config"
	"postern/server/operator"
	"postern/store"
)

func letterTest() command {
	return command{
		name: "letter test", args: "EMAIL [--language nl] [--wait]", least: 1, most: 1,
		short: "sends a test letter, to see whether mail arrives",
		long: `The letter goes through the queue, the texts and the smarthost like any other. With --wait the exit
code is 1 if it was not sent.`,
		examples: []string{
			"postern letter test me@example.org --wait",
			"postern letter test me@example.org --language nl",
		},
		prepare: func(f *flag.FlagSet) action {
			language := f.String("language", "en",
				"`LANGUAGE` of the letter, as nl; English where there is no text in that language")
			wait := f.Bool("wait", false, "wait until it is sent or has failed, then show it")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.testLetter(operator.TestLetter{Email: args[0], Language: *language}, *wait, *asJSON)
			}
		},
	}
}

// testLetter has a test letter owed, waits for it where it should, and says what there is to say.
func (c *call) testLetter(in operator.TestLetter, wait, asJSON bool) error {
	if err := c.open(); err != nil {
		return err
	}
	if wait && !c.session.running {
		return errors.New("no appliance is running, so nothing would send the letter: start one, or leave --wait out")
	}
	var letter operator.Letter
	if err := c.ask(http.MethodPost, "/sending/test", nil, in, &letter); err != nil {
		return err
	}
	var outcome error
	if !asJSON {
		fmt.Fprintf(c.Out, "owed: %s\n", letter.ID)
	}
	if wait {
		letter, outcome = c.await(letter)
	}
	switch {
	case asJSON:
		return errors.Join(printJSON(c.Out, letter), outcome)
	case wait && c.ctx.Err() == nil:
		return errors.Join(c.printLetter(letter), outcome)
	}
	return outcome
}

// lookAgain is how long one question for a letter waits: it ends with the letter, but not with a try that came to
// nothing.
const lookAgain = "5s"

// await waits for as long as a letter is queued, and says on the way what became of the tries. Its error is why the
// letter was not sent.
func (c *call) await(letter operator.Letter) (operator.Letter, error) {
	var told time.Time
	for letter.State == store.LetterQueued {
		paused, err := c.sendingPaused()
		var now operator.Letter
		if err == nil && !paused {
			err = c.ask(http.MethodGet, "/letters/"+letter.ID.String(), url.Values{"wait": {lookAgain}}, nil, &now)
		}
		switch {
		case c.ctx.Err() != nil:
			return letter, fmt.Errorf("no longer waited for: the letter %s stays queued", letter.ID)
		case err != nil:
			return letter, err
		case paused:
			return letter, errors.New("sending is paused, so the letter waits: postern letter resume lets it go")
		}
		letter = now
		if n := len(letter.Attempts); n > 0 && letter.State == store.LetterQueued &&
			letter.Attempts[n-1].At.After(told) {
			last := letter.Attempts[n-1]
			told = last.At
			fmt.Fprintf(c.Err, "not yet: %s; next try: %s\n", inLine(last.Phase+": "+last.Text), clock(letter.DueAt))
		}
	}
	if letter.State != store.LetterSent {
		return letter, fmt.Errorf("the letter %s: %s", cameTo[letter.State], inLine(letter.Reason))
	}
	return letter, nil
}

// cameTo says what became of a letter that was not sent.
var cameTo = map[store.LetterState]string{
	store.LetterFailed: "has failed", store.LetterHeld: "is held", store.LetterCancelled: "was cancelled",
}

func letterCheck() command {
	return command{
		name: "letter check", short: "dials the smarthost and logs in, without sending anything",
		long: `It asks the appliance that runs; where none does, the settings of this command say which smarthost it is.
Exit code 1 if a step fails.`,
		examples: []string{"postern letter check"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				found, err := c.checkSmarthost()
				if err != nil {
					return err
				}
				return c.printSmarthost(found, *asJSON)
			}
		},
	}
}

// checkSmarthost asks the appliance that runs, or dials as the settings say. Neither needs a data file.
func (c *call) checkSmarthost() (found operator.SmarthostCheck, err error) {
	settings, err := config.ReadSettings()
	if err != nil {
		return found, err
	}
	running, err := c.dial(settings.DataDir())
	if err != nil {
		return found, err
	}
	if running {
		err = c.ask(http.MethodPost, "/sending/check", nil, nil, &found)
		return found, err
	}
	config, err := settings.Parse()
	if err != nil {
		return found, err
	}
	fmt.Fprintln(c.Err, "no appliance is running: checking what the settings here name")
	check, err := server.SmarthostChecker(config)
	if err != nil || check == nil {
		return operator.ViewSmarthost(nil), err
	}
	steps, err := check(c.ctx)
	return operator.ViewSmarthost(steps), err
}

// printSmarthost shows what a check found. That a step failed is the error; why, is among the words.
func (c *call) printSmarthost(found operator.SmarthostCheck, asJSON bool) error {
	var failed error
	rows := make([][]string, len(found.Steps))
	for i, step := range found.Steps {
		rows[i] = []string{step.Name, "ok", step.Detail}
		if step.Fault != "" {
			rows[i] = []string{step.Name, "FAILED", strings.TrimPrefix(step.Detail+"; "+step.Fault, "; ")}
			failed = fmt.Errorf("the smarthost is not ready for letters: %s failed", step.Name)
		}
	}
	switch {
	case asJSON:
		return errors.Join(printJSON(c.Out, found), failed)
	case found.Inbox:
		fmt.Fprintln(c.Out,
			"letters go to the built-in inbox: there is no smarthost to check (POSTERN_SMTP_URL names one)")
		return nil
	}
	if err := printRows(c.Out, []string{"STEP", "OUTCOME", "WORDS"}, rows); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	fmt.Fprintln(c.Out, "the smarthost is ready for letters; none was sent")
	return nil
}
