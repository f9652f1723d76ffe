package web

import (
	"net/http"
	"strings"

	"postern/server/web/page"
	"postern/server/web/schema"
)

// asset is an embedded file that pages refer to.
type asset struct{ page.File }

func (a asset) route() Route {
	name := strings.FieldsFunc(a.Path, func(r rune) bool { return r == '/' || r == '.' })
	return Route{Method: http.MethodGet, Path: a.Path, Handle: a.serve, Doc: Doc{
		ID: "file_" + strings.Join(name, "_"), Summary: "A file that pages refer to",
		Out: assetAnswers(a.Type, "The file.")}}
}

// assetAnswers are those of a file that browsers keep.
func assetAnswers(contentType, text string) []Answer {
	tag := InHeader("ETag", schema.Of(schema.String), "The version of the content.")
	media, _, _ := strings.Cut(contentType, ";")
	return []Answer{ReturnsFile(media, text).With(tag),
		Answer{Status: http.StatusNotModified, Text: "The caller has this version already."}.With(tag)}
}

// serve lets a browser keep what it asked for by version for ever, and anything else only after asking again.
func (a asset) serve(c *Call) error {
	header := c.W.Header()
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

// Static makes the route of an embedded file and the URL that pages are to use for it, which changes with its content.
func Static(path, contentType string, data []byte) (route Route, url string) {
	a := asset{page.NewFile(path, contentType, data)}
	return a.route(), a.URL()
}
