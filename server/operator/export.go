package operator

import (
	"math"
	"slices"
	"time"

	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// everything is the limit of a list that is wanted whole. An export is that of one person, of whom there is little.
const everything = math.MaxInt

// BikerExport is everything held of a biker, or of somebody whose registration as one failed, but for secrets.
type BikerExport struct {
	ExportedAt time.Time    `json:"exportedAt"`
	Biker      *BikerRecord `json:"biker,omitempty" doc:"None: only letters about registrations that failed."`
	Letters    []Letter     `json:"letters" doc:"The newest first."`
	Sessions   []BegunAt    `json:"sessions" doc:"Browsers logged in now."`
	Events     []wire.Event `json:"events" doc:"The oldest first."`

	Remembered store.Remembered `json:"remembered" doc:"Of the address, as a user's too."`
}

// BegunAt is a session, without what proves it.
type BegunAt struct {
	BegunAt time.Time `json:"begunAt"`
	SeenAt  time.Time `json:"seenAt"`
}

// UserExport is everything held of a user, but for secrets.
type UserExport struct {
	ExportedAt time.Time    `json:"exportedAt"`
	User       UserRecord   `json:"user"`
	Letters    []Letter     `json:"letters" doc:"The newest first."`
	Decisions  []Decision   `json:"decisions" doc:"On loads, as long as their cleanings are kept."`
	Events     []wire.Event `json:"events" doc:"The oldest first."`

	Remembered store.Remembered `json:"remembered" doc:"Of the address, as a biker's too."`
}

// Decision is a load that a user decided, or whose decision by the user was taken back.
type Decision struct {
	CleaningID guid.ID    `json:"cleaningActionId"`
	Load       *wire.Load `json:",embed"` // nil: another one's decision, or none, stands there now
	TakenBack  *TakenBack `json:"takenBack,omitempty"`
}

// TakenBack says when a decision was taken back, and why.
type TakenBack struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

func viewDecision(user guid.ID, c *store.Cleaning) (d Decision) {
	d.CleaningID = c.ID
	if c.Load.By == user {
		load := wire.ViewLoad(c.Load)
		d.Load = &load
	}
	if c.Reopened.Decider == user {
		d.TakenBack = &TakenBack{c.Reopened.At, c.Reopened.Reason}
	}
	return d
}

// ExportBiker gathers everything held of the biker of an address.
func (o *Operator) ExportBiker(email string) (BikerExport, error) {
	letters, err := o.bikerLetters(email)
	if err != nil {
		return BikerExport{}, err
	}
	export := BikerExport{ExportedAt: o.Now(), Letters: views(letters, viewLetter), Sessions: []BegunAt{},
		Events: []wire.Event{}}
	found, err := o.findBiker(email)
	remembered, fault := o.Store.RememberedOf(email, guid.ID{}, found.ID)
	if fault != nil {
		return BikerExport{}, fault
	}
	export.Remembered = remembered
	switch {
	case err == nil:
		err = o.exportAccount(found, &export)
	case refuse.Is(err, refuse.NotFound) && len(letters) > 0:
		err = nil
	}
	return export, err
}

// bikerLetters are the letters to an address that are not a user's, as both may have the same one, and name it still.
func (o *Operator) bikerLetters(email string) (kept []store.Letter, err error) {
	letters, err := o.Store.Letters(store.LetterFilter{To: email, Limit: everything})
	for _, letter := range letters {
		switch letter.Kind {
		case store.LetterActivate, store.LetterDocument, store.LetterDecided:
			continue
		}
		if letter.To != "" { // it stays without, after an erasure
			kept = append(kept, letter)
		}
	}
	return kept, err
}

// exportAccount adds what is held of somebody who has an account.
func (o *Operator) exportAccount(biker store.Biker, export *BikerExport) error {
	record := viewBiker(biker)
	export.Biker = &record
	sessions, err := o.Store.SessionsOf(biker.ID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		export.Sessions = append(export.Sessions, BegunAt{session.BegunAt, session.SeenAt})
	}
	export.Events, err = o.allEventsOf(biker.ID)
	return err
}

// ExportUser gathers everything held of the user of an address.
func (o *Operator) ExportUser(email string) (UserExport, error) {
	found, err := o.findUser(email)
	if err != nil {
		return UserExport{}, err
	}
	letters, err := o.Store.LettersTo(found.ID, everything)
	if err != nil {
		return UserExport{}, err
	}
	decisions, err := o.decisionsOf(found.ID)
	if err != nil {
		return UserExport{}, err
	}
	remembered, err := o.Store.RememberedOf(found.Email, found.ID, guid.ID{})
	if err != nil {
		return UserExport{}, err
	}
	events, err := o.allEventsOf(found.ID)
	return UserExport{ExportedAt: o.Now(), User: o.recordUser(found), Letters: views(letters, viewLetter),
		Decisions: decisions, Events: events, Remembered: remembered}, err
}

// allEventsOf lists what the feed tells of a person, the oldest first.
func (o *Operator) allEventsOf(person guid.ID) ([]wire.Event, error) {
	all := []wire.Event{}
	for before := uint64(0); ; {
		stretch, err := o.Store.EventsOf(person, before, longestList)
		if err != nil {
			return nil, err
		}
		all = append(all, views(stretch, wire.ViewEvent)...)
		if len(stretch) < longestList {
			slices.Reverse(all)
			return all, nil
		}
		before = stretch[len(stretch)-1].Seq
	}
}

func (o *Operator) decisionsOf(user guid.ID) ([]Decision, error) {
	decisions := []Decision{}
	for after := (guid.ID{}); ; {
		stretch, err := o.Store.DecidedBy(user, after, longestList)
		if err != nil {
			return nil, err
		}
		for i := range stretch {
			decisions = append(decisions, viewDecision(user, &stretch[i]))
		}
		if len(stretch) < longestList {
			return decisions, nil
		}
		after = stretch[len(stretch)-1].ID
	}
}
