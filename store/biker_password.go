package store

import (
	"context"

	"postern/store/guid"
	"postern/store/refuse"
)

// NewPassword is the use of a set-password link.
type NewPassword struct {
	Link   Link
	Hash   string   // the password's hash, as a PHC string
	Secret [32]byte // SHA-256 of the new session's secret

	Replaces SessionRef // the browser's former session, perhaps another person's, which ends; zero: none
}

// SetPassword sets a password by a link and logs in: all links are revoked, all sessions end, a new one begins, and a
// notice is owed. It refuses as CheckLink does.
func (s *Store) SetPassword(ctx context.Context, n NewPassword) (biker Biker, begun Session, err error) {
	begun, err = write(ctx, s, func(t tx) (Session, error) {
		var err error
		if biker, err = t.checkLink(n.Link); err != nil {
			return Session{}, err
		}
		if err := t.endSessionBehind(n.Replaces); err != nil {
			return Session{}, err
		}
		if err := t.endSessions(biker.ID, guid.ID{}); err != nil {
			return Session{}, err
		}
		if err := t.proveAddress(biker.Email); err != nil {
			return Session{}, err
		}
		if err := t.putPassword(&biker, n.Hash); err != nil {
			return Session{}, err
		}
		return t.beginSession(biker.ID, n.Secret)
	})
	return biker, begun, err
}

// putPassword writes a new password's hash, and all that follows from it but for the sessions.
func (t tx) putPassword(biker *Biker, hash string) error {
	biker.Password, biker.PasswordAt = hash, t.Now()
	biker.LinkGeneration++
	biker.PasswordGeneration++
	if err := bikers.Put(t.Tx, biker.ID[:], *biker); err != nil {
		return err
	}
	letter, err := t.owe(toBiker(*biker, LetterPasswordChanged))
	if err != nil {
		return err
	}
	return t.tell(Event{Type: "biker.password_set", Biker: biker.ID, Letter: letter, Partner: biker.Partner})
}

// PasswordChange is a biker's own, with the old password verified already.
type PasswordChange struct {
	Session  SessionRef // stays; all others end
	Verified string     // the hash that the old password was held against
	Hash     string     // the new one's
	Key      [32]byte   // of TakeLogin: what it has counted is forgotten
}

var errPasswordMoved = refuse.New(refuse.Conflict, "The password has been changed meanwhile; log in with the new one.")

// ChangePassword changes the password of a session's biker: links are revoked, other sessions end, and a notice is
// owed. It refuses with Unauthorized where the session is over, and with Conflict where the old password is another one
// by now.
func (s *Store) ChangePassword(ctx context.Context, c PasswordChange) (Biker, error) {
	return write(ctx, s, func(t tx) (Biker, error) {
		biker, _, err := t.session(c.Session)
		if err != nil {
			return Biker{}, err
		}
		if biker.Password != c.Verified {
			return Biker{}, errPasswordMoved
		}
		if err := logins.Delete(t.Tx, t.store.hashes.Of(c.Key[:])); err != nil {
			return Biker{}, err
		}
		if err := t.endSessions(biker.ID, c.Session.ID); err != nil {
			return Biker{}, err
		}
		err = t.putPassword(&biker, c.Hash)
		return biker, err
	})
}
