package store

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Link is what a set-password link says, opened but not yet held against the person.
type Link struct {
	Biker      guid.ID
	Email      [16]byte // first bytes of the address's SHA-256
	Generation uint32
	ExpiresAt  time.Time
}

// ErrLinkExpired is in the chain of the refusal of a link that is past its life, rather than used.
var ErrLinkExpired = errors.New("the link has expired")

var (
	errLinkGone    = refuse.New(refuse.NotFound, "There is no account for this link any more.")
	errLinkUsed    = refuse.New(refuse.Conflict, "This link was used already, or a password has been set since.")
	errLinkExpired = &refuse.Refusal{Kind: refuse.Conflict, Reason: "This link has expired.", Cause: ErrLinkExpired}
)

// linked finds the person of a link, whatever the link's age: NotFound where the account is gone or another person's,
// Forbidden where it is blocked.
func (t tx) linked(l Link) (Biker, error) {
	biker, found, err := bikers.Get(t.Tx, l.Biker[:])
	switch {
	case err != nil:
		return Biker{}, err
	case !found || l.Email != emailHash(biker.Email):
		return Biker{}, errLinkGone
	case biker.Blocked:
		return biker, errBlocked
	}
	return biker, nil
}

func (t tx) checkLink(l Link) (Biker, error) {
	biker, err := t.linked(l)
	switch {
	case err != nil:
		return biker, err
	case l.Generation != biker.LinkGeneration:
		return biker, errLinkUsed
	case !t.Now().Before(l.ExpiresAt):
		return biker, errLinkExpired
	}
	return biker, nil
}

// CheckLink returns the biker whose password a link can set. It refuses with NotFound where there is no such account
// any more, with Forbidden where it is blocked, and with Conflict where the link was used, or is past its life
// (ErrLinkExpired). Beside the last three the biker is given too: the refusal is told in their language.
func (s *Store) CheckLink(l Link) (Biker, error) {
	var biker Biker
	err := look(s, func(t tx) error {
		var err error
		biker, err = t.checkLink(l)
		return err
	})
	return biker, err
}

// RenewLink owes a new link to the person of one that is used or expired. Where a limit of the address stands against
// it the outcome is the same, without a letter. It refuses as CheckLink does, but for the Conflicts. The client is who
// asks; zero: nobody in particular.
func (s *Store) RenewLink(ctx context.Context, l Link, client netip.Addr) error {
	return update(ctx, s, func(t tx) error {
		biker, err := t.linked(l)
		if err != nil {
			return err
		}
		return t.oweRecovery(biker, true, client) // who holds a link has read the mailbox
	})
}

// ForgotPassword owes a link to the biker of an address, within the address's limits. Where there is no such biker, or
// a blocked one, it owes nothing and counts nothing, with the same outcome and a write all the same. The client is who
// asks; zero: nobody in particular.
func (s *Store) ForgotPassword(ctx context.Context, email string, client netip.Addr) error {
	return update(ctx, s, func(t tx) error {
		biker, found, err := t.bikerAt(email)
		if err != nil {
			return err
		}
		if !found || biker.Blocked {
			return t.pretendRecovery(email)
		}
		return t.oweRecovery(biker, biker.Password != "", client)
	})
}

// oweRecovery owes a link letter, unless one of the last minute does or a limit is used up. What is known of the
// address is written in any case, as where nothing is owed to anybody.
func (t tx) oweRecovery(biker Biker, proven bool, client netip.Addr) error {
	known, err := t.address(biker.Email)
	if err != nil {
		return err
	}
	if t.store.rules.AddressLetters.Count > 0 && known.justOwed(LetterRecover, biker.LinkGeneration, t.Now()) {
		return t.putAddress(biker.Email, known)
	}
	granted, err := t.grantLink(linkAsk{email: biker.Email, kind: LetterRecover, generation: biker.LinkGeneration,
		proven: proven, client: client}, known)
	if err != nil {
		return err
	}
	if granted.wait > 0 {
		t.over(granted.limit, Withheld)
		return t.putAddress(biker.Email, known)
	}
	if err := t.countLink(granted); err != nil {
		return err
	}
	_, err = t.owe(toBiker(biker, LetterRecover))
	return err
}

// pretendRecovery is oweRecovery for an address that nobody may be written to: it writes too, and nothing is counted,
// so that no stranger keeps the address's owner from anything.
func (t tx) pretendRecovery(email string) error {
	known, err := t.address(email)
	if err != nil {
		return err
	}
	return t.putAddress(email, known)
}
