package server

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"postern/store/refuse"
)

// bound is a listener that has an address, and nobody calls.
type bound struct {
	net.Listener
	address string
}

func (b bound) Addr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(b.address)) }

// TestOperatorURL: a link into the console leads where it is answered, or what to set is said.
func TestOperatorURL(t *testing.T) {
	for _, test := range []struct{ public, operator, proxies, want string }{
		{"127.0.0.1:8080", "", "", "http://127.0.0.1:8080"},
		{"[::1]:8080", "", "", "http://[::1]:8080"},
		{"0.0.0.0:8080", "", "", "http://localhost:8080"},
		{"[::]:8080", "", "10.0.0.0/8", "http://localhost:8080"},
		{"192.0.2.1:80", "", "", "set POSTERN_OPERATOR_LISTEN"},
		{"127.0.0.1:8080", "", "127.0.0.0/8", "TRUSTED_PROXIES names this machine"},
		{"127.0.0.1:8080", "", "::1/128", "TRUSTED_PROXIES names this machine"},
		{"192.0.2.1:80", "127.0.0.1:8081", "127.0.0.0/8", "http://127.0.0.1:8081"},
		{"192.0.2.1:80", "0.0.0.0:8081", "", "http://localhost:8081"},
		{"192.0.2.1:80", "192.0.2.1:8081", "", "http://192.0.2.1:8081"},
	} {
		a := &App{listeners: &listeners{public: bound{address: test.public}}}
		if test.operator != "" {
			a.listeners.operator = bound{address: test.operator}
		}
		if test.proxies != "" {
			a.config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(test.proxies)}
		}
		got, err := a.operatorURL()
		if err != nil {
			got = err.Error()
		}
		if isURL := strings.HasPrefix(test.want, "http"); isURL && got != test.want ||
			!isURL && (!refuse.Is(err, refuse.Conflict) || !strings.Contains(got, test.want)) {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
