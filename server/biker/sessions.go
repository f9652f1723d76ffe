package biker

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// secret is what a browser proves its session with. The store knows its SHA-256.
type secret [32]byte

func (r *Handlers) newSecret() (s secret, err error) {
	if _, err := io.ReadFull(r.Random, s[:]); err != nil {
		return s, fmt.Errorf("making a session's secret: %w", err)
	}
	return s, nil
}

func (s secret) hash() [32]byte { return sha256.Sum256(s[:]) }

// cookieText is strict, so that a session has one spelling.
var cookieText = base64.RawURLEncoding.Strict()

// writeSession is the session cookie's value: the session's id and its secret.
func writeSession(id guid.ID, s secret) string {
	return cookieText.EncodeToString(append(id[:], s[:]...))
}

// readSession reads what writeSession wrote.
func readSession(text string) (ref store.SessionRef, ok bool) {
	const idLength = len(guid.ID{})
	raw, err := cookieText.DecodeString(text)
	if err != nil || len(raw) != idLength+len(secret{}) {
		return ref, false
	}
	return store.SessionRef{ID: guid.ID(raw[:idLength]), Secret: secret(raw[idLength:]).hash()}, true
}

// current is the session that a browser has brought, and whose it is.
type current struct {
	ref   store.SessionRef
	biker store.Biker
}

// visitor returns the session of the browser that calls. Where there is none, or one that is over, found is false.
func (r *Handlers) visitor(c *web.Call) (s current, found bool, err error) {
	ref, ok := readSession(r.session.Value(c))
	if !ok {
		return current{}, false, nil
	}
	biker, err := r.Store.SessionBiker(c.R.Context(), ref)
	if refuse.Is(err, refuse.Unauthorized) {
		return current{}, false, nil
	}
	if err != nil {
		return current{}, false, err
	}
	c.Speak(biker.Speaks(), languagePath)
	return current{ref, biker}, true, nil
}

// asBiker makes the handler of a form for bikers who are logged in. To others it says that nothing was done.
func (r *Handlers) asBiker(handle func(*web.Call, current, map[string]string) error) web.Handler {
	return func(c *web.Call) error {
		form, err := c.Form()
		if err != nil {
			return err
		}
		s, found, err := r.visitor(c)
		switch {
		case err != nil:
			return err
		case !found:
			return r.sessionOver(c)
		}
		return handle(c, s, form)
	}
}

func (r *Handlers) sessionOver(c *web.Call) error {
	r.session.Clear(c)
	w := r.words(c)
	return c.Page(http.StatusForbidden, page.Page{Title: w.OverTitle, Notice: page.Plain.Notice(w.OverText),
		Button: page.Link{URL: loginPath, Text: w.LoginButton}})
}

// enter gives a browser its new session and leads it to the account.
func (r *Handlers) enter(c *web.Call, biker store.Biker, begun store.Session, s secret) error {
	r.session.Set(c, writeSession(begun.ID, s))
	return r.remember(c, biker)
}

// remember makes the browser known as one that this biker has logged in with, and leads it to the account.
func (r *Handlers) remember(c *web.Call, biker store.Biker) error {
	now := r.Now()
	known, err := r.Sealer.Seal(tokens.Browser, tokens.Claims{
		Subject: biker.ID, Email: tokens.EmailHash(biker.Email), Generation: biker.PasswordGeneration,
		IssuedAt: now, ExpiresAt: now.Add(BrowserLife),
	})
	if err != nil {
		return err
	}
	r.browser.Set(c, known)
	return c.SeeOther(accountPath)
}

// knows reports whether the browser has logged in as this biker since the password was set, and gives what it is
// recognised by.
func (r *Handlers) knows(c *web.Call, biker store.Biker) (key [32]byte, known bool) {
	text := r.browser.Value(c)
	claims, err := r.Sealer.Open(tokens.Browser, text)
	known = err == nil && r.Now().Before(claims.ExpiresAt) && claims.Subject == biker.ID &&
		claims.Generation == biker.PasswordGeneration
	return tokens.Hash(text), known
}
