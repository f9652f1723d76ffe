package biker

import (
	"context"
	"errors"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens/password"
)

// attempt is one try to log in. Its biker is zero where no password can be right: the address is unknown, no password
// is set, or the biker is blocked. All that is done and answered is the same then.
type attempt struct {
	password string
	biker    store.Biker
	key      [32]byte // what its failures count against
	known    bool     // the browser has logged in as this biker before
	turn     password.Turn
}

// turnOf is the turn at the hasher of people who are known: by a session, a link from their mailbox, or their browser.
func turnOf(biker store.Biker) password.Turn { return password.Turn{Person: biker.ID.String()} }

// attempt finds whom a try is about, and what it counts against: the address, or the browser where it is the biker's
// own, so that strangers who guess at the address slow down nobody else.
func (r *Handlers) attempt(c *web.Call, form map[string]string) (attempt, error) {
	email, err := fields.ParseEmail(form["email"])
	if err != nil {
		return attempt{}, err
	}
	biker, err := r.Store.BikerByEmail(email)
	if err != nil && !refuse.Is(err, refuse.NotFound) {
		return attempt{}, err
	}
	if err != nil || biker.Blocked || biker.Password == "" {
		biker = store.Biker{}
	}
	a := attempt{password: form["password"], biker: biker}
	if a.key, a.known = r.knows(c, biker); a.known {
		a.turn = turnOf(biker)
	} else {
		a.key = store.LoginKey(email)
		a.turn.Client, a.turn.Network = r.clients.Networks(c.Client)
	}
	return a, nil
}

// giveBack takes back a try whose password nobody has looked at.
func (r *Handlers) giveBack(c *web.Call, key [32]byte) {
	if err := r.Store.GiveBackLogin(context.WithoutCancel(c.R.Context()), key); err != nil {
		c.Log().Error().Err(err).Msg("a try to log in that nobody looked at counts as wrong")
	}
}

// take begins a try before its password is looked at, by client and by account. The client's is told how it ended.
func (r *Handlers) take(c *web.Call, a attempt) (ended func(failed bool), wait time.Duration, err error) {
	ended = func(bool) {}
	if !a.known {
		if ended, wait, err = r.clients.Begin(c.R.Context(), c.Client); wait > 0 || err != nil {
			return ended, wait, err
		}
	}
	wait, err = r.Store.TakeLogin(c.R.Context(), a.key)
	return ended, wait, err
}

// verified holds the password against the record and begins the session. Where another login has renewed the hash in
// between, it looks once more: that password is no less right.
func (r *Handlers) verified(ctx context.Context, a attempt, in store.LogIn) (biker store.Biker, begun store.Session,
	right bool, err error) {
	biker = a.biker
	for range 2 {
		in.Biker, in.Verified = biker.ID, biker.Password
		if right, in.Rehashed, err = r.Hasher.Verify(ctx, a.turn, a.password, biker.Password); err != nil || !right {
			return biker, begun, false, err
		}
		if biker, begun, err = r.Store.LogInBiker(ctx, in); !refuse.Is(err, refuse.Conflict) {
			break
		}
		if biker, err = r.Store.BikerByID(in.Biker); err != nil {
			break
		}
		err = errStillMoving
	}
	switch {
	case err == nil:
		return biker, begun, true, nil
	case errors.Is(err, errStillMoving), refuse.Is(err, refuse.NotFound), refuse.Is(err, refuse.Forbidden):
		return biker, begun, false, nil // erased, blocked or changed twice since: as if it had been so before
	}
	return biker, begun, false, err
}

var errStillMoving = errors.New("the password was changed while it was looked at")
