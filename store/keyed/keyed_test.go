package keyed

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"testing"
)

// TestHashes freezes what stands in data files, by vectors that another program made (openssl dgst -mac HMAC).
func TestHashes(t *testing.T) {
	h := New([32]byte{0: 1, 31: 2})
	for text, want := range map[string]string{
		"a":                          "fda34c1f67bb1db1eaa29c883ed88c904bb2f871f6bbf6f35a01e7989a9baf2c",
		"client\x00192.0.2.1/32":     "7a5007e77d16f0d3306de1cead3218ad52e9a57c027d066a8a4287951a72bcd8",
		"network\x002001:db8:1::/48": "465807bd348ee11c07336c824d9c65054300a0726e9ec1356caf764607adff4a",
	} {
		for range 2 { // the second time by a MAC that was used before
			if got := hex.EncodeToString(h.Of([]byte(text))); got != want {
				t.Errorf("%q: %s", text, got)
			}
		}
	}
	got := h.OfClient(netip.MustParseAddr("::ffff:192.0.2.1"))
	if !bytes.Equal(got, h.Of([]byte("client\x00192.0.2.1/32"))[:8]) {
		t.Errorf("a client: %x", got)
	}
	got = h.OfNetwork(netip.MustParseAddr("2001:db8:1:2::3%eth0"))
	if !bytes.Equal(got, h.Of([]byte("network\x002001:db8:1::/48"))) {
		t.Errorf("a network: %x", got)
	}
}

// TestWhoIsTheSame holds which callers are told apart.
func TestWhoIsTheSame(t *testing.T) {
	h := New([32]byte{})
	for _, test := range []struct {
		a, b            string
		client, network bool
	}{
		{"192.0.2.1", "192.0.2.2", false, true},
		{"192.0.2.1", "192.0.3.1", false, false},
		{"2001:db8::1", "2001:db8::2", true, true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false, true},
		{"2001:db8:1::1", "2001:db8:2::1", false, false},
	} {
		a, b := netip.MustParseAddr(test.a), netip.MustParseAddr(test.b)
		if same := bytes.Equal(h.OfClient(a), h.OfClient(b)); same != test.client {
			t.Errorf("%s and %s are one client: %v", a, b, same)
		}
		if same := bytes.Equal(h.OfNetwork(a), h.OfNetwork(b)); same != test.network {
			t.Errorf("%s and %s are of one network: %v", a, b, same)
		}
	}
	if h.OfClient(netip.Addr{}) != nil || h.OfNetwork(netip.MustParseAddr("127.0.0.1")) != nil {
		t.Error("nobody in particular is somebody")
	}
}
