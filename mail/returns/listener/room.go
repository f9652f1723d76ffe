package listener

import (
	"net"
	"net/netip"
	"sync"
)

// room is the memory of the messages that are being read, all together. One peer gets half of it at most, so that a
// stranger who begins many and ends none keeps nobody else's report out.
type room struct {
	mu   sync.Mutex
	used int64                  // guarded by mu, like by
	by   map[netip.Prefix]int64 // bytes by peer; who has none is not in it
}

// take takes room for so many bytes, and reports whether all keep within the limit then. They are taken anyway, until
// they are given back.
func (r *room) take(peer netip.Prefix, n, limit int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = make(map[netip.Prefix]int64)
	}
	r.used += n
	r.by[peer] += n
	return r.used <= limit && r.by[peer] <= limit/2
}

// give gives it back.
func (r *room) give(peer netip.Prefix, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used -= n
	if r.by[peer] -= n; r.by[peer] == 0 {
		delete(r.by, peer)
	}
}

// peerOf is who stands behind a connection: an IPv4 address, or an IPv6 /48, as one site has so many of those.
func peerOf(conn net.Conn) netip.Prefix {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	bits := 48
	if at.Addr().Unmap().Is4() {
		bits = 32
	}
	network, _ := at.Addr().Unmap().WithZone("").Prefix(bits)
	return network
}
