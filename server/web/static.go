package web

import (
	"bytes"
	"net/http"
	"strings"

	"postern/server/web/page"
	"postern/server/web/schema"
)

// Asset is content that is the same for all who get it: an embedded file that pages refer to, or a page that is drawn
// once. It never changes.
type Asset struct {
	page.File
	drawn *page.Page // of a page: its headers
}

// NewAsset makes an asset of a file.
func NewAsset(path, contentType string, data []byte) *Asset {
	return &Asset{File: page.NewFile(path, contentType, data)}
}

// Draw makes an asset of a page.
func (c *Call) Draw(path string, p page.Page) (*Asset, error) {
	var b bytes.Buffer
	if err := c.draw(&b, &p); err != nil {
		return nil, err
	}
	a := NewAsset(path, isHTML[0], b.Bytes())
	a.drawn = &p
	return a, nil
}

// Route answers with it.
func (a *Asset) Route() Route {
	name := strings.FieldsFunc(a.Path, func(r rune) bool { return r == '/' || r == '.' })
	return Route{Method: http.MethodGet, Path: a.Path, Handle: a.Serve, Doc: Doc{
		ID: "file_" + strings.Join(name, "_"), Summary: "A file that pages refer to",
		Out: AssetAnswers(a.Type, "The file.")}}
}

// AssetAnswers describe what Serve answers.
func AssetAnswers(contentType, text string) []Answer {
	tag := InHeader("ETag", schema.Of(schema.String), "The version of the content.").MustHave()
	media, _, _ := strings.Cut(contentType, ";")
	return []Answer{
		ReturnsFile(media, text).With(tag),
		Answer{Status: http.StatusNotModified, Text: "The caller has this version already."}.With(tag),
	}
}

// Serve lets a browser keep what it asked for by version for ever, and anything else only after asking again.
func (a *Asset) Serve(c *Call) error {
	header := c.W.Header()
	if a.drawn != nil {
		c.pageHeaders(a.drawn)
	}
	header.Set("Cache-Control", "no-cache")
	if c.R.URL.RawQuery == "v="+a.Version {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if a.Type == "image/svg+xml" { // opened by itself it must do nothing, whoever has drawn it
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox")
	}
	tag := `"` + a.Version + `"`
	header.Set("ETag", tag)
	if strings.Contains(c.R.Header.Get("If-None-Match"), tag) {
		c.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.Bytes(a.Type, a.Data)
}
