package biker

import (
	"errors"
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
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
		c.Suggest(biker.Speaks())
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
	w := r.words(c)
	p := page.Page{Title: w.BadLinkTitle}
	status := http.StatusForbidden
	switch {
	case errors.Is(err, web.ErrNoCookie):
		p.Title, p.Notice = w.OpenAgainTitle, page.Plain.Notice(w.OpenAgainText)
		return c.Page(status, p)
	case errors.Is(err, tokens.ErrUnreadable):
		p.Notice, p.Button = page.Wrong.Notice(w.UnreadableText), page.Link{URL: forgotPath, Text: w.RenewButton}
	case refuse.Is(err, refuse.Forbidden):
		p.Notice = page.Wrong.Notice(w.BlockedText)
	case refuse.Is(err, refuse.NotFound):
		status, p.Notice = http.StatusNotFound, page.Wrong.Notice(w.GoneText)
	case refuse.Is(err, refuse.Conflict):
		status, p = http.StatusConflict, w.oldLink(token, biker, errors.Is(err, store.ErrLinkExpired))
		p.Back = r.links.Address(c, passwordPath, token)
	default:
		return err
	}
	notTaken(c, biker, err)
	return c.Page(status, p)
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
func (w words) oldLink(token string, biker store.Biker, expired bool) page.Page {
	p := page.Page{Title: w.UsedTitle, Notice: page.Plain.Notice(w.UsedText),
		Form: &page.Form{Action: renewPath, Hidden: []page.Hidden{{Name: "token", Value: token}},
			Button: w.RenewButton}}
	switch {
	case expired:
		p.Title, p.Notice = w.ExpiredTitle, page.Plain.Notice(w.ExpiredText)
	case biker.Password == "": // so nobody can have used it
		p.Title, p.Notice = w.BadLinkTitle, page.Plain.Notice(w.WithdrawnText)
	}
	if biker.Password != "" {
		p.Links = []page.Link{{URL: loginPath, Text: w.LoginLink}}
	}
	return p
}
