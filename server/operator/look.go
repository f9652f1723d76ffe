package operator

import (
	"context"

	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// Found is what an address or an id names.
type Found struct {
	Biker  guid.ID // zero: none; so are the others
	User   guid.ID
	Letter guid.ID
	// the id is that of a cleaning
	Cleaning guid.ID
}

// IsNothing reports whether nothing was found.
func (f Found) IsNothing() bool { return f == Found{} }

// FindAddress finds who is known by an address: a biker, a user, or both.
func (o *Operator) FindAddress(email string) (found Found, err error) {
	biker, err := o.Store.BikerByEmail(email)
	if err == nil {
		found.Biker = biker.ID
	} else if !refuse.Is(err, refuse.NotFound) {
		return Found{}, err
	}
	user, err := o.Store.UserByEmail(email)
	if err == nil {
		found.User = user.ID
	} else if !refuse.Is(err, refuse.NotFound) {
		return Found{}, err
	}
	return found, nil
}

// FindID finds what an id names.
func (o *Operator) FindID(id guid.ID) (found Found, err error) {
	for _, kind := range []struct {
		to   *guid.ID
		look func() error
	}{
		{&found.Biker, func() error { _, err := o.Store.BikerByID(id); return err }},
		{&found.User, func() error { _, err := o.Store.UserByID(id); return err }},
		{&found.Letter, func() error { _, err := o.Store.Letter(id); return err }},
		{&found.Cleaning, func() error { _, err := o.Store.Cleaning(id); return err }},
	} {
		switch err := kind.look(); {
		case err == nil:
			*kind.to = id
		case !refuse.Is(err, refuse.NotFound):
			return Found{}, err
		}
	}
	return found, nil
}

// BikerByID shows the biker of an id.
func (o *Operator) BikerByID(id guid.ID) (Biker, error) {
	found, err := o.Store.BikerByID(id)
	if refuse.Is(err, refuse.NotFound) {
		err = refuse.New(refuse.NotFound, "There is no biker with the id "+id.String()+".")
	}
	if err != nil {
		return Biker{}, err
	}
	return o.showBiker(found)
}

// UserByID shows the user of an id.
func (o *Operator) UserByID(id guid.ID) (User, error) {
	found, err := o.Store.UserByID(id)
	if refuse.Is(err, refuse.NotFound) {
		err = refuse.New(refuse.NotFound, "There is no user with the id "+id.String()+".")
	}
	if err != nil {
		return User{}, err
	}
	return o.showUser(found)
}

// NoteViewed has the feed tell that the operator has looked at a person; taken: has everything that is held of them.
func (o *Operator) NoteViewed(ctx context.Context, person guid.ID, taken bool) error {
	return o.Store.NoteViewed(ctx, person, taken)
}

// EventPage is a stretch of the events, the newest first.
type EventPage struct {
	Events   []wire.Event
	From, To uint64 // the numbers of the newest and the oldest that were looked at
	More     bool   // there are older ones
}

// LatestEvents lists the newest events that a filter chooses. How many it looks at is bounded, and said.
func (o *Operator) LatestEvents(filter store.EventFilter) (EventPage, error) {
	found, err := o.Store.LatestEvents(filter)
	return EventPage{Events: views(found.Events, wire.ViewEvent), From: found.From, To: found.To, More: found.More}, err
}

// EventsOf lists the latest events that are about a person, the newest first.
func (o *Operator) EventsOf(person guid.ID, limit int) ([]wire.Event, error) {
	found, err := o.Store.EventsOf(person, 0, limit)
	return views(found, wire.ViewEvent), err
}

// LetterReferred finds the letter of a reference, the end of its id that its reader was told.
func (o *Operator) LetterReferred(reference string) (guid.ID, error) {
	return o.Store.LetterReferred(reference)
}

// NoteConsole has the feed tell that somebody has entered the console.
func (o *Operator) NoteConsole(ctx context.Context) error { return o.Store.NoteConsole(ctx) }
