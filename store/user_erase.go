package store

import (
	"context"

	"postern/store/guid"
	"postern/store/refuse"
)

// DisownUser erases a registration that the mailbox's owner did not make, and keeps the address from strangers'
// letters for 30 days. It refuses with Conflict where the mailbox has been proven. A person who is gone already is no
// fault: the link may be followed twice.
func (s *Store) DisownUser(ctx context.Context, id guid.ID) error {
	return updateVital(ctx, s, func(t tx) error {
		user, found, err := users.Get(t.Tx, id[:])
		if err != nil || !found {
			return err
		}
		if !user.ActivatedAt.IsZero() {
			return refuse.New(refuse.Conflict,
				"This account is in use: its mailbox has been confirmed since this mail was sent.")
		}
		known, err := t.address(user.Email)
		if err != nil {
			return err
		}
		known.DisownedUntil = t.Now().Add(disownedFor)
		if err := t.putAddress(user.Email, known); err != nil {
			return err
		}
		return t.eraseUser(user, "the owner of the mailbox did not register")
	})
}

// EraseUser removes a person. The decisions, the events and the letters' fates stay, without anything that names the
// person; letters not sent yet are cancelled.
func (s *Store) EraseUser(ctx context.Context, id guid.ID) error {
	return updateVital(ctx, s, func(t tx) error {
		user, err := t.user(id)
		if err != nil {
			return err
		}
		return t.eraseUser(user, "the person was erased")
	})
}

func (t tx) eraseUser(user User, reason string) error {
	if err := t.loosenLinks(user.Email, LetterActivate); err != nil {
		return err
	}
	if err := t.forgetTests(user.Email, reason); err != nil {
		return err
	}
	if err := t.forgetLetters(user.ID, reason); err != nil {
		return err
	}
	if user.ActivatedAt.IsZero() {
		if err := t.Delete(userPendingBucket, timeKey(user.RegisteredAt, user.ID)); err != nil {
			return err
		}
	}
	if err := t.Delete(userAddressBucket, addressKey(user.Email)); err != nil {
		return err
	}
	if err := t.Delete(mailingBucket, user.ID[:]); err != nil {
		return err
	}
	if err := users.Delete(t.Tx, user.ID[:]); err != nil {
		return err
	}
	return t.tell(Event{Type: "person.erased", User: user.ID})
}
