// Package partner is the room of the partners: systems that call with a permanent bearer token. Pay-roll and flex-pay
// systems register bikers, one or a list at a time, and read back what became of them; cleaning stations deliver
// cleanings with their documents; all of them may follow what happens.
package partner

import (
	"context"
	"net/http"
	"time"

	"postern/server/documents"
	"postern/server/web"
	"postern/store"
)

// Options are the plain values that Handlers are made of.
type Options struct {
	Store     *store.Store
	Documents *documents.Documents
	// required; told of every call that a partner proved to be its own, by many goroutines
	PartnerSeen func(name string)
	Draining    context.Context // ended when the appliance begins to stop: ends waiting for events
}

// Handlers are the endpoints of the partners. They are safe for concurrent use.
type Handlers struct {
	Options
	lists   places
	uploads uploads
	running running // calls with an Idempotency-Key
	waiters waiters
}

// bodyTime is how long lists and documents may take to arrive.
const bodyTime = 120 * time.Second

// The bounds of a user.create call.
const (
	maxBody     = 16 << 20
	maxPeople   = 10_000
	listsAtOnce = 4               // which bounds the memory that they take
	listsOfOne  = listsAtOnce - 1 // of one partner, whose slow line must not keep all others out
	bytesAtOnce = 32 << 20        // of answers to lists that are being written, from which on no list is begun
	bytesOfOne  = 24 << 20        // of one partner
)

// New makes the handlers.
func New(o Options) *Handlers {
	return &Handlers{Options: o, running: running{keys: make(map[string]struct{})}}
}

// partnerProof is what proves that a partner calls.
var partnerProof = web.Proof{Name: "partnerToken",
	Text: "A partner's permanent token, which the operator hands out. It may be limited to scopes, to bike plans and " +
		"to the addresses that it is used from."}

// Routes are the API's.
func (p *Handlers) Routes() []web.Route {
	create := p.route(http.MethodPost, "/receiver/APIv3/user.create", store.ScopeUsers, p.create, createDoc)
	create.BodyLimit, create.BodyTime = maxBody, bodyTime
	return append([]web.Route{
		create,
		p.route(http.MethodGet, "/partner/v1/users", store.ScopeUsers, p.readBack, readBackDoc),
		p.route(http.MethodGet, "/partner/v1/events", store.ScopeEvents, p.events, eventsDoc),
	}, p.cleaningRoutes()...)
}

// route makes a route for partners alone whose token has the scope.
func (p *Handlers) route(method, path string, scope store.Scope, handle func(*web.Call, store.Partner) error,
	doc web.Doc) web.Route {
	return web.Route{Method: method, Path: path, Handle: p.asPartner(scope, handle), Doc: doc,
		Caller: web.Caller{Proof: &partnerProof, Scopes: []string{string(scope)}}}
}
