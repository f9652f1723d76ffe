package web

import (
	"context"
	"net/netip"
	"time"
)

// gates count the calls of each client that are under way, so that others of the same client can wait for one to end.
// Their owner guards them.
type gates map[netip.Prefix]*gate

// gate is there while at least one call is under way.
type gate struct {
	underWay int
	ended    chan struct{} // closed, and replaced, when one of them ends
}

// busy returns what is closed when the next of a client's calls ends, where so many are under way or more; else nil.
func (g gates) busy(client netip.Prefix, most int) <-chan struct{} {
	if at, some := g[client]; some && at.underWay >= most {
		return at.ended
	}
	return nil
}

// enter counts a call as under way.
func (g gates) enter(client netip.Prefix) {
	at, some := g[client]
	if !some {
		at = &gate{ended: make(chan struct{})}
		g[client] = at
	}
	at.underWay++
}

// leave lets those look again who wait for the call.
func (g gates) leave(client netip.Prefix) {
	at := g[client]
	close(at.ended)
	at.ended = make(chan struct{})
	if at.underWay--; at.underWay == 0 {
		delete(g, client)
	}
}

// untilEntered tries to enter until that needs to wait for no other call. A wait other than zero means that the limit
// is used up, an error that ctx ended first.
func untilEntered(ctx context.Context, enter func() (wait time.Duration, busy <-chan struct{})) (time.Duration, error) {
	for {
		wait, busy := enter()
		if wait > 0 || busy == nil {
			return wait, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
