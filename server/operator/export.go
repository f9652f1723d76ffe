package operator

import (
	"math"
	"net/http"
	"time"

	"postern/server/web"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// everything is the limit of a list that is wanted whole.
const everything = math.MaxInt

// BikerExport is everything held of a biker, or of somebody whose registration as one failed, but for secrets.
type BikerExport struct {
	ExportedAt time.Time     `json:"exportedAt"`
	Biker      *BikerRecord  `json:"biker,omitempty"` // none: only letters about registrations that failed
	Letters    []Letter      `json:"letters"`         // the newest first
	Sessions   []BegunAt     `json:"sessions"`        // browsers logged in now
	Events     []store.Event `json:"events"`          // the oldest first
}

// BegunAt is a session, without what proves it.
type BegunAt struct {
	BegunAt time.Time `json:"begunAt"`
	SeenAt  time.Time `json:"seenAt"`
}

// UserExport is everything held of a user, but for secrets.
type UserExport struct {
	ExportedAt time.Time     `json:"exportedAt"`
	User       UserRecord    `json:"user"`
	Letters    []Letter      `json:"letters"`   // the newest first
	Decisions  []Decision    `json:"decisions"` // on loads, as long as their cleanings are kept
	Events     []store.Event `json:"events"`    // the oldest first
}

// Decision is a load that a user decided.
type Decision struct {
	CleaningID guid.ID `json:"cleaningActionId"`
	wire.Load
}

// exportBiker gives everything held of the biker whom ?email= names.
func (o *Operator) exportBiker(c *web.Call) error {
	email, err := emailInQuery(c)
	if err != nil {
		return err
	}
	letters, err := o.bikerLetters(email)
	if err != nil {
		return err
	}
	export := BikerExport{ExportedAt: o.Now(), Letters: viewLetters(letters), Sessions: []BegunAt{}, Events: []store.Event{}}
	found, err := o.findBiker(email)
	switch {
	case err == nil:
		err = o.exportAccount(found, &export)
	case refuse.Is(err, refuse.NotFound) && len(letters) > 0:
		err = nil
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, export)
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
	events, err := o.Store.EventsOf(biker.ID, everything)
	export.Events = append(export.Events, events...)
	return err
}

// exportUser gives everything held of the user whom ?email= names.
func (o *Operator) exportUser(c *web.Call) error {
	found, err := o.userInQuery(c)
	if err != nil {
		return err
	}
	letters, err := o.Store.LettersTo(found.ID, everything)
	if err != nil {
		return err
	}
	decisions, err := o.decisionsOf(found.ID)
	if err != nil {
		return err
	}
	events, err := o.Store.EventsOf(found.ID, everything)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, UserExport{ExportedAt: o.Now(), User: o.recordUser(found), Letters: viewLetters(letters),
		Decisions: decisions, Events: append([]store.Event{}, events...)})
}

// decisionsOf looks through all cleanings, a stretch at a time: no index leads from a user to them.
func (o *Operator) decisionsOf(user guid.ID) ([]Decision, error) {
	decisions := []Decision{}
	for after := (guid.ID{}); ; {
		stretch, err := o.Store.Cleanings(after, longestList)
		if err != nil {
			return nil, err
		}
		for _, one := range stretch {
			if one.Load.By == user {
				decisions = append(decisions, Decision{one.ID, wire.ViewLoad(one.Load)})
			}
		}
		if len(stretch) < longestList {
			return decisions, nil
		}
		after = stretch[len(stretch)-1].ID
	}
}
