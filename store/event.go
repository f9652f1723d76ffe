package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Event is one line of the feed. It names records by their ids, never a person or an address.
type Event struct {
	Seq      uint64    `json:"seq"`
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	User     guid.ID   `json:"userId,omitzero"`
	Biker    guid.ID   `json:"bikerId,omitzero"`
	Employee string    `json:"partner_EmployeeID,omitzero"` // looked up when read, so that an erasure reaches it
	Cleaning guid.ID   `json:"cleaningActionId,omitzero"`
	Letter   guid.ID   `json:"letterId,omitzero"`
	Partner  string    `json:"partner,omitzero"` // who may see it beside the operator
	About    string    `json:"about,omitzero"`   // operator.*: the partner, by its name, or the plan, by its code
}

// tell appends an event to the feed, numbered without a gap.
func (t tx) tell(event Event) error {
	if strings.HasPrefix(event.Type, "operator.") {
		event.Partner = "" // whatever it is about, it is the operator's alone
	}
	seq, err := t.Bucket(eventBucket).NextSequence()
	if err != nil {
		return err
	}
	event.Seq, event.At = seq, t.Now()
	if err := events.Put(t.Tx, seqKey(seq), event); err != nil {
		return err
	}
	t.signalEvents()
	if event.Partner == "" {
		return nil
	}
	t.signalPartner(event.Partner)
	return t.Put(eventPartnerBucket, partnerEventKey(event.Partner, seq), nil)
}

// Feed is a stretch of the events.
type Feed struct {
	ID     guid.ID `json:"feed"` // names the numbering
	Events []Event `json:"events"`
	Next   uint64  `json:"next"` // the last number looked at: the next call's after
}

// Events returns the operator's events with a number beyond after, at most limit. It refuses with Gone where some of
// them are no longer kept (Extra says the oldest that is), and with Conflict where after lies beyond the end.
func (s *Store) Events(after uint64, limit int) (Feed, error) {
	return read(s, func(t tx) (Feed, error) {
		feed, err := t.feedAfter(after)
		if err != nil {
			return Feed{}, err
		}
		feed.Next = after
		err = events.Each(t.Tx, nil, seqKey(after+1), func(_ []byte, event Event) (bool, error) {
			feed.Events = append(feed.Events, event)
			feed.Next = event.Seq
			return len(feed.Events) < limit, nil
		})
		if err == nil {
			err = t.nameEmployees(feed.Events)
		}
		return feed, err
	})
}

// PartnerEvents returns the events that a partner may see with a number beyond after, at most limit, which bounds what
// it reads. Next passes over the events of others, so that a partner with few of its own does not fall behind what is
// kept. It refuses as Events does.
func (s *Store) PartnerEvents(partner string, after uint64, limit int) (Feed, error) {
	return read(s, func(t tx) (Feed, error) {
		feed, err := t.feedAfter(after)
		if err != nil {
			return Feed{}, err
		}
		prefix := partnerEventKey(partner, 0)[:len(partner)+1]
		c := t.Cursor(eventPartnerBucket)
		for key, _ := c.Seek(partnerEventKey(partner, after+1)); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
			event, found, err := events.Get(t.Tx, key[len(prefix):])
			if err != nil {
				return Feed{}, err
			}
			if !found {
				return Feed{}, fmt.Errorf("the index of partners' events names %x, which is not there", key)
			}
			feed.Events = append(feed.Events, event)
			if len(feed.Events) == limit {
				feed.Next = event.Seq
				break
			}
		}
		return feed, t.nameEmployees(feed.Events)
	})
}

// feedAfter returns a feed without events that has looked at all there are, or refuses as Events does.
func (t tx) feedAfter(after uint64) (Feed, error) {
	file, _, err := metas.Get(t.Tx, metaKey)
	if err != nil {
		return Feed{}, err
	}
	last := t.lastEvent()
	switch oldest := t.oldestEvent(); {
	case after > last:
		return Feed{}, &refuse.Refusal{Kind: refuse.Conflict,
			Extra:  map[string]any{"last": last, "feed": file.Feed.String()},
			Reason: fmt.Sprintf("There is no event %d yet; the last one is %d.", after, last)}
	case after+1 < oldest:
		return Feed{}, &refuse.Refusal{Kind: refuse.Gone, Extra: map[string]any{"oldest": oldest},
			Reason: fmt.Sprintf("Events before %d are no longer kept; go on after %d.", oldest, oldest-1)}
	}
	return Feed{ID: file.Feed, Next: last, Events: []Event{}}, nil
}

// EventsFrom is Events that waits: where there is none yet it gives the first that come, or none when ctx ends.
func (s *Store) EventsFrom(ctx context.Context, after uint64, limit int) (Feed, error) {
	for {
		news := s.Watch()
		feed, err := s.Events(after, limit)
		if err != nil || len(feed.Events) > 0 {
			return feed, err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return feed, nil
		}
	}
}

// KeptEvents returns the numbers of the oldest event that is kept and of the last one. Where none is kept, the oldest
// is the one to come.
func (s *Store) KeptEvents() (oldest, last uint64, err error) {
	err = look(s, func(t tx) error {
		oldest, last = t.oldestEvent(), t.lastEvent()
		return nil
	})
	return oldest, last, err
}

// lastEvent is the number of the last event that was told, kept or not; 0 before the first.
func (t tx) lastEvent() uint64 { return t.Bucket(eventBucket).Sequence() }

// oldestEvent is the number of the first event that is still kept, or of the next one where none is.
func (t tx) oldestEvent() uint64 {
	if key, _ := t.Cursor(eventBucket).First(); key != nil {
		return binary.BigEndian.Uint64(key)
	}
	return t.lastEvent() + 1
}

// nameEmployees adds to events what their partner calls the biker.
func (t tx) nameEmployees(list []Event) error {
	for i, event := range list {
		if event.Biker.IsZero() {
			continue
		}
		biker, _, err := bikers.Get(t.Tx, event.Biker[:])
		if err != nil {
			return err
		}
		if event.Partner == "" || event.Partner == biker.Partner { // not a new partner's name for the former one's
			list[i].Employee = biker.EmployeeID
		}
	}
	return nil
}

// eventsLooked is how many events one read of EventsOf looks at: reads are short.
const eventsLooked = 5000

// EventsOf lists what the feed still tells of a user or biker, the oldest first and at most limit. There is no index
// for it: it looks at all events.
func (s *Store) EventsOf(person guid.ID, limit int) (found []Event, err error) {
	for from := seqKey(0); from != nil && len(found) < limit; {
		from, err = read(s, func(t tx) (next []byte, err error) {
			looked := 0
			err = events.Each(t.Tx, nil, from, func(key []byte, event Event) (bool, error) {
				if looked++; looked > eventsLooked || len(found) == limit {
					next = bytes.Clone(key)
					return false, nil
				}
				if event.User == person || event.Biker == person {
					found = append(found, event)
				}
				return true, nil
			})
			return next, err
		})
		if err != nil {
			return nil, err
		}
	}
	err = look(s, func(t tx) error { return t.nameEmployees(found) })
	return found, err
}
