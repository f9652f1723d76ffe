package web

import (
	"net/netip"
	"sync"
	"time"
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
}

// failures are what a client has against it.
type failures struct {
	count  int
	lastAt time.Time // when the last try was counted
	paidTo time.Time // up to when forgetting is reckoned
}

const (
	firstDelay  = time.Second
	lastDelay   = time.Hour
	forgetEvery = 30 * time.Minute
)

// NewSlowdown makes a slow-down that begins after so many failures; 0 never begins.
func NewSlowdown(free int, now func() time.Time) *Slowdown {
	return &Slowdown{free: free, now: now, most: maxClients, clients: make(map[netip.Prefix]failures)}
}

// Take counts a try as a failure before its outcome is known, so that many at once get no more tries than one after the
// other. Where it was none, giveBack makes it as if it had not been. A wait other than zero means that the client tried
// too soon, and nothing was counted.
func (s *Slowdown) Take(client netip.Addr) (giveBack func(), wait time.Duration) {
	if s.free == 0 || !client.IsValid() {
		return func() {}, 0
	}
	key := narrow(client)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	known := s.clients[key].at(now)
	if wait := known.wait(s.free, now); wait > 0 {
		return func() {}, wait
	}
	former := known.lastAt
	known.count++
	known.lastAt = now
	if _, there := s.clients[key]; !there && len(s.clients) >= s.most {
		evict(s.clients, func(f failures) int { return f.at(now).count })
	}
	s.clients[key] = known
	return func() { s.giveBack(key, now, former) }, 0
}

// giveBack undoes the try of a moment. The wait that it began ends only where no later try has begun another.
func (s *Slowdown) giveBack(key netip.Prefix, taken, former time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, there := s.clients[key]
	if !there {
		return
	}
	if known.lastAt.Equal(taken) {
		known.lastAt = former
	}
	if known.count--; known.count <= 0 {
		delete(s.clients, key)
		return
	}
	s.clients[key] = known
}

// at is what is left of the failures at a moment.
func (f failures) at(now time.Time) failures {
	forgotten := max(0, int(now.Sub(f.paidTo)/forgetEvery))
	if forgotten >= f.count || f.lastAt.After(now.Add(lastDelay)) { // or they are of a clock that was ahead
		return failures{paidTo: now}
	}
	f.count -= forgotten
	f.paidTo = f.paidTo.Add(time.Duration(forgotten) * forgetEvery)
	return f
}

// wait is how long the next try is too soon.
func (f failures) wait(free int, now time.Time) time.Duration {
	over := f.count - free
	if over < 0 {
		return 0
	}
	delay := lastDelay
	if over < 12 { // 2^12 s is more than an hour
		delay = min(firstDelay<<over, lastDelay)
	}
	return min(f.lastAt.Add(delay).Sub(now), delay)
}
