package store

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// Keep says for how long records are kept.
type Keep struct {
	Unconfirmed time.Duration // users never activated, from registering
	Sent        time.Duration // letters, from being sent, failed or cancelled
	Events      time.Duration // events; and what is remembered of an address, from its last letter
	Cleanings   time.Duration // cleanings, from their last change
}

// prunedAtOnce bounds the records that one transaction of Prune removes, so that others' writes pass between.
const prunedAtOnce = 200

// Prune removes what is past its time and tells how many records that were.
func (s *Store) Prune(ctx context.Context, keep Keep) (int, error) {
	steps := []func(*tx) (int, error){
		func(t *tx) (int, error) { return t.pruneUsers(t.now.Add(-keep.Unconfirmed)) },
		func(t *tx) (int, error) { return t.pruneLetters(LetterSent, t.now.Add(-keep.Sent)) },
		func(t *tx) (int, error) { return t.pruneLetters(LetterFailed, t.now.Add(-keep.Sent)) },
		func(t *tx) (int, error) { return t.pruneLetters(LetterCancelled, t.now.Add(-keep.Sent)) },
		func(t *tx) (int, error) { return t.pruneEvents(t.now.Add(-keep.Events)) },
		func(t *tx) (int, error) { return t.pruneCleanings(t.now.Add(-keep.Cleanings)) },
		(*tx).sweepUploads,
		(*tx).pullForward,
	}
	var faults []error // one step's keeps no other from going on
	total := 0
	for _, step := range steps {
		for {
			n, err := writeVital(ctx, s, step)
			total += n
			faults = append(faults, err)
			if err != nil || n == 0 {
				break
			}
		}
	}
	n, err := s.pruneAddresses(ctx, keep.Events)
	return total + n, errors.Join(append(faults, err)...)
}

// expired collects the records of a time index that lie before a moment, as far as they can be read: a damaged one is
// for the check of the file to name.
func expired[T any](t *tx, from table[T], index, prefix []byte, before time.Time) (records []T) {
	c := t.cursor(index)
	for key, _ := c.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix) && len(records) < prunedAtOnce; key, _ = c.Next() {
		at, id := splitTimeKey(key[len(prefix):])
		if !at.Before(before) {
			break
		}
		if record, found, err := from.get(t, id[:]); err == nil && found {
			records = append(records, record)
		}
	}
	return records
}

func (t *tx) pruneUsers(before time.Time) (int, error) {
	old := expired(t, users, userPendingBucket, nil, before)
	for _, user := range old {
		if err := t.eraseUser(user, "the registration was never confirmed"); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t *tx) pruneLetters(state LetterState, before time.Time) (int, error) {
	old := expired(t, letters, letterDoneBucket, donePrefix(state), before)
	for _, letter := range old {
		if err := t.deleteLetter(letter); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t *tx) deleteLetter(letter Letter) error {
	if err := t.delete(letterDoneBucket, doneKey(letter)); err != nil {
		return err
	}
	if err := t.delete(letterPersonBucket, personKey(letter.Person, letter.ID)); err != nil {
		return err
	}
	if err := t.countLetter(letter.State, -1); err != nil {
		return err
	}
	return letters.delete(t, letter.ID[:])
}

func (t *tx) pruneCleanings(before time.Time) (int, error) {
	old := expired(t, cleanings, cleaningChangeBucket, nil, before)
	for _, c := range old {
		if err := t.deleteCleaning(c); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t *tx) pruneEvents(before time.Time) (int, error) {
	var old []Event
	err := events.each(t, nil, nil, func(_ []byte, event Event) (bool, error) {
		if !event.At.Before(before) {
			return false, nil
		}
		old = append(old, event)
		return len(old) < prunedAtOnce, nil
	})
	if err != nil {
		return 0, err
	}
	for _, event := range old {
		if event.Partner != "" {
			if err := t.delete(eventPartnerBucket, partnerKey(event.Partner, event.Seq)); err != nil {
				return 0, err
			}
		}
		if err := events.delete(t, seqKey(event.Seq)); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// pruneAddresses forgets addresses to which nothing was owed for long. There is no index for it: it walks
// the table in stretches, once in a while.
func (s *Store) pruneAddresses(ctx context.Context, keep time.Duration) (int, error) {
	keep = max(keep, disownedFor) // longer than any limit of an address looks back
	total := 0
	for from := []byte{}; from != nil; {
		type stretch struct {
			removed int
			next    []byte
		}
		done, err := writeVital(ctx, s, func(t *tx) (stretch, error) {
			old, next, err := t.oldAddresses(from, t.now.Add(-keep))
			for _, key := range old {
				if err := addresses.delete(t, key); err != nil {
					return stretch{}, err
				}
			}
			return stretch{len(old), next}, err
		})
		if err != nil {
			return total, err
		}
		total, from = total+done.removed, done.next
	}
	return total, nil
}

// addressesAtOnce is how many addresses one stretch looks at.
const addressesAtOnce = 2000

func (t *tx) oldAddresses(from []byte, before time.Time) (old [][]byte, next []byte, err error) {
	looked := 0
	err = addresses.each(t, nil, from, func(key []byte, a address) (bool, error) {
		if looked++; looked > addressesAtOnce {
			next = append([]byte(nil), key...)
			return false, nil
		}
		link, _ := a.last()
		if a.DisownedUntil.Before(before) && link.At.Before(before) {
			old = append(old, append([]byte(nil), key...))
		}
		return true, nil
	})
	return old, next, err
}
