package store

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"
)

// keyHashes makes a file of schema 2 one of schema 3: what outlives a person stands under keyed hashes of addresses, and
// holds no words of servers. A file of schema 2 has the bare SHA-256, which is what the keyed one is made of.
func keyHashes(t *tx) error {
	for _, step := range []migration{keyAddresses, keyTold, keyLogins, keyAnswers, unnameLetters} {
		if err := step(t); err != nil {
			return err
		}
	}
	return nil
}

// moved is one record under its new key.
type moved struct{ key, value []byte }

// moveAll gives every key of a bucket anew. A record that cannot be read stays out: it was damaged before, and the check
// of the copy that was made of the file names it.
func (t *tx) moveAll(bucket []byte, move func(key, value []byte) (moved, bool, error)) error {
	var all []moved
	c := t.cursor(bucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		to, readable, err := move(key, value)
		if err != nil {
			return err
		}
		if readable {
			all = append(all, moved{to.key, bytes.Clone(to.value)}) // without the room for more that an encoder leaves
		}
	}
	if err := t.bolt.DeleteBucket(bucket); err != nil {
		return err
	}
	if _, err := t.bolt.CreateBucket(bucket); err != nil {
		return err
	}
	// In the order of the keys the pages are filled once, from left to right.
	slices.SortFunc(all, func(a, b moved) int { return bytes.Compare(a.key, b.key) })
	for _, record := range all {
		if err := t.put(bucket, record.key, record.value); err != nil {
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
	Failed Window `json:"failed"`
}

func keyAddresses(t *tx) error {
	old := table[address2]{addressBucket}
	return t.moveAll(addressBucket, func(key, value []byte) (moved, bool, error) {
		was, err := old.decode(key, value)
		if err != nil || len(key) != sha256.Size {
			return moved{}, false, nil
		}
		to := t.store.keyed(key)
		record, err := addresses.encode(to, was.now())
		return moved{to, record}, true, err
	})
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
		*to.Unproven.of(kind) = len(recent.linksOf(func(l owedLink) bool { return l.Kind == kind && l.Generation != 0 }))
	}
	return to
}

func keyTold(t *tx) error {
	return t.moveAll(toldBucket, func(key, value []byte) (moved, bool, error) {
		if len(key) != toldKeyLength {
			return moved{}, false, nil
		}
		return moved{t.keyedTold(key), value}, true, nil
	})
}

func keyLogins(t *tx) error {
	return t.moveAll(loginBucket, func(key, value []byte) (moved, bool, error) {
		known, err := logins.decode(key, value)
		if err != nil {
			return moved{}, false, nil
		}
		to := t.store.keyed(key)
		record, err := logins.encode(to, known)
		return moved{to, record}, true, err
	})
}

func keyAnswers(t *tx) error {
	type begun struct {
		index, key []byte
	}
	var all []begun
	err := t.moveAll(answerBucket, func(key, value []byte) (moved, bool, error) {
		partner, name, _ := bytes.Cut(key, []byte{0})
		record, err := answers.decode(key, value)
		if err != nil {
			return moved{}, false, nil
		}
		to := t.store.answerKey(string(partner), string(name))
		all = append(all, begun{timeKey(record.BegunAt, record.ID), to})
		moving, err := answers.encode(to, record)
		return moved{to, moving}, true, err
	})
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := t.put(answerBegunBucket, one.index, one.key); err != nil {
			return err
		}
	}
	return nil
}

// unnameLetters takes the hash of the address from letters to people whom the store did not know and who have been
// erased.
func unnameLetters(t *tx) error {
	var erased []Letter
	c := t.cursor(letterBucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if !bytes.Contains(value, []byte(`"to":""`)) { // most are not even decoded
			continue
		}
		letter, err := letters.decode(key, value)
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
