package server

import (
	"net/http"
	"slices"

	"postern/server/openapi"
	"postern/server/web"
)

// described is what the description of the routes says of them all.
var described = openapi.Info{
	Title: "Postern API", Version: "1",
	Text: `
		Postern lets people in by e-mail: bikers, whom a partner registers, and users of the electronic tank-cleaning
		document, who register by themselves.

		JSON in and out, in UTF-8. The names of properties match in any case; answers spell them as they are written
		here. Properties that are not described are ignored, and user.create names them under warnings; answers may get
		further ones. A property that is given twice is an error. null, and in optional properties an empty text, count
		as absent. Texts are trimmed. A body must say that it is application/json, unless a bearer token comes with it,
		and must have no Content-Encoding.

		Errors are application/problem+json (RFC 9457), with all faults of a body at once under errors; those of pages
		are HTML. The header X-Request-Id of every answer names the call in the log; a caller may choose it. HEAD works
		wherever GET does, unless the call says otherwise. Beside what is described here, an unknown path is 404, a
		method that a path does not have 405, and too large a header 431.

		An answer of 2xx means: stored on disk, with the letter that is owed. After one of 5xx the call may be
		repeated.`,
}

// Routes are all that LISTEN answers, what the operator alone may call among it, and all that the operator's socket
// answers, each with its description: for whoever holds answers to it.
func (a *App) Routes() (public, socket []web.Route, err error) {
	middleware, err := web.NewMiddleware(web.Options{})
	if err != nil {
		return nil, nil, err
	}
	public, err = a.publicRoutes(middleware.Files())
	return public, a.acts.Routes(), err
}

// publicRoutes is the public address's table. Each room's own says what a call must prove.
func (a *App) publicRoutes(files []web.Route) ([]web.Route, error) {
	return openapi.Publish(described, []openapi.Group{
		{Name: "Partners", Routes: a.rooms.partner.Routes(),
			Text: "Systems that register bikers, deliver cleanings, and follow what becomes of both. They call with " +
				"a permanent token."},
		{Name: "Users", Routes: a.rooms.eecd.Routes(),
			Text: "Drivers and loading places: anybody registers and signs in; the rest wants a user token."},
		{Name: "Drivers' pages", Routes: a.rooms.driver.Routes(),
			Text: "The same by pages: where the links in users' letters lead, and the QR code on documents."},
		{Name: "Bikers' pages", Routes: a.rooms.biker.Routes(),
			Text: "A password by a mailed link, logging in, the account. They need no script."},
		{Name: "Everybody", Routes: slices.Concat(a.anybody(), a.front(), files),
			Text: "Whether the appliance is well, and what the pages are made of."},
	}, a.operatorGroups())
}

// operatorAddressRoutes is the table of the operator's own listener, where partners, bikers and users have no calls.
func (a *App) operatorAddressRoutes(files []web.Route) ([]web.Route, error) {
	return openapi.Publish(described, []openapi.Group{
		{Name: "Everybody", Routes: slices.Concat(a.anybody(), files),
			Text: "Whether the appliance is well, and what the pages are made of."},
	}, append(a.operatorGroups(), openapi.Group{Name: "Front", Text: "The bare address.", Routes: a.operatorFront()}))
}

// anybody may ask whether the appliance lives and takes writes.
func (a *App) anybody() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/healthz", Handle: a.healthz, Doc: healthzDoc},
		{Method: http.MethodGet, Path: "/readyz", Handle: a.readyz, Doc: readyzDoc},
	}
}

var frontDoc = web.Doc{
	ID: "pageFront", Summary: "The bare address",
	Out: []web.Answer{web.LeadsOn("To the bikers' account, to the inbox or to the console.")},
}

// front is for whoever types the bare address: in a demo it leads to the built-in inbox, where the caller may see that,
// else to the bikers' account.
func (a *App) front() []web.Route {
	lead := func(c *web.Call) error {
		if a.config.Demo && c.Operator() {
			return c.SeeOther("/inbox")
		}
		return c.SeeOther("/biker")
	}
	return []web.Route{{Method: http.MethodGet, Path: "/", Page: true, Handle: lead, Doc: frontDoc}}
}

// operatorFront is the same on the operator's own listener, where the bikers' pages are not.
func (a *App) operatorFront() []web.Route {
	to := "/console"
	if a.rooms.inbox != nil {
		to = "/inbox"
	}
	return []web.Route{{Method: http.MethodGet, Path: "/", Page: true, Operator: true, Doc: frontDoc,
		Handle: func(c *web.Call) error { return c.SeeOther(to) }}}
}

// operatorGroups are for the operator alone: this machine, or nobody where OPERATOR_LISTEN is set. A route that is not
// there for a caller is an unknown path.
func (a *App) operatorGroups() (groups []openapi.Group) {
	if a.rooms.inbox != nil {
		groups = append(groups, openapi.Group{Name: "Inbox", Routes: a.rooms.inbox.Routes(),
			Text: "The letters, where no smarthost takes them: a page, and JSON in the shapes of Mailpit's API v1."})
	}
	groups = append(groups, openapi.Group{Name: "Console", Routes: a.rooms.console.Routes(),
		Text: "The operator's pages, entered by a link that postern console prints. They need no script."})
	groups = append(groups, openapi.Group{Name: "Metrics", Text: "What is counted.", Routes: []web.Route{
		{Method: http.MethodGet, Path: "/metrics", Handle: a.writeMetrics, Doc: metricsDoc}}})
	for _, g := range groups {
		for i := range g.Routes {
			g.Routes[i].Operator = true
		}
	}
	return groups
}
