package operator

import (
	"postern/mail/smtp"
	"postern/store/guid"
)

// Prefix starts the path of every endpoint here.
const Prefix = "/operator/v1"

// Page is a stretch of a list. Next is the `after` of the following stretch, for letters the `before`; none: this is
// the last.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  guid.ID `json:"next,omitzero"`
}

// SmarthostCheck answers POST sending/check.
type SmarthostCheck struct {
	Inbox bool        `json:"inbox" doc:"Whether there is no smarthost: letters go to the built-in inbox."`
	Steps []smtp.Step `json:"steps"`
}

// ViewSmarthost is the answer to a check of the smarthost; no steps at all: there is none.
func ViewSmarthost(steps []smtp.Step) SmarthostCheck {
	return SmarthostCheck{Inbox: len(steps) == 0, Steps: append([]smtp.Step{}, steps...)}
}
