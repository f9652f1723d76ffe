package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// resolve finds out who called, and whether they did over TLS. A peer is believed what it says of others only where
// it is a trusted proxy: then the client is the rightmost address of the joined X-Forwarded-For lines that is no
// trusted proxy itself, since everything left of that is the client's own invention.
func resolve(r *http.Request, trusted []netip.Prefix) (client netip.Addr, secure bool) {
	client, secure = parsePeer(r.RemoteAddr), r.TLS != nil
	if len(trusted) == 0 || !within(client, trusted) {
		return client, secure
	}
	lines := r.Header["X-Forwarded-For"]
	for _, line := range slices.Backward(lines) {
		for line != "" {
			comma := strings.LastIndexByte(line, ',')
			next, ok := parseForwarded(line[comma+1:])
			if !ok {
				return client, secureBehind(r, secure) // what stands left of garbage is not to be believed
			}
			client = next
			if !within(client, trusted) {
				return client, secureBehind(r, secure)
			}
			line = line[:max(comma, 0)]
		}
	}
	return client, secureBehind(r, secure)
}

// secureBehind is what the nearest proxy says: the last word of X-Forwarded-Proto.
func secureBehind(r *http.Request, secure bool) bool {
	lines := r.Header["X-Forwarded-Proto"]
	if len(lines) == 0 {
		return secure
	}
	last := lines[len(lines)-1]
	return strings.EqualFold(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]), "https")
}

// parsePeer reads a connection's address; it is invalid for a Unix socket.
func parsePeer(address string) netip.Addr {
	peer, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}

// parseForwarded reads one entry of X-Forwarded-For, which some proxies write with a port.
func parseForwarded(entry string) (netip.Addr, bool) {
	entry = strings.TrimSpace(entry)
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(entry, "["), "]")); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	peer := parsePeer(entry)
	return peer, peer.IsValid()
}

func within(addr netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Operator reports whether this caller may see what is the operator's alone.
func (c *Call) Operator() bool {
	switch c.handler.access {
	case ForAnybody:
		return true
	case ForLocalHost:
		return isLocalHost(c.R.Host) || c.isNamed()
	case ForNamedHost:
		_, isAddress := hostAddress(c.R.Host)
		return isAddress || isLocalHost(c.R.Host) || c.isNamed()
	case ForLoopback:
		peer := parsePeer(c.R.RemoteAddr)
		return peer.IsLoopback() && !within(peer, c.handler.middleware.options.TrustedProxies) &&
			isLocalHost(c.R.Host) && !throughProxy(c.R)
	}
	return false
}

// throughProxy reports whether a request shows signs of a proxy: then its peer is not who asks.
func throughProxy(r *http.Request) bool {
	for name := range r.Header {
		if name == "Forwarded" || name == "Via" || name == "X-Real-Ip" || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}

// isNamed reports whether a request is for a host that Options.OperatorHosts names.
func (c *Call) isNamed() bool {
	name := strings.ToLower(strings.TrimSuffix(hostName(c.R.Host), "."))
	return slices.Contains(c.handler.middleware.options.OperatorHosts, name)
}

// isLocalHost keeps out a browser whose page has pointed its own name at this machine.
func isLocalHost(host string) bool {
	if strings.EqualFold(hostName(host), "localhost") {
		return true
	}
	addr, ok := hostAddress(host)
	return ok && addr.IsLoopback() && !addr.Is4In6() && addr.Zone() == ""
}

// hostName is a Host header without its port, and without the brackets of an IPv6 address.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		return host[1 : len(host)-1]
	}
	return host
}

// hostAddress is the IP address that a Host header consists of. No page can have a name of its own answer to one.
func hostAddress(host string) (addr netip.Addr, ok bool) {
	addr, err := netip.ParseAddr(hostName(host))
	return addr, err == nil
}
