package biker

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"postern/server/web"
	"postern/store"
	"postern/tokens/password"
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
	return r.drawPassword(c, http.StatusOK, biker, token, nil)
}

func (r *Handlers) drawPassword(c *web.Call, status int, biker store.Biker, token string,
	faults func(words) []fault) error {
	return r.draw(c, status, r.pages.password, func(w words) (string, any) {
		f := newForm(w, faults)
		title, text := w.PasswordTitle, w.PasswordText
		if biker.Password != "" {
			title, text = w.RecoverTitle, w.RecoverText
		}
		return f.title(title), struct {
			form
			Heading, Text, Token string
			Email, Password      field
		}{f, title, text, token, username(w, biker), f.field(r.newPasswordField(w))}
	})
}

// username tells a password manager whose password it is to keep.
func username(w words, biker store.Biker) field {
	return field{Label: w.EmailLabel, Type: "email", Autocomplete: "username", Value: biker.Email}
}

func (r *Handlers) newPasswordField(w words) field {
	return field{Name: "password", Label: w.NewPasswordLabel, Type: "password", Autocomplete: "new-password",
		Hint: strings.ReplaceAll(w.PasswordRules, "{minimum}", strconv.Itoa(r.PasswordMin))}
}

// setPassword uses a link: the biker's password is set, and the browser logged in.
func (r *Handlers) setPassword(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	use := linkUse{token: form["token"], password: form["password"]}
	var biker store.Biker
	if use.link, biker, err = r.whose(c, use.token); err != nil {
		return r.usedAgain(c, use, biker, err)
	}
	weak, err := r.passwordFault(use.password, biker)
	if err != nil {
		return err
	}
	if weak != nil {
		return r.drawPassword(c, http.StatusUnprocessableEntity, biker, use.token, one(weak))
	}
	hash, err := r.Hasher.Hash(c.R.Context(), known(biker), use.password)
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
	return r.drawPassword(c, http.StatusServiceUnavailable, biker, use.token, one(busy))
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
	return r.enter(c, biker, begun, s)
}

// passwordFault says what is wrong with a password that somebody wants to have; nil: nothing.
func (r *Handlers) passwordFault(typed string, biker store.Biker) (func(words) fault, error) {
	if typed == "" {
		return func(w words) fault { return fault{"password", w.NoPasswordText} }, nil
	}
	client, err := r.Store.Client(biker.BikePlanCode)
	if err != nil {
		return nil, err
	}
	own := []string{biker.FirstName, biker.LastName, biker.Email, biker.BikePlanCode, client, biker.Partner,
		r.Organisation,
		biker.EmployeeID, biker.PersonnelNumber}
	found := password.Check(typed, r.PasswordMin, own)
	if found == password.NoFault {
		return nil, nil
	}
	return func(w words) fault {
		text := map[password.Fault]string{password.TooShort: w.ShortText, password.TooLong: w.LongText,
			password.Guessable: w.GuessableText}[found]
		return fault{"password", strings.ReplaceAll(text, "{minimum}", strconv.Itoa(r.PasswordMin))}
	}, nil
}
