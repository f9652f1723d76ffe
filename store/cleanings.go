package store

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// CleaningInput is one cleaning as it is delivered, validated already.
type CleaningInput struct {
	ID ID
	CleaningData
}

// StoreOutcome says what storing a cleaning came to.
type StoreOutcome string

// What storing a cleaning can come to.
const (
	CleaningCreated   StoreOutcome = "created"
	CleaningChanged   StoreOutcome = "changed"
	CleaningUnchanged StoreOutcome = "unchanged"
)

// Stored is a cleaning as it is now, and whether that is new.
type Stored struct {
	Cleaning Cleaning
	Outcome  StoreOutcome
}

// PutCleanings stores cleanings, all or none. One that is there already is changed in place; one that is the same
// already stays as it is. It refuses with Conflict where a load is decided and the data differs, and with NotFound
// where the cleaning is another partner's; an empty partner is the operator, who may change all. A cleaning named twice is Invalid.
func (s *Store) PutCleanings(ctx context.Context, partner string, inputs []CleaningInput) ([]Stored, error) {
	return write(ctx, s, func(t *tx) ([]Stored, error) {
		stored := make([]Stored, len(inputs))
		named := make(map[ID]bool, len(inputs))
		for i, input := range inputs {
			if named[input.ID] {
				return nil, Refuse(Invalid, "The cleaning "+input.ID.String()+" is named twice.")
			}
			named[input.ID] = true
			var err error
			if stored[i], err = t.mergeCleaning(partner, input); err != nil {
				return nil, err
			}
		}
		for i := range stored {
			if stored[i].Outcome == CleaningUnchanged {
				continue
			}
			if err := t.changeCleaning(&stored[i].Cleaning); err != nil {
				return nil, err
			}
		}
		return stored, nil
	})
}

// mergeCleaning decides what an input comes to, and writes nothing.
func (t *tx) mergeCleaning(partner string, input CleaningInput) (Stored, error) {
	known, found, err := cleanings.get(t, input.ID[:])
	switch {
	case err != nil:
		return Stored{}, err
	case !found:
		made := Cleaning{ID: input.ID, Partner: partner, StoredAt: t.now, Load: Load{Status: LoadOpen}}
		made.CleaningData = input.CleaningData
		return Stored{made, CleaningCreated}, nil
	case partner != "" && known.Partner != partner:
		return Stored{}, errNoCleaning(input.ID)
	case reflect.DeepEqual(known.CleaningData, input.CleaningData):
		return Stored{known, CleaningUnchanged}, nil
	case known.Load.Status != LoadOpen:
		return Stored{}, errDecided(known)
	}
	known.CleaningData = input.CleaningData
	return Stored{known, CleaningChanged}, nil
}

// changeCleaning writes a cleaning whose data or document is new.
func (t *tx) changeCleaning(c *Cleaning) error {
	if err := t.putCleaning(c); err != nil {
		return err
	}
	return t.tell(Event{Type: "cleaning.stored", Cleaning: c.ID, Partner: c.Partner})
}

// putCleaning writes a cleaning as changed now.
func (t *tx) putCleaning(c *Cleaning) error {
	if !c.ChangedAt.IsZero() {
		if err := t.delete(cleaningChangeBucket, timeKey(c.ChangedAt, c.ID)); err != nil {
			return err
		}
	}
	c.ChangedAt, c.Version = t.now, t.newID()
	if err := t.put(cleaningChangeBucket, timeKey(c.ChangedAt, c.ID), nil); err != nil {
		return err
	}
	return cleanings.put(t, c.ID[:], *c)
}

func errNoCleaning(id ID) error { return Refuse(NotFound, "There is no cleaning "+id.String()+".") }

func errDecided(c Cleaning) error {
	return &Refusal{
		Kind:   Conflict,
		Reason: fmt.Sprintf("The load of cleaning %s is %s already.", c.ID, c.Load.Status),
		Extra:  map[string]any{"loadStatus": string(c.Load.Status)},
	}
}

func (t *tx) cleaning(id ID) (Cleaning, error) {
	c, found, err := recall(t, cleanings, &t.store.memos.cleanings, id)
	if err == nil && !found {
		err = errNoCleaning(id)
	}
	return c, err
}

// Cleaning gives one cleaning, or NotFound.
func (s *Store) Cleaning(id ID) (Cleaning, error) {
	return read(s, func(t *tx) (Cleaning, error) { return t.cleaning(id) })
}

// ReadCleaning gives a cleaning to the holder of a user token, or refuses with Unauthorized or NotFound, in that order.
func (s *Store) ReadCleaning(b Bearer, id ID) (user User, c Cleaning, err error) {
	c, err = read(s, func(t *tx) (Cleaning, error) {
		if user, err = t.bearer(b); err != nil {
			return Cleaning{}, err
		}
		return t.cleaning(id)
	})
	return user, c, err
}

// Cleanings lists cleanings in the order of their ids, those after a given one, at most limit.
func (s *Store) Cleanings(after ID, limit int) ([]Cleaning, error) {
	return read(s, func(t *tx) ([]Cleaning, error) {
		var found []Cleaning
		err := cleanings.each(t, nil, after[:], func(_ []byte, c Cleaning) (bool, error) {
			if c.ID != after {
				found = append(found, c)
			}
			return len(found) < limit, nil
		})
		return found, err
	})
}

// DeleteCleaning removes a cleaning with its document. Letters about it that are not sent yet end as cancelled when
// their turn comes.
func (s *Store) DeleteCleaning(ctx context.Context, id ID) error {
	_, err := writeVital(ctx, s, func(t *tx) (struct{}, error) {
		c, err := t.cleaning(id)
		if err != nil {
			return struct{}{}, err
		}
		if err := t.deleteCleaning(c); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.tell(Event{Type: "operator.cleaning_deleted", Cleaning: id, Partner: c.Partner})
	})
	return err
}

func (t *tx) deleteCleaning(c Cleaning) error {
	if err := t.deleteDocument(c.Document); err != nil {
		return err
	}
	if err := t.delete(cleaningChangeBucket, timeKey(c.ChangedAt, c.ID)); err != nil {
		return err
	}
	return cleanings.delete(t, c.ID[:])
}

// Decision is what a user decides about a load.
type Decision struct {
	Status      LoadStatus // LoadCompleted or LoadRejected
	ProductName string     // LoadCompleted
	Comment     string
}

// DecideLoad completes or rejects a load, once, and owes the user a letter about it. The same user repeating the same
// decision in the same words gets the same answer. It refuses with Unauthorized, NotFound, and with Conflict where the load is decided already
// (Extra says how, under loadStatus) or, for completing, the cleaning is not signed off.
func (s *Store) DecideLoad(ctx context.Context, b Bearer, cleaning ID, d Decision) (Load, error) {
	return write(ctx, s, func(t *tx) (Load, error) {
		user, err := t.bearer(b)
		if err != nil {
			return Load{}, err
		}
		c, err := t.cleaning(cleaning)
		if err != nil {
			return Load{}, err
		}
		load := Load{Status: d.Status, DecidedAt: t.now, ProductName: d.ProductName, Comment: d.Comment, By: user.ID}
		if c.Load.Status != LoadOpen {
			load.DecidedAt = c.Load.DecidedAt
			if load == c.Load {
				return load, nil
			}
			return Load{}, errDecided(c)
		}
		if d.Status == LoadCompleted && c.Status != SignedOff {
			return Load{}, &Refusal{
				Kind:   Conflict,
				Reason: fmt.Sprintf("The cleaning %s is %s, not signed off: nothing can be loaded on it.", c.ID, c.Status),
				Extra:  map[string]any{"loadStatus": string(LoadOpen), "cleaningStatus": string(c.Status)},
			}
		}
		return load, t.decide(user, c, load)
	})
}

func (t *tx) decide(user User, c Cleaning, load Load) error {
	c.Load = load
	if err := t.putCleaning(&c); err != nil {
		return err
	}
	letter, err := t.owe(user, Letter{Kind: LetterDecided, Cleaning: c.ID, Decision: &load})
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "load." + string(load.Status), User: user.ID, Cleaning: c.ID, Letter: letter, Partner: c.Partner})
}

// mailing is what a user had mailed within the last day.
type mailing struct {
	Letters []mailed `json:"letters"` // oldest first
}

type mailed struct {
	Cleaning ID        `json:"cleaning"`
	At       time.Time `json:"at"`
}

// documentsDaily is how many documents a person may have mailed in a day (CONTRACT section 5).
const documentsDaily = 20

// MailCleaning owes a user the document of a cleaning. Asked again within a minute for the same cleaning it owes no
// second one. It refuses with Unauthorized, NotFound, and TooMany for more than 20 a day.
func (s *Store) MailCleaning(ctx context.Context, b Bearer, cleaning ID) error {
	_, err := write(ctx, s, func(t *tx) (struct{}, error) {
		user, err := t.bearer(b)
		if err != nil {
			return struct{}{}, err
		}
		c, err := t.cleaning(cleaning)
		if err != nil {
			return struct{}{}, err
		}
		past, _, err := mailings.get(t, user.ID[:])
		if err != nil {
			return struct{}{}, err
		}
		recent, again := past.recent(cleaning, t.now)
		if again {
			return struct{}{}, nil
		}
		if len(recent.Letters) >= documentsDaily {
			return struct{}{}, &Refusal{Kind: TooMany, RetryAfter: recent.Letters[0].At.Add(24 * time.Hour).Sub(t.now),
				Reason: "You have had 20 documents mailed today; try again later."}
		}
		recent.Letters = append(recent.Letters, mailed{cleaning, t.now})
		return struct{}{}, t.mailDocument(user, c, recent)
	})
	return err
}

// recent keeps the last day's, and tells whether this cleaning's document was mailed within the last minute.
func (m mailing) recent(cleaning ID, now time.Time) (kept mailing, again bool) {
	for _, letter := range m.Letters {
		if now.Sub(letter.At) < 24*time.Hour {
			kept.Letters = append(kept.Letters, letter)
		}
		again = again || letter.Cleaning == cleaning && now.Sub(letter.At) < sameLetter
	}
	return kept, again
}

func (t *tx) mailDocument(user User, c Cleaning, m mailing) error {
	if err := mailings.put(t, user.ID[:], m); err != nil {
		return err
	}
	letter, err := t.owe(user, Letter{Kind: LetterDocument, Cleaning: c.ID})
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "cleaning.mailed", User: user.ID, Cleaning: c.ID, Letter: letter, Partner: c.Partner})
}
