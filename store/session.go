package store

import (
	"context"
	"crypto/subtle"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// Session is one browser that a biker is logged in with.
type Session struct {
	ID      guid.ID   `json:"id"`
	Secret  [32]byte  `json:"secret"` // SHA-256 of what the browser's cookie holds beside the id
	Biker   guid.ID   `json:"biker"`
	BegunAt time.Time `json:"begunAt"`
	SeenAt  time.Time `json:"seenAt"` // at most a minute old while the session is in use
}

// How long a session lasts, and how exactly its use is written down.
const (
	sessionFor    = 12 * time.Hour
	sessionIdle   = 30 * time.Minute
	sessionNoting = time.Minute
)

// SessionRef names a session: its id and the SHA-256 of its secret, both from a browser's cookie.
type SessionRef struct {
	ID     guid.ID
	Secret [32]byte
}

func (s Session) over(now time.Time) bool {
	return now.Sub(s.BegunAt) >= sessionFor || now.Sub(s.SeenAt) >= sessionIdle
}

var errSessionOver = refuse.New(refuse.Unauthorized, "You are not logged in, or no longer; log in again.")

// session returns a session that is not over, and whose it is.
func (t tx) session(ref SessionRef) (Biker, Session, error) {
	session, found, err := sessions.Get(t.Tx, ref.ID[:])
	if err != nil {
		return Biker{}, Session{}, err
	}
	if !found || subtle.ConstantTimeCompare(session.Secret[:], ref.Secret[:]) != 1 || session.over(t.Now()) {
		return Biker{}, Session{}, errSessionOver
	}
	biker, found, err := bikers.Get(t.Tx, session.Biker[:])
	if err == nil && (!found || biker.Blocked) {
		err = errSessionOver
	}
	return biker, session, err
}

// SessionBiker returns the biker of a session, and notes that it is in use. It refuses with Unauthorized where the
// session is over: ended, 12 h old, or not used for 30 min.
func (s *Store) SessionBiker(ctx context.Context, ref SessionRef) (Biker, error) {
	var stale bool
	biker, err := read(s, func(t tx) (Biker, error) {
		biker, session, err := t.session(ref)
		stale = t.Now().Sub(session.SeenAt) >= sessionNoting
		return biker, err
	})
	if err == nil && stale {
		err = s.noteSession(ctx, ref)
	}
	return biker, err
}

// noteSession writes down that a session is in use. Where nothing can be written now, that ends no session.
func (s *Store) noteSession(ctx context.Context, ref SessionRef) error {
	err := update(ctx, s, func(t tx) error {
		_, session, err := t.session(ref)
		if err != nil {
			return err
		}
		session.SeenAt = t.Now()
		return sessions.Put(t.Tx, session.ID[:], session)
	})
	if refuse.Is(err, refuse.Unavailable) {
		return nil
	}
	return err
}

func (t tx) beginSession(biker guid.ID, secret [32]byte) (Session, error) {
	session := Session{ID: t.NewID(), Secret: secret, Biker: biker, BegunAt: t.Now(), SeenAt: t.Now()}
	if err := t.Put(sessionBikerBucket, personKey(biker, session.ID), nil); err != nil {
		return Session{}, err
	}
	return session, sessions.Put(t.Tx, session.ID[:], session)
}

func (t tx) endSession(session Session) error {
	if err := t.Delete(sessionBikerBucket, personKey(session.Biker, session.ID)); err != nil {
		return err
	}
	return sessions.Delete(t.Tx, session.ID[:])
}

// endSessionBehind ends the session that a cookie stands for, if it still is one.
func (t tx) endSessionBehind(ref SessionRef) error {
	_, former, err := t.session(ref)
	if refuse.Is(err, refuse.Unauthorized) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.endSession(former)
}

// sessionsOf lists the ids of a biker's sessions.
func (t tx) sessionsOf(biker guid.ID) (ids []guid.ID) {
	c := t.Cursor(sessionBikerBucket)
	for key, _ := c.Seek(biker[:]); key != nil && guid.ID(key[:16]) == biker; key, _ = c.Next() {
		ids = append(ids, guid.ID(key[16:]))
	}
	return ids
}

// endSessions ends all sessions of a biker but for one; the zero ID: all.
func (t tx) endSessions(biker, but guid.ID) error {
	for _, id := range t.sessionsOf(biker) {
		if id == but {
			continue
		}
		if err := t.endSession(Session{ID: id, Biker: biker}); err != nil {
			return err
		}
	}
	return nil
}

// EndSession logs a browser out; a session that is over already is no fault.
func (s *Store) EndSession(ctx context.Context, ref SessionRef) error {
	return updateVital(ctx, s, func(t tx) error {
		return t.endSessionBehind(ref)
	})
}

// EndSessions logs the biker of a session out everywhere, also where that session is over by its age: the others may
// not be. It gives the biker; the zero ID where there is no such session any more, and nothing to end.
func (s *Store) EndSessions(ctx context.Context, ref SessionRef) (biker guid.ID, err error) {
	return writeVital(ctx, s, func(t tx) (guid.ID, error) {
		session, found, err := sessions.Get(t.Tx, ref.ID[:])
		if err != nil || !found || subtle.ConstantTimeCompare(session.Secret[:], ref.Secret[:]) != 1 {
			return guid.ID{}, err
		}
		return session.Biker, t.endSessions(session.Biker, guid.ID{})
	})
}

// SessionsOf lists a biker's sessions that are not over, the oldest first.
func (s *Store) SessionsOf(biker guid.ID) ([]Session, error) {
	return read(s, func(t tx) (list []Session, err error) {
		for _, id := range t.sessionsOf(biker) {
			session, found, err := sessions.Get(t.Tx, id[:])
			if err != nil {
				return nil, err
			}
			if found && !session.over(t.Now()) {
				list = append(list, session)
			}
		}
		return list, nil
	})
}
