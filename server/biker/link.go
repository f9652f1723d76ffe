package biker

import (
	"errors"
	"net/http"

	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens"
)

// link opens the token of a letter, an invitation or a recovery: both set a password.
func (r *Handlers) link(token string) (store.Link, error) {
	claims, err := r.Sealer.Open(tokens.Invitation, token)
	if err != nil {
		claims, err = r.Sealer.Open(tokens.Recovery, token)
	}
	return store.Link{Biker: claims.Subject, Email: claims.Email, Generation: claims.Generation,
		ExpiresAt: claims.ExpiresAt}, err
}

// whose returns the biker of a link that can set a password now.
func (r *Handlers) whose(c *web.Call, token string) (store.Link, store.Biker, error) {
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
func (r *Handlers) readable(token string) bool {
	_, err := r.link(token)
	return err == nil
}

// badLink tells a person, in their own language where it is known, why a link sets no password, and offers what helps.
// Faults of the appliance pass through.
func (r *Handlers) badLink(c *web.Call, token string, biker store.Biker, err error) error {
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
			return message{Title: w.BadLinkTitle, Text: w.UnreadableText, Class: "error", Link: forgotPath,
				LinkText: w.RenewButton}
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
func (r *Handlers) oldLink(c *web.Call, token string, biker store.Biker, expired bool) error {
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
