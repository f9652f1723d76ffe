package biker

import (
	"errors"
	"net/http"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/page"
	"postern/store"
	"postern/tokens/password"
)

const (
	accountPath = "/biker"
	loginPath   = "/biker/login"
	forgotPath  = "/biker/forgot"
)

// loginPage is for whoever is not logged in. A browser whose session has ended meanwhile is told so.
func (r *Handlers) loginPage(c *web.Call) error {
	_, found, err := r.visitor(c)
	switch {
	case err != nil:
		return err
	case found:
		return c.SeeOther(accountPath)
	}
	w := r.words(c)
	login := w.login("", nil)
	login.Notice = w.notice(c.Notified())
	if r.session.Value(c) != "" {
		r.session.Clear(c)
		login.Notice = page.Plain.Notice(w.EndedText)
	}
	return c.Page(http.StatusOK, login)
}

// login is the page with the login form.
func (w words) login(email string, faults []page.Fault) page.Page {
	return page.Page{Title: w.LoginTitle,
		Form: &page.Form{Action: loginPath, Faults: faults, Button: w.LoginButton, Fields: []page.Field{
			w.emailField(email),
			{Name: "password", Label: w.PasswordLabel, Type: page.Password, Autocomplete: "current-password"},
		}},
		Links: []page.Link{{URL: forgotPath, Text: w.ForgotLink}},
	}
}

// logIn answers a try the same way, after the same work, whoever is behind the address.
func (r *Handlers) logIn(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	w := r.words(c)
	if faults := w.loginFaults(form); faults != nil {
		return c.Page(http.StatusUnprocessableEntity, w.login(form["email"], faults))
	}
	a, err := r.attempt(c, form)
	if err != nil {
		return err
	}
	right, wait, err := r.try(c, a)
	switch {
	case errors.Is(err, password.ErrBusy):
		c.RetryAfter(0)
		return c.Page(http.StatusServiceUnavailable, w.login(form["email"], wholeForm(w.BusyText)))
	case err != nil:
		return err
	case wait > 0:
		overLimit(c, "login")
		c.RetryAfter(wait)
		return c.Page(http.StatusTooManyRequests, w.login(form["email"], w.slowed(wait)))
	case !right:
		wrongPassword(c, a.biker)
		return c.Page(http.StatusForbidden, w.login(form["email"], wholeForm(w.WrongLoginText)))
	}
	return nil
}

// try looks at the password where no limit stands against it, and answers where it is right. It keeps nobody's turn
// while another answer is written: the caller may read that slowly.
func (r *Handlers) try(c *web.Call, a attempt) (right bool, wait time.Duration, err error) {
	end, err := r.tries.take(c.R.Context(), a.key)
	if err != nil {
		return false, 0, err
	}
	defer end()
	failed := false
	ended, wait, err := r.take(c, a)
	defer func() { ended(failed) }()
	if wait > 0 || err != nil {
		return false, wait, err
	}
	right, err = r.tryLogin(c, a)
	if err != nil {
		r.giveBack(c, a.key)
	}
	failed = !right && err == nil
	return right, 0, err
}

// loginFaults are what no account's login looks like.
func (w words) loginFaults(form map[string]string) (faults []page.Fault) {
	if _, err := fields.ParseEmail(form["email"]); err != nil {
		faults = append(faults, w.emailFault(form["email"]))
	}
	if form["password"] == "" {
		faults = append(faults, page.Fault{Field: "password", Text: w.NoPasswordText})
	}
	return faults
}

// slowed says how long to wait, and what works meanwhile.
func (w words) slowed(wait time.Duration) []page.Fault {
	return wholeForm(w.SlowedText + " " + w.waitText(wait) + " " + w.MailWorksText)
}

// wrongPassword tells of a try that failed. Its biker is zero where no password can be right.
func wrongPassword(c *web.Call, biker store.Biker) {
	event := c.Security(web.WrongPassword)
	if !biker.ID.IsZero() {
		event = event.Stringer("biker", biker.ID)
	}
	event.Msg("a wrong password")
}

func overLimit(c *web.Call, limit string) {
	c.Security(web.OverLimit).Str("limit", limit).Msg("a client or an account is over its limit")
}

// tryLogin looks at the password and, where it is right, logs the biker in and answers.
func (r *Handlers) tryLogin(c *web.Call, a attempt) (right bool, err error) {
	s, err := r.newSecret()
	if err != nil {
		return false, err
	}
	in := store.LogIn{Key: a.key, Secret: s.hash()}
	in.Replaces, _ = readSession(r.session.Value(c))
	biker, begun, right, err := r.verified(c.R.Context(), a, in)
	if err != nil || !right {
		return false, err
	}
	c.Security(web.LoggedIn).Stringer("biker", biker.ID).Msg("logged in")
	return true, r.enter(c, biker, begun, s)
}
