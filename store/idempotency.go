package store

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// A partner's call may carry an idempotency key: the same call again, because its answer was lost or the process died
// in the middle of a list, gets the same answer and does nothing twice. What is kept for that is written in the
// transactions that the answer tells of.

// idempotencyFor is how long the answer to a call with an Idempotency-Key is kept.
const idempotencyFor = 24 * time.Hour

// idempotency is a call whose answer is kept. It is whole once Results is People.
type idempotency struct {
	ID      guid.ID   `json:"id"`
	Body    [32]byte  `json:"body"` // SHA-256
	TraceID string    `json:"traceId"`
	BegunAt time.Time `json:"begunAt"`
	People  int       `json:"people"`
	Results int       `json:"results"`        // kept so far
	Begun   bool      `json:"begun,omitzero"` // something was stored of somebody
}

// ErrOtherBody is in the chain of the refusal of an Idempotency-Key that was used with another body.
var ErrOtherBody = errors.New("the key was used with another body")

var errOtherBody = &refuse.Refusal{Kind: refuse.Invalid, Cause: ErrOtherBody,
	Reason: "This Idempotency-Key was used with another body within the last 24 hours; use a new key for a new call."}

// idempotencyKey is where the answer to a partner's call is kept: under a hash, as keys are made of whatever partners
// have, addresses too, and outlive the person.
func (s *Store) idempotencyKey(partner, key string) []byte {
	return append(append(nameKey(partner), 0), s.hashes.Of([]byte("idempotency\x00"+key))...)
}

// resultsKey orders the parts of an answer by the first person that they are about.
func resultsKey(answer guid.ID, begin int) []byte {
	return binary.BigEndian.AppendUint32(answer[:], uint32(begin))
}

// resultsOfKey is where an erasure finds a part that is about a biker.
func resultsOfKey(biker guid.ID, results []byte) []byte { return append(biker[:], results...) }

// keepResults keeps the results of the people from begin on, with the first ones also what is known of the call. Stores
// reports whether something was stored of these people.
func (t tx) keepResults(list BikerList, begin int, part []BikerResult, stores bool) error {
	key := t.store.idempotencyKey(list.Partner, list.Key)
	record, found, err := idempotencies.Get(t.Tx, key)
	if err != nil {
		return err
	}
	if found && t.Now().Sub(record.BegunAt) >= idempotencyFor {
		if err := t.dropAnswer(key, record); err != nil {
			return err
		}
		found = false
	}
	if !found {
		record = idempotency{ID: t.NewID(), Body: list.Body, TraceID: list.TraceID, BegunAt: t.Now(),
			People: len(list.People)}
		if err := t.Put(idempotencyBegunBucket, timeKey(record.BegunAt, record.ID), key); err != nil {
			return err
		}
	}
	if record.Results != begin || record.Body != list.Body {
		return errors.New("two calls with one Idempotency-Key ran at the same time") // who calls lets one run alone
	}
	record.Results += len(part)
	record.Begun = record.Begun || stores
	if err := idempotencies.Put(t.Tx, key, record); err != nil {
		return err
	}
	return t.putResults(resultsKey(record.ID, begin), part)
}

func (t tx) putResults(key []byte, part []BikerResult) error {
	if len(part) == 0 {
		return nil
	}
	if err := results.Put(t.Tx, key, part); err != nil {
		return err
	}
	for _, result := range part {
		if result.Biker.IsZero() || result.Erased {
			continue
		}
		if err := t.Put(idempotencyPersonBucket, resultsOfKey(result.Biker, key), nil); err != nil {
			return err
		}
	}
	return nil
}

// keptResults reads what is kept for a key; the record is zero where nothing is, or no longer.
func (s *Store) keptResults(partner, key string) (record idempotency, answer BikerAnswer, err error) {
	answer, err = read(s, func(t tx) (answer BikerAnswer, err error) {
		found := false
		record, found, err = idempotencies.Get(t.Tx, s.idempotencyKey(partner, key))
		if err != nil || !found || t.Now().Sub(record.BegunAt) >= idempotencyFor {
			record = idempotency{}
			return answer, err
		}
		answer.TraceID = record.TraceID
		err = results.Each(t.Tx, record.ID[:], nil, func(_ []byte, part []BikerResult) (bool, error) {
			answer.Results = append(answer.Results, part...)
			return true, nil
		})
		return answer, err
	})
	return record, answer, err
}

// dropAnswer removes a kept answer with all its parts.
func (t tx) dropAnswer(key []byte, record idempotency) error {
	var keys [][]byte
	var people [][]byte
	err := results.Each(t.Tx, record.ID[:], nil, func(key []byte, part []BikerResult) (bool, error) {
		key = slices.Clone(key)
		keys = append(keys, key)
		for _, result := range part {
			if !result.Biker.IsZero() && !result.Erased {
				people = append(people, resultsOfKey(result.Biker, key))
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, person := range people {
		if err := t.Delete(idempotencyPersonBucket, person); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := results.Delete(t.Tx, key); err != nil {
			return err
		}
	}
	if err := t.Delete(idempotencyBegunBucket, timeKey(record.BegunAt, record.ID)); err != nil {
		return err
	}
	return idempotencies.Delete(t.Tx, key)
}

// hasAnswersOf reports whether a kept answer names a person.
func (t tx) hasAnswersOf(person guid.ID) bool {
	key, _ := t.Cursor(idempotencyPersonBucket).Seek(person[:])
	return key != nil && guid.ID(key[:16]) == person
}

// forgetAnswers leaves of a person in kept answers nothing but the outcome.
func (t tx) forgetAnswers(biker guid.ID) error {
	var keys [][]byte
	c := t.Cursor(idempotencyPersonBucket)
	for key, _ := c.Seek(biker[:]); key != nil && guid.ID(key[:16]) == biker; key, _ = c.Next() {
		keys = append(keys, slices.Clone(key))
	}
	for _, key := range keys {
		part, _, err := results.Get(t.Tx, key[16:])
		if err != nil {
			return err
		}
		for i, result := range part {
			if result.Biker == biker {
				part[i] = BikerResult{Outcome: result.Outcome, Erased: true}
			}
		}
		if err := results.Put(t.Tx, key[16:], part); err != nil {
			return err
		}
		if err := t.Delete(idempotencyPersonBucket, key); err != nil {
			return err
		}
	}
	return nil
}
