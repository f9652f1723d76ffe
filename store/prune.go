package store

import (
	"context"
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
		func(t *tx) (int, error) { return t.pruneLetters(t.now.Add(-keep.Sent)) },
		func(t *tx) (int, error) { return t.pruneEvents(t.now.Add(-keep.Events)) },
		func(t *tx) (int, error) { return t.pruneCleanings(t.now.Add(-keep.Cleanings)) },
		func(t *tx) (int, error) { return t.sweepChunks(prunedAtOnce) },
	}
	total := 0
	for _, step := range steps {
		for {
			n, err := writeVital(ctx, s, step)
			total += n
			if err != nil {
				return total, err
			}
			if n == 0 {
				break
			}
		}
	}
	n, err := s.pruneAddresses(ctx, keep.Events)
	return total + n, err
}

// expired collects the ids at the front of a time index that lie before a moment.
func (t *tx) expired(index []byte, before time.Time) []ID {
	var ids []ID
	c := t.cursor(index)
	for key, _ := c.First(); key != nil && len(ids) < prunedAtOnce; key, _ = c.Next() {
		at, id := splitTimeKey(key)
		if !at.Before(before) {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

func (t *tx) pruneUsers(before time.Time) (int, error) {
	ids := t.expired(userPendingBucket, before)
	for _, id := range ids {
		user, err := t.user(id)
		if err != nil {
			return 0, err
		}
		if err := t.eraseUser(user, "the registration was never confirmed"); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (t *tx) pruneLetters(before time.Time) (int, error) {
	ids := t.expired(letterDoneBucket, before)
	for _, id := range ids {
		letter, err := t.letter(id)
		if err != nil {
			return 0, err
		}
		if err := t.deleteLetter(letter); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (t *tx) deleteLetter(letter Letter) error {
	if err := t.delete(letterDoneBucket, timeKey(letter.DoneAt, letter.ID)); err != nil {
		return err
	}
	if err := t.delete(letterPersonBucket, personKey(letter.User, letter.ID)); err != nil {
		return err
	}
	if err := t.countLetter(letter.State, -1); err != nil {
		return err
	}
	return letters.delete(t, letter.ID[:])
}

func (t *tx) pruneCleanings(before time.Time) (int, error) {
	ids := t.expired(cleaningChangeBucket, before)
	for _, id := range ids {
		c, err := t.cleaning(id)
		if err != nil {
			return 0, err
		}
		if err := t.deleteCleaning(c); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
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

// pruneAddresses forgets addresses and windows that have not been counted for long. There is no index for it: it walks
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
		last := a.DisownedUntil
		if n := len(a.Letters); n > 0 && a.Letters[n-1].After(last) {
			last = a.Letters[n-1]
		}
		if last.Before(before) {
			old = append(old, append([]byte(nil), key...))
		}
		return true, nil
	})
	return old, next, err
}
