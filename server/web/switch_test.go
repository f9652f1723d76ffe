package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestLanguageSwitch: a choice is kept in a cookie, leads back to the page, and goes before what the browser asks for.
func TestLanguageSwitch(t *testing.T) {
	h := newHandler(t, ForNobody, options(io.Discard))
	ask := func(method, path, form string, cookies ...*http.Cookie) *http.Response {
		r, w := httptest.NewRequest(method, "https://postern.example"+path, strings.NewReader(form)),
			httptest.NewRecorder()
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", "en")
		if form != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for back, want := range map[string]string{
		"/page?q=1": "/page?q=1", "/": "/", "": "/", "//evil.example/": "/", "///evil.example/": "/",
		`/\evil.example`:        "/",
		"https://evil.example/": "/", "page": "/", "/%0d%0aX: y": "/%0d%0aX: y",
		"/\x00": "/", ":": "/",
	} {
		a := ask("POST", "/language", url.Values{"language": {"nl"}, "back": {back}}.Encode())
		if got := a.Header.Get("Location"); a.StatusCode != 303 || got != want || len(a.Cookies()) != 1 {
			t.Errorf("back to %q: %s to %q, want %q", back, a.Status, got, want)
		}
	}
	chosen := ask("POST", "/language", "language=nl").Cookies()[0]
	if chosen.Name != "__Host-postern-language" || chosen.Value != "nl" || !chosen.HttpOnly || chosen.MaxAge == 0 {
		t.Errorf("the cookie is %v", chosen)
	}
	for path, want := range map[string]string{"/page": "nl", "/page/nothing": "nl", "/elsewhere": "nl"} {
		a := ask("GET", path, "", chosen)
		if got := a.Header.Get("Content-Language"); got != want || len(a.Cookies()) > 0 {
			t.Errorf("%s is in %q", path, got)
		}
	}
	german := *chosen
	german.Value = "de"
	if got := ask("GET", "/page", "", &german).Header.Get("Content-Language"); got != "en" {
		t.Errorf("a language that is not there: %q", got)
	}
	for _, form := range []string{"language=xx", "language=", "back=%2Fpage"} {
		if a := ask("POST", "/language", form); a.StatusCode != 400 || len(a.Cookies()) > 0 {
			t.Errorf("%s: %s", form, a.Status)
		}
	}
	if a := ask("GET", "/language?language=nl", ""); a.StatusCode != 405 {
		t.Errorf("opened as a link: %s", a.Status)
	}
}

// TestSwitchLeadsBack: the switch of each page names a page that is there.
func TestSwitchLeadsBack(t *testing.T) {
	h := newHandler(t, ForNobody, options(io.Discard))
	for ask, want := range map[string]string{
		"GET /page?q=%3Cb%3E": "/page?q=%3Cb%3E", "POST /page": "/page", "GET /nothing?x": "/nothing?x",
		"DELETE /page/fail/teapot": "/page/fail/teapot",
		"POST /page/fail/a/b":      "/page", "POST /nothing": "/",
	} {
		method, path, _ := strings.Cut(ask, " ")
		r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
		r.Header.Set("Accept", "text/html")
		h.ServeHTTP(w, r)
		if body := w.Body.String(); !strings.Contains(body, `name="back" value="`+want+`"`) {
			t.Errorf("%s does not lead back to %s:\n%s", ask, want, body)
		}
	}
}
