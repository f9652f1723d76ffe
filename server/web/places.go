package web

import (
	"net/netip"
	"sync"

	"postern/store/refuse"
)

// PlaceLimits are how many answers may be under way at once.
type PlaceLimits struct {
	All    int // in all
	Client int // to one IPv4 address or IPv6 /64; twice that to an IPv6 /48
	Holder int // to one person or partner
}

// Places bounds large answers under way. Who gets no place is told to come back rather than kept waiting, as a call
// that waits holds a place of its own. It is safe for concurrent use.
type Places struct {
	limits PlaceLimits
	exempt []netip.Prefix

	mu      sync.Mutex
	holders Tally  // guarded by mu, like what follows
	clients census // those within exempt and on this machine are not in it
}

// NewPlaces makes places of which all are free. Clients within exempt, and those on this machine, have no bound of
// their own.
func NewPlaces(limits PlaceLimits, exempt []netip.Prefix) *Places {
	return &Places{limits: limits, exempt: exempt, clients: make(census)}
}

var (
	errManyAnswers = refuse.New(refuse.TooMany,
		"As many documents as can be had at once are on their way to you; ask again once one has arrived.")
	errBusyAnswers = refuse.New(refuse.Unavailable,
		"As many documents as can be sent at once are being sent; ask again in a moment.")
)

// Take gives a call a place until leave is called; further times leave does nothing. It refuses with TooMany where
// the holder, or the client, has as many as may be, and with Unavailable where no place is left.
func (p *Places) Take(client netip.Addr, holder string) (leave func(), err error) {
	if !client.IsValid() || client.IsLoopback() || within(client, p.exempt) {
		client = netip.Addr{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.holders.Of(holder) >= p.limits.Holder, p.clients.full(client, p.limits.Client):
		return nil, errManyAnswers
	case p.holders.All >= p.limits.All:
		return nil, errBusyAnswers
	}
	p.count(client, holder, 1)
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.count(client, holder, -1)
	}), nil
}

// count adds to what is held. The lock is held.
func (p *Places) count(client netip.Addr, holder string, by int) {
	p.holders.Count(holder, by)
	p.clients.count(client, by)
}
