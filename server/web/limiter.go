package web

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"postern/store/limit"
)

// maxClients bounds how many clients and networks a Limiter remembers: at most some 15 MiB.
const maxClients = 50_000

// Limiter counts calls per client, in memory: by IPv4 address, or by IPv6 /64 and at ten times the rate by /48, since
// one subscriber commands whole networks of addresses. It is safe for concurrent use.
type Limiter struct {
	OverLimit func() // is told of every call that is over the limit; nil: nobody. It is set before the first call

	rate, wide limit.Rate
	exempt     []netip.Prefix
	now        func() time.Time
	most       int

	mu      sync.Mutex
	clients map[netip.Prefix]limit.Window // guarded by mu
	gates   gates                         // guarded by mu; of calls of Try
}

// wideFactor is what a /48 may do of what a /64 may.
const wideFactor = 10

// NewLimiter makes a limiter. The zero rate limits nobody; clients within exempt are never limited.
func NewLimiter(rate limit.Rate, exempt []netip.Prefix, now func() time.Time) *Limiter {
	wide := rate
	wide.Count *= wideFactor
	return &Limiter{rate: rate, wide: wide, exempt: exempt, now: now, most: maxClients,
		clients: make(map[netip.Prefix]limit.Window), gates: make(gates)}
}

// Take counts one call of the client. A wait other than zero means that the limit is used up and nothing was counted.
func (l *Limiter) Take(client netip.Addr) (wait time.Duration) {
	if l.free(client) {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if wait := l.wait(client, now); wait > 0 {
		l.over()
		return wait
	}
	l.take(client, now)
	return 0
}

func (l *Limiter) over() {
	if l.OverLimit != nil {
		l.OverLimit()
	}
}

// Counted returns the client as far as limits count it: the zero address for one that they leave out.
func (l *Limiter) Counted(client netip.Addr) netip.Addr {
	if within(client, l.exempt) {
		return netip.Addr{}
	}
	return client
}

// Try runs a call that is counted only if it says so. Where the client's calls under way could use up the limit between
// them, it waits for one to end, so that neither too many run nor one that will not count is refused. A wait other than
// zero means that the limit is used up, an error that ctx ended first; the call was not run then.
func (l *Limiter) Try(ctx context.Context, client netip.Addr, call func() (counts bool)) (wait time.Duration,
	err error) {
	if l.free(client) {
		call()
		return 0, nil
	}
	if wait, err := untilEntered(ctx, func() (time.Duration, <-chan struct{}) { return l.enter(client) }); wait > 0 ||
		err != nil {
		return wait, err
	}
	counts := true // also where the call panics
	defer func() { l.end(client, counts) }()
	counts = call()
	return 0, nil
}

// enter counts a call as under way. Where it may not run yet, it returns what is closed when one of those that do has
// ended.
func (l *Limiter) enter(client netip.Addr) (wait time.Duration, busy <-chan struct{}) {
	key := narrow(client)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if wait := l.wait(client, now); wait > 0 {
		l.over()
		return wait, nil
	}
	if busy := l.gates.busy(key, l.rate.Count-l.rate.Taken(l.clients[key], now)); busy != nil {
		return 0, busy
	}
	l.gates.enter(key)
	return 0, nil
}

// end counts a call where it counts, and lets those in that wait for it.
func (l *Limiter) end(client netip.Addr, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if counts {
		l.take(client, l.now())
	}
	l.gates.leave(narrow(client))
}

// free is also whoever comes over a Unix socket, without an address.
func (l *Limiter) free(client netip.Addr) bool {
	return l.rate.Count == 0 || !client.IsValid() || within(client, l.exempt)
}

func narrow(client netip.Addr) netip.Prefix {
	bits := 32
	if client.Is6() {
		bits = 64
	}
	prefix, _ := client.Prefix(bits)
	return prefix
}

func network(client netip.Addr) netip.Prefix {
	prefix, _ := client.Prefix(48)
	return prefix
}

func (l *Limiter) wait(client netip.Addr, now time.Time) time.Duration {
	wait := l.rate.Wait(l.clients[narrow(client)], now)
	if client.Is6() {
		wait = max(wait, l.wide.Wait(l.clients[network(client)], now))
	}
	return wait
}

func (l *Limiter) take(client netip.Addr, now time.Time) {
	l.count(narrow(client), l.rate, now)
	if client.Is6() {
		l.count(network(client), l.wide, now)
	}
}

func (l *Limiter) count(key netip.Prefix, rate limit.Rate, now time.Time) {
	window, known := l.clients[key]
	if !known && len(l.clients) >= l.most {
		l.makeRoom(now)
	}
	l.clients[key], _ = rate.Take(window, now)
}

// makeRoom forgets the client that has called least of late.
func (l *Limiter) makeRoom(now time.Time) {
	evict(l.clients, func(w limit.Window) int { return l.rate.Taken(w, now) })
}

// evict forgets a client: of a few that the map's order brings up, the one with least against it. So a flood of new
// addresses pushes out its own kind before it frees somebody who has used up a limit.
func evict[V any](clients map[netip.Prefix]V, against func(V) int) {
	const looked = 16
	var victim netip.Prefix
	least, n := -1, 0
	for key, value := range clients {
		if a := against(value); least < 0 || a < least {
			victim, least = key, a
		}
		if n++; n == looked {
			break
		}
	}
	delete(clients, victim)
}
