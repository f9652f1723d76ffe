package store

import (
	"bytes"
	"context"
	"errors"
	"postern/store/file"
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
	steps := []func(tx) (int, error){
		func(t tx) (int, error) { return t.pruneUsers(t.Now().Add(-keep.Unconfirmed)) },
		func(t tx) (int, error) { return t.pruneLetters(LetterSent, t.Now().Add(-keep.Sent)) },
		func(t tx) (int, error) { return t.pruneLetters(LetterFailed, t.Now().Add(-keep.Sent)) },
		func(t tx) (int, error) { return t.pruneLetters(LetterCancelled, t.Now().Add(-keep.Sent)) },
		func(t tx) (int, error) { return t.pruneEvents(t.Now().Add(-keep.Events)) },
		func(t tx) (int, error) { return t.pruneCleanings(t.Now().Add(-keep.Cleanings)) },
		tx.pruneSessions,
		tx.pruneAnswers,
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
	for key, _ := c.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix) && len(records) < prunedAtOnce; key, _ = c.Next() {
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
		if event.Partner != "" {
			if err := t.Delete(eventPartnerBucket, partnerKey(event.Partner, event.Seq)); err != nil {
				return 0, err
			}
		}
		if err := events.Delete(t.Tx, seqKey(event.Seq)); err != nil {
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
func (t tx) pruneAnswers() (int, error) {
	c := t.Cursor(answerBegunBucket)
	for begun, name := c.First(); begun != nil; begun, name = c.Next() {
		at, id := splitTimeKey(begun)
		if t.Now().Sub(at) < answersFor {
			break
		}
		record, found, err := answers.Get(t.Tx, name)
		if err != nil || !found || record.ID != id {
			continue // for the check of the file to name
		}
		return 1, t.dropAnswer(bytes.Clone(name), record)
	}
	return 0, nil
}
