// Package eecd is the API of the eECD's non-licensed users: drivers and loading places that register by themselves,
// prove their mailbox, sign in, have a cleaning's document mailed to them, and complete or reject its load.
package eecd

import (
	"net/http"

	"postern/server/documents"
	"postern/server/user"
	"postern/server/web"
	"postern/server/web/schema"
	"postern/store"
	"postern/store/guid"
	"postern/store/memo"
	"postern/store/refuse"
)

// Options are the plain values that Handlers are made of.
type Options struct {
	Store     *store.Store
	Acts      *user.Acts
	Documents *documents.Documents
}

// Handlers are the endpoints of the users' API. They are safe for concurrent use.
type Handlers struct {
	Options
	answers memo.Memo[[]byte] // cleanings as they are answered
}

// New makes the handlers.
func New(o Options) *Handlers { return &Handlers{Options: o} }

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

// Routes are the API's.
func (e *Handlers) Routes() []web.Route {
	const base = "/non-license-user"
	get, post, put := http.MethodGet, http.MethodPost, http.MethodPut
	user := web.Caller{Proof: &userProof}
	maybe := web.Caller{Proof: &userProof, Optional: true}
	const cleanings, loads = base + "/cleanings/:cleaningActionId", base + "/loads/:cleaningActionId"
	return []web.Route{
		{Method: post, Path: base + "/register", Handle: e.register, Doc: registerDoc},
		{Method: post, Path: base + "/activate", Handle: e.activate, Doc: activateDoc},
		{Method: post, Path: base + "/sign-in", Handle: e.signIn, Doc: signInDoc, Caller: maybe},
		{Method: post, Path: base + "/sign-out", Handle: e.asUser(e.signOut), Doc: signOutDoc, Caller: user},
		{Method: get, Path: cleanings, Handle: e.asProven(e.cleaning), Doc: cleaningDoc, Caller: user},
		{Method: get, Path: cleanings + "/document", Handle: e.asProven(e.document), Doc: documentDoc, Caller: user},
		{Method: get, Path: cleanings + "/email", Handle: e.asUser(e.mailCleaning), Doc: mailDoc, Caller: user,
			NoHead: true},
		{Method: put, Path: loads + "/complete", Handle: e.asUser(e.complete), Doc: completeDoc, Caller: user},
		{Method: put, Path: loads + "/reject", Handle: e.asUser(e.reject), Doc: rejectDoc, Caller: user},
	}
}
