package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// report is what is to be recorded next: attempts that ended, failed letters to be queued again after all, and letters
// that were claimed and not tried.
type report struct {
	outcomes []store.Outcome
	requeue  []guid.ID
	release  []guid.ID
}

// empty reports whether there is nothing to record.
func (r report) empty() bool { return len(r.outcomes)+len(r.requeue)+len(r.release) == 0 }

// with returns the report with what came later added.
func (r report) with(later report) report {
	return report{append(r.outcomes, later.outcomes...), append(r.requeue, later.requeue...),
		append(r.release, later.release...)}
}

// receipt is what of a report could not be recorded, and why.
type receipt struct {
	rest report
	err  error
}

// requeued is the reason in the record of a letter whose failure was taken back.
const requeued = "refused like two others in a row: the smarthost's fault, not the letter's"

// record is the recorder's goroutine: it writes reports until reports is closed. This is group commit without a timer:
// while one commit runs, the scheduler gathers what the next one takes.
func (c *Courier) record(reports <-chan report, recorded chan<- receipt) {
	for r := range reports {
		err := c.write(&r)
		if err != nil {
			c.fault(err).Int("letters", len(r.outcomes)).Msg("what became of letters cannot be recorded")
		}
		recorded <- receipt{r, err}
	}
}

// write records a report and empties it as far as the store takes it. The order matters: a letter to be queued again
// may have failed in this very report, and its failure must stand in its record before it is taken back.
func (c *Courier) write(r *report) error {
	ctx := context.Background() // what has happened is written, whoever has stopped waiting
	var err error
	if r.outcomes, err = each(r.outcomes, func(some []store.Outcome) error {
		recorded, err := c.store.RecordAttempts(ctx, some)
		c.reportAttempts(some, recorded)
		return c.writeError(err, len(some))
	}); err != nil {
		return err
	}
	if r.requeue, err = each(r.requeue, func(some []guid.ID) error {
		err := c.store.RequeueLetters(ctx, some, requeued)
		if err == nil {
			c.log.Info().Stringers("letters", stringers(some)).
				Msg("failed letters are queued again: the smarthost is at fault")
		}
		return c.writeError(err, len(some))
	}); err != nil {
		return err
	}
	r.release, err = each(r.release, func(some []guid.ID) error {
		return c.writeError(c.store.ReleaseLetters(ctx, some), len(some))
	})
	return err
}

// each writes all items together; where that fails, one by one, so that one damaged record does not hold up the others.
// It returns what is still to be written. Where the store takes nothing now, one by one would not help, and would cost
// a commit for each.
func each[T any](items []T, write func([]T) error) ([]T, error) {
	if len(items) == 0 {
		return nil, nil
	}
	switch err := write(items); {
	case err == nil:
		return nil, nil
	case refuse.Is(err, refuse.Unavailable):
		return items, err
	}
	for i := range items {
		if err := write(items[i : i+1]); err != nil {
			return items[i:], err
		}
	}
	return nil, nil
}

// writeError decides on an error of the store. It returns the error where the store may take the same later, or in
// smaller pieces. A single letter whose record cannot be read is left as it is, claimed, for the check of the data file
// to name.
func (c *Courier) writeError(err error, items int) error {
	if err == nil || items > 1 || refuse.Is(err, refuse.Unavailable) {
		return err
	}
	c.fault(err).Msg("what became of a letter cannot be recorded")
	return nil
}

func stringers(ids []guid.ID) []fmt.Stringer {
	names := make([]fmt.Stringer, len(ids))
	for i, id := range ids {
		names[i] = id
	}
	return names
}

// reportAttempts logs how attempts ended, and passes them to the observer: at warn where a letter has failed for good,
// else at info. The log names letters by their ids: no address, no token, none of the server's words, which may repeat
// them.
func (c *Courier) reportAttempts(outcomes []store.Outcome, recorded []store.Letter) {
	attempts := make(map[guid.ID]store.Attempt, len(outcomes))
	for _, outcome := range outcomes {
		attempts[outcome.Letter] = outcome.Attempt
	}
	for _, letter := range recorded {
		a := attempts[letter.ID]
		c.options.Observer.Attempted(letter.Kind, a, letter.State, c.waited(letter, a))
		level := zerolog.InfoLevel
		if letter.State == store.LetterFailed {
			level = zerolog.WarnLevel // for good: only the operator can do something about it
		}
		c.log.WithLevel(level).Stringer("letter", letter.ID).Str("kind", string(letter.Kind)).
			Str("class", string(a.Class)).
			Str("phase", a.Phase).Int("code", a.Code).Str("enhanced", a.Enhanced).Dur("took", time.Duration(a.Took)).
			Str("state", string(letter.State)).Msg("letter")
	}
}

// waited returns how long a letter was queued that has just been sent; else 0.
func (c *Courier) waited(letter store.Letter, a store.Attempt) time.Duration {
	if letter.State != store.LetterSent || a.Class != store.AttemptSent {
		return 0
	}
	return max(0, c.options.Now().Sub(letter.OwedAt)) // a clock that was set back has no say in it
}
