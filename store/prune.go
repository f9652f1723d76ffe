package store

import (
	"bytes"
	"context"
	"errors"
	"time"

	"postern/store/file"
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
	steps := []func(tx) (int, error){
		func(t tx) (int, error) { return t.pruneUsers(t.Now().Add(-keep.Unconfirmed)) },
		func(t tx) (int, error) { return t.pruneLetters(LetterSent, t.Now().Add(-keep.Sent)) },
		func(t tx) (int, error) { return t.pruneLetters(LetterFailed, t.Now().Add(-keep.Sent)) },
		func(t tx) (int, error) { return t.pruneLetters(LetterCancelled, t.Now().Add(-keep.Sent)) },
		func(t tx) (int, error) { return t.pruneEvents(t.Now().Add(-keep.Events)) },
		func(t tx) (int, error) { return t.pruneCleanings(t.Now().Add(-keep.Cleanings)) },
		tx.pruneSessions,
		tx.pruneIdempotency,
		tx.sweepUploads,
		tx.pullForward,
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
	for _, walk := range s.oldOnes(keep.Events) {
		n, err := walk.prune(ctx, s)
		total += n
		faults = append(faults, err)
	}
	return total, errors.Join(faults...)
}

// expired collects the records of a time index that lie before a moment, as far as they can be read: a damaged one is
// for the check of the file to name.
func expired[T any](t tx, from file.Table[T], index, prefix []byte, before time.Time) (records []T) {
	c := t.Cursor(index)
	for key, _ := c.Seek(prefix); key != nil &&
		bytes.HasPrefix(key, prefix) && len(records) < prunedAtOnce; key, _ = c.Next() {
		at, id := splitTimeKey(key[len(prefix):])
		if !at.Before(before) {
			break
		}
		if record, found, err := from.Get(t.Tx, id[:]); err == nil && found {
			records = append(records, record)
		}
	}
	return records
}

func (t tx) pruneUsers(before time.Time) (int, error) {
	old := expired(t, users, userPendingBucket, nil, before)
	for _, user := range old {
		if err := t.eraseUser(user, "the registration was never confirmed"); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t tx) pruneLetters(state LetterState, before time.Time) (int, error) {
	old := expired(t, letters, letterDoneBucket, donePrefix(state), before)
	for _, letter := range old {
		if err := t.deleteLetter(letter); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t tx) deleteLetter(letter Letter) error {
	if err := t.Delete(letterDoneBucket, doneKey(letter)); err != nil {
		return err
	}
	if err := t.Delete(letterPersonBucket, personKey(letter.Person, letter.ID)); err != nil {
		return err
	}
	if letter.EnvelopeID != "" {
		if err := t.Delete(letterReferenceBucket, []byte(letter.EnvelopeID)); err != nil {
			return err
		}
	}
	if err := t.countLetter(letter.State, -1); err != nil {
		return err
	}
	return letters.Delete(t.Tx, letter.ID[:])
}

func (t tx) pruneCleanings(before time.Time) (int, error) {
	old := expired(t, cleanings, cleaningChangeBucket, nil, before)
	for _, c := range old {
		if err := t.deleteCleaning(c); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

func (t tx) pruneEvents(before time.Time) (int, error) {
	var old []Event
	err := events.Each(t.Tx, nil, nil, func(_ []byte, event Event) (bool, error) {
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
		if err := t.deleteEvent(event); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// pruneSessions removes sessions that are over by their age: ids are in the order of time.
func (t tx) pruneSessions() (int, error) {
	var old []Session
	c := t.Cursor(sessionBucket)
	for key, _ := c.First(); key != nil && len(old) < prunedAtOnce; key, _ = c.Next() {
		session, found, err := sessions.Get(t.Tx, key)
		if err != nil || !found {
			continue // for the check of the file to name
		}
		if t.Now().Sub(session.BegunAt) < sessionFor {
			break
		}
		old = append(old, session)
	}
	for _, session := range old {
		if err := t.endSession(session); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// pruneAnswers removes one answer, which may be of 10,000 people.
func (t tx) pruneIdempotency() (int, error) {
	c := t.Cursor(idempotencyBegunBucket)
	for begun, name := c.First(); begun != nil; begun, name = c.Next() {
		at, id := splitTimeKey(begun)
		if t.Now().Sub(at) < idempotencyFor {
			break
		}
		record, found, err := idempotencies.Get(t.Tx, name)
		if err != nil || !found || record.ID != id {
			continue // for the check of the file to name
		}
		return 1, t.dropAnswer(bytes.Clone(name), record)
	}
	return 0, nil
}

// walked is a bucket without an index by age, which is walked in stretches, once in a while.
type walked struct {
	bucket []byte
	old    func(t tx, key, value []byte) bool // what cannot be read is not old: it is for the check of the file to name
}

// walkedAtOnce is how many records one stretch looks at.
const walkedAtOnce = 2000

// oldOnes are the walks of Prune; keep is for how long an address is remembered after its last letter.
func (s *Store) oldOnes(keep time.Duration) []walked {
	keep = max(keep, disownedFor) // longer than any limit of an address looks back
	return []walked{
		{addressBucket, func(t tx, key, value []byte) bool {
			a, err := addresses.Decode(key, value)
			before := t.Now().Add(-keep)
			return err == nil && a.DisownedUntil.Before(before) && a.lastAt().Before(before) &&
				!a.undeliverable(t.Now()) && addressFailed.Taken(a.Failed, t.Now()) == 0 && a.Tagged.over(t.Now())
		}},
		{limitBucket, func(t tx, key, value []byte) bool {
			if !bytes.HasPrefix(key, networkWindowKey(nil)) {
				return false
			}
			window, err := limits.Decode(key, value)
			return err == nil && s.rules.StrangerLetters.Taken(window, t.Now()) == 0
		}},
		{loginBucket, func(t tx, key, value []byte) bool {
			known, err := logins.Decode(key, value)
			return err == nil && known.over(t.Now())
		}},
		{noticeBucket, func(t tx, key, value []byte) bool {
			r, ok := decodeNotice(key, value)
			return ok && t.noticeIsOver(r)
		}},
	}
}

// prune removes the old records of one bucket, and tells how many there were.
func (w walked) prune(ctx context.Context, s *Store) (total int, err error) {
	for from := []byte{}; from != nil; {
		type stretch struct {
			removed int
			next    []byte
		}
		look := func(t tx) (old [][]byte, next []byte) { return w.stretch(t, from) }
		idle, err := read(s, func(t tx) (stretch, error) {
			old, next := look(t)
			return stretch{len(old), next}, nil
		})
		if err == nil && idle.removed > 0 {
			idle, err = writeVital(ctx, s, func(t tx) (stretch, error) {
				old, next := look(t)
				for _, key := range old {
					if err := t.Delete(w.bucket, key); err != nil {
						return stretch{}, err
					}
				}
				return stretch{len(old), next}, nil
			})
		}
		if err != nil {
			return total, err
		}
		total, from = total+idle.removed, idle.next
	}
	return total, nil
}

// stretch looks at some records, beginning with a key; next is nil behind the last one.
func (w walked) stretch(t tx, from []byte) (old [][]byte, next []byte) {
	looked := 0
	c := t.Cursor(w.bucket)
	for key, value := c.Seek(from); key != nil; key, value = c.Next() {
		if looked++; looked > walkedAtOnce {
			return old, bytes.Clone(key)
		}
		if w.old(t, key, value) {
			old = append(old, bytes.Clone(key))
		}
	}
	return old, nil
}
