package store

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// LetterFilter chooses letters for the operator.
type LetterFilter struct {
	State  LetterState // empty: all
	To     string      // an e-mail address; empty: all
	Before guid.ID     // only letters that come after this one in the list; zero: from its beginning
	Limit  int         // at most so many; 0: 100
}

// Letters lists letters, the newest first: by when they were owed or, with a state alone, by when they came into it;
// queued ones by when they are due, the latest first, behind those that the courier has in hand.
func (s *Store) Letters(f LetterFilter) ([]Letter, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	return read(s, func(t tx) (found []Letter, err error) {
		if f.To != "" {
			return t.lettersTo(f)
		}
		walks, err := t.walks(f)
		for _, walk := range walks {
			if err == nil {
				found, err = t.walkBack(walk, f, found)
			}
		}
		return found, err
	})
}

// LettersTo lists a person's letters, the newest first.
func (s *Store) LettersTo(person guid.ID, limit int) ([]Letter, error) {
	return read(s, func(t tx) ([]Letter, error) {
		return t.walkBack(letterWalk{bucket: letterPersonBucket, prefix: person[:]}, LetterFilter{Limit: limit}, nil)
	})
}

// letterWalk goes through one index from its end, over the keys with a prefix; a key's last 16 bytes name the letter.
type letterWalk struct {
	bucket, prefix []byte
	before         []byte // only keys below this one; nil: all
}

// walks are the indexes that hold the letters of a filter, so that a list costs no more than what it gives.
func (t tx) walks(f LetterFilter) ([]letterWalk, error) {
	var last Letter
	if !f.Before.IsZero() {
		var err error
		if last, err = t.letter(f.Before); err != nil {
			return nil, err
		}
	}
	below := func(key []byte) []byte {
		if f.Before.IsZero() {
			return nil
		}
		return key
	}
	switch {
	case f.State == LetterQueued && t.Has(letterDueBucket, timeKey(last.DueAt, last.ID)):
		return []letterWalk{{bucket: letterDueBucket, before: timeKey(last.DueAt, last.ID)}}, nil
	case f.State == LetterQueued:
		return []letterWalk{{bucket: letterClaimedBucket, before: below(f.Before[:])}, {bucket: letterDueBucket}}, nil
	case f.State == LetterHeld:
		return []letterWalk{{bucket: letterHeldBucket, before: below(f.Before[:])}}, nil
	case f.State != "":
		return []letterWalk{{letterDoneBucket, donePrefix(f.State), below(doneKey(last))}}, nil
	}
	return []letterWalk{{bucket: letterBucket, before: below(f.Before[:])}}, nil
}

// lettersTo lists the letters to an address, whoever is known by it: a user, a biker, or nobody.
func (t tx) lettersTo(f LetterFilter) (found []Letter, err error) {
	people := []guid.ID{nobody(f.To)}
	if id := t.Get(userAddressBucket, addressKey(f.To)); id != nil {
		people = append(people, guid.ID(id))
	}
	if id := t.Get(bikerAddressBucket, addressKey(f.To)); id != nil {
		people = append(people, guid.ID(id))
	}
	for _, person := range people {
		walk := letterWalk{bucket: letterPersonBucket, prefix: person[:]}
		if !f.Before.IsZero() {
			walk.before = personKey(person, f.Before)
		}
		theirs, err := t.walkBack(walk, f, nil)
		if err != nil {
			return nil, err
		}
		found = append(found, theirs...)
	}
	// Without an address it is nobody's any more: the person was erased.
	found = slices.DeleteFunc(found, func(l Letter) bool { return l.To == "" })
	slices.SortFunc(found, func(a, b Letter) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	return found[:min(len(found), f.Limit)], nil
}

// walkBack adds the letters of a walk that the filter asks for.
func (t tx) walkBack(walk letterWalk, f LetterFilter, found []Letter) ([]Letter, error) {
	c := t.Cursor(walk.bucket)
	for key, _ := c.SeekBefore(walk.end()); key != nil &&
		bytes.HasPrefix(key, walk.prefix) && len(found) < f.Limit; key, _ = c.Prev() {
		letter, err := t.letter(guid.ID(key[len(key)-16:]))
		if err != nil {
			return nil, err
		}
		if f.State == "" || f.State == letter.State {
			found = append(found, letter)
		}
	}
	return found, nil
}

// end is where the walk begins: the key that it starts before.
func (w letterWalk) end() []byte {
	if w.before != nil {
		return w.before
	}
	return append(bytes.Clone(w.prefix), bytes.Repeat([]byte{0xff}, 32)...) // beyond every key with the prefix
}

// LetterReferred finds the newest letter with a reference, the short form of its id that letters tell. It looks through
// the keys of all letters: a reference is for an operator who has a question from somebody who got one.
func (s *Store) LetterReferred(reference string) (guid.ID, error) {
	reference = strings.ToLower(reference)
	return read(s, func(t tx) (guid.ID, error) {
		c := t.Cursor(letterBucket)
		for key, _ := c.Last(); len(key) == len(guid.ID{}); key, _ = c.Prev() {
			if id := guid.ID(key); id.Short() == reference {
				return id, nil
			}
		}
		return guid.ID{}, refuse.New(refuse.NotFound, "There is no letter with the reference "+reference+".")
	})
}

// sentAtOnce bounds the letters that one transaction of SentWithin looks at.
const sentAtOnce = 1000

// SentWithin counts the letters of these kinds that were sent from a moment on and before another, up to most.
func (s *Store) SentWithin(from, before time.Time, most int, kinds ...LetterKind) (count int, err error) {
	prefix := donePrefix(LetterSent)
	for next := append(prefix, timeKey(from, guid.ID{})...); next != nil && count < most; {
		count, err = read(s, func(t tx) (int, error) {
			found, looked := count, 0
			c := t.Cursor(letterDoneBucket)
			key, _ := c.Seek(next)
			for next = nil; key != nil && bytes.HasPrefix(key, prefix); key, _ = c.Next() {
				at, id := splitTimeKey(key[len(prefix):])
				if !at.Before(before) || found == most {
					return found, nil
				}
				if looked++; looked > sentAtOnce {
					next = bytes.Clone(key)
					return found, nil
				}
				if letter, err := t.letter(id); err == nil && slices.Contains(kinds, letter.Kind) {
					found++ // a damaged one is for the check of the file to name
				}
			}
			return found, nil
		})
		if err != nil {
			return 0, err
		}
	}
	return count, nil
}
