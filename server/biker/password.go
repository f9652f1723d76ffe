package biker

import (
	"errors"
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/tokens"
	"postern/tokens/password"
)

const (
	passwordPath = "/biker/password"
	renewPath    = "/biker/renew"
)

// passwordPage is where the letters' links lead. Opening it changes nothing, however often and by whatever scanner.
func (r *Handlers) passwordPage(c *web.Call) error {
	token, answered, err := r.links.Open(c, r.readable)
	if answered {
		return nil
	}
	var biker store.Biker
	if err == nil {
		_, biker, err = r.whose(c, token)
	}
	if err != nil {
		return r.badLink(c, token, biker, err)
	}
	return c.Page(http.StatusOK, r.passwordForm(c, biker, token, nil))
}

// passwordForm is the page that asks for a new password.
func (r *Handlers) passwordForm(c *web.Call, biker store.Biker, token string, faults []page.Fault) page.Page {
	w := r.words(c)
	p := page.Page{Title: w.PasswordTitle, Text: []string{w.PasswordText}}
	if biker.Password != "" {
		p.Title, p.Text = w.RecoverTitle, []string{w.RecoverText}
	}
	p.Rows = []page.Row{{Label: w.EmailLabel, Value: biker.Email}}
	p.Form = &page.Form{Action: passwordPath, Hidden: []page.Hidden{{Name: "token", Value: token}},
		Username: biker.Email, Faults: faults, Fields: []page.Field{w.newPasswordField(r.PasswordMin)},
		Button: w.PasswordButton}
	p.Back = r.links.Address(c, passwordPath, token)
	return p
}

// setPassword uses a link: the biker's password is set, and the browser logged in. One form of a link is dealt with
// after the other, so that a button pressed again finds what the first press did.
func (r *Handlers) setPassword(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	use := linkUse{token: form["token"], password: form["password"]}
	end, err := r.tries.take(c.R.Context(), tokens.Hash(use.token))
	if errors.Is(err, password.ErrBusy) {
		_, biker, _ := r.whose(c, use.token) // for the form alone
		return r.busyLink(c, use, biker)
	}
	if err != nil {
		return err
	}
	defer end()
	var biker store.Biker
	if use.link, biker, err = r.whose(c, use.token); err != nil {
		return r.usedAgain(c, use, biker, err)
	}
	faults, err := r.passwordFaults(r.words(c), use.password, biker)
	if err != nil {
		return err
	}
	if faults != nil {
		return c.Page(http.StatusUnprocessableEntity, r.passwordForm(c, biker, use.token, faults))
	}
	hash, err := r.Hasher.Hash(c.R.Context(), turnOf(biker), use.password)
	if errors.Is(err, password.ErrBusy) {
		return r.busyLink(c, use, biker)
	}
	if err != nil {
		return err
	}
	return r.useLink(c, use, hash)
}

// linkUse is a link's form that was sent.
type linkUse struct {
	token, password string
	link            store.Link
}

func (r *Handlers) busyLink(c *web.Call, use linkUse, biker store.Biker) error {
	c.RetryAfter(0)
	busy := wholeForm(r.words(c).BusyText)
	return c.Page(http.StatusServiceUnavailable, r.passwordForm(c, biker, use.token, busy))
}

func (r *Handlers) useLink(c *web.Call, use linkUse, hash string) error {
	s, err := r.newSecret()
	if err != nil {
		return err
	}
	n := store.NewPassword{Link: use.link, Hash: hash, Secret: s.hash()}
	n.Replaces, _ = readSession(r.session.Value(c))
	biker, begun, err := r.Store.SetPassword(c.R.Context(), n)
	if err != nil {
		return r.usedAgain(c, use, biker, err) // used a moment ago, or the like
	}
	c.Security(web.PasswordSet).Stringer("biker", biker.ID).Msg("a password was set by a link")
	r.links.Done(c, use.token)
	c.Notify(passwordSet)
	return r.enter(c, biker, begun, s)
}

// passwordFaults say what is wrong with a password that somebody wants to have; none: nothing.
func (r *Handlers) passwordFaults(w words, typed string, biker store.Biker) ([]page.Fault, error) {
	if typed == "" {
		return []page.Fault{{Field: "password", Text: w.NoPasswordText}}, nil
	}
	plan, err := r.Store.PlanOf(biker.BikePlanCode)
	if err != nil {
		return nil, err
	}
	own := []string{biker.FirstName, biker.LastName, biker.Email, biker.BikePlanCode, plan.Client, plan.Name,
		biker.Partner, r.Organisation, biker.EmployeeID, biker.PersonnelNumber}
	found := password.Check(typed, r.PasswordMin, own)
	if found == password.NoFault {
		return nil, nil
	}
	return []page.Fault{w.weakness(found, r.PasswordMin)}, nil
}
