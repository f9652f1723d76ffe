package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"postern/server/web/schema"
)

// Asset is content that is the same for all who get it: an embedded file that pages refer to, or a page that is drawn
// once. It never changes.
type Asset struct {
	path, contentType string
	data              []byte
	version           string // of the content: browsers keep a versioned URL for good
	page              *Page  // of a page: its headers
}

// NewAsset makes an asset of a file.
func NewAsset(path, contentType string, data []byte) *Asset {
	sum := sha256.Sum256(data)
	return &Asset{path: path, contentType: contentType, data: data, version: hex.EncodeToString(sum[:8])}
}

// Draw makes an asset of a page.
func (c *Call) Draw(path string, p Page) (*Asset, error) {
	var b bytes.Buffer
	if err := c.draw(&b, p); err != nil {
		return nil, err
	}
	a := NewAsset(path, isHTML[0], b.Bytes())
	a.page = &p
	return a, nil
}

// URL is what pages use for it, and changes with the content.
func (a *Asset) URL() string { return a.path + "?v=" + a.version }

// Route answers with it.
func (a *Asset) Route() Route {
	name := strings.FieldsFunc(a.path, func(r rune) bool { return r == '/' || r == '.' })
	return Route{Method: http.MethodGet, Path: a.path, Handle: a.Serve, Doc: Doc{
		ID: "file_" + strings.Join(name, "_"), Summary: "A file that pages refer to",
		Out: AssetAnswers(a.contentType, "The file.")}}
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
	if a.page != nil {
		c.pageHeaders(*a.page)
	}
	header.Set("Cache-Control", "no-cache")
	if c.R.URL.RawQuery == "v="+a.version {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	tag := `"` + a.version + `"`
	header.Set("ETag", tag)
	if strings.Contains(c.R.Header.Get("If-None-Match"), tag) {
		c.W.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.Bytes(a.contentType, a.data)
}
