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

// keepIdle is how long a connection without work is kept. A new one costs a TLS handshake and a login, which some
// smarthosts count; an idle one takes a place of the few that they allow (three at Microsoft 365), and they end it
// after some minutes themselves (RFC 5321 §4.5.3.2.7).
const keepIdle = 30 * time.Second

// result is what a worker returns with a letter.
type result struct {
	letter  store.Letter
	from    string // the sender of its message
	attempt store.Attempt
	untried bool // sending was stopped before anything was sent, or the store is closed
}

// work is the worker's goroutine: it sends letters, one after the other, until letters is closed. The connection is its
// own. Each letter that it takes comes back over tried, whatever became of it: the scheduler counts them.
func (c *Courier) work(stop context.Context, conn Conn, letters <-chan store.Letter, tried chan<- result) {
	defer conn.CloseIdle()
	idle := time.NewTimer(keepIdle)
	defer idle.Stop()
	for {
		select {
		case letter, more := <-letters:
			if !more {
				return
			}
			tried <- c.try(stop, conn, letter)
			idle.Reset(keepIdle)
		case <-idle.C:
			conn.CloseIdle()
		}
	}
}

// try makes one attempt at a letter.
func (c *Courier) try(stop context.Context, conn Conn, letter store.Letter) result {
	if stop.Err() != nil {
		return result{letter: letter, untried: true}
	}
	at, began := c.options.Now(), time.Now() // what the record says, and what the duration is measured from
	message, attempt := c.prepare(letter)
	switch attempt.Class {
	case "":
		attempt = conn.Send(stop, message)
	case untried:
		return result{letter: letter, untried: true}
	}
	attempt.At, attempt.Took = at, store.Span(time.Since(began))
	return result{letter: letter, from: message.From, attempt: attempt}
}

// phaseCompose is the phase of an attempt that ended before any connection: the letter could not be composed.
const phaseCompose = "compose"

// untried is the class of what is not recorded, because the store is closed.
const untried store.AttemptClass = "untried"

// prepare composes a letter, or returns the attempt that ends here, without the smarthost: the letter is overtaken, or
// it cannot be composed, which no later attempt would mend. It recovers panics, so that a letter on which composing
// panics fails alone.
//
// Contents are read and the token is minted here, at the last moment: a link's life begins when its letter is sent, no
// token ever rests in the data file, and a letter whose link was overtaken since it was owed never leaves.
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

// unfit logs why a letter cannot be composed, and returns the attempt that fails it for good. The record does not hold
// the cause: it may hold personal data.
func (c *Courier) unfit(letter store.Letter, err error) store.Attempt {
	c.log.Error().Stringer("letter", letter.ID).Str("kind", string(letter.Kind)).Err(err).
		Msg("a letter cannot be composed")
	return store.Attempt{Class: store.AttemptPermanent, Phase: phaseCompose,
		Text: "the letter cannot be composed; the log says why"}
}
