package store

import (
	"postern/store/guid"
	"strconv"
	"strings"
	"time"
)

// noSuchMailbox are the enhanced status codes of a recipient whom the server does not have (RFC 3463 §3.2; 5.1.10: a
// domain that takes no mail, RFC 7505 §4.2, and with Exchange an unknown recipient).
var noSuchMailbox = map[string]bool{"5.1.1": true, "5.1.2": true, "5.1.10": true}

// undeliverableFor is for how long partners' repeats owe no letter to an address whose server knows no such mailbox.
const undeliverableFor = 24 * time.Hour

// undeliverable is a refusal that makes it pointless to repeat a letter for a while. The server's words stand with the
// letter alone, where an erasure reaches them.
type undeliverable struct {
	At       time.Time `json:"at"`
	Code     int       `json:"code,omitzero"`     // SMTP reply code
	Enhanced string    `json:"enhanced,omitzero"` // enhanced status code
	Letter   guid.ID   `json:"letter,omitzero"`   // the one that was refused
}

// unknownMailbox reports whether an attempt's end says that there is no such mailbox.
func (a Attempt) unknownMailbox() bool {
	return a.Class == AttemptPermanent && noSuchMailbox[a.Enhanced]
}

// undeliverable reports whether a letter to the address was refused of late because there is no such mailbox.
func (a address) undeliverable(now time.Time) bool {
	age := now.Sub(a.Undeliverable.At)
	return !a.Undeliverable.At.IsZero() && age < undeliverableFor && age > -undeliverableFor
}

// noteUndeliverable remembers that there is no such mailbox: until a day has passed, a letter has gone through,
// somebody is registered anew with the address, or the operator has a letter to it tried again.
func (t tx) noteUndeliverable(letter Letter, attempt Attempt) error {
	if letter.To == "" {
		return nil // the person has been erased
	}
	known, err := t.address(letter.To)
	if err != nil {
		return err
	}
	known.Undeliverable = undeliverable{At: t.Now(), Code: attempt.Code, Enhanced: attempt.Enhanced, Letter: letter.ID}
	return t.putAddress(letter.To, known)
}

// noteDeliverable has partners' repeats owe letters to an address again.
func (t tx) noteDeliverable(email string) error {
	if email == "" {
		return nil
	}
	known, err := t.address(email)
	if err != nil || known.Undeliverable == (undeliverable{}) {
		return err
	}
	known.Undeliverable = undeliverable{}
	return t.putAddress(email, known)
}

// undeliverableText tells a partner whom letters do not reach, with the server's words as long as the letter has them.
func (t tx) undeliverableText(u undeliverable) (string, error) {
	letter, _, err := letters.Get(t.Tx, u.Letter[:])
	if err != nil {
		return "", err
	}
	said := strconv.Itoa(u.Code) + " " + u.Enhanced
	for _, attempt := range letter.Attempts {
		if attempt.unknownMailbox() && attempt.Text != "" {
			said = strconv.Itoa(attempt.Code) + " " + attempt.Enhanced + " " + attempt.Text
		}
	}
	return "Letters to this address come back, as its server knows no such mailbox (" + strings.TrimPrefix(said, "0 ") +
		"); none is owed before " + u.At.Add(undeliverableFor).UTC().Format("2006-01-02T15:04Z") + ".", nil
}
