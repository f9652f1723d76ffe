package store

import (
	"context"
	"fmt"
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

// Words lists them.
func (LoadStatus) Words() []string {
	return []string{string(LoadOpen), string(LoadCompleted), string(LoadRejected)}
}

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
