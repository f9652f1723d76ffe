package operator

import (
	"context"
	"time"

	"postern/mail/smtp"
	"postern/store"
)

// Sending is the state of the mail queue.
type Sending struct {
	Paused bool                      `json:"paused" doc:"Whether the operator has paused it."`
	Counts map[store.LetterState]int `json:"letters" doc:"How many letters are in each state."`
}

// TestLetter asks for a letter to an address, which only shows that mail from here arrives.
type TestLetter struct {
	Email    string `json:"email"`
	Language string `json:"language" doc:"en where there is none."`
}

// Sending tells how the mail queue stands.
func (o *Operator) Sending() (Sending, error) {
	paused, err := o.Store.SendingPaused()
	if err != nil {
		return Sending{}, err
	}
	counts, err := o.Store.LetterCounts()
	return Sending{Paused: paused, Counts: counts}, err
}

// Queue is how the mail queue stands, in more detail.
type Queue struct {
	Sending
	DueSince      time.Time // when the first of the letters that are due became so; zero: none is, or sending is paused
	FailedLastDay int
}

// Queue tells how the mail queue stands, in more detail.
func (o *Operator) Queue() (queue Queue, err error) {
	if queue.Sending, err = o.Sending(); err != nil {
		return queue, err
	}
	next, found, err := o.Store.NextDue()
	if err != nil {
		return queue, err
	}
	if found && !next.After(o.Now()) {
		queue.DueSince = next
	}
	queue.FailedLastDay, err = o.Store.FailedLastDay()
	return queue, err
}

// PauseSending keeps all letters back until ResumeSending. It is stored, so that a restart does not let them go.
func (o *Operator) PauseSending(ctx context.Context) (Sending, error) { return o.setPaused(ctx, true) }

// ResumeSending lets letters go again.
func (o *Operator) ResumeSending(ctx context.Context) (Sending, error) {
	return o.setPaused(ctx, false)
}

func (o *Operator) setPaused(ctx context.Context, paused bool) (Sending, error) {
	if err := o.Store.PauseSending(ctx, paused); err != nil {
		return Sending{}, err
	}
	return o.Sending()
}

// RetryFailed has all letters that failed tried again, and returns how many they are.
func (o *Operator) RetryFailed(ctx context.Context) (int, error) { return o.Store.RetryFailed(ctx) }

// ReleaseHeld lets all letters go that are held, and returns how many they are.
func (o *Operator) ReleaseHeld(ctx context.Context) (int, error) { return o.Store.ReleaseHeld(ctx) }

// SendTest owes a test letter, and shows it.
func (o *Operator) SendTest(ctx context.Context, test TestLetter) (Letter, error) {
	letter, err := o.Store.OweTest(ctx, test.Email, test.Language)
	return viewLetter(letter), err
}

// SmarthostChecker dials the smarthost and goes as far as a letter would, but sends none. The error is for what kept it
// from trying at all; the fault that a step met is the step's.
type SmarthostChecker func(ctx context.Context) ([]smtp.Step, error)
