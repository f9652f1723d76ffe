package biker

import (
	"errors"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens"
	"postern/tokens/password"
)

// linkReuse is for how long a link that was used logs in once more with the password that it has set: its form may be
// sent twice, or the first answer be lost on the way.
const linkReuse = 10 * time.Minute

// usedAgain answers a link's form that was sent again, with the password that it has just set, as the first time; and
// else as a link that sets none. Tries count like those of a login, so that a used link tells nothing of the password.
func (r *Handlers) usedAgain(c *web.Call, use linkUse, biker store.Biker, refusal error) error {
	if !r.justUsed(use.link, biker, refusal) {
		return r.badLink(c, use.token, biker, refusal)
	}
	a := attempt{password: use.password, biker: biker, key: tokens.Hash(use.token), known: true, turn: turnOf(biker)}
	wait, err := r.Store.TakeLogin(c.R.Context(), a.key)
	if err != nil {
		return err
	}
	if wait > 0 {
		return r.badLink(c, use.token, biker, refusal)
	}
	r.links.Done(c, use.token)
	right, err := r.tryLogin(c, a)
	switch {
	case errors.Is(err, password.ErrBusy):
		r.giveBack(c, a.key)
		return r.busyLink(c, use, biker)
	case err != nil:
		r.giveBack(c, a.key)
		return err
	case !right:
		return r.badLink(c, use.token, biker, refusal)
	}
	return nil
}

// justUsed reports whether a link is refused because it has set the biker's present password, a short time ago.
func (r *Handlers) justUsed(link store.Link, biker store.Biker, refusal error) bool {
	age := r.Now().Sub(biker.PasswordAt)
	return refuse.Is(refusal, refuse.Conflict) && biker.Password != "" && biker.LinkGeneration == link.Generation+1 &&
		age >= 0 && age < linkReuse
}
