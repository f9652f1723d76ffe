package letters

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"postern/mail/moment"
	"postern/store"
	"postern/tokens"
)

// aboutBiker gathers what a letter to a biker may say, and mints the token of its link.
func (c *Composer) aboutBiker(v *values, l store.Letter, in store.Contents, w *language, now time.Time) error {
	v.Client = personal(in.Client)
	if l.Kind == store.LetterUnregistered {
		v.Reference = l.ID.Short()
		return nil
	}
	biker := in.Biker
	v.FirstName, v.Email = personal(biker.FirstName), biker.Email
	v.Name = strings.TrimSpace(v.FirstName + " " + personal(biker.LastName))
	v.Login, v.Forgot = c.bikerPage("login"), c.bikerPage("forgot")
	switch {
	case l.Kind == store.LetterPasswordChanged:
		if l.OwedAt.IsZero() {
			return errors.New("it tells of a password set and not when")
		}
		// Owing the letter was part of setting the password; the record's own time may be of yet another password.
		v.ChangedAt = moment.In(c.o.Zone, l.OwedAt, w.timeLayout)
		return nil
	case l.Kind == store.LetterExisting && biker.Password != "":
		v.Link = v.Login
		return nil
	case l.Kind == store.LetterRecover:
		return c.setPassword(v, tokens.Recovery, c.o.RecoveryTTL, l, biker, w, now)
	}
	return c.setPassword(v, tokens.Invitation, c.o.InvitationTTL, l, biker, w, now)
}

// setPassword mints a link to the page where the biker chooses a password.
func (c *Composer) setPassword(v *values, purpose tokens.Purpose, life time.Duration, l store.Letter, biker store.Biker,
	w *language, now time.Time) error {
	token, err := c.mint(purpose, tokens.Claims{
		Subject: biker.ID, Email: tokens.EmailHash(biker.Email), Generation: l.Generation,
		IssuedAt: now, ExpiresAt: now.Add(life),
	})
	if err != nil {
		return err
	}
	v.Link = c.bikerPage("password") + "?token=" + url.QueryEscape(token)
	v.LinkLife = w.span(life)
	return nil
}

// bikerPage leads to one of the biker's pages.
func (c *Composer) bikerPage(name string) string {
	return c.o.PublicURL.JoinPath("biker", name).String()
}

// personal is a name as the partner gave it: on one line, composed, and else unchanged.
func personal(name string) string { return norm.NFC.String(clean(name)) }
