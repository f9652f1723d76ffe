package smtp

import (
	"context"
	"net"
	"strings"
	"testing"

	"postern/mail/smtp/smtptest"
	"postern/store"
)

// sendOnce sends the test message over a lane of its own.
func sendOnce(t *testing.T, o Options, s *smtptest.Server) store.Attempt {
	t.Helper()
	o.Dial = s.Dial
	h := mustNew(t, o)
	conn := h.Conn(context.Background())
	a := conn.Send(context.Background(), testMessage)
	conn.CloseIdle()
	s.Wait()
	if h.Connections() != 0 {
		t.Errorf("%d connections are left", h.Connections())
	}
	return a
}

// withoutTLS makes a smarthost that is dialled so, without TLS.
func withoutTLS(t testing.TB, dial func(context.Context, string) (net.Conn, error)) *Smarthost {
	t.Helper()
	return mustNew(t, Options{Addr: "h.example:25", Plain: true, Hello: "postern.example", Dial: dial})
}

func mustNew(t testing.TB, o Options) *Smarthost {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestOptions: all that is wrong is said at once.
func TestOptions(t *testing.T) {
	_, err := New(Options{Addr: "host", Implicit: true, Plain: true, Auth: "cram", Hello: "a b"})
	for _, part := range []string{"host:port", "choose one", "plain, login or xoauth2", "EHLO"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in %v", part, err)
		}
	}
}

// TestHelloName: where no name is set, ours is a full name or an address literal.
func TestHelloName(t *testing.T) {
	h := &Smarthost{}
	for ip, want := range map[string]string{"192.0.2.1": "[192.0.2.1]", "2001:db8::1": "[IPv6:2001:db8::1]"} {
		if got := h.helloName(addressed{&net.TCPAddr{IP: net.ParseIP(ip)}}); got != want {
			t.Errorf("%s: %s", ip, got)
		}
	}
	if name := fullHostName(); name != "" && !strings.Contains(name, ".") {
		t.Errorf("%q is no full name", name)
	}
}

type addressed struct{ local net.Addr }

func (a addressed) LocalAddr() net.Addr { return a.local }

// TestUnreachable: a port where nobody listens is the smarthost's fault.
func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	h := mustNew(t, Options{Addr: listener.Addr().String(), Plain: true})
	if a := h.Conn(t.Context()).Send(t.Context(), testMessage); a.Class != store.AttemptSmarthost ||
		a.Phase != PhaseConnect {
		t.Errorf("%+v", a)
	}
}
