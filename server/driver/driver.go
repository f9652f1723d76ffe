// Package driver is the room of the drivers' pages: the cleaning that a document's QR code leads to, and what mailed
// links lead to. They are made for a phone at a loading place, and opening one changes nothing: only forms do.
package driver

import (
	"net/http"
	"time"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/page"
	"postern/server/web/schema"
	"postern/store"
)

// Options are the plain values that Handlers are made of.
type Options struct {
	Store *store.Store
	Acts  *user.Acts
	Now   func() time.Time
}

// Handlers are the pages and their forms. They are safe for concurrent use.
type Handlers struct {
	Options
	texts map[string]words // by language
	links *web.MailedLinks
}

// New makes the handlers. Its error is a text of the program's own that is missing.
func New(o Options) (*Handlers, error) {
	texts, err := page.ReadWords[words](embedded, user.Languages...)
	return &Handlers{Options: o, texts: texts, links: web.NewMailedLinks(o.Now)}, err
}

// pathID describes the path's GUID.
var pathID = web.InPath("id", schema.GUID(), "The cleaning's GUID: cleaningActionId.")

// Routes are the pages' and their forms'.
func (h *Handlers) Routes() []web.Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []web.Route{
		{Method: get, Path: activatePath, Handle: h.activationPage, Doc: activationPageDoc},
		{Method: post, Path: activatePath, Handle: h.activationForm, Doc: activationFormDoc},
		{Method: get, Path: notMePath, Handle: h.notMePage, Doc: notMePageDoc},
		{Method: post, Path: notMePath, Handle: h.notMeForm, Doc: notMeFormDoc},
		{Method: get, Path: "/eecd/cleanings/:id", Handle: h.cleaningPage, Doc: cleaningPageDoc},
	}
	for i := range routes {
		routes[i].Page, routes[i].Languages = true, user.Languages
	}
	return routes
}
