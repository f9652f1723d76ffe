package mail

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"postern/mail/letters"
	"postern/store"
	"postern/store/refuse"
)

// keepIdle is how long a connection without work is kept.
const keepIdle = 30 * time.Second

// result is a letter that comes back from a worker.
type result struct {
	letter  store.Letter
	attempt store.Attempt
	untried bool // sending was stopped before anything was said, or the store said nothing any more
}

// work sends letters, one after the other, until there will be no more.
func (c *Courier) work(stop context.Context, lane Lane, letters <-chan store.Letter, tried chan<- result) {
	defer lane.Rest()
	idle := time.NewTimer(keepIdle)
	defer idle.Stop()
	for {
		select {
		case letter, more := <-letters:
			if !more {
				return
			}
			tried <- c.try(stop, lane, letter)
			idle.Reset(keepIdle)
		case <-idle.C:
			lane.Rest()
		}
	}
}

// try makes one attempt at a letter.
func (c *Courier) try(stop context.Context, lane Lane, letter store.Letter) result {
	if stop.Err() != nil {
		return result{letter: letter, untried: true}
	}
	at, began := c.options.Now(), time.Now()
	message, attempt := c.prepare(letter)
	switch attempt.Class {
	case "":
		attempt = lane.Send(stop, message)
	case untried:
		return result{letter: letter, untried: true}
	}
	attempt.At, attempt.Took = at, store.Span(time.Since(began))
	return result{letter: letter, attempt: attempt}
}

// untried is the class of what is not recorded, because the store says nothing any more.
const untried store.AttemptClass = "untried"

// prepare composes a letter, or gives the attempt that ends without the smarthost: the letter is overtaken, or it cannot be
// composed, which no later try would mend.
func (c *Courier) prepare(letter store.Letter) (message letters.Message, attempt store.Attempt) {
	defer func() {
		if cause := recover(); cause != nil {
			attempt = c.unfit(letter, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	in, overtaken, err := c.store.ContentsOf(letter)
	switch {
	case refuse.Is(err, refuse.Unavailable):
		return message, store.Attempt{Class: untried}
	case err != nil:
		return message, c.unfit(letter, err)
	case overtaken:
		return message, store.Attempt{Class: store.AttemptOvertaken}
	}
	message, err = c.options.Composer.Compose(letter, in, c.options.Now())
	if err != nil {
		return message, c.unfit(letter, err)
	}
	return message, attempt
}

func (c *Courier) unfit(letter store.Letter, err error) store.Attempt {
	c.log.Error().Stringer("letter", letter.ID).Str("kind", string(letter.Kind)).Err(err).Msg("a letter cannot be composed")
	return store.Attempt{Class: store.AttemptPermanent, Phase: phaseCompose, Text: "the letter cannot be composed; the log says why"}
}
