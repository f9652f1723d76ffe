package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"sort"
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
	if told := t.store.options.Told; told != nil {
		t.After(func() { told(event.Type) })
	}
	if person := event.person(); !person.IsZero() {
		if err := t.Put(eventPersonBucket, personEventKey(person, seq), nil); err != nil {
			return err
		}
	}
	if event.Partner == "" {
		return nil
	}
	t.signalPartner(event.Partner)
	return t.Put(eventPartnerBucket, partnerEventKey(event.Partner, seq), nil)
}

// deleteEvent takes an event out of the feed; the numbers of the others stay.
func (t tx) deleteEvent(event Event) error {
	if person := event.person(); !person.IsZero() {
		if err := t.Delete(eventPersonBucket, personEventKey(person, event.Seq)); err != nil {
			return err
		}
	}
	if event.Partner != "" {
		if err := t.Delete(eventPartnerBucket, partnerEventKey(event.Partner, event.Seq)); err != nil {
			return err
		}
	}
	return events.Delete(t.Tx, seqKey(event.Seq))
}

// person is the biker or user that an event is about, or zero.
func (e Event) person() guid.ID {
	if e.Biker.IsZero() {
		return e.User
	}
	return e.Biker
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

// eventBelow is the number of the last event before one, of the last of all before 0.
func (t tx) eventBelow(before uint64) uint64 {
	if before == 0 {
		return t.lastEvent()
	}
	return min(t.lastEvent(), before-1)
}

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

// NoteViewed tells that the operator has looked at a person, a biker or user; taken: everything that is held was handed
// out. It refuses with NotFound where there is no such person.
func (s *Store) NoteViewed(ctx context.Context, person guid.ID, taken bool) error {
	return updateVital(ctx, s, func(t tx) error {
		event := Event{Type: "operator.person_viewed"}
		if taken {
			event.Type = "operator.person_exported"
		}
		switch {
		case t.Has(bikerBucket, person[:]):
			event.Biker = person
		case t.Has(userBucket, person[:]):
			event.User = person
		default:
			return refuse.New(refuse.NotFound, "There is nobody with the id "+person.String()+".")
		}
		return t.tell(event)
	})
}

// NoteConsole tells that somebody has entered the operator's console.
func (s *Store) NoteConsole(ctx context.Context) error {
	return updateVital(ctx, s, func(t tx) error { return t.tell(Event{Type: "operator.console_opened"}) })
}

// EventFilter chooses events for the operator.
type EventFilter struct {
	Kind   string    // a type, or the beginning of several that ends in a point, as "letter."; empty: all
	About  string    // an id, a partner's name or a plan's code that they name; empty: all
	Before uint64    // only those of a lower number; 0: from the newest
	Until  time.Time // only those that happened before; zero: from the newest
	Limit  int
}

// EventPage is a stretch of the events, the newest first.
type EventPage struct {
	Events []Event
	// the numbers of the newest and oldest events that were looked at, and whether there are older ones
	From, To uint64
	More     bool
}

// eventsSought is how many events one page of LatestEvents looks through: reads are short.
const eventsSought = 20_000

// LatestEvents returns the newest events that a filter chooses. Those about a person are found by an index; for all
// else it looks at so many events and no more, and says how far it came. Only records that hold the words that are
// looked for are decoded.
func (s *Store) LatestEvents(f EventFilter) (EventPage, error) {
	return read(s, func(t tx) (page EventPage, err error) {
		page.From = t.eventBelow(f.Before)
		if !f.Until.IsZero() {
			page.From = min(page.From, t.lastEventBefore(f.Until))
		}
		page.To = page.From + 1
		looked := 0
		for key, raw := range t.eventsDown(f.About, page.From) {
			if page.More = len(page.Events) == f.Limit || looked == eventsSought; page.More {
				break
			}
			looked++
			page.To = binary.BigEndian.Uint64(key)
			if event, err := f.choose(key, raw); err == nil && event.Seq != 0 {
				page.Events = append(page.Events, event)
			}
		}
		if !page.More {
			page.To = min(page.To, t.oldestEvent())
		}
		return page, t.nameEmployees(page.Events)
	})
}

// eventsDown goes through the records of events from a number down, those about a person where about is the id of one.
func (t tx) eventsDown(about string, from uint64) iter.Seq2[[]byte, []byte] {
	person, err := guid.Parse(about)
	if first, _ := t.Cursor(eventPersonBucket).Seek(person[:]); err == nil && bytes.HasPrefix(first, person[:]) {
		return func(yield func(key, raw []byte) bool) {
			for key := range t.eventsOf(person, from) {
				if !yield(key, t.Bucket(eventBucket).Get(key)) {
					return
				}
			}
		}
	}
	return func(yield func(key, raw []byte) bool) {
		c := t.Cursor(eventBucket)
		for key, raw := c.SeekBefore(seqKey(from + 1)); key != nil && yield(key, raw); key, raw = c.Prev() {
		}
	}
}

// eventsOf goes through the keys of the events about a person from a number down.
func (t tx) eventsOf(person guid.ID, from uint64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		c := t.Cursor(eventPersonBucket)
		key, _ := c.SeekBefore(personEventKey(person, from+1))
		for bytes.HasPrefix(key, person[:]) && yield(key[len(person):]) {
			key, _ = c.Prev()
		}
	}
}

// choose decodes an event that the filter chooses; of others it gives none.
func (f EventFilter) choose(key, raw []byte) (Event, error) {
	isPlain := !strings.ContainsAny(f.About, `"\`) // JSON has it as it is
	if !bytes.Contains(raw, []byte(`"type":"`+f.Kind)) || isPlain && !bytes.Contains(raw, []byte(f.About)) {
		return Event{}, nil
	}
	event, err := events.Decode(key, raw)
	if err != nil || !f.chooses(event) {
		return Event{}, err
	}
	return event, nil
}

func (f EventFilter) chooses(e Event) bool {
	isKind := f.Kind == "" || e.Type == f.Kind || strings.HasSuffix(f.Kind, ".") && strings.HasPrefix(e.Type, f.Kind)
	return isKind && (f.About == "" || f.About == e.About || f.About == e.Partner ||
		slices.ContainsFunc([]guid.ID{e.User, e.Biker, e.Cleaning, e.Letter}, func(id guid.ID) bool {
			return !id.IsZero() && id.String() == f.About
		}))
}

// lastEventBefore finds the number of the last event before a moment by bisection: numbers are in the order of time.
func (t tx) lastEventBefore(moment time.Time) uint64 {
	oldest, last := t.oldestEvent(), t.lastEvent()
	n := sort.Search(int(last-oldest+1), func(i int) bool {
		event, found, err := events.Get(t.Tx, seqKey(oldest+uint64(i)))
		return err == nil && found && !event.At.Before(moment)
	})
	return oldest + uint64(n) - 1
}

// LastEventBefore is the number of the last event before a moment; that of the one before the oldest that is kept,
// where there is none.
func (s *Store) LastEventBefore(moment time.Time) (seq uint64, err error) {
	return read(s, func(t tx) (uint64, error) { return t.lastEventBefore(moment), nil })
}

// EventsOf lists what the feed still tells of a user or biker with a number below before, the newest first and at most
// limit; before 0 means from the newest.
func (s *Store) EventsOf(person guid.ID, before uint64, limit int) ([]Event, error) {
	return read(s, func(t tx) (found []Event, err error) {
		for key := range t.eventsOf(person, t.eventBelow(before)) {
			event, is, err := events.Get(t.Tx, key)
			if err == nil && !is {
				err = fmt.Errorf("the index of events by person names %x, which is not there", key)
			}
			if err != nil {
				return nil, err
			}
			if found = append(found, event); len(found) == limit {
				break
			}
		}
		return found, t.nameEmployees(found)
	})
}
