package biker

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens"
	"postern/tokens/password"
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

// readable reports whether a token is one of a letter of ours, whatever its age.
func (r *Room) readable(token string) bool {
	_, err := r.link(token)
	return err == nil
}

// passwordPage is where the letters' links lead. Opening it changes nothing, however often and by whatever scanner.
func (r *Room) passwordPage(c *web.Call) error {
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

func (r *Room) busyLink(c *web.Call, use linkUse, biker store.Biker) error {
	c.RetryAfter(0)
	return r.drawPassword(c, http.StatusServiceUnavailable, biker, use.token, one(busy))
}

func (r *Room) useLink(c *web.Call, use linkUse, hash string) error {
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

// linkReuse is for how long a link that was used logs in once more with the password that it has set: its form may be
// sent twice, or the first answer be lost on the way.
const linkReuse = 10 * time.Minute

// usedAgain answers a link's form that was sent again, with the password that it has just set, as the first time; and
// else as a link that sets none. Tries count like those of a login, so that a used link tells nothing of the password.
func (r *Room) usedAgain(c *web.Call, use linkUse, biker store.Biker, refusal error) error {
	if !r.justUsed(use.link, biker, refusal) {
		return r.badLink(c, use.token, biker, refusal)
	}
	a := attempt{password: use.password, biker: biker, key: tokens.Hash(use.token), known: true, turn: known(biker)}
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
func (r *Room) justUsed(link store.Link, biker store.Biker, refusal error) bool {
	age := r.Now().Sub(biker.PasswordAt)
	return refuse.Is(refusal, refuse.Conflict) && biker.Password != "" && biker.LinkGeneration == link.Generation+1 &&
		age >= 0 && age < linkReuse
}

// passwordFault says what is wrong with a password that somebody wants to have; nil: nothing.
func (r *Room) passwordFault(typed string, biker store.Biker) (func(words) fault, error) {
	if typed == "" {
		return func(w words) fault { return fault{"password", w.NoPasswordText} }, nil
	}
	client, err := r.Store.Client(biker.BikePlanCode)
	if err != nil {
		return nil, err
	}
	own := []string{biker.FirstName, biker.LastName, biker.Email, biker.BikePlanCode, client, biker.Partner, r.Organisation,
		biker.EmployeeID, biker.PersonnelNumber}
	found := password.Check(typed, r.PasswordMin, own)
	if found == password.NoFault {
		return nil, nil
	}
	return func(w words) fault {
		text := map[password.Fault]string{password.TooShort: w.ShortText, password.TooLong: w.LongText, password.Guessable: w.GuessableText}[found]
		return fault{"password", strings.ReplaceAll(text, "{minimum}", strconv.Itoa(r.PasswordMin))}
	}, nil
}

// badLink tells a person, in their own language where it is known, why a link sets no password, and offers what helps.
// Faults of the appliance pass through.
func (r *Room) badLink(c *web.Call, token string, biker store.Biker, err error) error {
	problem := func(text func(words) string) func(words) message {
		return func(w words) message { return message{Title: w.BadLinkTitle, Text: text(w), Class: "error"} }
	}
	switch {
	case errors.Is(err, web.ErrNoCookie):
		return r.say(c, http.StatusForbidden, func(w words) message {
			return message{Title: w.OpenAgainTitle, Text: w.OpenAgainText, Class: "notice"}
		})
	case errors.Is(err, tokens.ErrUnreadable):
		notTaken(c, biker, err)
		return r.say(c, http.StatusForbidden, func(w words) message {
			return message{Title: w.BadLinkTitle, Text: w.UnreadableText, Class: "error", Link: forgotPath, LinkText: w.RenewButton}
		})
	case refuse.Is(err, refuse.Forbidden):
		notTaken(c, biker, err)
		return r.say(c, http.StatusForbidden, problem(func(w words) string { return w.BlockedText }))
	case refuse.Is(err, refuse.NotFound):
		notTaken(c, biker, err)
		return r.say(c, http.StatusNotFound, problem(func(w words) string { return w.GoneText }))
	case refuse.Is(err, refuse.Conflict):
		notTaken(c, biker, err)
		return r.oldLink(c, token, biker, errors.Is(err, store.ErrLinkExpired))
	}
	return err
}

// notTaken tells of a link that was used in vain. Opening one is not using it: scanners do it all the time.
func notTaken(c *web.Call, biker store.Biker, reason error) {
	if c.R.Method != http.MethodPost {
		return
	}
	event := c.Security(web.TokenRefused).Str("reason", reason.Error())
	if !biker.ID.IsZero() {
		event = event.Stringer("biker", biker.ID)
	}
	event.Msg("a link was not taken")
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
	if err == nil || refuse.Is(err, refuse.Conflict) {
		err = r.Store.RenewLink(c.R.Context(), link, r.ForgotLimit.Counted(c.Client))
	}
	if err != nil {
		return r.badLink(c, form["token"], biker, err)
	}
	return r.say(c, http.StatusOK, func(w words) message {
		return message{Title: w.MailedTitle, Text: w.RenewedText, Class: "done", Note: w.NoMailText}
	})
}
