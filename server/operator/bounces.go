package operator

import (
	"context"

	"postern/mail/bounce"
	"postern/mail/returns"
	"postern/store"
	"postern/store/guid"
)

// Bounce is what became of a message that came back.
type Bounce struct {
	Outcome  returns.Outcome   `json:"outcome" doc:"What it came to; failed, noted and kinds of report are of a letter."`
	LetterID guid.ID           `json:"letterId,omitzero" doc:"The letter that it is about."`
	State    store.LetterState `json:"state,omitzero" doc:"Of that letter, now."`
	Reason   string            `json:"reason,omitzero" doc:"Why that letter failed."`
}

// TakeBounce takes one message that came back, as a mail system hands it over.
func (o *Operator) TakeBounce(ctx context.Context, message []byte) (Bounce, error) {
	taken, err := o.Returns.Take(ctx, returns.FromCommand, message, bounce.Envelope{})
	view := Bounce{Outcome: taken.Outcome, LetterID: taken.Letter.ID, State: taken.Letter.State}
	if taken.Letter.State == store.LetterFailed {
		view.Reason = taken.Letter.Reason
	}
	return view, err
}
