package biker

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/tokens/password"
)

const (
	accountPath = "/biker"
	loginPath   = "/biker/login"
	outPath     = loginPath + "?out" // says that one is logged out
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
	l := loginForm{}
	switch {
	case r.session.Value(c) != "":
		r.session.Clear(c)
		l.notice = func(w words) string { return w.EndedText }
	case c.R.URL.RawQuery == "out":
		l.notice = func(w words) string { return w.LoggedOutText }
	}
	return r.drawLogin(c, http.StatusOK, l)
}

// loginForm is a login page to be drawn.
type loginForm struct {
	email  string
	notice func(words) string // nil: none
	faults func(words) []fault
}

func (r *Handlers) drawLogin(c *web.Call, status int, l loginForm) error {
	return r.draw(c, status, r.pages.login, func(w words) (string, any) {
		f := newForm(w, l.faults)
		notice := ""
		if l.notice != nil {
			notice = l.notice(w)
		}
		return f.title(w.LoginTitle), struct {
			form
			Notice          string
			Email, Password field
		}{f, notice,
			f.field(field{Name: "email", Label: w.EmailLabel, Type: "email", Autocomplete: "username", Value: l.email}),
			f.field(field{Name: "password", Label: w.PasswordLabel, Type: "password",
				Autocomplete: "current-password"}),
		}
	})
}

// logIn answers a try the same way, after the same work, whoever is behind the address.
func (r *Handlers) logIn(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if faults := loginFaults(form); faults != nil {
		return r.drawLogin(c, http.StatusUnprocessableEntity, loginForm{email: form["email"], faults: faults})
	}
	a, err := r.attempt(c, form)
	if err != nil {
		return err
	}
	failed := false
	ended, wait, err := r.take(c, a)
	defer func() { ended(failed) }()
	if err != nil {
		return err
	}
	if wait > 0 {
		return r.slowLogin(c, form["email"], wait)
	}
	right, err := r.tryLogin(c, a)
	switch {
	case errors.Is(err, password.ErrBusy):
		r.giveBack(c, a.key)
		c.RetryAfter(0)
		return r.drawLogin(c, http.StatusServiceUnavailable, loginForm{email: form["email"], faults: one(busy)})
	case err != nil:
		r.giveBack(c, a.key)
		return err
	case !right:
		failed = true
		wrongPassword(c, a.biker)
		return r.drawLogin(c, http.StatusForbidden, loginForm{email: form["email"], faults: one(wrongLogin)})
	}
	return nil
}

func busy(w words) fault       { return fault{Text: w.BusyText} }
func wrongLogin(w words) fault { return fault{Text: w.WrongLoginText} }

// loginFaults are what no account's login looks like.
func loginFaults(form map[string]string) func(words) []fault {
	_, err := fields.ParseEmail(form["email"])
	if err == nil && form["password"] != "" {
		return nil
	}
	return func(w words) (faults []fault) {
		if err != nil {
			faults = append(faults, w.emailFault(form["email"]))
		}
		if form["password"] == "" {
			faults = append(faults, fault{Field: "password", Text: w.NoPasswordText})
		}
		return faults
	}
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

func (r *Handlers) slowLogin(c *web.Call, email string, wait time.Duration) error {
	overLimit(c, "login")
	c.RetryAfter(wait)
	return r.drawLogin(c, http.StatusTooManyRequests, loginForm{email: email, faults: one(func(w words) fault {
		return fault{Text: w.SlowedText + " " + w.waitText(wait) + " " + w.MailWorksText}
	})})
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

// emailFault says what is wrong with an address that can't be one.
func (w words) emailFault(typed string) fault {
	if strings.TrimSpace(typed) == "" {
		return fault{Field: "email", Text: w.NoEmailText}
	}
	return fault{Field: "email", Text: w.BadEmailText}
}
