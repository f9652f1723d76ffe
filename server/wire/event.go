package wire

import (
	"time"

	"postern/store"
	"postern/store/guid"
)

// Event is something that has happened, as it is answered. It names people by their ids alone.
type Event struct {
	Seq      uint64    `json:"seq"`
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	User     guid.ID   `json:"userId,omitzero"`
	Biker    guid.ID   `json:"bikerId,omitzero"`
	Employee string    `json:"partner_EmployeeID,omitzero"` // of the biker
	Cleaning guid.ID   `json:"cleaningActionId,omitzero"`
	Letter   guid.ID   `json:"letterId,omitzero"`
	Partner  string    `json:"partner,omitzero"` // who may see it beside the operator
	About    string    `json:"about,omitzero"`   // operator.*: the partner, by its name, or the plan, by its code
}

// ViewEvent is the wire form of an event.
func ViewEvent(e store.Event) Event { return Event(e) }

// Feed is a stretch of the events.
type Feed struct {
	ID     guid.ID `json:"feed"` // names the numbering
	Events []Event `json:"events"`
	Next   uint64  `json:"next"` // the last number looked at: the next call's after
}

// ViewFeed is the wire form of a feed.
func ViewFeed(f store.Feed) Feed {
	feed := Feed{ID: f.ID, Events: make([]Event, len(f.Events)), Next: f.Next}
	for i, event := range f.Events {
		feed.Events[i] = ViewEvent(event)
	}
	return feed
}
