package store

import "time"

// noSuchMailbox is the enhanced status code of a recipient whom the server does not have (RFC 3463 §3.2).
const noSuchMailbox = "5.1.1"

// voids tells whether an attempt's end says that there is no such mailbox.
func (a Attempt) voids() bool {
	return a.Class == AttemptPermanent && a.Phase == "rcpt" && a.Enhanced == noSuchMailbox
}

// isVoid tells whether letters to an address came back lately because there is no such mailbox. The words are the server's.
func (a address) isVoid(now time.Time) (words string, void bool) {
	return a.Void.Text, !a.Void.At.IsZero() && now.Sub(a.Void.At) < voidFor
}

// voidAddress remembers that there is no such mailbox, so that nothing more goes into the void for a while: until a month
// has passed, somebody is registered anew with the address, or the operator has a letter to it tried again.
func (t *tx) voidAddress(email string, attempt Attempt) error {
	if email == "" {
		return nil // the person has been erased
	}
	known, _, err := addresses.get(t, addressHash(email))
	if err != nil {
		return err
	}
	known.Void = voided{At: t.now, Text: attempt.Text}
	return addresses.put(t, addressHash(email), known)
}

// clearVoid has an address written to again.
func (t *tx) clearVoid(email string) error {
	known, found, err := addresses.get(t, addressHash(email))
	if err != nil || !found || known.Void.At.IsZero() {
		return err
	}
	known.Void = voided{}
	return addresses.put(t, addressHash(email), known)
}

// voidText tells whom letters do not reach.
func voidText(words string) string {
	return "Letters to this address come back, as its server knows no such mailbox (" + words + ")."
}

// undeliverable refuses a sign-in whose link would not arrive.
func undeliverable(words string) error {
	return Refuse(Forbidden, voidText(words)+" Ask the operator of this service, or register with another address.")
}
