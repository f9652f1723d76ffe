// Package eecd is the room of the eECD's non-licensed users: drivers and loading places that register by themselves,
// prove their mailbox, sign in, have a cleaning's document mailed to them, and complete or reject its load.
package eecd

import (
	"net/http"
	"net/url"
	"time"

	"postern/server/web"
	"postern/server/web/schema"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// Languages are those that users are written to in, the fallback first.
var Languages = []string{"en", "nl", "fr", "de"}

// Options are the plain values that Handlers are made of.
type Options struct {
	Store         *store.Store
	Sealer        *tokens.Sealer
	Now           func() time.Time
	UserTokenTTL  time.Duration
	PublicURL     *url.URL     // base of the link in rendered documents
	RegisterLimit *web.Limiter // register calls per client
	SignInLimit   *web.Limiter // sign-in calls answered 403 or 404, per client
	Answers       *web.Places  // documents under way
}

// renderedAtOnce bounds the memory and the processors that documents take.
const renderedAtOnce = 2

// Handlers are the endpoints and pages of the users. They are safe for concurrent use.
type Handlers struct {
	Options
	pages *pages
	links *web.MailedLinks

	answers   store.Memo[[]byte] // cleanings as they are answered
	documents store.Memo[[]byte] // rendered, by language
	rendering chan struct{}      // holds one for each document that is being rendered
}

// New makes the handlers. Its error is a text or template of the program's own that is missing.
func New(o Options) (*Handlers, error) {
	p, err := loadPages()
	return &Handlers{Options: o, pages: p, links: web.NewMailedLinks(o.Now),
		rendering: make(chan struct{}, renderedAtOnce)}, err
}

// cleaningID reads the path's GUID.
func cleaningID(c *web.Call) (guid.ID, error) {
	id, err := guid.Parse(c.Param("cleaningActionId"))
	if err != nil {
		const sentence = "The cleaning is named by a GUID like 00000000-0000-4000-8000-000000000001."
		return guid.ID{}, &refuse.Refusal{Kind: refuse.Invalid, Reason: sentence,
			Fields: map[string][]string{"cleaningActionId": {sentence}}}
	}
	return id, nil
}

// pathID describes the path's GUID.
var pathID = web.InPath("cleaningActionId", schema.GUID(), "The cleaning's GUID.")

// Routes are the API's and the pages'.
func (e *Handlers) Routes() []web.Route {
	const base = "/non-license-user"
	get, post, put := http.MethodGet, http.MethodPost, http.MethodPut
	user := web.Caller{Proof: &userProof}
	maybe := web.Caller{Proof: &userProof, Optional: true}
	cleaning, load := base+"/cleanings/:cleaningActionId", base+"/loads/:cleaningActionId"
	return []web.Route{
		{Method: post, Path: base + "/register", Handle: e.register, Doc: registerDoc},
		{Method: post, Path: base + "/activate", Handle: e.activate, Doc: activateDoc},
		{Method: post, Path: base + "/sign-in", Handle: e.signIn, Doc: signInDoc, Caller: maybe},
		{Method: post, Path: base + "/sign-out", Handle: e.asUser(e.signOut), Doc: signOutDoc, Caller: user},
		{Method: get, Path: cleaning, Handle: e.asProven(e.cleaning), Doc: cleaningDoc, Caller: user},
		{Method: get, Path: cleaning + "/document", Handle: e.asProven(e.document), Doc: documentDoc, Caller: user},
		{Method: get, Path: cleaning + "/email", Handle: e.asUser(e.mailCleaning), Doc: mailDoc, Caller: user,
			NoHead: true},
		{Method: put, Path: load + "/complete", Handle: e.asUser(e.complete), Doc: completeDoc, Caller: user},
		{Method: put, Path: load + "/reject", Handle: e.asUser(e.reject), Doc: rejectDoc, Caller: user},
		{Method: get, Path: "/eecd/activate", Handle: e.activationPage, Doc: activationPageDoc, Page: true},
		{Method: post, Path: "/eecd/activate", Handle: e.activationForm, Doc: activationFormDoc, Page: true},
		{Method: get, Path: "/eecd/not-me", Handle: e.notMePage, Doc: notMePageDoc, Page: true},
		{Method: post, Path: "/eecd/not-me", Handle: e.notMeForm, Doc: notMeFormDoc, Page: true},
		{Method: get, Path: "/eecd/cleanings/:id", Handle: e.cleaningPage, Doc: cleaningPageDoc, Page: true},
	}
}
