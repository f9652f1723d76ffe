package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/store/fixture"
)

// writeCertificate makes a self-signed pair with a serial number to tell it by.
func writeCertificate(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", secret)
}

func writePEM(t *testing.T, path, kind string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCertificateReload: a new pair is taken up, a wrong one is logged once and changes nothing.
func TestCertificateReload(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, other := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"),
		filepath.Join(dir, "other.pem")
	var log fixture.Log
	if _, err := NewCertReloader(certFile, keyFile, zerolog.Nop()); err == nil ||
		!strings.Contains(err.Error(), certFile) {
		t.Errorf("a missing file: %v", err)
	}
	writeCertificate(t, certFile, keyFile, 1)
	reloader, err := NewCertReloader(certFile, keyFile, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	address := start(t, newHandler(t, ForLoopback, options(io.Discard)), ServerOptions{Certificate: reloader})
	steps := []struct {
		name   string
		change func()
		serial int64
		logged int // lines so far
	}{
		{"at first", func() {}, 1, 0},
		{"another", func() { writeCertificate(t, certFile, keyFile, 2) }, 2, 1},
		{"the key of another", func() { writeCertificate(t, other, keyFile, 3) }, 2, 2},
		{"garbage", func() { writePEM(t, certFile, "CERTIFICATE", []byte("garbage")) }, 2, 3},
		{"gone", func() { _ = os.Remove(certFile) }, 2, 4},
		{"good again", func() { writeCertificate(t, certFile, keyFile, 4) }, 4, 5},
	}
	for _, step := range steps {
		step.change()
		reloader.reload()
		reloader.reload() // nothing has changed: says nothing
		if serial := servedSerial(t, address); serial != step.serial {
			t.Errorf("%s: serves number %d", step.name, serial)
		}
		if lines := strings.Count(log.String(), "\n"); lines != step.logged {
			t.Errorf("%s: %d lines: %s", step.name, lines, log.String())
		}
	}
}

func servedSerial(t *testing.T, address string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// TestTLS: HSTS, HTTP/2, and nothing older than TLS 1.2.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certFile, keyFile, 1)
	reloader, err := NewCertReloader(certFile, keyFile, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	address := start(t, newHandler(t, ForLoopback, options(io.Discard)), ServerOptions{Certificate: reloader})
	if _, err := tls.Dial("tcp", address,
		&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for _, body := range []string{`{"name":"x"}`, `{"name":"` + strings.Repeat("x", 200) + `"}`} {
		request, _ := http.NewRequest("POST", "https://"+address+"/api/things", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		answer, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") == "" ||
			answer.StatusCode != 201 && answer.StatusCode != 413 {
			t.Errorf("%s %s %v", answer.Proto, answer.Status, answer.Header)
		}
	}
}

// TestReloaderStops when its owner says so.
func TestReloaderStops(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certFile, keyFile, 1)
	synctest.Test(t, func(t *testing.T) {
		reloader, err := NewCertReloader(certFile, keyFile, zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		writeCertificate(t, certFile, keyFile, 2)
		reloader.Run(ctx)
		if served, _ := reloader.Get(nil); served.Leaf.SerialNumber.Int64() != 2 {
			t.Error("the new certificate was not taken up")
		}
	})
}

// stranger makes a loopback peer count as a client from elsewhere.
type stranger struct{ net.Listener }

func (s stranger) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return strangerConn{conn.(*net.TCPConn)}, nil
}

type strangerConn struct{ *net.TCPConn }

func (strangerConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5} }

// TestLimitConnections: one client's connections are bounded, and room comes back when one ends.
func TestLimitConnections(t *testing.T) {
	for _, test := range []struct {
		name   string
		exempt []netip.Prefix
		served int // of five held at once, with three in all and two a client
	}{
		{"a stranger", nil, 2},
		{"a trusted proxy", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			inner, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l := LimitConnections(stranger{inner}, 3, 2, test.exempt)
			address := serve(t, l, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
			held := make([]net.Conn, test.served)
			for i := range held {
				if held[i], err = net.Dial("tcp", address); err != nil || !served(held[i]) {
					t.Fatalf("connection %d is not served: %v", i, err)
				}
			}
			if test.exempt == nil {
				if extra, err := net.Dial("tcp", address); err == nil && served(extra) {
					t.Error("one more is served")
				}
			}
			waiting, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			_ = held[0].Close()
			if test.exempt != nil && !served(waiting) {
				t.Error("the one that waited is not served")
			}
			for _, conn := range append(held, waiting) {
				_ = conn.Close()
			}
			for until := time.Now().Add(10 * time.Second); ; { // room comes back once the server has seen the end
				conn, err := net.Dial("tcp", address)
				if err == nil && served(conn) {
					_ = conn.Close()
					break
				}
				if time.Now().After(until) {
					t.Fatal("no room came back")
				}
			}
		})
	}
}

// served asks on a connection that stays open.
func served(conn net.Conn) bool {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, err := io.WriteString(conn, "HEAD /who HTTP/1.1\r\nHost: a\r\n\r\n")
	if err != nil {
		return false
	}
	n, _ := conn.Read(make([]byte, 4096))
	return n > 0
}

func TestServerLog(t *testing.T) {
	var log fixture.Log
	w := serverLog{zerolog.New(&log).Level(zerolog.InfoLevel)}
	for _, line := range []string{"http: TLS handshake error from 192.0.2.1:5: EOF\n",
		"http: Accept error: too many open files\n"} {
		if n, err := w.Write([]byte(line)); n != len(line) || err != nil {
			t.Error(n, err)
		}
	}
	if got := log.String(); strings.Contains(got, "handshake") ||
		!strings.Contains(got, `"message":"http: Accept error: too many open files"`) {
		t.Error(got)
	}
}

// TestConnectionsOfANetwork: a subscriber who commands a /48 holds twice what a /64 may, and frees it all again.
func TestConnectionsOfANetwork(t *testing.T) {
	l := LimitConnections(nil, 100, 2, nil).(*limitedListener)
	admit := func(address string, want bool) {
		t.Helper()
		l.free <- struct{}{}
		if _, admitted := l.admit(peer{address: address}); admitted != want {
			t.Errorf("%s: admitted %v", address, admitted)
		}
	}
	for _, address := range []string{"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1", "2001:db8:0:3::1"} {
		admit(address, true)
	}
	admit("2001:db8:0:1::3", false)
	admit("2001:db8:0:4::1", false)
	admit("2001:db8:1:1::1", true)
	l.leave(netip.MustParseAddr("2001:db8:0:2::1"))
	admit("2001:db8:0:4::1", true)
	for _, address := range []string{"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:3::1", "2001:db8:0:4::1",
		"2001:db8:1:1::1"} {
		l.leave(netip.MustParseAddr(address))
	}
	if len(l.open) != 0 {
		t.Errorf("left behind: %v", l.open)
	}
}

// peer is a connection of which only the address matters.
type peer struct {
	net.Conn
	address string
}

func (p peer) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(p.address), Port: 5} }

// TestObserve holds that answers are counted by their route's pattern, never by a path, and once each: those of panics,
// of unknown paths and of calls that broke off too.
func TestObserve(t *testing.T) {
	var mu sync.Mutex
	counted := map[string]int{}
	o := options(io.Discard)
	o.Observe = func(method, pattern string) Observed {
		return func(status int, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if took < 0 {
				t.Errorf("%s took %s", pattern, took)
			}
			counted[fmt.Sprint(method, " ", pattern, " ", status)]++
		}
	}
	m, err := NewMiddleware(o)
	if err != nil {
		t.Fatal(err)
	}
	h := m.Handler(ForNobody, []Route{
		{Method: "GET", Path: "/things/:id", Handle: func(c *Call) error { return c.NoContent() }},
		{Method: "GET", Path: "/panic", Handle: func(*Call) error { panic("oops") }},
		{Method: "GET", Path: "/half", Handle: func(c *Call) error { c.W.WriteHeader(200); return io.ErrUnexpectedEOF }},
	})
	for _, path := range []string{"/things/1", "/things/2", "/panic", "/half", "/jan@example.com"} {
		func() {
			defer func() { _ = recover() }() // of the answer that broke off
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
		}()
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("HEAD", "/things/3", nil))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/things/3", nil))
	want := map[string]int{"GET /things/:id 204": 3, "GET /panic 500": 1, "GET /half 200": 1, "  404": 1, "  405": 1}
	if !maps.Equal(counted, want) {
		t.Errorf("%v", counted)
	}
}
