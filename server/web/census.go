package web

import "net/netip"

// census counts what clients hold: by IPv4 address, or by IPv6 /64 and by /48, as one subscriber commands whole
// networks of addresses. The zero address is not counted. Its owner guards it.
type census map[netip.Prefix]int

// wideShare is how many times as much a whole /48 may hold as a /64.
const wideShare = 2

// full reports whether a client holds as much as it may.
func (n census) full(client netip.Addr, most int) bool {
	return client.IsValid() &&
		(n[narrow(client)] >= most || client.Is6() && n[network(client)] >= wideShare*most)
}

// count adds to what a client holds, and forgets who holds nothing.
func (n census) count(client netip.Addr, by int) {
	if !client.IsValid() {
		return
	}
	keys := []netip.Prefix{narrow(client), network(client)}
	if client.Is4() {
		keys = keys[:1]
	}
	for _, key := range keys {
		if n[key] += by; n[key] == 0 {
			delete(n, key)
		}
	}
}
