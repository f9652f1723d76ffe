package store

import (
	"bytes"
	"context"
	"time"
)

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
		{toldBucket, func(t tx, _, value []byte) bool {
			r, ok := decodeTold(value)
			return ok && t.isOver(r)
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
