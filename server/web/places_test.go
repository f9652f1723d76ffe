package web

import (
	"net/netip"
	"testing"

	"postern/store/refuse"
)

// TestPlaces: one person, one client, one network and all together hold no more than they may, and it all comes back.
func TestPlaces(t *testing.T) {
	const all = 12
	p := NewPlaces(PlaceLimits{All: all, Client: 3, Holder: 2}, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")})
	var held []func()
	take := func(client, holder string, want refuse.Kind) {
		t.Helper()
		var address netip.Addr
		if client != "" {
			address = netip.MustParseAddr(client)
		}
		leave, err := p.Take(address, holder)
		if want == 0 && err == nil {
			held = append(held, leave)
		} else if want == 0 || !refuse.Is(err, want) {
			t.Errorf("%s for %s: %v", client, holder, err)
		}
	}
	take("198.51.100.1", "a", 0)
	take("198.51.100.2", "a", 0)
	take("198.51.100.3", "a", refuse.TooMany) // from wherever
	take("198.51.100.1", "b", 0)
	take("198.51.100.1", "c", 0)
	take("198.51.100.1", "d", refuse.TooMany) // whoever
	take("2001:db8:0:1::1", "e", 0)
	take("2001:db8:0:1::2", "f", 0)
	take("2001:db8:0:1::3", "g", 0)
	take("2001:db8:0:1::4", "h", refuse.TooMany)
	take("2001:db8:0:2::1", "h", 0)
	take("2001:db8:0:3::1", "i", 0)
	take("2001:db8:0:4::1", "j", 0)
	take("2001:db8:0:5::1", "k", refuse.TooMany) // twice a client's share
	take("192.0.2.1", "l", 0)
	take("127.0.0.1", "m", 0)
	take("127.0.0.1", "n", refuse.Unavailable)
	take("", "o", refuse.Unavailable)
	if len(held) != all {
		t.Fatalf("%d places were given", len(held))
	}
	for _, leave := range held {
		leave()
		leave()
	}
	if p.holders.All != 0 || len(p.clients) != 0 || len(p.holders.by) != 0 {
		t.Errorf("left behind: %d, %v, %v", p.holders.All, p.clients, p.holders)
	}
}
