package operator

import (
	"context"
	"time"

	"postern/store"
	"postern/store/guid"
)

// Letter is what an operator sees of a letter: everything but the ids that only the store needs.
type Letter struct {
	ID         guid.ID           `json:"id"`
	Kind       store.LetterKind  `json:"kind"`
	Language   string            `json:"language"`
	To         string            `json:"to" doc:"Empty after an erasure."`
	Partner    string            `json:"partner,omitzero" doc:"Whose registration owes it; users' letters have none."`
	MessageID  string            `json:"messageId"`
	CleaningID guid.ID           `json:"cleaningId,omitzero"`
	State      store.LetterState `json:"state"`
	OwedAt     time.Time         `json:"owedAt"`
	DueAt      time.Time         `json:"dueAt,omitzero" doc:"Next try, while queued."`
	DoneAt     time.Time         `json:"doneAt,omitzero" doc:"Sent, failed or cancelled."`
	Tries      int               `json:"tries" doc:"Attempts in all."`
	Waited     store.Span        `json:"waited,omitzero" doc:"What counts towards MAIL_GIVE_UP_AFTER: its own delays."`
	Reason     string            `json:"reason,omitzero" doc:"Why it failed, was held or cancelled."`
	Attempts   []Attempt         `json:"attempts" doc:"The latest ten, oldest first."`
}

// Attempt is one try to hand a letter over.
type Attempt struct {
	At           time.Time          `json:"at"`
	Milliseconds int64              `json:"milliseconds"`
	Class        store.AttemptClass `json:"class"`
	Phase        string             `json:"phase,omitzero"`
	Code         int                `json:"code,omitzero" doc:"SMTP reply code."`
	Enhanced     string             `json:"enhanced,omitzero" doc:"Enhanced status code."`
	// what the smarthost calls it in its own log, where its words say so
	QueueID string `json:"queueId,omitzero"`
	Text    string `json:"text,omitzero" doc:"The server's words, or the fault."`
}

// Letters lists letters, the newest first. Next of the page is the Before of the following one.
func (o *Operator) Letters(filter store.LetterFilter) (Page[Letter], error) {
	found, err := o.Store.Letters(filter)
	page := Page[Letter]{Items: views(found, viewLetter)}
	if len(found) > 0 && len(found) == filter.Limit {
		page.Next = found[filter.Limit-1].ID
	}
	return page, err
}

// Letter shows a letter. It waits for as long as the letter is queued, until ctx ends.
func (o *Operator) Letter(ctx context.Context, id guid.ID) (Letter, error) {
	for {
		news := o.Store.Watch() // before looking, so that a change in between is not missed
		found, err := o.Store.Letter(id)
		if err != nil || found.State != store.LetterQueued || ctx.Err() != nil {
			return viewLetter(found), err
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
}

// RetryLetter has a letter that failed, or waits, tried now.
func (o *Operator) RetryLetter(ctx context.Context, id guid.ID) (Letter, error) {
	letter, err := o.Store.RetryLetter(ctx, id)
	return viewLetter(letter), err
}

// ReleaseLetter lets a letter go that is held.
func (o *Operator) ReleaseLetter(ctx context.Context, id guid.ID) (Letter, error) {
	letter, err := o.Store.ReleaseLetter(ctx, id)
	return viewLetter(letter), err
}

// HoldLetter keeps a queued letter back until it is released.
func (o *Operator) HoldLetter(ctx context.Context, id guid.ID) (Letter, error) {
	letter, err := o.Store.HoldLetter(ctx, id)
	return viewLetter(letter), err
}

// CancelLetter ends a letter unsent.
func (o *Operator) CancelLetter(ctx context.Context, id guid.ID) (Letter, error) {
	letter, err := o.Store.CancelLetter(ctx, id)
	return viewLetter(letter), err
}

func viewLetter(l store.Letter) Letter {
	view := Letter{
		ID: l.ID, Kind: l.Kind, Language: l.Language, To: l.To, Partner: l.Partner, MessageID: l.MessageID,
		CleaningID: l.Cleaning, State: l.State, OwedAt: l.OwedAt, DoneAt: l.DoneAt, Tries: l.Tries, Waited: l.Waited,
		Reason: l.Reason, Attempts: make([]Attempt, len(l.Attempts)),
	}
	if l.State == store.LetterQueued {
		view.DueAt = l.DueAt
	}
	for i, a := range l.Attempts {
		view.Attempts[i] = Attempt{
			At: a.At, Milliseconds: time.Duration(a.Took).Milliseconds(),
			Class: a.Class, Phase: a.Phase, Code: a.Code, Enhanced: a.Enhanced, Text: a.Text,
		}
		if a.Class == store.AttemptSent {
			view.Attempts[i].QueueID = queueID(a.Text)
		}
	}
	return view
}
