package store

import (
	"bytes"
	"crypto/sha256"
	"time"

	"postern/store/guid"
	"postern/store/limit"
)

// Remembered is what is kept of an address beside the records of its person: what was sent there and what went wrong,
// so that limits hold. Most of it stands under hashes of the address, and outlives the person.
type Remembered struct {
	Links         []LinkOwed     `json:"links" doc:"The last 20 letters with a link."`
	Unproven      int            `json:"unproven,omitzero" doc:"How many of them since the mailbox was proven last."`
	DisownedUntil time.Time      `json:"disownedUntil,omitzero" doc:"Until then its owner wants no letters of strangers."`
	Undeliverable *Undeliverable `json:"undeliverable,omitempty" doc:"Its server said that there is no such mailbox."`
	Counted       []limit.Slot   `json:"counted" doc:"Letters about failed registrations, and to its plus addresses."`
	Told          []Told         `json:"told" doc:"What partners' calls had it told of."`
	Wrong         int            `json:"wrongPasswords,omitzero" doc:"Of the last day; it may be another one's tries."`
	WrongAt       time.Time      `json:"wrongPasswordAt,omitzero"`
	Mailed        []Mailed       `json:"mailed" doc:"Documents that were mailed within a day."`
	Answers       []KeptAnswer   `json:"answers" doc:"Of calls with an Idempotency-Key, which are kept for a day."`
}

// LinkOwed is a letter with a link.
type LinkOwed struct {
	At   time.Time  `json:"at"`
	Kind LetterKind `json:"kind"`
}

// Undeliverable is a refusal that keeps partners' letters back for a while.
type Undeliverable struct {
	At       time.Time `json:"at"`
	Code     int       `json:"code,omitzero"`
	Enhanced string    `json:"enhanced,omitzero"`
}

// Told is something that the address was told, or was to be.
type Told struct {
	Kind   LetterKind `json:"kind"`
	At     time.Time  `json:"at" doc:"When it was posted last."`
	Letter guid.ID    `json:"letterId,omitzero"`
}

// Mailed is a document that was mailed.
type Mailed struct {
	Cleaning guid.ID   `json:"cleaningActionId"`
	At       time.Time `json:"at"`
}

// KeptAnswer is what a partner was answered about a biker.
type KeptAnswer struct {
	Outcome    BikerOutcome `json:"outcome"`
	Email      string       `json:"Email,omitzero"`
	EmployeeID string       `json:"partner_EmployeeID,omitzero"`
	Letter     guid.ID      `json:"letterId,omitzero"`
}

// RememberedOf gathers what is remembered of an address, and of the user and the biker who have it; zero IDs: none.
func (s *Store) RememberedOf(email string, user, biker guid.ID) (Remembered, error) {
	return read(s, func(t tx) (Remembered, error) {
		r := Remembered{Links: []LinkOwed{}, Counted: []limit.Slot{}, Told: []Told{}, Mailed: []Mailed{},
			Answers: []KeptAnswer{}}
		known, err := t.address(email)
		if err != nil {
			return r, err
		}
		r.address(known)
		if wrong, found, err := logins.Get(t.Tx, s.hashes.Of(addressSum(email))); err != nil {
			return r, err
		} else if found {
			r.Wrong, r.WrongAt = wrong.Wrong, wrong.LastAt
		}
		if r.Told, err = t.toldOf(email, r.Told); err != nil {
			return r, err
		}
		of, _, err := mailings.Get(t.Tx, user[:])
		for _, letter := range of.Letters {
			r.Mailed = append(r.Mailed, Mailed(letter))
		}
		if err == nil {
			r.Answers, err = t.answersOf(biker, r.Answers)
		}
		return r, err
	})
}

func (r *Remembered) address(a address) {
	for _, link := range a.Links {
		r.Links = append(r.Links, LinkOwed{link.At, link.Kind})
	}
	r.Unproven, r.DisownedUntil = a.Unproven.Activate+a.Unproven.Recover, a.DisownedUntil
	if u := a.Undeliverable; !u.At.IsZero() {
		r.Undeliverable = &Undeliverable{u.At, u.Code, u.Enhanced}
	}
	r.Counted = append(r.Counted, a.Failed.Slots...)
	for _, windows := range [][]limit.Window{a.Tagged.Strangers, a.Tagged.Partners} {
		for _, window := range windows {
			r.Counted = append(r.Counted, window.Slots...)
		}
	}
}

// toldOf adds the notices to an address: those under its hash, and those of each partner whose letters were held.
func (t tx) toldOf(email string, told []Told) ([]Told, error) {
	kinds := map[byte]LetterKind{noticeExisting: LetterExisting, noticeFailed: LetterUnregistered}
	var held [][]byte // the keys of those, by what they would have told
	prefix := t.addressHash(email)
	c := t.Cursor(noticeBucket)
	for key, value := c.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix); key, value = c.Next() {
		if r, ok := decodeNotice(key, value); ok && len(key) == noticeKeyLength {
			told = append(told, Told{kinds[key[sha256.Size]], r.At, r.Letter})
			held = append(held, append(addressSum(email), key[sha256.Size:]...))
		}
	}
	held = append(held, noticeKey(addressSum(email), noticeExisting, noFaults))
	seen := map[string]bool{}
	err := partners.Each(t.Tx, nil, nil, func(_ []byte, partner Partner) (bool, error) {
		for _, of := range held {
			key := heldNoticeKey(of, partner.Name)
			if r := t.notice(key); !r.At.IsZero() && !seen[string(key)] {
				seen[string(key)] = true
				told = append(told, Told{kinds[of[sha256.Size]], r.At, r.Letter})
			}
		}
		return true, nil
	})
	return told, err
}

// answersOf adds the kept answers about a biker.
func (t tx) answersOf(biker guid.ID, answers []KeptAnswer) ([]KeptAnswer, error) {
	c := t.Cursor(idempotencyPersonBucket)
	for key, _ := c.Seek(biker[:]); key != nil && bytes.HasPrefix(key, biker[:]); key, _ = c.Next() {
		part, _, err := results.Get(t.Tx, key[len(biker):])
		if err != nil {
			return nil, err
		}
		for _, result := range part {
			if result.Biker == biker && !result.Erased {
				answers = append(answers, KeptAnswer{result.Outcome, result.Email, result.EmployeeID, result.Letter})
			}
		}
	}
	return answers, nil
}
