package biker

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens/password"
)

// sessionKey is what wrong passwords of somebody who is logged in count against: whoever came by an open session must
// not find out the password from there.
func sessionKey(ref store.SessionRef) [32]byte {
	return sha256.Sum256(append(ref.ID[:], ref.Secret[:]...))
}

// changePassword takes a new password from who knows the present one. The rules come first, so that a password that
// they refuse counts as no wrong one.
func (r *Handlers) changePassword(c *web.Call, s current, form map[string]string) error {
	w := r.words(c)
	faults, err := r.changeFaults(w, s.biker, form)
	if err != nil {
		return err
	}
	if faults != nil {
		return r.refuseChange(c, http.StatusUnprocessableEntity, s.biker, faults)
	}
	end, err := r.tries.take(c.R.Context(), sessionKey(s.ref))
	if errors.Is(err, password.ErrBusy) {
		return r.busyChange(c, s.biker)
	}
	if err != nil {
		return err
	}
	defer end()
	wait, err := r.Store.TakeLogin(c.R.Context(), sessionKey(s.ref))
	if err != nil {
		return err
	}
	if wait > 0 {
		overLimit(c, "login")
		c.RetryAfter(wait)
		slowed := page.Fault{Field: "current", Text: w.SlowedText + " " + w.waitText(wait)}
		return r.refuseChange(c, http.StatusTooManyRequests, s.biker, []page.Fault{slowed})
	}
	biker, err := r.change(c, s, form)
	switch {
	case errors.Is(err, password.ErrBusy):
		r.giveBack(c, sessionKey(s.ref))
		return r.busyChange(c, s.biker)
	case refuse.Is(err, refuse.Unauthorized):
		return r.sessionOver(c)
	case refuse.Is(err, refuse.Conflict):
		c.Security(web.WrongPassword).Stringer("biker", s.biker.ID).Msg("a wrong current password")
		wrongCurrent := page.Fault{Field: "current", Text: w.WrongCurrentText}
		return r.refuseChange(c, http.StatusForbidden, s.biker, []page.Fault{wrongCurrent})
	case err != nil:
		return err
	}
	c.Notify(passwordChanged)
	return r.remember(c, biker)
}

func (r *Handlers) busyChange(c *web.Call, biker store.Biker) error {
	c.RetryAfter(0)
	return r.refuseChange(c, http.StatusServiceUnavailable, biker, wholeForm(r.words(c).BusyText))
}

// refuseChange shows the account again, with what is wrong with the change.
func (r *Handlers) refuseChange(c *web.Call, status int, biker store.Biker, faults []page.Fault) error {
	account, err := r.accountPage(r.words(c), biker, faults)
	if err != nil {
		return err
	}
	return c.Page(status, account)
}

// changeFaults are what can be said of a change without looking at the present password.
func (r *Handlers) changeFaults(w words, biker store.Biker, form map[string]string) (faults []page.Fault, err error) {
	if form["current"] == "" {
		faults = append(faults, page.Fault{Field: "current", Text: w.NoCurrentText})
	}
	weak, err := r.passwordFaults(w, form["password"], biker)
	return append(faults, weak...), err
}

var errWrongCurrent = refuse.New(refuse.Conflict, "This is not the current password.")

// change sets the new password. Where it is the present one already, as when a form is sent twice, there is nothing to
// do.
func (r *Handlers) change(c *web.Call, s current, form map[string]string) (store.Biker, error) {
	changed, refusal := r.changeFrom(c, s, form)
	if !refuse.Is(refusal, refuse.Conflict) {
		return changed, refusal
	}
	biker, err := r.Store.BikerByID(s.biker.ID)
	if err != nil {
		return store.Biker{}, err
	}
	right, _, err := r.Hasher.Verify(c.R.Context(), turnOf(biker), form["password"], biker.Password)
	if err != nil || !right {
		return store.Biker{}, cmp.Or(err, refusal)
	}
	r.giveBack(c, sessionKey(s.ref))
	return biker, nil
}

// changeFrom verifies the present password and sets the new one. It refuses with Conflict where the former is another.
func (r *Handlers) changeFrom(c *web.Call, s current, form map[string]string) (store.Biker, error) {
	ctx := c.R.Context()
	right, _, err := r.Hasher.Verify(ctx, turnOf(s.biker), form["current"], s.biker.Password)
	if err != nil {
		return store.Biker{}, err
	}
	if !right {
		return store.Biker{}, errWrongCurrent
	}
	hash, err := r.Hasher.Hash(ctx, turnOf(s.biker), form["password"])
	if err != nil {
		return store.Biker{}, err
	}
	biker, err := r.Store.ChangePassword(ctx, store.PasswordChange{
		Session: s.ref, Verified: s.biker.Password, Hash: hash, Key: sessionKey(s.ref)})
	if err == nil {
		c.Security(web.PasswordSet).Stringer("biker", biker.ID).Msg("a password was changed")
	}
	return biker, err
}
