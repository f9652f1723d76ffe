package inbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestPages(t *testing.T) {
	s := open(t)
	if _, _, body := s.call(t, "GET", "/inbox", ""); !strings.Contains(body, "No letters yet") ||
		!strings.Contains(body, s.url+"/inbox/api/v1/wait") {
		t.Errorf("empty: %s", body)
	}
	id := s.deliver(t, "Ann <ann@example.com>", "A <b> & c", multipart)
	for _, c := range []struct{ path, want string }{
		{"/inbox", `A &lt;b&gt; &amp; c`},
		{"/inbox", `class="row unread"`},
		{"/inbox?q=nothing", "No letter matches"},
		{"/inbox/message/" + id, `<iframe class="html" title="The letter as HTML" src="/inbox/message/` + id +
			`/html" sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox">`},
		{"/inbox/message/" + id, `<dd>Ann &lt;ann@example.com&gt;</dd>`},
		{"/inbox/message/" + id + "?view=text&q=ann",
			`<a href="http://localhost/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">`},
		{"/inbox/message/" + id + "?view=text&q=ann", `href="/inbox?q=ann"`},
		{"/inbox/message/" + id + "?view=source", `&lt;script&gt;alert(1)`},
		{"/inbox/message/" + id + "?view=headers", `<dt>Message-Id</dt><dd class="code">&lt;m@localhost&gt;</dd>`},
		{"/inbox/message/" + id + "?width=phone&q=ann", `<iframe class="html narrow"`},
		{"/inbox/message/" + id + "?q=ann&start=50", `action="/inbox/message/` + id + `/delete?q=ann&amp;start=50"`},
		{"/inbox?q=ann", "Delete the one letter that matches the search?"},
		{"/inbox", "temperror@…"},
		{"/inbox/message/" + id + "?view=files", `" download="a b.pdf">`},
		{"/inbox/message/" + id + "?view=files", `href="/inbox/api/v1/message/` + id + `/part/3"`},
		{"/inbox/message/" + id + "?view=links", `<li><a href="http://localhost/a?b=1&amp;c=2"`},
	} {
		status, h, body := s.call(t, "GET", c.path, "")
		if status != 200 || !strings.Contains(body, c.want) || h.Get("Content-Security-Policy") != pagePolicy {
			t.Errorf("%s: %d, no %s in %s", c.path, status, c.want, body)
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, " style=") || strings.Contains(body, "onclick") {
			t.Errorf("%s: something inline, which the policy forbids", c.path)
		}
	}
	if status, _, body := s.call(t, "GET", "/inbox/message/gone", ""); status != 404 ||
		!strings.Contains(body, "not in the inbox any more") || !strings.Contains(body, `id="l-`+id) {
		t.Errorf("a letter that is gone: %d %s", status, body)
	}
}

func TestPaging(t *testing.T) {
	s := open(t)
	for i := range 120 {
		s.deliver(t, "ann@example.com", fmt.Sprintf("No %d.", i), "\r\n")
	}
	for path, want := range map[string][]string{
		"/inbox": {"No 119.", "No 70.", `rel="next" href="/inbox?start=50"`},
		"/inbox?start=50&q=to%3Aan": {"No 69.", "No 20.", `rel="prev" href="/inbox?q=to%3Aan"`,
			`rel="next" href="/inbox?q=to%3Aan&amp;start=100"`},
		"/inbox?start=100":  {"No 19.", "No 0.", `rel="prev" href="/inbox?start=50"`},
		"/inbox?start=9999": {`rel="prev"`},
	} {
		_, _, body := s.call(t, "GET", path, "")
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("%s: no %s", path, text)
			}
		}
		if strings.Contains(body, "No 71.") && strings.Contains(body, "No 69.") {
			t.Errorf("%s: more than a page", path)
		}
	}
}

// TestFrame holds that the HTML of a letter can do nothing, and stays as it is but for the target of its links.
func TestFrame(t *testing.T) {
	s := open(t)
	id := s.deliver(t, "ann@example.com", "One", multipart)
	status, h, body := s.call(t, "GET", "/inbox/message/"+id+"/html", "")
	if status != 200 || h.Get("Content-Security-Policy") != framePolicy || strings.Contains(framePolicy, "script") ||
		!strings.Contains(framePolicy, "default-src 'none'") || strings.Contains(framePolicy, "http") ||
		!strings.Contains(body, `<head><base target="_blank"><title>`) {
		t.Errorf("%d %v %s", status, h, body)
	}
	plain := s.deliver(t, "ann@example.com", "Two", "\r\nno HTML\r\n")
	if status, _, _ := s.call(t, "GET", "/inbox/message/"+plain+"/html", ""); status != 404 {
		t.Errorf("no HTML: %d", status)
	}
	for file, want := range map[string]struct {
		status int
		kind   string
		body   string
	}{
		id + ".html":                    {200, "text/html; charset=utf-8", "<head><title>"},
		id + ".html?embed=1":            {200, "text/html; charset=utf-8", `<head><base target="_blank"><title>`},
		id + ".txt":                     {200, "text/plain; charset=utf-8", "Open http://localhost/a?b=1&c=2 now"},
		"latest.html?query=subject:one": {200, "text/html; charset=utf-8", "<p>Hi</p>"},
		"latest.txt":                    {200, "text/plain; charset=utf-8", "no HTML"},
		"latest.html":                   {404, "application/problem+json", "no HTML"},
		"nobody.html":                   {404, "application/problem+json", "no such letter"},
		id:                              {404, "application/problem+json", id + ".html or"},
		id + ".pdf":                     {404, "application/problem+json", id + ".html or"},
	} {
		status, h, body := s.call(t, "GET", "/inbox/view/"+file, "")
		if status != want.status || h.Get("Content-Type") != want.kind || !strings.Contains(body, want.body) ||
			strings.HasPrefix(want.kind, "text/html") && h.Get("Content-Security-Policy") != framePolicy {
			t.Errorf("%s: %d %v %s", file, status, h, body)
		}
	}
	const base = `<base target="_blank">`
	for markup, want := range map[string]string{
		"":                           base,
		"<p>x":                       base + "<p>x",
		"<!doctype html>\n<p>x":      "<!doctype html>" + base + "\n<p>x",
		"<!-- c --><HTML lang=x><p>": "<!-- c --><HTML lang=x>" + base + "<p>",
		"<html>\n<head class=x>\n<a": "<html>\n<head class=x>" + base + "\n<a",
		"text <head>":                base + "text <head>",
	} {
		if got := linksOutside(markup); got != want {
			t.Errorf("%q: %q", markup, got)
		}
	}
}

func TestForms(t *testing.T) {
	s := open(t)
	id := s.deliver(t, "ann@example.com", "One", "\r\n")
	s.deliver(t, "ann@example.com", "Two", "\r\n")
	s.deliver(t, "bob@example.com", "Three", "\r\n")
	for _, c := range []struct {
		path, site           string
		status, left, unread int
		to                   string
	}{
		{"/inbox/delete", "cross-site", 403, 3, 3, ""},
		{"/inbox/read", "cross-site", 403, 3, 3, ""},
		{"/inbox/read?q=to:ann&start=50", "same-origin", 303, 3, 1, "/inbox?q=to%3Aann&start=50"},
		{"/inbox/message/" + id + "/unread?q=to:ann", "same-origin", 303, 3, 2, "/inbox?q=to%3Aann"},
		{"/inbox/read", "same-origin", 303, 3, 0, "/inbox"},
		{"/inbox/message/" + id + "/delete?q=to:ann", "same-origin", 303, 2, 0, "/inbox?q=to%3Aann"},
		{"/inbox/message/" + id + "/delete", "same-origin", 303, 2, 0, "/inbox"},
		{"/inbox/message/" + id + "/unread", "same-origin", 303, 2, 0, "/inbox"},
		{"/inbox/delete?q=to:ann", "same-origin", 303, 1, 0, "/inbox"},
		{"/inbox/delete", "same-origin", 303, 0, 0, "/inbox"},
	} {
		status, h, _ := s.call(t, "POST", c.path, "", "Sec-Fetch-Site", c.site)
		if left, unread := s.Counts(); status != c.status || left != c.left || unread != c.unread ||
			h.Get("Location") != c.to {
			t.Errorf("%s from %s: %d, %d left, %d unread, to %s", c.path, c.site, status, left, unread, h.Get("Location"))
		}
	}
}

func TestFiles(t *testing.T) {
	s := open(t)
	for path, kind := range map[string]string{
		"/inbox/app.js": "text/javascript; charset=utf-8", "/inbox/inbox.css": "text/css; charset=utf-8",
	} {
		status, h, body := s.call(t, "GET", path, "")
		if status != 200 || h.Get("Content-Type") != kind || len(body) < 1000 {
			t.Errorf("%s: %d %s", path, status, h.Get("Content-Type"))
		}
	}
}

func TestSizes(t *testing.T) {
	for octets, want := range map[int]string{
		0: "0\u00a0B", 1023: "1023\u00a0B", 1024: "1\u00a0KB", 1600: "2\u00a0KB", 1 << 20: "1.0\u00a0MB",
		3 << 19: "1.5\u00a0MB",
	} {
		if got := size(octets); got != want {
			t.Errorf("%d: %s", octets, got)
		}
	}
}
