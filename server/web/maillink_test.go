package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// linkPage is a page that a mailed link leads to. It shows the token that it got.
type linkPage struct {
	http.Handler
	links *MailedLinks
	now   time.Time
}

func newLinkPage(t *testing.T, public string) *linkPage {
	p := &linkPage{now: time.Unix(1e9, 0)}
	p.links = NewMailedLinks(func() time.Time { return p.now })
	f, err := NewMiddleware(Options{Log: zerolog.Nop(), Random: zeros{}, PublicOrigin: public})
	if err != nil {
		t.Fatal(err)
	}
	p.Handler = f.Handler(ForNobody, []Route{{Method: "GET", Path: "/link", Page: true, Handle: func(c *Call) error {
		token, answered, err := p.links.Open(c, func(token string) bool { return token != "garbage" })
		switch {
		case answered:
			return nil
		case errors.Is(err, ErrNoCookie):
			return c.Bytes("text/plain", []byte("no cookie"))
		}
		return c.Bytes("text/plain", []byte("token "+token))
	}}})
	return p
}

// open asks for a path, with the cookies of an answer before, as a browser that navigates or as anything else.
func (p *linkPage) open(method, path string, navigates bool, cookies []*http.Cookie) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
	if navigates {
		r.Header.Set("Sec-Fetch-Mode", "navigate")
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	p.ServeHTTP(w, r)
	return w
}

// TestMailedLinks: who navigates is led on, once, and everybody gets the token.
func TestMailedLinks(t *testing.T) {
	p := newLinkPage(t, "https://postern.example")
	for _, method := range []string{"GET", "HEAD"} {
		if w := p.open(method, "/link?token=abc", false, nil); w.Code != 200 || w.Header()["Set-Cookie"] != nil ||
			method == "GET" && w.Body.String() != "token abc" {
			t.Errorf("%s: %d %s %v", method, w.Code, w.Body, w.Header())
		}
	}
	led := p.open("GET", "/link?token=abc&cleaningId=7&x=%26", true, nil)
	at := led.Header().Get("Location")
	if want := "/link?cleaningId=7&link=ba7816bf8f01cfea&x=%26"; led.Code != 303 || at != want {
		t.Errorf("%d to %s, want %s", led.Code, at, want)
	}
	cookies := led.Result().Cookies()
	const kept = "__Host-postern-link-ba7816bf8f01cfea=abc; Path=/; Max-Age=1800; HttpOnly; Secure; SameSite=Lax"
	if got := led.Header().Get("Set-Cookie"); got != kept {
		t.Errorf("cookie %s", got)
	}
	for path, want := range map[string]string{
		at: "token abc", "/link?token=garbage": "token garbage", "/link": "token ", "/link?token=": "token ",
		"/link?link=0000000000000000": "no cookie", "/link?link=x": "no cookie", "/link?link=": "token ",
	} {
		if w := p.open("GET", path, true, cookies); w.Code != 200 || w.Body.String() != want ||
			w.Header()["Set-Cookie"] != nil {
			t.Errorf("%s: %d %s, want %s", path, w.Code, w.Body, want)
		}
	}
	forged := []*http.Cookie{{Name: cookies[0].Name, Value: "another"}}
	if w := p.open("GET", at, true, forged); w.Body.String() != "no cookie" {
		t.Errorf("a cookie of another token: %s", w.Body)
	}
}

// TestMailedLinksWithoutCookies: a browser that keeps none is led on once, and gets the page the second time, for ten
// minutes; what strangers make up is bounded.
func TestMailedLinksWithoutCookies(t *testing.T) {
	p := newLinkPage(t, "")
	at := p.open("GET", "/link?token=abc", true, nil).Header().Get("Location")
	if w := p.open("GET", at, true, nil); w.Body.String() != "no cookie" {
		t.Errorf("%s", w.Body)
	}
	for range 3 {
		if w := p.open("GET", "/link?token=abc", true, nil); w.Code != 200 || w.Body.String() != "token abc" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w := p.open("GET", "/link?token=abcd", true, nil); w.Code != 303 {
		t.Errorf("another link: %d", w.Code)
	}
	p.now = p.now.Add(refusedFor)
	if w := p.open("GET", "/link?token=abc", true, nil); w.Code != 303 {
		t.Errorf("later: %d", w.Code)
	}
	for i := range refusedMost + 10 {
		p.open("GET", fmt.Sprintf("/link?link=%016x", i), true, nil)
	}
	p.open("GET", "/link?link="+fmt.Sprintf("%0300x", 1), true, nil)
	if len(p.links.refused) != refusedMost {
		t.Errorf("%d names are kept", len(p.links.refused))
	}
}
