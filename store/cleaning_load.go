package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Load is the acceptance of a cleaned tank for loading. It is decided once, and again after a reopening.
type Load struct {
	Status      LoadStatus `json:"status"`
	DecidedAt   time.Time  `json:"decidedAt,omitzero"`
	ProductName string     `json:"productName,omitzero"`
	Comment     string     `json:"comment,omitzero"`
	By          guid.ID    `json:"by,omitzero"` // the deciding user; after an erasure it names nobody any more
}

// Reopening takes back a decision about a load, so that it can be decided again. The decision itself stays in the
// events.
type Reopening struct {
	At      time.Time `json:"at"`
	Reason  string    `json:"reason,omitzero"`  // empty after an erasure where it named the person
	Partner string    `json:"partner,omitzero"` // who reopened it; empty: the operator
	Decider guid.ID   `json:"decider"`          // whose decision it takes back
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
	former := c
	c.Load = load
	if err := t.changeLoad(former, &c); err != nil {
		return err
	}
	letter, err := t.owe(toUser(user, Letter{Kind: LetterDecided, Cleaning: c.ID, Decision: &load}))
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "load." + string(load.Status), User: user.ID, Cleaning: c.ID,
		Letter: letter, Partner: c.Partner})
}

// changeLoad writes a cleaning whose load stands otherwise than before.
func (t tx) changeLoad(former Cleaning, c *Cleaning) error {
	if err := t.putCleaning(c); err != nil {
		return err
	}
	return t.moveDeciders(former, *c)
}

// ReopenLoad takes back the decision about a load: it is open again, and who decides then gets a letter about it like
// the first. Partner is who reopens it; empty: the operator. It refuses with NotFound, also where the cleaning is
// another partner's, and with Conflict where the load is open.
func (s *Store) ReopenLoad(ctx context.Context, partner string, cleaning guid.ID, reason string) (Cleaning, error) {
	return write(ctx, s, func(t tx) (Cleaning, error) {
		former, err := t.cleaningOf(partner, cleaning)
		if err != nil {
			return Cleaning{}, err
		}
		if former.Load.Status == LoadOpen {
			return Cleaning{}, &refuse.Refusal{
				Kind:   refuse.Conflict,
				Reason: fmt.Sprintf("The load of cleaning %s is open: there is nothing to take back.", cleaning),
				Extra:  map[string]any{"loadStatus": string(LoadOpen)},
			}
		}
		c := former
		c.Load = Load{Status: LoadOpen}
		c.Reopened = Reopening{At: t.Now(), Reason: reason, Partner: partner, Decider: former.Load.By}
		if err := t.changeLoad(former, &c); err != nil {
			return Cleaning{}, err
		}
		return c, t.tell(Event{Type: "load.reopened", Cleaning: c.ID, Partner: c.Partner})
	})
}

func errDecided(c Cleaning) error {
	return &refuse.Refusal{
		Kind:   refuse.Conflict,
		Reason: fmt.Sprintf("The load of cleaning %s is %s already.", c.ID, c.Load.Status),
		Extra:  map[string]any{"loadStatus": string(c.Load.Status)},
	}
}

// deciders are the users of whose decisions a cleaning tells, one of them perhaps twice.
func (c Cleaning) deciders() [2]guid.ID { return [2]guid.ID{c.Load.By, c.Reopened.Decider} }

// moveDeciders keeps the ways from users to what is told of their decisions. To who has been erased none leads.
func (t tx) moveDeciders(former, c Cleaning) error {
	for _, user := range former.deciders() {
		if !user.IsZero() {
			if err := t.Delete(userDecidedBucket, personKey(user, c.ID)); err != nil {
				return err
			}
		}
	}
	for _, user := range c.deciders() {
		if t.Has(userBucket, user[:]) {
			if err := t.Put(userDecidedBucket, personKey(user, c.ID), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// DecidedBy lists the cleanings that tell of a user's decisions, made or taken back, in the order of their ids, those
// after a given one, at most limit.
func (s *Store) DecidedBy(user, after guid.ID, limit int) ([]Cleaning, error) {
	return read(s, func(t tx) (found []Cleaning, err error) {
		err = t.eachDecided(user, after, limit, func(c Cleaning) error {
			found = append(found, c)
			return nil
		})
		return found, err
	})
}

// eachDecided visits at most so many cleanings that tell of a user's decisions, those after a given one.
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
			return t.eachDecided(user.ID, after, decisionsAtOnce, func(c Cleaning) error {
				return t.forgetWordsOf(user, c)
			})
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
// as people sign and explain there. The product stays, as what a tank held must be known when it is cleaned next, and
// so does why the decision was taken back, which others wrote; unless they name the person. For KEEP_CLEANINGS this is
// no change.
func (t tx) forgetWordsOf(user User, c Cleaning) error {
	left := c
	if c.Load.By == user.ID {
		left.Load.Comment = ""
		if user.isNamedIn(c.Load.ProductName) {
			left.Load.ProductName = ""
		}
	}
	if c.Reopened.Decider == user.ID && user.isNamedIn(c.Reopened.Reason) {
		left.Reopened.Reason = ""
	}
	if left.Load == c.Load && left.Reopened == c.Reopened {
		return nil
	}
	left.Version = t.NewID()
	return cleanings.Put(t.Tx, c.ID[:], left)
}

// Verdict says whether a tank may be loaded on a cleaning's document, and else why not.
type Verdict string

// The verdicts on a document.
const (
	VerdictValid     Verdict = "valid"     // signed off, and its load is open
	VerdictLoaded    Verdict = "loaded"    // since this cleaning
	VerdictRejected  Verdict = "rejected"  // by a loading place
	VerdictUnsigned  Verdict = "unsigned"  // cleaned, not signed off
	VerdictPlanned   Verdict = "planned"   // not cleaned
	VerdictCancelled Verdict = "cancelled" // by the station
	VerdictInvalid   Verdict = "invalid"   // by the station
)

// Verdict judges a document. What a station has withdrawn is not valid, whatever was loaded on it before. There is no
// time limit: a document is valid until the tank is loaded again (EFTCO, validity of cleaning documents, 2020).
func (c Cleaning) Verdict() Verdict {
	switch {
	case c.Status == Invalid:
		return VerdictInvalid
	case c.Status == Cancelled:
		return VerdictCancelled
	case c.Load.Status == LoadCompleted:
		return VerdictLoaded
	case c.Load.Status == LoadRejected:
		return VerdictRejected
	case c.Status == SignedOff:
		return VerdictValid
	case c.Status == Completed:
		return VerdictUnsigned
	}
	return VerdictPlanned
}

// Words lists the verdicts.
func (Verdict) Words() []string {
	return []string{string(VerdictValid), string(VerdictLoaded), string(VerdictRejected), string(VerdictUnsigned),
		string(VerdictPlanned), string(VerdictCancelled), string(VerdictInvalid)}
}
