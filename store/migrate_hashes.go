package store

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"postern/store/file"
	"postern/store/limit"
)

// keyHashes makes a file of schema 2 one of schema 3: what outlives a person stands under keyed hashes of addresses,
// and holds no words of servers. A file of schema 2 has the bare SHA-256, which is what the keyed one is made of. A
// record that cannot be read stays out: the check of the copy that was made of the file names it.
func keyHashes(t tx) error {
	for _, step := range []func(tx) error{tx.takeStaged, keyLogins, keyIdempotency, unnameLetters} {
		if err := step(t); err != nil {
			return err
		}
	}
	return nil
}

// moved is one record under its new key.
type moved struct{ key, value []byte }

// staged are the large buckets that keyHashes replaces, and what becomes of one of their records.
var staged = []struct {
	bucket []byte
	key    func(t tx, key []byte) []byte // nil: it cannot be read
	record func(t tx, key, value, to []byte) ([]byte, error)
}{
	{addressBucket, keyOfAddress, keyAddress},
	{noticeBucket, keyOfNotice, func(_ tx, _, value, _ []byte) ([]byte, error) { return value, nil }},
}

// stagingBucket holds new buckets until all are ready.
var stagingBucket = []byte("migration")

// stagedAtOnce is how many records one transaction moves, about: each takes some 500 bytes of memory until it is
// written.
const stagedAtOnce = 200_000

// stageHashes makes the new large buckets beside the old ones.
func stageHashes(s *Store, update file.Runner) error { return s.stageAll(update, stagedAtOnce) }

// stageAll does so with about so many records at once. Each transaction makes a range of the new keys, which are spread
// evenly, so that it fills pages from left to right and once.
func (s *Store) stageAll(update file.Runner, atOnce int) error {
	err := update(func(t *file.Tx) error {
		if t.HasBucket(stagingBucket) {
			if err := t.DeleteBucket(stagingBucket); err != nil {
				return err
			}
		}
		return t.CreateBucket(stagingBucket)
	})
	for i := 0; i < len(staged) && err == nil; i++ {
		passes := 1
		for pass := 0; pass < passes && err == nil; pass++ {
			err = update(func(t *file.Tx) error {
				if pass == 0 {
					passes = min(256, 1+keysIn(t, staged[i].bucket)/atOnce)
				}
				return tx{t, s}.stage(i, pass, passes)
			})
		}
	}
	return err
}

func keysIn(t *file.Tx, bucket []byte) (n int) {
	c := t.Cursor(bucket)
	for key, _ := c.First(); key != nil; key, _ = c.Next() {
		n++
	}
	return n
}

// stage moves the records of one bucket whose new keys lie in one of so many ranges.
func (t tx) stage(which, pass, passes int) error {
	of := staged[which]
	var all []moved
	c := t.Cursor(of.bucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		to := of.key(t, key)
		if to == nil || int(to[0])*passes/256 != pass {
			continue
		}
		record, err := of.record(t, key, value, to)
		if err != nil {
			return err
		}
		if record != nil {
			all = append(all, moved{to, bytes.Clone(record)})
		}
	}
	slices.SortFunc(all, func(a, b moved) int { return bytes.Compare(a.key, b.key) })
	into, err := t.Bucket(stagingBucket).CreateBucketIfNotExists(of.bucket)
	if err != nil {
		return err
	}
	into.FillPercent = file.RightFill
	for _, record := range all {
		if err := into.Put(record.key, record.value); err != nil {
			return err
		}
	}
	return nil
}

// takeStaged puts the new buckets in the place of the old ones.
func (t tx) takeStaged() error {
	for _, of := range staged {
		if err := t.DeleteBucket(of.bucket); err != nil {
			return err
		}
		if err := t.LiftBucket(of.bucket, stagingBucket); err != nil {
			return err
		}
	}
	return t.DeleteBucket(stagingBucket)
}

// moveAll gives every key of a small bucket anew.
func (t tx) moveAll(bucket []byte, move func(key, value []byte) (to moved, readable bool, err error)) error {
	var all []moved
	c := t.Cursor(bucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		to, readable, err := move(key, value)
		if err != nil {
			return err
		}
		if readable {
			all = append(all, to)
		}
	}
	if err := t.DeleteBucket(bucket); err != nil {
		return err
	}
	if err := t.CreateBucket(bucket); err != nil {
		return err
	}
	for _, record := range all {
		if err := t.Put(bucket, record.key, record.value); err != nil {
			return err
		}
	}
	return nil
}

// address2 is an address as schema 2 has it.
type address2 struct {
	Links         []owedLink `json:"links"`
	Unproven      int        `json:"unproven"`
	DisownedUntil time.Time  `json:"disownedUntil"`
	Void          struct {
		At time.Time `json:"at"`
	} `json:"void"`
	Failed limit.Window `json:"failed"`
}

func keyOfAddress(t tx, key []byte) []byte {
	if len(key) != sha256.Size {
		return nil
	}
	return t.store.hashes.Of(key)
}

func keyAddress(_ tx, key, value, to []byte) ([]byte, error) {
	was, err := file.Table[address2]{Bucket: addressBucket}.Decode(key, value)
	if err != nil {
		return nil, nil
	}
	return addresses.Encode(to, was.now())
}

func keyOfNotice(t tx, key []byte) []byte {
	if len(key) != noticeKeyLength {
		return nil
	}
	return t.keyedNotice(key)
}

// now is the address as schema 3 has it. Letters of generation 0 were asked for and went to nobody. Those before the
// mailbox is proven are counted by kind: what was counted for both is counted for each as far as its letters are known.
// Whether there is a mailbox is found out anew.
func (a address2) now() address {
	was := address{Links: a.Links}
	to := address{DisownedUntil: a.DisownedUntil, Failed: a.Failed,
		Links: was.linksOf(func(l owedLink) bool { return l.Generation != 0 })}
	recent := address{Links: a.Links[max(0, len(a.Links)-a.Unproven):]}
	for _, kind := range []LetterKind{LetterActivate, LetterRecover} {
		links := recent.linksOf(func(l owedLink) bool { return l.Kind == kind && l.Generation != 0 })
		*to.Unproven.of(kind) = len(links)
	}
	return to
}

func keyLogins(t tx) error {
	return t.moveAll(loginBucket, func(key, value []byte) (moved, bool, error) {
		known, err := logins.Decode(key, value)
		if err != nil {
			return moved{}, false, nil
		}
		to := t.store.hashes.Of(key)
		record, err := logins.Encode(to, known)
		return moved{to, record}, true, err
	})
}

func keyIdempotency(t tx) error {
	type begun struct {
		index, key []byte
	}
	var all []begun
	err := t.moveAll(idempotencyBucket, func(key, value []byte) (moved, bool, error) {
		partner, name, _ := bytes.Cut(key, []byte{0})
		record, err := idempotencies.Decode(key, value)
		if err != nil {
			return moved{}, false, nil
		}
		to := t.store.idempotencyKey(string(partner), string(name))
		all = append(all, begun{timeKey(record.BegunAt, record.ID), to})
		moving, err := idempotencies.Encode(to, record)
		return moved{to, moving}, true, err
	})
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := t.Put(idempotencyBegunBucket, one.index, one.key); err != nil {
			return err
		}
	}
	return nil
}

// unnameLetters takes the hash of the address from letters to people whom the store did not know and who have been
// erased.
func unnameLetters(t tx) error {
	var erased []Letter
	c := t.Cursor(letterBucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if !bytes.Contains(value, []byte(`"to":""`)) { // most are not even decoded
			continue
		}
		letter, err := letters.Decode(key, value)
		if err == nil && letter.Kind.ToNobody() && letter.To == "" && !letter.Person.IsZero() {
			erased = append(erased, letter)
		}
	}
	for _, letter := range erased {
		if err := t.forgetLetter(letter); err != nil {
			return err
		}
	}
	return nil
}
