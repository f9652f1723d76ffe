package web

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"postern/store"
)

// Slowdown delays clients that fail too often, in memory: a number of failures is free, after that each further try has
// to wait longer since the one before, 1 s doubling to 1 h. One failure is forgotten every half hour, so that a network
// that many share is not held to the mistakes of a week. Clients are IPv4 addresses and IPv6 /64s. It is safe for
// concurrent use.
type Slowdown struct {
	free int
	now  func() time.Time
	most int

	mu      sync.Mutex
	clients map[netip.Prefix]failures // guarded by mu
	gates   map[netip.Prefix]*gate    // guarded by mu; of the clients with tries under way, at least one each
}

// failures are what a client has against it.
type failures struct {
	count  int
	lastAt time.Time // of the last failure
	paidTo time.Time // up to when forgetting is reckoned
}

const forgetEvery = 30 * time.Minute

// NewSlowdown makes a slow-down that begins after so many failures; 0 never begins.
func NewSlowdown(free int, now func() time.Time) *Slowdown {
	return &Slowdown{free: free, now: now, most: maxClients,
		clients: make(map[netip.Prefix]failures), gates: make(map[netip.Prefix]*gate)}
}

// Begin lets a try run, and is told by ended how it went; ended is never nil, and is called once. Where the client's tries
// under way could use up what is free between them, it waits for one to end: so many at once get no more tries than one
// after the other, and an office whose people all log in at nine is not refused. A wait other than zero means that the
// client tried too soon, an error that ctx ended first; the try is not to run then.
func (s *Slowdown) Begin(ctx context.Context, client netip.Addr) (ended func(failed bool), wait time.Duration, err error) {
	if s.free == 0 || !client.IsValid() {
		return func(bool) {}, 0, nil
	}
	key := narrow(client)
	for {
		wait, busy := s.enter(key)
		if wait > 0 {
			return func(bool) {}, wait, nil
		}
		if busy == nil {
			return func(failed bool) { s.end(key, failed) }, 0, nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return func(bool) {}, 0, ctx.Err()
		}
	}
}

// enter counts a try as under way. Where it may not run yet, it gives what is closed when one of those that do has ended.
func (s *Slowdown) enter(key netip.Prefix) (wait time.Duration, busy <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.clients[key].at(s.now())
	if wait := known.wait(s.free, s.now()); wait > 0 {
		return wait, nil
	}
	g, running := s.gates[key]
	switch {
	case !running:
		g = &gate{ended: make(chan struct{})}
		s.gates[key] = g
	case known.count+g.underWay >= s.free:
		return 0, g.ended
	}
	g.underWay++
	return 0, nil
}

// end notes how a try went, and lets those in that wait for it.
func (s *Slowdown) end(key netip.Prefix, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if failed {
		s.count(key)
	}
	g := s.gates[key]
	close(g.ended)
	g.ended = make(chan struct{})
	if g.underWay--; g.underWay == 0 {
		delete(s.gates, key)
	}
}

// count notes a failure.
func (s *Slowdown) count(key netip.Prefix) {
	now := s.now()
	known := s.clients[key].at(now)
	known.count++
	known.lastAt = now
	if _, there := s.clients[key]; !there && len(s.clients) >= s.most {
		evict(s.clients, func(f failures) int { return f.at(now).count })
	}
	s.clients[key] = known
}

// at is what is left of the failures at a moment.
func (f failures) at(now time.Time) failures {
	forgotten := max(0, int(now.Sub(f.paidTo)/forgetEvery))
	if forgotten >= f.count || f.lastAt.After(now.Add(time.Hour)) { // or they are of a clock that was ahead
		return failures{paidTo: now}
	}
	f.count -= forgotten
	f.paidTo = f.paidTo.Add(time.Duration(forgotten) * forgetEvery)
	return f
}

// wait is how long the next try is too soon.
func (f failures) wait(free int, now time.Time) time.Duration {
	delay := store.LoginDelay(f.count, free)
	return min(f.lastAt.Add(delay).Sub(now), delay)
}
