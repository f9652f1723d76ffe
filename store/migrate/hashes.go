package migrate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/limit"
)

// hashes makes a file of schema 2 one of schema 3: what outlives a person stands under keyed hashes of addresses, and
// holds no words of servers. A file of schema 2 has the bare SHA-256, which is what the keyed one is made of.
type hashes struct {
	keyed  func(sum []byte) []byte
	atOnce int // how many records one transaction stages, about
}

var (
	addressBucket          = []byte("addresses")
	noticeBucket           = []byte("told")
	loginBucket            = []byte("logins")
	idempotencyBucket      = []byte("answers")
	idempotencyBegunBucket = []byte("answers.begun")
	letterBucket           = []byte("letters")
	letterPersonBucket     = []byte("letters.person")
)

func (h hashes) step() file.Migration {
	large := []staged{
		{addressBucket, h.keyOfAddress, addressRecord},
		{noticeBucket, h.keyOfNotice, func(_, value, _ []byte) ([]byte, error) { return value, nil }},
	}
	return file.Migration{
		Prepare: func(update file.Runner) error { return stageAll(update, large, h.atOnce) },
		Apply: func(t *file.Tx) error {
			for _, step := range []func(*file.Tx) error{
				func(t *file.Tx) error { return takeStaged(t, large) }, h.keyLogins, h.keyIdempotency, unnameLetters,
			} {
				if err := step(t); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (h hashes) keyOfAddress(key []byte) []byte {
	if len(key) != sha256.Size {
		return nil
	}
	return h.keyed(key)
}

// noticeKeyLength is that of a hash, a kind and a set of faults.
const noticeKeyLength = sha256.Size + 1 + sha256.Size/4

func (h hashes) keyOfNotice(key []byte) []byte {
	if len(key) != noticeKeyLength {
		return nil
	}
	return append(h.keyed(key[:sha256.Size]), key[sha256.Size:]...)
}

// address2 is an address as schema 2 has it.
type address2 struct {
	Links         []link    `json:"links"`
	Unproven      int       `json:"unproven"`
	DisownedUntil time.Time `json:"disownedUntil"`
	Void          struct {
		At time.Time `json:"at"`
	} `json:"void"`
	Failed limit.Window `json:"failed"`
}

// address3 is an address as schema 3 has it.
type address3 struct {
	Links         []link       `json:"links,omitempty"`
	Unproven      unproven     `json:"unproven,omitzero"`
	DisownedUntil time.Time    `json:"disownedUntil,omitzero"`
	Failed        limit.Window `json:"failed,omitzero"`
}

type unproven struct {
	Activate int `json:"activate,omitzero"`
	Recover  int `json:"recover,omitzero"`
}

type link struct {
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`
	Generation uint32    `json:"generation"`
	Client     []byte    `json:"client,omitempty"`
}

func addressRecord(key, value, to []byte) ([]byte, error) {
	was, err := file.Table[address2]{Bucket: addressBucket}.Decode(key, value)
	if err != nil {
		return nil, nil
	}
	return file.Table[address3]{Bucket: addressBucket}.Encode(to, was.next())
}

// next is the address as schema 3 has it. Letters of generation 0 were asked for and went to nobody. Those before the
// mailbox is proven are counted by kind: what was counted for both is counted for each as far as its letters are known.
// Whether there is a mailbox is found out anew.
func (a address2) next() address3 {
	to := address3{DisownedUntil: a.DisownedUntil, Failed: a.Failed}
	first := len(a.Links) - a.Unproven // that counts as unproven
	for i, link := range a.Links {
		if link.Generation == 0 {
			continue
		}
		to.Links = append(to.Links, link)
		switch {
		case i < first:
		case link.Kind == "activate":
			to.Unproven.Activate++
		case link.Kind == "recover":
			to.Unproven.Recover++
		}
	}
	return to
}

func (h hashes) keyLogins(t *file.Tx) error {
	logins := file.Table[jsontext.Value]{Bucket: loginBucket}
	return moveAll(t, loginBucket, func(key, value []byte) (moved, bool, error) {
		record, err := logins.Decode(key, value)
		if err != nil {
			return moved{}, false, nil
		}
		to := h.keyed(key)
		value, err = logins.Encode(to, record)
		return moved{to, value}, true, err
	})
}

// answer is what is kept of a call with an Idempotency-Key.
type answer struct {
	ID      guid.ID        `json:"id"`
	BegunAt time.Time      `json:"begunAt"`
	Rest    jsontext.Value `json:",embed"`
}

func (h hashes) keyIdempotency(t *file.Tx) error {
	answers := file.Table[answer]{Bucket: idempotencyBucket}
	var begun []moved
	err := moveAll(t, idempotencyBucket, func(key, value []byte) (moved, bool, error) {
		partner, name, _ := bytes.Cut(key, []byte{0})
		record, err := answers.Decode(key, value)
		if err != nil {
			return moved{}, false, nil
		}
		to := append(append(bytes.Clone(partner), 0), h.keyed([]byte("idempotency\x00"+string(name)))...)
		begun = append(begun, moved{timeKey(record.BegunAt, record.ID), to})
		value, err = answers.Encode(to, record)
		return moved{to, value}, true, err
	})
	for i := 0; i < len(begun) && err == nil; i++ {
		err = t.Put(idempotencyBegunBucket, begun[i].key, begun[i].value)
	}
	return err
}

// letter2 is a letter as schema 2 has it.
type letter2 struct {
	ID       guid.ID        `json:"id"`
	Kind     string         `json:"kind"`
	To       string         `json:"to"`
	Person   guid.ID        `json:"person"`
	State    string         `json:"state"`
	Reason   string         `json:"reason,omitzero"`
	Attempts []attempt2     `json:"attempts,omitempty"`
	Rest     jsontext.Value `json:",embed"`
}

type attempt2 struct {
	Code     int            `json:"code,omitzero"`
	Enhanced string         `json:"enhanced,omitzero"`
	Text     string         `json:"text,omitzero"`
	Rest     jsontext.Value `json:",embed"`
}

// unnameLetters takes the hash of the address, and servers' words, from letters to people whom the store did not know
// and who have been erased.
func unnameLetters(t *file.Tx) error {
	letters := file.Table[letter2]{Bucket: letterBucket}
	var erased []letter2
	c := t.Cursor(letterBucket)
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if !bytes.Contains(value, []byte(`"to":""`)) { // most are not even decoded
			continue
		}
		letter, err := letters.Decode(key, value)
		toNobody := letter.Kind == "failed" || letter.Kind == "test"
		if err == nil && toNobody && letter.To == "" && !letter.Person.IsZero() {
			erased = append(erased, letter)
		}
	}
	for _, letter := range erased {
		if err := t.Delete(letterPersonBucket, append(letter.Person[:], letter.ID[:]...)); err != nil {
			return err
		}
		letter.unname()
		if err := t.Put(letterPersonBucket, append(letter.Person[:], letter.ID[:]...), nil); err != nil {
			return err
		}
		if err := letters.Put(t, letter.ID[:], letter); err != nil {
			return err
		}
	}
	return nil
}

func (l *letter2) unname() {
	l.Person = guid.ID{}
	for i := range l.Attempts {
		l.Attempts[i].Text = ""
	}
	if l.State != "failed" {
		return
	}
	l.Reason = "refused"
	if last := len(l.Attempts) - 1; last >= 0 && l.Attempts[last].Code != 0 {
		l.Reason = fmt.Sprintf("refused: %d %s", l.Attempts[last].Code, l.Attempts[last].Enhanced)
	}
}
