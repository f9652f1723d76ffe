package biker

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens/password"
)

const (
	accountPath = "/biker"
	loginPath   = "/biker/login"
	outPath     = loginPath + "?out" // says that one is logged out
	forgotPath  = "/biker/forgot"
)

// loginPage is for whoever is not logged in. A browser whose session has ended meanwhile is told so.
func (r *Room) loginPage(c *web.Call) error {
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

func (r *Room) drawLogin(c *web.Call, status int, l loginForm) error {
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
			f.field(field{Name: "password", Label: w.PasswordLabel, Type: "password", Autocomplete: "current-password"}),
		}
	})
}

// attempt is one try to log in. Its biker is zero where no password can be right: the address is unknown, no password is
// set, or the biker is blocked. All that is done and answered is the same then.
type attempt struct {
	password string
	biker    store.Biker
	key      [32]byte // what its failures count against
	known    bool     // the browser has logged in as this biker before
	turn     password.Turn
}

// known is the turn of people who are: by a session, a link from their mailbox, or their browser.
func known(biker store.Biker) password.Turn { return password.Turn{Person: biker.ID.String()} }

// logIn answers a try the same way, after the same work, whoever is behind the address.
func (r *Room) logIn(c *web.Call) error {
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

// giveBack takes back a try whose password nobody has looked at.
func (r *Room) giveBack(c *web.Call, key [32]byte) {
	if err := r.Store.GiveBackLogin(context.WithoutCancel(c.R.Context()), key); err != nil {
		c.Log().Error().Err(err).Msg("a try to log in that nobody looked at counts as wrong")
	}
}

// take begins a try before its password is looked at, by client and by account. The client's is told how it ended.
func (r *Room) take(c *web.Call, a attempt) (ended func(failed bool), wait time.Duration, err error) {
	ended = func(bool) {}
	if !a.known {
		if ended, wait, err = r.clients.Begin(c.R.Context(), c.Client); wait > 0 || err != nil {
			return ended, wait, err
		}
	}
	wait, err = r.Store.TakeLogin(c.R.Context(), a.key)
	return ended, wait, err
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

// attempt finds whom a try is about, and what it counts against: the address, or the browser where it is the biker's own,
// so that strangers who guess at the address slow down nobody else.
func (r *Room) attempt(c *web.Call, form map[string]string) (attempt, error) {
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
	a := attempt{password: form["password"], biker: biker, turn: known(biker)}
	if a.key, a.known = r.knows(c, biker); !a.known {
		a.key, a.turn = store.LoginKey(email), password.Turn{}
		a.turn.Client, a.turn.Network = r.clients.Networks(c.Client)
	}
	return a, nil
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

func (r *Room) slowLogin(c *web.Call, email string, wait time.Duration) error {
	overLimit(c, "login")
	c.RetryAfter(wait)
	return r.drawLogin(c, http.StatusTooManyRequests, loginForm{email: email, faults: one(func(w words) fault {
		return fault{Text: w.SlowedText + " " + w.waitText(wait) + " " + w.MailWorksText}
	})})
}

// tryLogin looks at the password and, where it is right, logs the biker in and answers.
func (r *Room) tryLogin(c *web.Call, a attempt) (right bool, err error) {
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

// verified holds the password against the record and begins the session. Where another login has renewed the hash in
// between, it looks once more: that password is no less right.
func (r *Room) verified(ctx context.Context, a attempt, in store.LogIn) (biker store.Biker, begun store.Session, right bool, err error) {
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
		return biker, begun, false, nil // erased or blocked since: as if it had been so before
	}
	return biker, begun, false, err
}

var errStillMoving = errors.New("the password was changed while it was looked at")

// forgotPage asks for an address.
func (r *Room) forgotPage(c *web.Call) error { return r.drawForgot(c, http.StatusOK, "", nil) }

func (r *Room) drawForgot(c *web.Call, status int, email string, faults func(words) []fault) error {
	return r.draw(c, status, r.pages.forgot, func(w words) (string, any) {
		f := newForm(w, faults)
		return f.title(w.ForgotTitle), struct {
			form
			Email field
		}{f, f.field(field{Name: "email", Label: w.EmailLabel, Type: "email", Autocomplete: "username", Value: email})}
	})
}

// forgot owes a link to the address, if it has an account, and says the same in any case.
func (r *Room) forgot(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	email, err := fields.ParseEmail(form["email"])
	if err != nil {
		return r.drawForgot(c, http.StatusUnprocessableEntity, form["email"], func(w words) []fault {
			return []fault{w.emailFault(form["email"])}
		})
	}
	if wait := r.ForgotLimit.Take(c.Client); wait > 0 {
		overLimit(c, "sign_in") // forgot calls count there
		c.RetryAfter(wait)
		return r.drawForgot(c, http.StatusTooManyRequests, form["email"], one(func(w words) fault {
			return fault{Text: w.OftenText + " " + w.waitText(wait)}
		}))
	}
	err = r.evenly(c, func() error {
		return r.Store.ForgotPassword(c.R.Context(), email, r.ForgotLimit.Counted(c.Client))
	})
	if err != nil {
		return err
	}
	return r.say(c, http.StatusOK, func(w words) message {
		return message{Title: w.MailedTitle, Text: w.ForgotMailedText, Class: "done", Note: w.NoMailText}
	})
}

// answerStep is what the time of an answer is rounded up to that must not tell whether there was anything to do. It is a
// multiple of what the disk takes.
const answerStep = 50 * time.Millisecond

// evenly does an act, and takes as long as it may take.
func (r *Room) evenly(c *web.Call, act func() error) error {
	began := time.Now() // elapsed time, whatever the clock says
	err := act()
	rest := answerStep - time.Since(began)%answerStep
	select {
	case <-time.After(rest):
	case <-c.R.Context().Done():
	}
	return err
}

// emailFault says what is wrong with an address that can't be one.
func (w words) emailFault(typed string) fault {
	if strings.TrimSpace(typed) == "" {
		return fault{Field: "email", Text: w.NoEmailText}
	}
	return fault{Field: "email", Text: w.BadEmailText}
}
