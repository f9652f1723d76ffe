package web

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"postern/store/limit"
)

// Slowdown delays clients that fail too often, in memory: a number of failures is free, after that each further try has
// to wait longer since the one before, 1 s doubling to 1 h. One failure is forgotten every half hour, so that a network
// that many share is not held to the mistakes of a week. Clients are IPv4 addresses and IPv6 /64s; a /48 has ten times
// as many failures free and forgotten, since one subscriber commands whole networks of addresses. It is safe for
// concurrent use.
type Slowdown struct {
	free   int
	exempt []netip.Prefix
	now    func() time.Time
	most   int

	mu      sync.Mutex
	clients map[netip.Prefix]failures // guarded by mu
	gates   gates                     // guarded by mu
}

// failures are what a client has against it.
type failures struct {
	count  int
	lastAt time.Time     // of the last failure
	paidTo time.Time     // up to when forgetting is reckoned
	forget time.Duration // how often one is forgotten
}

const forgetEvery = 30 * time.Minute

// NewSlowdown makes a slow-down that begins after so many failures; 0 never begins. Clients within exempt are never
// slowed down.
func NewSlowdown(free int, exempt []netip.Prefix, now func() time.Time) *Slowdown {
	return &Slowdown{free: free, exempt: exempt, now: now, most: maxClients,
		clients: make(map[netip.Prefix]failures), gates: make(gates)}
}

// allowance is what a client, or the network around it, may fail.
type allowance struct {
	of     netip.Prefix
	free   int
	forget time.Duration // one failure
}

// allowances are the client's own and its network's.
func (s *Slowdown) allowances(client netip.Addr) []allowance {
	own := allowance{narrow(client), s.free, forgetEvery}
	if !client.Is6() {
		return []allowance{own}
	}
	return []allowance{own, {network(client), wideFactor * s.free, forgetEvery / wideFactor}}
}

// Networks name what a client's tries are counted by: its own network, an IPv4 address or IPv6 /64, and the /48 around
// the latter. They are empty where tries are not counted: for exempt clients, and for whoever comes over a Unix socket.
func (s *Slowdown) Networks(client netip.Addr) (own, around string) {
	if !client.IsValid() || within(client, s.exempt) {
		return "", ""
	}
	if client.Is6() {
		around = network(client).String()
	}
	return narrow(client).String(), around
}

// Begin lets a try run, and is told by ended how it went; ended is never nil, and is called once. Where the client's
// tries under way could use up what is free between them, it waits for one to end: so many at once get no more tries
// than one after the other, and an office whose people all log in at nine is not refused. A wait other than zero
// means that the client tried too soon, an error that ctx ended first; the try is not to run then.
func (s *Slowdown) Begin(ctx context.Context, client netip.Addr) (ended func(failed bool), wait time.Duration,
	err error) {
	if s.free == 0 || !client.IsValid() || within(client, s.exempt) {
		return func(bool) {}, 0, nil
	}
	all := s.allowances(client)
	wait, err = untilEntered(ctx, func() (time.Duration, <-chan struct{}) { return s.enter(all) })
	if wait > 0 || err != nil {
		return func(bool) {}, wait, err
	}
	return func(failed bool) { s.end(all, failed) }, 0, nil
}

// enter counts a try as under way. Where it may not run yet, it gives what is closed when one of those that do has
// ended.
func (s *Slowdown) enter(all []allowance) (wait time.Duration, busy <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, a := range all {
		known := s.clients[a.of].at(now)
		wait = max(wait, known.wait(a.free, now))
		if ended := s.gates.busy(a.of, a.free-known.count); ended != nil {
			busy = ended
		}
	}
	if wait > 0 || busy != nil {
		return wait, busy
	}
	for _, a := range all {
		s.gates.enter(a.of)
	}
	return 0, nil
}

// end notes how a try went, and lets those in that wait for it.
func (s *Slowdown) end(all []allowance, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range all {
		if failed {
			s.count(a)
		}
		s.gates.leave(a.of)
	}
}

// count notes a failure.
func (s *Slowdown) count(a allowance) {
	now := s.now()
	known := s.clients[a.of].at(now)
	if known.count == 0 {
		known = failures{paidTo: now, forget: a.forget}
	}
	known.count++
	known.lastAt = now
	if _, there := s.clients[a.of]; !there && len(s.clients) >= s.most {
		evict(s.clients, func(f failures) int { return f.at(now).count })
	}
	s.clients[a.of] = known
}

// at is what is left of the failures at a moment.
func (f failures) at(now time.Time) failures {
	if f.count == 0 || f.lastAt.After(now.Add(time.Hour)) { // or they are of a clock that was ahead
		return failures{}
	}
	forgotten := max(0, int(now.Sub(f.paidTo)/f.forget))
	if forgotten >= f.count {
		return failures{}
	}
	f.count -= forgotten
	f.paidTo = f.paidTo.Add(time.Duration(forgotten) * f.forget)
	return f
}

// wait is how long the next try is too soon.
func (f failures) wait(free int, now time.Time) time.Duration {
	delay := limit.Delay(f.count, free)
	return min(f.lastAt.Add(delay).Sub(now), delay)
}
