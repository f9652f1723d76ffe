package store

import (
	"context"
	"time"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/refuse"
)

// tries are wrong passwords of late, under the keyed hash of an address, of a browser or of a session.
type tries struct {
	Wrong  int       `json:"wrong"`
	LastAt time.Time `json:"lastAt"`
}

// triesFor is how long wrong passwords count.
const triesFor = 24 * time.Hour

// over reports whether the tries count no more: they are old, or of a clock that was ahead.
func (l tries) over(now time.Time) bool {
	age := now.Sub(l.LastAt)
	return age >= triesFor || age < -limit.LastDelay
}

// LoginKey is the key of an address for TakeLogin, whether it has an account or not.
func LoginKey(email string) [32]byte { return [32]byte(addressSum(email)) }

// TakeLogin counts a try under a key before the password is looked at, so that many at once get no more tries than one
// after the other. A wait other than zero: too many were wrong, and nothing was counted. A right password's use forgets
// the count.
func (s *Store) TakeLogin(ctx context.Context, key [32]byte) (wait time.Duration, err error) {
	if s.rules.LoginTries == 0 {
		return 0, nil
	}
	stored := s.hashes.Of(key[:])
	return write(ctx, s, func(t tx) (time.Duration, error) {
		known, _, err := logins.Get(t.Tx, stored)
		if err != nil {
			return 0, err
		}
		if known.over(t.Now()) {
			known = tries{}
		}
		next := known.LastAt.Add(limit.Delay(known.Wrong, s.rules.LoginTries))
		if wait := next.Sub(t.Now()); wait > 0 && known.Wrong > 0 {
			return wait, nil
		}
		known.Wrong++
		known.LastAt = t.Now()
		return 0, logins.Put(t.Tx, stored, known)
	})
}

// GiveBackLogin takes back a try of TakeLogin whose password nobody has looked at.
func (s *Store) GiveBackLogin(ctx context.Context, key [32]byte) error {
	if s.rules.LoginTries == 0 {
		return nil
	}
	stored := s.hashes.Of(key[:])
	return updateVital(ctx, s, func(t tx) error {
		known, found, err := logins.Get(t.Tx, stored)
		if err != nil || !found {
			return err
		}
		if known.Wrong--; known.Wrong <= 0 {
			return logins.Delete(t.Tx, stored)
		}
		return logins.Put(t.Tx, stored, known)
	})
}

// LogIn is the use of a right password.
type LogIn struct {
	Biker    guid.ID
	Verified string     // the hash that the password was held against
	Rehashed string     // with today's parameters; empty: it stays as it is
	Key      [32]byte   // of TakeLogin: what it has counted is forgotten
	Secret   [32]byte   // SHA-256 of the new session's secret
	Replaces SessionRef // the browser's former session, which ends; zero: none
}

// LogInBiker begins a session. It refuses with NotFound where the biker was erased, with Forbidden where blocked, and
// with Conflict where the password has been changed since it was looked at.
func (s *Store) LogInBiker(ctx context.Context, in LogIn) (biker Biker, begun Session, err error) {
	begun, err = write(ctx, s, func(t tx) (Session, error) {
		var err error
		biker, err = t.biker(in.Biker)
		switch {
		case err != nil:
			return Session{}, err
		case biker.Blocked:
			return Session{}, errBlocked
		case biker.Password != in.Verified:
			return Session{}, errPasswordMoved
		}
		if err := logins.Delete(t.Tx, t.store.hashes.Of(in.Key[:])); err != nil {
			return Session{}, err
		}
		if err := t.endSessionBehind(in.Replaces); err != nil {
			return Session{}, err
		}
		if in.Rehashed != "" {
			biker.Password = in.Rehashed
			if err := bikers.Put(t.Tx, biker.ID[:], biker); err != nil {
				return Session{}, err
			}
		}
		return t.beginSession(biker.ID, in.Secret)
	})
	return biker, begun, err
}

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
