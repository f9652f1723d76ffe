// Package partner is the room of the partners: pay-roll and flex-pay systems that call with a permanent bearer token,
// register bikers, one or a list at a time, read back what became of them, and follow what happens.
package partner

import (
	"context"
	"net/http"
	"time"

	"postern/server/web"
	"postern/store"
)

// Options are the plain values that Handlers are made of.
type Options struct {
	Store *store.Store
	// required; told of every call that a partner proved to be its own, by many goroutines
	PartnerSeen func(name string)
	Draining    context.Context // ended when the appliance begins to stop: ends waiting for events
}

// Handlers are the endpoints of the partners. They are safe for concurrent use.
type Handlers struct {
	Options
	lists   places
	running running // calls with an Idempotency-Key
	waiters waiters
}

// The bounds of a user.create call.
const (
	maxBody     = 16 << 20
	bodyTime    = 120 * time.Second
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

// Routes are the API's.
func (p *Handlers) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodPost, Path: "/receiver/APIv3/user.create", Handle: p.asPartner(store.ScopeUsers, p.create),
			Bearer: true, BodyLimit: maxBody, BodyTime: bodyTime},
		{Method: http.MethodGet, Path: "/partner/v1/users", Handle: p.asPartner(store.ScopeUsers, p.readBack),
			Bearer: true},
		{Method: http.MethodGet, Path: "/partner/v1/events", Handle: p.asPartner(store.ScopeEvents, p.events),
			Bearer: true},
	}
}
