package biker

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"postern/server/web"
	"postern/store"
	"postern/tokens"
)

// link opens the token of a letter, an invitation or a recovery: both set a password.
func (r *Room) link(token string) (store.Link, error) {
	claims, err := r.Sealer.Open(tokens.Invitation, token)
	if err != nil {
		claims, err = r.Sealer.Open(tokens.Recovery, token)
	}
	return store.Link{Biker: claims.Subject, Email: claims.Email, Generation: claims.Generation, ExpiresAt: claims.ExpiresAt}, err
}

// whose gives the biker of a link that can set a password now.
func (r *Room) whose(c *web.Call, token string) (store.Link, store.Biker, error) {
	link, err := r.link(token)
	if err != nil {
		return link, store.Biker{}, err
	}
	biker, err := r.Store.CheckLink(link)
	if !biker.ID.IsZero() {
		c.Speak(biker.Speaks())
	}
	return link, biker, err
}

// passwordPage is where the letters' links lead. Opening it changes nothing, however often and by whatever scanner.
func (r *Room) passwordPage(c *web.Call) error {
	token := c.R.URL.Query().Get("token")
	_, biker, err := r.whose(c, token)
	if err != nil {
		return r.badLink(c, token, biker, err)
	}
	return r.drawPassword(c, http.StatusOK, biker, token, nil)
}

func (r *Room) drawPassword(c *web.Call, status int, biker store.Biker, token string, faults func(words) []fault) error {
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

func (r *Room) newPasswordField(w words) field {
	return field{Name: "password", Label: w.NewPasswordLabel, Type: "password", Autocomplete: "new-password",
		Hint: strings.ReplaceAll(w.PasswordRules, "{minimum}", strconv.Itoa(r.PasswordMin))}
}

// setPassword uses a link: the biker's password is set, and the browser logged in.
func (r *Room) setPassword(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	token, password := form["token"], form["password"]
	link, biker, err := r.whose(c, token)
	if err != nil {
		return r.badLink(c, token, biker, err)
	}
	weak, err := r.passwordFault(password, biker)
	if err != nil {
		return err
	}
	if weak != nil {
		return r.drawPassword(c, http.StatusUnprocessableEntity, biker, token, one(weak))
	}
	hash, err := r.Hasher.Hash(c.R.Context(), password)
	if errors.Is(err, tokens.ErrBusy) {
		c.RetryAfter(0)
		return r.drawPassword(c, http.StatusServiceUnavailable, biker, token, one(busy))
	}
	if err != nil {
		return err
	}
	return r.useLink(c, token, store.NewPassword{Link: link, Hash: hash})
}

func (r *Room) useLink(c *web.Call, token string, n store.NewPassword) error {
	s, err := r.newSecret()
	if err != nil {
		return err
	}
	n.Secret = s.hash()
	n.Replaces, _ = readSession(r.session.Value(c))
	biker, begun, err := r.Store.SetPassword(c.R.Context(), n)
	if err != nil {
		return r.badLink(c, token, biker, err) // used by somebody else a moment ago, or the like
	}
	return r.enter(c, biker, begun, s)
}

// passwordFault says what is wrong with a password that somebody wants to have; nil: nothing.
func (r *Room) passwordFault(password string, biker store.Biker) (func(words) fault, error) {
	if password == "" {
		return func(w words) fault { return fault{"password", w.NoPasswordText} }, nil
	}
	client, err := r.Store.Client(biker.BikePlanCode)
	if err != nil {
		return nil, err
	}
	own := []string{biker.FirstName, biker.LastName, biker.Email, biker.BikePlanCode, client, biker.Partner, r.Organisation,
		biker.EmployeeID, biker.PersonnelNumber}
	found := tokens.PasswordFault(password, r.PasswordMin, own)
	if found == tokens.NoFault {
		return nil, nil
	}
	return func(w words) fault {
		text := map[tokens.Fault]string{tokens.TooShort: w.ShortText, tokens.TooLong: w.LongText, tokens.Guessable: w.GuessableText}[found]
		return fault{"password", strings.ReplaceAll(text, "{minimum}", strconv.Itoa(r.PasswordMin))}
	}, nil
}

// badLink tells a person, in their own language where it is known, why a link sets no password, and offers what helps.
// Faults of the appliance pass through.
func (r *Room) badLink(c *web.Call, token string, biker store.Biker, err error) error {
	switch {
	case errors.Is(err, tokens.ErrUnreadable):
		return r.say(c, http.StatusForbidden, func(w words) message {
			return message{Title: w.BadLinkTitle, Text: w.UnreadableText, Class: "error", Link: forgotPath, LinkText: w.RenewButton}
		})
	case store.IsKind(err, store.Forbidden):
		return r.say(c, http.StatusForbidden, func(w words) message {
			return message{Title: w.BadLinkTitle, Text: w.BlockedText, Class: "error"}
		})
	case store.IsKind(err, store.NotFound):
		return r.say(c, http.StatusNotFound, func(w words) message {
			return message{Title: w.BadLinkTitle, Text: w.GoneText, Class: "error"}
		})
	case store.IsKind(err, store.Conflict):
		return r.oldLink(c, token, biker, errors.Is(err, store.ErrLinkExpired))
	}
	return err
}

// oldLink offers a new link by mail.
func (r *Room) oldLink(c *web.Call, token string, biker store.Biker, expired bool) error {
	return r.draw(c, http.StatusConflict, r.pages.oldLink, func(w words) (string, any) {
		heading, text := w.UsedTitle, w.UsedText
		switch {
		case expired:
			heading, text = w.ExpiredTitle, w.ExpiredText
		case biker.Password == "": // so nobody can have used it
			heading, text = w.BadLinkTitle, w.WithdrawnText
		}
		return heading, struct {
			Words                words
			Heading, Text, Token string
			HasPassword          bool
		}{w, heading, text, token, biker.Password != ""}
	})
}

// renew mails a new link to the person of one that is used or expired, within the limits of their address.
func (r *Room) renew(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	link, biker, err := r.whose(c, form["token"])
	if err == nil || store.IsKind(err, store.Conflict) {
		err = r.Store.RenewLink(c.R.Context(), link, r.ForgotLimit.Counted(c.Client))
	}
	if err != nil {
		return r.badLink(c, form["token"], biker, err)
	}
	return r.say(c, http.StatusOK, func(w words) message {
		return message{Title: w.MailedTitle, Text: w.RenewedText, Class: "done", Note: w.NoMailText}
	})
}
