package web

import (
	"errors"
	"fmt"
	"net/netip"
)

// ParseNetwork reads a network in CIDR notation (RFC 4632 §3.1); an address alone is a network of one. Its errors are
// half sentences, to follow what was written.
func ParseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if addr, alone := netip.ParseAddr(text); alone == nil && addr.Zone() == "" {
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	switch {
	case err != nil:
		return prefix, errors.New("write networks as 192.0.2.0/24 or 2001:db8::/32, or an address alone")
	case prefix.Addr().Is4In6():
		return prefix, errors.New("write an IPv4 network as 10.0.0.0/8")
	case prefix != prefix.Masked():
		return prefix, fmt.Errorf("bits are set beyond the network's length; did you mean %s?", prefix.Masked())
	}
	return prefix, nil
}
