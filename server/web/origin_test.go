package web

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFormsFrom: forms of our own pages are taken from every browser, as much or little as it tells, and those of other
// sites from none.
func TestFormsFrom(t *testing.T) {
	const here, public, evil = "http://inner.example:8080", "https://postern.example", "https://evil.example"
	h := newHandler(t, ForNobody, options(io.Discard))
	for _, test := range []struct {
		name                  string
		site, origin, referer string
		taken                 bool
	}{
		{"a browser of today", "same-origin", public, public + "/page", true},
		{"its back button", "none", "", "", true},
		{"it, with an extension that hides the page", "same-origin", "null", "", true},
		{"iOS 15", "", public, public + "/page", true},
		{"iOS 15, where a proxy keeps Host", "", here, here + "/page", true},
		{"iOS 15, with an extension that hides the page", "", public, "", true},
		{"an in-app browser without an origin", "", "null", public + "/page?x=1", true},
		{"the same, where a proxy keeps Host", "", "null", "http://INNER.example:8080/page", true},
		{"a browser of before origins", "", "", public + "/page", true},
		{"a script", "", "", "", true},

		{"another site, today", "cross-site", evil, evil + "/", false},
		{"another site that hides, today", "cross-site", "null", "", false},
		{"another site of the same domain, today", "same-site", "https://www.postern.example", "", false},
		{"another site that we linked to, today", "cross-site", evil, public + "/page", false},
		{"another site, iOS 15", "", evil, evil + "/", false},
		{"another site that hides its page, iOS 15", "", evil, "", false},
		{"another site that hides altogether, iOS 15", "", "null", "", false},
		{"another site that hides its origin", "", "null", evil + "/", false},
		{"another site that has us as its path", "", "null", evil + "/" + public + "/page", false},
		{"another site that looks like us", "", "null", public + ".evil.example/page", false},
		{"another site as a user of ours", "", "null", "https://postern.example@evil.example/", false},
		{"another port", "", "null", "https://postern.example:8443/page", false},
		{"another site, a browser of before origins", "", "", evil + "/", false},
		{"what is no URL", "", "", "postern.example", false},
		{"the inside of another site's frame", "", "null", "about:srcdoc", false},
	} {
		r, w := httptest.NewRequest("POST", here+"/page", strings.NewReader("a=1")), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range map[string]string{"Sec-Fetch-Site": test.site, "Origin": test.origin,
			"Referer": test.referer} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		h.ServeHTTP(w, r)
		if want := map[bool]int{true: 303, false: 403}[test.taken]; w.Code != want {
			t.Errorf("%s: %d, want %d", test.name, w.Code, want)
		}
	}
	r, w := httptest.NewRequest("GET", here+"/page", nil), httptest.NewRecorder()
	r.Header.Set("Referer", evil+"/mail")
	if h.ServeHTTP(w, r); w.Code != 200 || w.Header().Get("Referrer-Policy") != "same-origin" {
		t.Errorf("a link from another site: %d, Referrer-Policy %q", w.Code, w.Header().Get("Referrer-Policy"))
	}
}
