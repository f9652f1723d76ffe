package web

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"postern/store/fixture"
)

// TestPages holds the frame of a page and an error in each language.
func TestPages(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
	for name, request := range map[string]string{
		"page.golden":     "GET /page?q=%3Cscript%3E",
		"error-nl.golden": "GET /page/fail/missing",
	} {
		_, body := exchange(t, address, request+" HTTP/1.1\nX-Request-Id: id\nAccept-Language: nl")
		fixture.Golden(t, name, regexp.MustCompile(`\?v=[0-9a-f]+`).ReplaceAll([]byte(body), []byte("?v=…")))
	}
}

// TestStatic: a versioned file is kept for good, any other asked for again.
func TestStatic(t *testing.T) {
	address := start(t, newHandler(t, ForNobody, options(io.Discard)), ServerOptions{})
	_, page := exchange(t, address, "GET /page HTTP/1.1")
	_, rest, _ := strings.Cut(page, `<link rel="stylesheet" href="`)
	url, _, _ := strings.Cut(rest, `"`)
	versioned, body := exchange(t, address, "GET "+url+" HTTP/1.1")
	if versioned.StatusCode != 200 || !strings.Contains(versioned.Header.Get("Cache-Control"), "immutable") ||
		!strings.Contains(body, "color-scheme") {
		t.Errorf("%s: %s %v", url, versioned.Status, versioned.Header)
	}
	again, _ := exchange(t, address, "GET /static/style.css HTTP/1.1\nIf-None-Match: "+versioned.Header.Get("ETag"))
	if again.StatusCode != 304 || again.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%s %v", again.Status, again.Header)
	}
	picture, _ := exchange(t, address, "GET /static/icon.svg HTTP/1.1")
	if policy := picture.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") ||
		!strings.Contains(policy, "sandbox") {
		t.Errorf("an SVG by itself may do what %q allows", policy)
	}
	if a := NewAsset("/x.js", "text/javascript", []byte("1")).URL(); !strings.HasPrefix(a, "/x.js?v=") {
		t.Error(a)
	} else if b := NewAsset("/x.js", "text/javascript", []byte("2")).URL(); a == b {
		t.Error("the URL does not change with the content")
	}
}
