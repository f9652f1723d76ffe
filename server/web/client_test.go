package web

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestResolve is who called, by whose word.
func TestResolve(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		peer      string
		forwarded []string
		proto     string
		want      string
		secure    bool
	}{
		{"192.0.2.1:5", nil, "", "192.0.2.1", false},
		{"192.0.2.1:5", []string{"198.51.100.1"}, "https", "192.0.2.1", false}, // nobody's proxy
		{"[::ffff:192.0.2.1]:5", nil, "", "192.0.2.1", false},
		{"[fe80::1%eth0]:5", nil, "", "fe80::1", false},
		{"@", nil, "", "invalid IP", false}, // a Unix socket
		{"10.0.0.1:5", nil, "", "10.0.0.1", false},
		{"10.0.0.1:5", []string{"198.51.100.1"}, "https", "198.51.100.1", true},
		{"[::ffff:10.0.0.1]:5", []string{"198.51.100.1"}, "http", "198.51.100.1", false},
		{"10.0.0.1:5", []string{"203.0.113.9, 198.51.100.1"}, "", "198.51.100.1", false}, // the left one is invented
		{"10.0.0.1:5", []string{"203.0.113.9", "198.51.100.1, 10.0.0.2"}, "http, HTTPS ", "198.51.100.1", true},
		{"10.0.0.1:5", []string{"198.51.100.1", "10.0.0.2,fd00::2"}, "https, http", "198.51.100.1", false},
		{"10.0.0.1:5", []string{"10.0.0.3, 10.0.0.2"}, "", "10.0.0.3", false},
		{"10.0.0.1:5", []string{"198.51.100.1, garbage, 10.0.0.2"}, "", "10.0.0.2", false},
		{"10.0.0.1:5", []string{"198.51.100.1,"}, "", "10.0.0.1", false},
		{"10.0.0.1:5", []string{""}, "", "10.0.0.1", false},
		{"10.0.0.1:5", []string{"198.51.100.1:4711"}, "", "198.51.100.1", false},
		{"10.0.0.1:5", []string{"[2001:db8::1]:4711"}, "", "2001:db8::1", false},
		{"10.0.0.1:5", []string{"[2001:db8::1]"}, "", "2001:db8::1", false},
		{"10.0.0.1:5", []string{"::ffff:198.51.100.1"}, "", "198.51.100.1", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.peer
		r.Header["X-Forwarded-For"] = test.forwarded
		if test.proto != "" {
			r.Header.Set("X-Forwarded-Proto", test.proto)
		}
		client, secure := resolve(r, trusted)
		if client.String() != test.want || secure != test.secure {
			t.Errorf("%s, %q, %q: %v, %v", test.peer, test.forwarded, test.proto, client, secure)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = new(tls.ConnectionState)
	if _, secure := resolve(r, nil); !secure {
		t.Error("TLS is not secure")
	}
}

// TestOperator: only somebody on this machine who means this machine learns that the operator's paths are there.
func TestOperator(t *testing.T) {
	unknown := ""
	for _, test := range []struct {
		access        Access
		host, headers string
		seen          bool
	}{
		{ForLoopback, "localhost", "", true},
		{ForLoopback, "LocalHost:8080", "", true},
		{ForLoopback, "127.0.0.1", "", true},
		{ForLoopback, "127.8.9.1:1", "", true},
		{ForLoopback, "[::1]", "", true},
		{ForLoopback, "[::1]:8080", "", true},
		{ForLoopback, "evil.example", "", false},
		{ForLoopback, "localhost.evil.example", "", false},
		{ForLoopback, "127.0.0.1.evil.example", "", false},
		{ForLoopback, "192.0.2.1", "", false},
		{ForLoopback, "0.0.0.0", "", false},
		{ForLoopback, "[::ffff:127.0.0.1]", "", false},
		{ForLoopback, "localhost", "\nForwarded: for=192.0.2.1", false},
		{ForLoopback, "localhost", "\nX-Forwarded-For: 127.0.0.1", false},
		{ForLoopback, "localhost", "\nx-forwarded-host: localhost", false},
		{ForLoopback, "localhost", "\nX-FORWARDED-ANYTHING:", false},
		{ForLoopback, "localhost", "\nVia: 1.1 proxy", false},
		{ForLoopback, "localhost", "\nX-Real-IP: 192.0.2.1", false},
		{ForLocalHost, "localhost:9000", "\nX-Forwarded-For: 192.0.2.1", true},
		{ForLocalHost, "evil.example:9000", "", false},
		{ForLocalHost, "192.0.2.1:9000", "", false},
		{ForLocalHost, "ops.example:9000", "", true}, // named by a setting
		{ForNamedHost, "192.0.2.1:9000", "\nX-Forwarded-For: 192.0.2.1", true},
		{ForNamedHost, "[2001:db8::1]:9000", "", true},
		{ForNamedHost, "[fe80::1]", "", true},
		{ForNamedHost, "localhost:9000", "", true},
		{ForNamedHost, "ops.example", "", true},
		{ForNamedHost, "OPS.Example.:9000", "", true},
		{ForNamedHost, "evil.example:9000", "", false},
		{ForNamedHost, "ops.example.evil.example", "", false},
		{ForNamedHost, "192.0.2.1.evil.example", "", false},
		{ForNamedHost, "0xc0000201", "", false},
		{ForNamedHost, "", "", false},
		{ForLoopback, "ops.example", "", false},
		{ForNobody, "ops.example", "", false},
		{ForNobody, "localhost", "", false},
		{ForAnybody, "evil.example", "\nX-Forwarded-For: 192.0.2.1", true},
	} {
		address := start(t, newHandler(t, test.access, options(io.Discard)), ServerOptions{})
		for _, request := range []string{"GET /metrics", "HEAD /metrics", "DELETE /metrics", "OPTIONS /metrics",
			"POST /metrics/reset"} {
			status, body := whatOperatorSees(t, address, request, test.host, test.headers)
			if seen := status != http.StatusNotFound; seen != test.seen {
				t.Errorf("%v, %s, Host %s%s: %d", test.access, request, test.host, test.headers, status)
			}
			if method, _, _ := strings.Cut(request, " "); !test.seen && method != "HEAD" {
				if unknown == "" {
					_, unknown = whatOperatorSees(t, address, "GET /nothing", test.host, "")
				}
				if body != unknown {
					t.Errorf("%s is told from an unknown path: %s", request, body)
				}
			}
		}
		if _, body := whatOperatorSees(t, address, "GET /metrics/", test.host, test.headers); strings.Contains(body,
			"did you mean /metrics?") != test.seen {
			t.Errorf("%v, Host %s%s: a near miss says %s", test.access, test.host, test.headers, body)
		}
	}
}

func whatOperatorSees(t *testing.T, address, request, host, headers string) (int, string) {
	answer,
		body := exchange(t, address, fmt.Sprintf("%s HTTP/1.1\nX-Request-Id: id\nHost: %s%s", request, host, headers))
	return answer.StatusCode, body + fmt.Sprint(len(answer.Header))
}

// TestCORS: an exact list, on errors and preflights too, and never a word to anybody else.
func TestCORS(t *testing.T) {
	address := start(t, newHandler(t, ForLoopback, options(io.Discard)), ServerOptions{})
	const asks = "\nAccess-Control-Request-Method: POST\nAccess-Control-Request-Headers: content-type"
	for _, test := range []struct {
		request, origin string
		status          int
		allowed         bool
		methods         string
	}{
		{"GET /api/things/7 HTTP/1.1", "https://app.example", 200, true, ""},
		{"GET /api/fail/panic HTTP/1.1", "https://app.example", 500, true, ""},
		{"GET /api/nothing HTTP/1.1", "https://app.example", 404, true, ""},
		{"PUT /api/things HTTP/1.1", "https://app.example", 405, true, ""},
		{"POST /api/things HTTP/1.1\nSec-Fetch-Site: cross-site\nContent-Type: text/plain\n\n{}", "https://app.example",
			415, true, ""},
		{"OPTIONS /api/things HTTP/1.1" + asks, "https://app.example", 204, true, "OPTIONS, POST"},
		{"OPTIONS /api/things/7/email HTTP/1.1" + asks, "https://app.example", 204, true, "GET, OPTIONS"},
		{"OPTIONS /api/nothing HTTP/1.1" + asks, "https://app.example", 404, true, ""},
		{"OPTIONS /api/things HTTP/1.1", "https://app.example", 204, true, ""},
		{"GET /api/things/7 HTTP/1.1", "http://app.example", 200, false, ""},
		{"GET /api/things/7 HTTP/1.1", "https://app.example:444", 200, false, ""},
		{"GET /api/things/7 HTTP/1.1", "https://app.example.evil.example", 200, false, ""},
		{"GET /api/things/7 HTTP/1.1", "https://evil-app.example", 200, false, ""},
		{"GET /api/things/7 HTTP/1.1", "null", 200, false, ""},
		{"GET /api/things/7 HTTP/1.1", "*", 200, false, ""},
		{"GET /api/things/7 HTTP/1.1\nOrigin: https://app.example", "https://app.example", 200, false, ""},
		{"OPTIONS /api/things HTTP/1.1" + asks, "https://evil.example", 204, false, ""},
		{"GET /who HTTP/1.1", "https://app.example", 200, false, ""}, // not under a shared path
		{"OPTIONS /page HTTP/1.1" + asks, "https://app.example", 204, false, ""},
	} {
		answer,
			_ := exchange(t, address, strings.Replace(test.request, " HTTP/1.1", " HTTP/1.1\nOrigin: "+test.origin, 1))
		want := map[string]string{}
		if test.allowed {
			want = map[string]string{"Allow-Origin": test.origin, "Expose-Headers": "X-Request-Id, Retry-After"}
		}
		if test.methods != "" {
			want["Allow-Methods"], want["Max-Age"], want["Allow-Headers"] = test.methods, "600",
				"content-type, x-nallian-token, x-request-id"
		}
		for _, name := range []string{"Allow-Origin", "Expose-Headers", "Allow-Methods", "Allow-Headers", "Max-Age",
			"Allow-Credentials"} {
			if got := answer.Header.Get("Access-Control-" + name); got != want[name] {
				t.Errorf("%.40q from %s: %s is %q, want %q", test.request, test.origin, name, got, want[name])
			}
		}
		if shared := strings.Contains(test.request, " /api/"); answer.StatusCode != test.status ||
			(answer.Header.Get("Vary") == "Origin") != shared {
			t.Errorf("%.40q from %s: %d, Vary %q", test.request, test.origin, answer.StatusCode,
				answer.Header.Get("Vary"))
		}
	}
}

func TestParseOrigin(t *testing.T) {
	for text, want := range map[string]string{
		"https://app.example": "https://app.example", " HTTPS://App.Example/ ": "https://app.example",
		"https://app.example:443": "https://app.example",
		"http://localhost:5173":   "http://localhost:5173", "http://[::1]:80": "http://[::1]",
		"https://app.example:80": "https://app.example:80",
		"":                       "", "*": "", "null": "", "app.example": "", "https://*.example": "",
		"https://a.example/path": "", "ftp://a.example": "",
		"https://u@a.example": "", "https://a.example?q": "", "https://": "",
	} {
		if got, err := ParseOrigin(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, o := range []Options{{AllowedOrigins: []string{"null"}}, {PublicOrigin: "https://a.example/path"}} {
		if _, err := NewMiddleware(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
