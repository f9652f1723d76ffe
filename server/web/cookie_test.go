package web

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// TestCookie: over TLS, as far as the browser's side tells, a cookie is bound to the host and the host to TLS; and one
// of several of a name is nobody's.
func TestCookie(t *testing.T) {
	const (
		plain = "session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
		bound = "__Host-session=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"
	)
	for _, test := range []struct {
		public     string
		tls        bool
		set, cooky string
		value      string
	}{
		{"http://postern.example", false, plain, "session=a", "a"},
		{"http://postern.example", false, plain, "session=a; session=b", ""},
		{"http://postern.example", false, plain, "__Host-session=a", ""},
		{"http://postern.example", true, bound, "session=a; __Host-session=b", "b"},
		{"https://postern.example", false, bound, "session=a", ""},
		{"", false, plain, "", ""},
	} {
		f, err := NewMiddleware(Options{Log: zerolog.Nop(), Random: zeros{}, PublicOrigin: test.public})
		if err != nil {
			t.Fatal(err)
		}
		k := Cookie{Name: "session", Life: time.Minute}
		value := ""
		h := f.Handler(ForNobody, []Route{{Method: "GET", Path: "/", Handle: func(c *Call) error {
			value = k.Value(c)
			k.Set(c, "v")
			k.Clear(c)
			return c.NoContent()
		}}})
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header.Set("Cookie", test.cooky)
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		h.ServeHTTP(w, r)
		got := w.Header()["Set-Cookie"]
		if strict := w.Header().Get("Strict-Transport-Security") != ""; strict != strings.Contains(test.set, "Secure") {
			t.Errorf("%+v: Strict-Transport-Security %v", test, strict)
		}
		if len(got) != 2 || got[0] != test.set || value != test.value || w.Result().Cookies()[1].MaxAge >= 0 {
			t.Errorf("%+v: %q, value %q", test, got, value)
		}
	}
}

// TestOwnCookie: a cookie with a path of its own, for what no proxy stands before.
func TestOwnCookie(t *testing.T) {
	k := Cookie{Name: "session", Path: "/console", Strict: true, Direct: true}
	f, err := NewMiddleware(Options{Log: zerolog.Nop(), Random: zeros{}, PublicOrigin: "https://postern.example"})
	if err != nil {
		t.Fatal(err)
	}
	h := f.Handler(ForNobody, []Route{{Method: "GET", Path: "/", Handle: func(c *Call) error {
		k.Set(c, "v")
		return c.NoContent()
	}}})
	for _, test := range []struct {
		state *tls.ConnectionState
		want  string
	}{
		{nil, "session=v; Path=/console; HttpOnly; SameSite=Strict"},
		{&tls.ConnectionState{}, "__Secure-session=v; Path=/console; HttpOnly; Secure; SameSite=Strict"},
	} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.TLS = test.state
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Set-Cookie"); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestErrorLanguages: errors of a section are in its languages, on paths that nobody knows too, and in the person's own
// where it is known.
func TestErrorLanguages(t *testing.T) {
	f, err := NewMiddleware(Options{Log: zerolog.Nop(), Random: zeros{}})
	if err != nil {
		t.Fatal(err)
	}
	fail := func(c *Call) error {
		c.Speak(c.R.URL.Query().Get("speaks"), "")
		return &Problem{Status: 403}
	}
	h := f.Handler(ForNobody, []Route{
		{Method: "GET", Path: "/some/page", Handle: fail, Page: true, Languages: []string{"nl", "fr"}},
		{Method: "GET", Path: "/all", Handle: fail, Page: true},
	})
	for path, want := range map[string]string{
		"/some/page": "nl", "/some/page?speaks=fr": "fr", "/some/page?speaks=de": "nl", "/some/other": "nl", "/some": "nl",
		"/all": "de", "/all?speaks=fr": "fr", "/somewhere": "de",
	} {
		r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
		r.Header.Set("Accept-Language", "de, en;q=0.5")
		r.Header.Set("Accept", "text/html")
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Language"); got != want {
			t.Errorf("%s is in %q, want %q", path, got, want)
		}
	}
}
