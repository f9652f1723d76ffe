package wire

import (
	"time"

	"postern/store"
	"postern/store/guid"
)

// Event is something that has happened, as it is answered. It names people by their ids alone.
type Event struct {
	Seq      uint64    `json:"seq" doc:"Its number; events come in this order."`
	Type     string    `json:"type" doc:"As biker.created or load.completed."`
	At       time.Time `json:"at"`
	User     guid.ID   `json:"userId,omitzero"`
	Biker    guid.ID   `json:"bikerId,omitzero"`
	Employee string    `json:"partner_EmployeeID,omitzero" doc:"Of the biker."`
	Cleaning guid.ID   `json:"cleaningActionId,omitzero"`
	Letter   guid.ID   `json:"letterId,omitzero"`
	Partner  string    `json:"partner,omitzero" doc:"Who may see it beside the operator."`
	About    string    `json:"about,omitzero" doc:"Of operator.*: the partner, by its name, or the plan, by its code."`
}

// ViewEvent is the wire form of an event.
func ViewEvent(e store.Event) Event { return Event(e) }

// Feed is a stretch of the events.
type Feed struct {
	ID     guid.ID `json:"feed" doc:"Names the numbering; after a restore it is a new one."`
	Events []Event `json:"events" doc:"In the order of their numbers."`
	Next   uint64  `json:"next" doc:"The last number looked at: the next call's after."`
}

// AheadProblem is what the problem of a number that there is not yet has beside the usual members.
type AheadProblem struct {
	Feed guid.ID `json:"feed" doc:"Names the numbering: another one than yours is of before a restore."`
	Last uint64  `json:"last" doc:"The number of the last event."`
}

// GoneProblem is what the problem of events that are not kept any more has beside the usual members.
type GoneProblem struct {
	Oldest uint64 `json:"oldest" doc:"The number of the oldest event that is kept."`
}

// ViewFeed is the wire form of a feed.
func ViewFeed(f store.Feed) Feed {
	feed := Feed{ID: f.ID, Events: make([]Event, len(f.Events)), Next: f.Next}
	for i, event := range f.Events {
		feed.Events[i] = ViewEvent(event)
	}
	return feed
}
