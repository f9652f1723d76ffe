// Package eecd is the room of the eECD's non-licensed users: drivers and loading places that register by themselves,
// prove their mailbox, sign in, have a cleaning's document mailed to them, and complete or reject its load.
package eecd

import (
	"net/http"
	"time"

	"postern/server/documents"
	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/store/memo"
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
	RegisterLimit *web.Limiter // register calls per client
	SignInLimit   *web.Limiter // sign-in calls answered 403 or 404, per client
	Documents     *documents.Documents
}

// Handlers are the endpoints and pages of the users. They are safe for concurrent use.
type Handlers struct {
	Options
	pages *pages
	links *web.MailedLinks

	answers memo.Memo[[]byte] // cleanings as they are answered
}

// New makes the handlers. Its error is a text or template of the program's own that is missing.
func New(o Options) (*Handlers, error) {
	p, err := loadPages()
	return &Handlers{Options: o, pages: p, links: web.NewMailedLinks(o.Now)}, err
}

// cleaningID reads the path's GUID.
func cleaningID(c *web.Call) (guid.ID, error) {
	id, err := guid.Parse(c.Param("id"))
	if err != nil {
		const sentence = "The cleaning is named by a GUID like 00000000-0000-4000-8000-000000000001."
		return guid.ID{}, &refuse.Refusal{Kind: refuse.Invalid, Reason: sentence,
			Fields: map[string][]string{"cleaningActionId": {sentence}}}
	}
	return id, nil
}

// Routes are the API's and the pages'.
func (e *Handlers) Routes() []web.Route {
	const base = "/non-license-user"
	get, post, put := http.MethodGet, http.MethodPost, http.MethodPut
	return []web.Route{
		{Method: post, Path: base + "/register", Handle: e.register},
		{Method: post, Path: base + "/activate", Handle: e.activate},
		{Method: post, Path: base + "/sign-in", Handle: e.signIn},
		{Method: post, Path: base + "/sign-out", Handle: e.asUser(e.signOut)},
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
