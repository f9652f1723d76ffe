package inbox

import (
	"net/http"
	"strings"

	"postern/server/web"
)

// absent are Mailpit's calls for what this inbox does not do. A client that makes one learns why, instead of looking
// for a path that it has spelled right.
var absent = []struct{ method, path, reason string }{
	{http.MethodPost, "send",
		"This inbox takes the appliance's own letters alone. To make it send one, register somebody."},
	{http.MethodPost, "message/:id/release", "This inbox passes no letter on. Set POSTERN_SMTP_URL to send real mail."},
	{http.MethodGet, "message/:id/part/:part/thumb",
		"This inbox makes no thumbnails. The part itself is at the path without /thumb."},
	{http.MethodGet, "message/:id/html-check", "This inbox does not check HTML."},
	{http.MethodGet, "message/:id/link-check",
		"This inbox calls nobody, so it checks no links. They are listed in the letter's Links."},
	{http.MethodGet, "message/:id/sa-check", "This inbox has no SpamAssassin."},
	{http.MethodPut, "tags", noTags},
	{http.MethodPut, "tags/:tag", noTags},
	{http.MethodDelete, "tags/:tag", noTags},
	{http.MethodGet, "chaos", noChaos},
	{http.MethodPut, "chaos", noChaos},
}

const (
	noTags  = "This inbox has no tags. Search by to:, subject: or any word instead."
	noChaos = "This inbox fails where it is told to: letters to temperror@, permerror@ and timeout@, at any domain, " +
		"meet that fault."
)

// absentDoc describes such a call.
func absentDoc(method, path string) web.Doc {
	name := strings.NewReplacer("/", "_", "-", "_", ":", "").Replace(method + "/" + path)
	doc := web.Doc{
		ID: "no" + name, Summary: "Not done here: " + path,
		Out: []web.Answer{web.Refuses(http.StatusNotImplemented, "Mailpit's call that this inbox does not do.")},
	}
	for segment := range strings.SplitSeq(path, "/") {
		if name, is := strings.CutPrefix(segment, ":"); is {
			doc.Params = append(doc.Params, web.InPath(name, anyText, "Not looked at."))
		}
	}
	return doc
}

// absentRoutes answer 501 (RFC 9110 section 15.6.2).
func absentRoutes(prefix string) (routes []web.Route) {
	for _, a := range absent {
		handle := func(*web.Call) error { return &web.Problem{Status: http.StatusNotImplemented, Detail: a.reason} }
		doc := absentDoc(a.method, a.path)
		routes = append(routes, web.Route{Method: a.method, Path: prefix + a.path, Handle: handle, Doc: doc})
	}
	return routes
}
