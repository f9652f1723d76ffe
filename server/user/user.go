// Package user holds the acts of the eECD's non-licensed users: values in, values out. Whoever speaks to users, be it
// the API (eecd) or the drivers' pages (driver), does them here, so that a rule and its limits are written once. What
// needs neither a token nor a limit per client is the store's own act.
package user

import (
	"context"
	"net/netip"
	"time"

	"postern/mail/letters"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// Languages are those that users are written to in, the fallback first.
var Languages = letters.UserLanguages

// Limiter counts calls per client.
type Limiter interface {
	// Take counts a call; a wait other than zero means that the limit is used up.
	Take(client netip.Addr) (wait time.Duration)
	// Try runs a call that is counted only if it says so. A wait other than zero means that the limit is used up, an
	// error that ctx ended first; the call was not run then.
	Try(ctx context.Context, client netip.Addr, call func() (counts bool)) (wait time.Duration, err error)
	// Counted returns the client as far as limits count it.
	Counted(client netip.Addr) netip.Addr
}

// Options are the plain values that Acts are made of.
type Options struct {
	Store         *store.Store
	Sealer        *tokens.Sealer
	Now           func() time.Time
	TokenTTL      time.Duration // of user tokens
	RegisterLimit Limiter       // registrations per client
	SignInLimit   Limiter       // sign-ins per client that came to nothing
}

// Acts are what users do. They are safe for concurrent use.
type Acts struct{ Options }

// New makes the acts.
func New(o Options) *Acts { return &Acts{o} }

// Token seals a user token of now. It is proven where its holder has read the mailbox.
func (a *Acts) Token(of store.User, proven bool) (string, error) {
	now := a.Now()
	return a.Sealer.Seal(tokens.UserToken, tokens.Claims{
		Subject: of.ID, Email: tokens.EmailHash(of.Email), Generation: of.TokenGeneration, Proven: proven,
		IssuedAt: now, ExpiresAt: now.Add(a.TokenTTL),
	})
}

// ErrExpired says that a token of ours is past its life.
var ErrExpired = refuse.New(refuse.Unauthorized, "The user token has expired; sign in to get a new one.")

// Hold opens a user token. It says nothing of the person: that is the store's to judge. Its errors are ErrExpired,
// beside the holder, and tokens.ErrUnreadable.
func (a *Acts) Hold(token string) (store.Holder, error) {
	claims, err := a.Sealer.Open(tokens.UserToken, token)
	if err != nil {
		return store.Holder{}, err
	}
	holder := store.Holder{User: claims.Subject, Generation: claims.Generation, Proven: claims.Proven,
		IssuedAt: claims.IssuedAt}
	if !a.Now().Before(claims.ExpiresAt) {
		return holder, ErrExpired
	}
	return holder, nil
}

// Confirmation opens the token of an activation link, whatever its age. Its error is tokens.ErrUnreadable.
func (a *Acts) Confirmation(token string) (store.Confirmation, error) {
	claims, err := a.Sealer.Open(tokens.Confirmation, token)
	return store.Confirmation{User: claims.Subject, Email: claims.Email, Generation: claims.Generation,
		Token: tokens.Hash(token), ExpiresAt: claims.ExpiresAt}, err
}

// NotMe opens the token of a link that undoes a registration, and returns whose it is. It refuses with Conflict past
// its life; else its error is tokens.ErrUnreadable.
func (a *Acts) NotMe(token string) (guid.ID, error) {
	claims, err := a.Sealer.Open(tokens.NotMe, token)
	if err != nil {
		return guid.ID{}, err
	}
	if !a.Now().Before(claims.ExpiresAt) {
		return claims.Subject, &refuse.Refusal{Kind: refuse.Conflict, Cause: store.ErrLinkExpired,
			Reason: "This link has expired."}
	}
	return claims.Subject, nil
}
