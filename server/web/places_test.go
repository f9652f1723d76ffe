package web

import (
	"net/netip"
	"testing"

	"postern/store"
)

// TestPlaces: one person, one client, one network and all together hold no more than they may, and it all comes back.
func TestPlaces(t *testing.T) {
	const all = 12
	p := NewPlaces(PlaceLimits{All: all, Client: 3, Holder: 2}, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")})
	var held []func()
	take := func(client, holder string, want store.Kind) {
		t.Helper()
		var address netip.Addr
		if client != "" {
			address = netip.MustParseAddr(client)
		}
		leave, err := p.Take(address, holder)
		if want == 0 && err == nil {
			held = append(held, leave)
		} else if want == 0 || !store.IsKind(err, want) {
			t.Errorf("%s for %s: %v", client, holder, err)
		}
	}
	take("198.51.100.1", "a", 0)
	take("198.51.100.2", "a", 0)
	take("198.51.100.3", "a", store.TooMany) // from wherever
	take("198.51.100.1", "b", 0)
	take("198.51.100.1", "c", 0)
	take("198.51.100.1", "d", store.TooMany) // whoever
	take("2001:db8:0:1::1", "e", 0)
	take("2001:db8:0:1::2", "f", 0)
	take("2001:db8:0:1::3", "g", 0)
	take("2001:db8:0:1::4", "h", store.TooMany)
	take("2001:db8:0:2::1", "h", 0)
	take("2001:db8:0:3::1", "i", 0)
	take("2001:db8:0:4::1", "j", 0)
	take("2001:db8:0:5::1", "k", store.TooMany) // twice a client's share
	take("192.0.2.1", "l", 0)
	take("127.0.0.1", "m", 0)
	take("127.0.0.1", "n", store.Unavailable)
	take("", "o", store.Unavailable)
	if len(held) != all {
		t.Fatalf("%d places were given", len(held))
	}
	for _, leave := range held {
		leave()
		leave()
	}
	if p.all != 0 || len(p.clients) != 0 || len(p.holders) != 0 {
		t.Errorf("left behind: %d, %v, %v", p.all, p.clients, p.holders)
	}
}
