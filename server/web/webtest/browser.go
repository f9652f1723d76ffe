// Package webtest is what the tests of rooms with pages share: a browser's cookies and forms, and what it got.
package webtest

import (
	"bytes"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Cookies are what a browser keeps, by name.
type Cookies map[string]string

// Ask sends a request with the cookies, and keeps those that the answer sets.
func (c Cookies) Ask(t testing.TB, h http.Handler, r *http.Request) Answer {
	for name, value := range c {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if cookie.MaxAge < 0 {
			delete(c, cookie.Name)
		} else {
			c[cookie.Name] = cookie.Value
		}
	}
	return Answer{w, t, r.Method + " " + r.URL.Path}
}

// Form is a form of names and values.
func Form(fields ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return form
}

// Answer is what a browser got for what it asked.
type Answer struct {
	*httptest.ResponseRecorder
	T     testing.TB
	Asked string
}

// Leads holds that the browser is sent elsewhere after a form.
func (a Answer) Leads(location string) {
	a.T.Helper()
	if a.Code != http.StatusSeeOther || a.Header().Get("Location") != location {
		a.T.Fatalf("%s: %d to %q, want 303 to %s; %s", a.Asked, a.Code, a.Header().Get("Location"), location, a.Main())
	}
}

// Is holds what status the page has, and which texts.
func (a Answer) Is(status int, texts ...string) Answer {
	a.T.Helper()
	page := a.Page()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			a.T.Errorf("%s: not said: %s\n%s", a.Asked, text, page)
		}
	}
	if a.Code != status {
		a.T.Errorf("%s: %d, want %d; %s", a.Asked, a.Code, status, page)
	}
	return a
}

// Lacks holds that texts are not on the page.
func (a Answer) Lacks(texts ...string) Answer {
	a.T.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body.String(), text) {
			a.T.Errorf("%s: it says %s\n%s", a.Asked, text, a.Page())
		}
	}
	return a
}

// Before is the page up to some markup.
func (a Answer) Before(markup string) Answer {
	content, _, _ := strings.Cut(a.Body.String(), markup)
	return a.with(content)
}

var fault = regexp.MustCompile(`(?s)<p class="fault".*?</p>|<div class="error".*?</div>`)

// Faults is what the page says of what was typed.
func (a Answer) Faults() Answer {
	return a.with(strings.Join(fault.FindAllString(a.Body.String(), -1), "\n"))
}

// with is the answer with another body.
func (a Answer) with(body string) Answer {
	other := *a.ResponseRecorder
	other.Body = bytes.NewBufferString(body)
	a.ResponseRecorder = &other
	return a
}

var (
	inline = regexp.MustCompile(`</?b\b[^>]*>`) // within a sentence
	markup = regexp.MustCompile(`\s*<[^>]*>\s*`)
	gaps   = regexp.MustCompile(`\n{2,}`)
)

// Text is what a person reads of the page, a line for each part of it.
func (a Answer) Text() string {
	text := html.UnescapeString(markup.ReplaceAllString(inline.ReplaceAllString(a.Main(), ""), "\n"))
	return strings.Trim(gaps.ReplaceAllString(text, "\n"), "\n")
}

var varying = regexp.MustCompile(`pst1_[\w-]+|\?v=[0-9a-f]+|[0-9a-f]{16}`)

// Page returns the whole page but for what differs from run to run.
func (a Answer) Page() string { return varying.ReplaceAllString(a.Body.String(), "…") }

// Main returns the page without its frame.
func (a Answer) Main() string {
	page := a.Page()
	if _, rest, found := strings.Cut(page, "<main>"); found {
		page, _, _ = strings.Cut(rest, "</main>")
	}
	return strings.TrimSpace(page)
}
