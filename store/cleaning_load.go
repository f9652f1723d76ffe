package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Load is the acceptance of a cleaned tank for loading. It is decided once.
type Load struct {
	Status      LoadStatus `json:"status"`
	DecidedAt   time.Time  `json:"decidedAt,omitzero"`
	ProductName string     `json:"productName,omitzero"`
	Comment     string     `json:"comment,omitzero"`
	By          guid.ID    `json:"by,omitzero"` // the deciding user; after an erasure it names nobody any more
}

// LoadStatus is open, completed or rejected.
type LoadStatus string

// The statuses of a load.
const (
	LoadOpen      LoadStatus = "open"
	LoadCompleted LoadStatus = "completed"
	LoadRejected  LoadStatus = "rejected"
)

// Decision is what a user decides about a load.
type Decision struct {
	Status      LoadStatus // LoadCompleted or LoadRejected
	ProductName string     // LoadCompleted
	Comment     string
}

// DecideLoad completes or rejects a load, once, and owes the user a letter about it. The same user repeating the same
// decision in the same words gets the same answer. It refuses as CheckHolder does, with NotFound, and with Conflict
// where the load is decided already (Extra says how, under loadStatus) or, for completing, the cleaning is not signed
// off.
func (s *Store) DecideLoad(ctx context.Context, b Holder, cleaning guid.ID, d Decision) (Load, error) {
	return write(ctx, s, func(t tx) (Load, error) {
		user, err := t.holder(b)
		if err != nil {
			return Load{}, err
		}
		c, err := t.cleaning(cleaning)
		if err != nil {
			return Load{}, err
		}
		load := Load{Status: d.Status, DecidedAt: t.Now(), ProductName: d.ProductName, Comment: d.Comment, By: user.ID}
		if c.Load.Status != LoadOpen {
			load.DecidedAt = c.Load.DecidedAt
			if load == c.Load {
				return load, nil
			}
			return Load{}, errDecided(c)
		}
		if d.Status == LoadCompleted && c.Status != SignedOff {
			return Load{}, &refuse.Refusal{
				Kind: refuse.Conflict,
				Reason: fmt.Sprintf("The cleaning %s is %s, not signed off: nothing can be loaded on it.",
					c.ID, c.Status),
				Extra: map[string]any{"loadStatus": string(LoadOpen), "cleaningStatus": string(c.Status)},
			}
		}
		return load, t.decide(user, c, load)
	})
}

func (t tx) decide(user User, c Cleaning, load Load) error {
	c.Load = load
	if err := t.putCleaning(&c); err != nil {
		return err
	}
	if err := t.Put(userDecidedBucket, personKey(user.ID, c.ID), nil); err != nil {
		return err
	}
	letter, err := t.owe(toUser(user, Letter{Kind: LetterDecided, Cleaning: c.ID, Decision: &load}))
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "load." + string(load.Status), User: user.ID, Cleaning: c.ID,
		Letter: letter, Partner: c.Partner})
}

func errDecided(c Cleaning) error {
	return &refuse.Refusal{
		Kind:   refuse.Conflict,
		Reason: fmt.Sprintf("The load of cleaning %s is %s already.", c.ID, c.Load.Status),
		Extra:  map[string]any{"loadStatus": string(c.Load.Status)},
	}
}

// DecidedBy lists the cleanings whose loads a user decided, in the order of their ids, those after a given one, at most
// limit.
func (s *Store) DecidedBy(user, after guid.ID, limit int) ([]Cleaning, error) {
	return read(s, func(t tx) (found []Cleaning, err error) {
		err = t.eachDecided(user, after, limit, func(c Cleaning) error {
			found = append(found, c)
			return nil
		})
		return found, err
	})
}

// eachDecided visits at most so many cleanings whose loads a user decided, those after a given one.
func (t tx) eachDecided(user, after guid.ID, limit int, visit func(Cleaning) error) error {
	var ids []guid.ID // collected first: the visitor may write
	c := t.Cursor(userDecidedBucket)
	for key, _ := c.Seek(personKey(user, after)); key != nil &&
		guid.ID(key[:16]) == user && len(ids) < limit; key, _ = c.Next() {
		if id := guid.ID(key[16:]); id != after {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		decided, err := t.cleaning(id)
		if err != nil {
			return err
		}
		if err := visit(decided); err != nil {
			return err
		}
	}
	return nil
}

// decisionsAtOnce bounds the loads from which one transaction takes a person's words, so that others' writes pass
// between.
const decisionsAtOnce = 200

// forgetWords takes a person's words from the loads that they decided, but for the last few: those are left to the
// transaction that erases the person.
func (s *Store) forgetWords(ctx context.Context, user User) error {
	for after := (guid.ID{}); ; {
		some, err := s.DecidedBy(user.ID, after, decisionsAtOnce)
		if err != nil || len(some) < decisionsAtOnce {
			return err
		}
		err = updateVital(ctx, s, func(t tx) error {
			return t.eachDecided(user.ID, after, decisionsAtOnce, func(c Cleaning) error { return t.forgetWordsOf(user, c) })
		})
		if err != nil {
			return err
		}
		after = some[len(some)-1].ID
	}
}

// forgetDecisions takes a person's words from all loads that they decided, and the ways that lead there.
func (t tx) forgetDecisions(user User) error {
	return t.eachDecided(user.ID, guid.ID{}, math.MaxInt, func(c Cleaning) error {
		if err := t.forgetWordsOf(user, c); err != nil {
			return err
		}
		return t.Delete(userDecidedBucket, personKey(user.ID, c.ID))
	})
}

// forgetWordsOf leaves of a decision that it was made, when, and by an id that is nobody's any more. The comment goes,
// as people sign and explain there. The product stays: what a tank held must be known when it is cleaned next; unless
// the person is named beside it. For KEEP_CLEANINGS this is no change.
func (t tx) forgetWordsOf(user User, c Cleaning) error {
	left := c
	if c.Load.By == user.ID {
		left.Load.Comment = ""
		if user.isNamedIn(c.Load.ProductName) {
			left.Load.ProductName = ""
		}
	}
	if left.Load == c.Load {
		return nil
	}
	left.Version = t.NewID()
	return cleanings.Put(t.Tx, c.ID[:], left)
}
