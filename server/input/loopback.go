package input

import (
	"net/netip"
	"strings"
)

// IsLoopback reports whether only this machine can be meant by the host of a URL: a loopback address, or localhost and
// names below it (RFC 6761 §6.3).
func IsLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
