// Package eecd is the room of the eECD's non-licensed users: drivers and loading places that register by themselves, prove
// their mailbox, sign in, have a cleaning's document mailed to them, and complete or reject its load (CONTRACT section 5).
package eecd

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/tokens"
)

// Languages are those that users are written to in, the fallback first.
var Languages = []string{"en", "nl", "fr", "de"}

// tokenHeader carries a user token (seed "Sign in as non-licensed user").
const tokenHeader = "X-Nallian-Token"

// Options are the plain values that a Room is made of.
type Options struct {
	Store         *store.Store
	Sealer        *tokens.Sealer
	Now           func() time.Time
	UserTokenTTL  time.Duration
	PublicURL     *url.URL     // base of the link in rendered documents
	RegisterLimit *web.Limiter // register calls per client
	SignInLimit   *web.Limiter // sign-in calls answered 403 or 404, per client
}

// renderedAtOnce bounds the memory and the processors that documents take.
const renderedAtOnce = 2

// Room is the endpoints and pages of the users. It is safe for concurrent use.
type Room struct {
	Options
	pages *pages
	links *web.MailedLinks

	answers   store.Memo[[]byte] // cleanings as they are answered
	documents store.Memo[[]byte] // rendered, by language
	rendering chan struct{}      // holds one for each document that is being rendered
}

// New makes the room. Its error is a text or template of the program's own that is missing.
func New(o Options) (*Room, error) {
	p, err := loadPages()
	return &Room{Options: o, pages: p, links: web.NewMailedLinks(o.Now),
		rendering: make(chan struct{}, renderedAtOnce)}, err
}

// userToken seals a user token of now.
func (e *Room) userToken(user store.User, proven bool) (string, error) {
	now := e.Now()
	return e.Sealer.Seal(tokens.UserToken, tokens.Claims{
		Subject: user.ID, Email: tokens.EmailHash(user.Email), Generation: user.TokenGeneration, Proven: proven,
		IssuedAt: now, ExpiresAt: now.Add(e.UserTokenTTL),
	})
}

// held opens the user token that a call carries in its header. It says nothing of the person: that is the store's to judge.
func (e *Room) held(c *web.Call) (store.Holder, bool) {
	given := c.R.Header[tokenHeader]
	if len(given) != 1 || tokenInQuery(c.R.URL) {
		return store.Holder{}, false
	}
	claims, err := e.Sealer.Open(tokens.UserToken, given[0])
	if err != nil || !e.Now().Before(claims.ExpiresAt) {
		return store.Holder{}, false
	}
	return store.Holder{User: claims.Subject, Generation: claims.Generation, Proven: claims.Proven}, true
}

// tokenInQuery finds a token where it must not be: query strings end up in logs and histories.
func tokenInQuery(u *url.URL) bool {
	if u.RawQuery == "" {
		return false
	}
	for name := range u.Query() {
		if strings.EqualFold(name, tokenHeader) {
			return true
		}
	}
	return false
}

var errNoToken = store.Refuse(store.Unauthorized,
	"This call needs a valid user token in the header X-NALLIAN-TOKEN; sign in to get one.")

// asUser makes a handler for signed-in users alone.
func (e *Room) asUser(handle func(*web.Call, store.Holder, store.User) error) web.Handler {
	return func(c *web.Call) error {
		holder, ok := e.held(c)
		if !ok {
			return errNoToken
		}
		user, err := e.Store.CheckHolder(holder)
		if err != nil {
			return err
		}
		return handle(c, holder, user)
	}
}

var errNotProven = store.Refuse(store.Forbidden, "This needs a token from an activation: an e-mail address alone opens "+
	"no document. Have it mailed, or follow the link in your mail.")

// asProven makes a handler that reads a cleaning, for users whose token stands for the mailbox: an e-mail address alone
// opens nobody's documents, and its holder is not told which cleanings there are.
func (e *Room) asProven(handle func(*web.Call, store.User, store.Cleaning) error) web.Handler {
	return func(c *web.Call) error {
		holder, ok := e.held(c)
		if !ok {
			return errNoToken
		}
		id, err := cleaningID(c)
		if !holder.Proven {
			err = errNotProven
		}
		if err != nil {
			if _, gone := e.Store.CheckHolder(holder); gone != nil {
				return gone
			}
			return err
		}
		user, cleaning, err := e.Store.ReadCleaning(holder, id)
		if err != nil {
			return err
		}
		return handle(c, user, cleaning)
	}
}

// cleaningID reads the path's GUID.
func cleaningID(c *web.Call) (store.ID, error) {
	id, err := store.ParseID(c.Param("id"))
	if err != nil {
		const sentence = "The cleaning is named by a GUID like 00000000-0000-4000-8000-000000000001."
		return store.ID{}, &store.Refusal{Kind: store.Invalid, Reason: sentence,
			Fields: map[string][]string{"cleaningActionId": {sentence}}}
	}
	return id, nil
}

// Routes are the API's and the pages'. What the API's answer is in CONTRACT section 5.
func (e *Room) Routes() []web.Route {
	const base = "/non-license-user"
	get, post, put := http.MethodGet, http.MethodPost, http.MethodPut
	return []web.Route{
		{Method: post, Path: base + "/register", Handle: e.register},
		{Method: post, Path: base + "/activate", Handle: e.activate},
		{Method: post, Path: base + "/sign-in", Handle: e.signIn},
		{Method: get, Path: base + "/cleanings/:id", Handle: e.asProven(e.cleaning)},
		{Method: get, Path: base + "/cleanings/:id/document", Handle: e.asProven(e.document)},
		{Method: get, Path: base + "/cleanings/:id/email", Handle: e.asUser(e.mailCleaning), NoHead: true},
		{Method: put, Path: base + "/loads/:id/complete", Handle: e.asUser(e.complete)},
		{Method: put, Path: base + "/loads/:id/reject", Handle: e.asUser(e.reject)},
		{Method: get, Path: "/eecd/activate", Handle: e.activationPage, Page: true},
		{Method: post, Path: "/eecd/activate", Handle: e.activationForm, Page: true},
		{Method: get, Path: "/eecd/not-me", Handle: e.notMePage, Page: true},
		{Method: post, Path: "/eecd/not-me", Handle: e.notMeForm, Page: true},
		{Method: get, Path: "/eecd/cleanings/:id", Handle: e.cleaningPage, Page: true},
	}
}
