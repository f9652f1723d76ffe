package web

import (
	"net/netip"
	"sync"
	"time"

	"postern/store"
)

// maxClients bounds how many clients and networks a Limiter remembers: at most some 15 MiB.
const maxClients = 50_000

// Limiter counts calls per client, in memory: by IPv4 address, or by IPv6 /64 and at ten times the rate by /48, since one
// subscriber commands whole networks of addresses. It is safe for concurrent use.
type Limiter struct {
	rate, wide store.Rate
	exempt     []netip.Prefix
	now        func() time.Time
	most       int

	mu       sync.Mutex
	clients  map[netip.Prefix]store.Window // guarded by mu
	underWay map[netip.Prefix]int          // guarded by mu; calls of Try
	ended    *sync.Cond                    // one of them has
}

// wideFactor is what a /48 may do of what a /64 may.
const wideFactor = 10

// NewLimiter makes a limiter. The zero rate limits nobody; clients within exempt are never limited.
func NewLimiter(rate store.Rate, exempt []netip.Prefix, now func() time.Time) *Limiter {
	wide := rate
	wide.Count *= wideFactor
	l := &Limiter{rate: rate, wide: wide, exempt: exempt, now: now, most: maxClients,
		clients: make(map[netip.Prefix]store.Window), underWay: make(map[netip.Prefix]int)}
	l.ended = sync.NewCond(&l.mu)
	return l
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
		return wait
	}
	l.take(client, now)
	return 0
}

// Try runs a call that is counted only if it says so. Where the client's calls under way could use up the limit between
// them, it waits for one to end, so that neither too many run nor one that will not count is refused. A wait other than
// zero means that the limit is used up and the call was not run.
func (l *Limiter) Try(client netip.Addr, call func() (counts bool)) (wait time.Duration) {
	if l.free(client) {
		call()
		return 0
	}
	if wait := l.begin(client); wait > 0 {
		return wait
	}
	counts := true // also where the call panics
	defer func() { l.end(client, counts) }()
	counts = call()
	return 0
}

func (l *Limiter) begin(client netip.Addr) (wait time.Duration) {
	key := narrow(client)
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		now := l.now()
		if wait := l.wait(client, now); wait > 0 {
			return wait
		}
		if l.rate.Taken(l.clients[key], now)+l.underWay[key] < l.rate.Count {
			l.underWay[key]++
			return 0
		}
		l.ended.Wait()
	}
}

func (l *Limiter) end(client netip.Addr, counts bool) {
	key := narrow(client)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.underWay[key]--; l.underWay[key] == 0 {
		delete(l.underWay, key)
	}
	if counts {
		l.take(client, l.now())
	}
	l.ended.Broadcast()
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

func (l *Limiter) count(key netip.Prefix, rate store.Rate, now time.Time) {
	window, known := l.clients[key]
	if !known && len(l.clients) >= l.most {
		l.makeRoom(now)
	}
	l.clients[key], _ = rate.Take(window, now)
}

// makeRoom forgets a client: of a few that the map's order brings up, the one that has called least of late. So a flood of new addresses pushes out its own kind before it frees somebody who has used up the limit.
func (l *Limiter) makeRoom(now time.Time) {
	const looked = 16
	var victim netip.Prefix
	least, n := -1, 0
	for key, window := range l.clients {
		calls := l.rate.Taken(window, now)
		if least < 0 || calls < least {
			victim, least = key, calls
		}
		if n++; n == looked {
			break
		}
	}
	delete(l.clients, victim)
}
