package biker

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
	"postern/tokens/password"
)

// account shows a biker what is known of them, and what they may do.
func (r *Room) account(c *web.Call) error {
	s, found, err := r.visitor(c)
	switch {
	case err != nil:
		return err
	case !found:
		return c.SeeOther(loginPath)
	}
	return r.drawAccount(c, http.StatusOK, s.biker, nil)
}

// row is one thing that is known of a biker.
type row struct{ Label, Value string }

// choice is a language by its own name.
type choice struct {
	Code, Name string
	Chosen     bool
}

var languageNames = map[string]string{"en": "English", "nl": "Nederlands", "fr": "Français"}

// freshly is for how long the account says that a password has just been saved.
const freshly = time.Minute

func (r *Room) drawAccount(c *web.Call, status int, biker store.Biker, faults func(words) []fault) error {
	client, err := r.Store.Client(biker.BikePlanCode)
	if err != nil {
		return err
	}
	return r.draw(c, status, r.pages.account, func(w words) (string, any) {
		f := newForm(w, faults)
		notice := ""
		if age := r.Now().Sub(biker.PasswordAt); age >= 0 && age < freshly && len(f.Faults) == 0 {
			notice = w.SavedText
		}
		return f.title(w.AccountTitle), struct {
			form
			Notice                     string
			Rows                       []row
			Username, Current, Changed field
			Languages                  []choice
		}{f, notice, w.rows(biker, client), username(w, biker),
			f.field(field{Name: "current", Label: w.CurrentLabel, Type: "password", Autocomplete: "current-password"}),
			f.field(r.newPasswordField(w)), choices(biker.Speaks())}
	})
}

// rows are what is known of a biker, but for what nobody has said.
func (w words) rows(biker store.Biker, client string) []row {
	contract := map[string]string{"clerk": w.Clerk, "worker": w.Worker}[biker.ContractType]
	return slices.DeleteFunc([]row{
		{w.NameLabel, biker.Name()},
		{w.EmailLabel, biker.Email},
		{w.ClientLabel, client},
		{w.PlanLabel, biker.BikePlanCode},
		{w.ContractLabel, contract},
		{w.EmployeeLabel, biker.EmployeeID},
		{w.PersonnelLabel, biker.PersonnelNumber},
	}, func(r row) bool { return r.Value == "" })
}

func choices(chosen string) (list []choice) {
	for _, code := range Languages {
		list = append(list, choice{code, languageNames[code], code == chosen})
	}
	return list
}

// sessionKey is what wrong passwords of somebody who is logged in count against: whoever came by an open session must not
// find out the password from there.
func sessionKey(ref store.SessionRef) [32]byte {
	return sha256.Sum256(append(ref.ID[:], ref.Secret[:]...))
}

// changePassword takes a new password from who knows the present one. The rules come first, so that a password that they
// refuse counts as no wrong one.
func (r *Room) changePassword(c *web.Call, s current, form map[string]string) error {
	faults, err := r.changeFaults(s.biker, form)
	if err != nil {
		return err
	}
	if faults != nil {
		return r.drawAccount(c, http.StatusUnprocessableEntity, s.biker, faults)
	}
	wait, err := r.Store.TakeLogin(c.R.Context(), sessionKey(s.ref))
	if err != nil {
		return err
	}
	if wait > 0 {
		overLimit(c, "login")
		c.RetryAfter(wait)
		return r.drawAccount(c, http.StatusTooManyRequests, s.biker, one(func(w words) fault {
			return fault{"current", w.SlowedText + " " + w.waitText(wait)}
		}))
	}
	biker, err := r.change(c, s, form)
	switch {
	case errors.Is(err, password.ErrBusy):
		r.giveBack(c, sessionKey(s.ref))
		c.RetryAfter(0)
		return r.drawAccount(c, http.StatusServiceUnavailable, s.biker, one(busy))
	case refuse.Is(err, refuse.Unauthorized):
		return r.sessionOver(c)
	case refuse.Is(err, refuse.Conflict):
		c.Security(web.WrongPassword).Stringer("biker", s.biker.ID).Msg("a wrong current password")
		return r.drawAccount(c, http.StatusForbidden, s.biker, one(func(w words) fault { return fault{"current", w.WrongCurrentText} }))
	case err != nil:
		return err
	}
	return r.remember(c, biker)
}

// changeFaults are what can be said of a change without looking at the present password.
func (r *Room) changeFaults(biker store.Biker, form map[string]string) (func(words) []fault, error) {
	weak, err := r.passwordFault(form["password"], biker)
	if err != nil || weak == nil && form["current"] != "" {
		return nil, err
	}
	return func(w words) (faults []fault) {
		if form["current"] == "" {
			faults = append(faults, fault{"current", w.NoCurrentText})
		}
		if weak != nil {
			faults = append(faults, weak(w))
		}
		return faults
	}, nil
}

var errWrongCurrent = refuse.New(refuse.Conflict, "This is not the current password.")

// change sets the new password. Where it is the present one already, as when a form is sent twice, there is nothing to
// do.
func (r *Room) change(c *web.Call, s current, form map[string]string) (store.Biker, error) {
	changed, refusal := r.changeFrom(c, s, form)
	if !refuse.Is(refusal, refuse.Conflict) {
		return changed, refusal
	}
	biker, err := r.Store.BikerByID(s.biker.ID)
	if err != nil {
		return store.Biker{}, err
	}
	right, _, err := r.Hasher.Verify(c.R.Context(), known(biker), form["password"], biker.Password)
	if err != nil || !right {
		return store.Biker{}, cmp.Or(err, refusal)
	}
	r.giveBack(c, sessionKey(s.ref))
	return biker, nil
}

// changeFrom verifies the present password and sets the new one. It refuses with Conflict where the former is another.
func (r *Room) changeFrom(c *web.Call, s current, form map[string]string) (store.Biker, error) {
	ctx := c.R.Context()
	right, _, err := r.Hasher.Verify(ctx, known(s.biker), form["current"], s.biker.Password)
	if err != nil {
		return store.Biker{}, err
	}
	if !right {
		return store.Biker{}, errWrongCurrent
	}
	hash, err := r.Hasher.Hash(ctx, known(s.biker), form["password"])
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

// chooseLanguage keeps the biker's own choice of language.
func (r *Room) chooseLanguage(c *web.Call, s current, form map[string]string) error {
	if !slices.Contains(Languages, form["language"]) {
		return refuse.New(refuse.Invalid, "There is no such language here.")
	}
	if _, err := r.Store.ChooseLanguage(c.R.Context(), s.biker.ID, form["language"]); err != nil {
		return err
	}
	return c.SeeOther(accountPath)
}

// logOut ends the session of this browser, which stays known as one that has logged in. Without a session, as when the
// form is sent twice, that is so already.
func (r *Room) logOut(c *web.Call) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	s, found, err := r.visitor(c)
	if err == nil && found {
		err = r.Store.EndSession(c.R.Context(), s.ref)
	}
	if err != nil {
		return err
	}
	return r.loggedOut(c, s.biker.ID)
}

// logOutEverywhere ends all sessions of the biker. Without a session, as when the form is sent twice, that may be so
// already; where the browser's biker is still logged in elsewhere, it is not, and the person is told.
func (r *Room) logOutEverywhere(c *web.Call) error {
	if _, err := c.Form(); err != nil {
		return err
	}
	var biker guid.ID
	ref, ok := readSession(r.session.Value(c))
	if ok {
		var err error
		if biker, err = r.Store.EndSessions(c.R.Context(), ref); err != nil {
			return err
		}
	}
	if biker.IsZero() {
		elsewhere, err := r.loggedInElsewhere(c)
		if err != nil {
			return err
		}
		if elsewhere {
			return r.sessionOver(c)
		}
	}
	return r.loggedOut(c, biker)
}

// loggedInElsewhere reports whether the biker who has logged in with this browser before has a session somewhere.
func (r *Room) loggedInElsewhere(c *web.Call) (bool, error) {
	claims, err := r.Sealer.Open(tokens.Browser, r.browser.Value(c))
	if err != nil {
		return false, nil
	}
	others, err := r.Store.SessionsOf(claims.Subject)
	return len(others) > 0, err
}

// loggedOut answers a log-out. The biker is zero where there was no session.
func (r *Room) loggedOut(c *web.Call, biker guid.ID) error {
	if !biker.IsZero() {
		c.Security(web.LoggedOut).Stringer("biker", biker).Msg("logged out")
	}
	r.session.Clear(c)
	return c.SeeOther(outPath)
}
