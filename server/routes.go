package server

import (
	"net/http"
	"slices"

	"postern/server/web"
)

// routes is the public address's table, by who may call. Each room's own table says what a call must prove.
func (a *App) routes() []web.Route {
	return slices.Concat(
		a.anybody(),
		a.front(),
		a.rooms.partner.Routes(), // partners, by their bearer tokens
		a.rooms.biker.Routes(),   // bikers, by a mailed link or a password
		a.rooms.eecd.Routes(),    // anybody registers and signs in; the rest wants a user token
		a.rooms.driver.Routes(),  // the same by pages: anybody, a mailed link, a user token in a cookie
		a.operatorRoutes(),       // the operator: this machine alone, or nobody where OPERATOR_LISTEN is set
	)
}

// anybody may ask whether the appliance lives and takes writes.
func (a *App) anybody() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Path: "/healthz", Handle: a.healthz},
		{Method: http.MethodGet, Path: "/readyz", Handle: a.readyz},
	}
}

// front is for whoever types the bare address: in a demo it leads to the built-in inbox, where the caller may see that,
// else to the bikers' account.
func (a *App) front() []web.Route {
	return []web.Route{{Method: http.MethodGet, Path: "/", Page: true, Handle: func(c *web.Call) error {
		if a.config.Demo && c.Operator() {
			return c.SeeOther("/inbox")
		}
		return c.SeeOther("/biker")
	}}}
}

// operatorFront is the same on the operator's own listener, where the bikers' pages are not.
func (a *App) operatorFront() []web.Route {
	if a.rooms.inbox == nil {
		return nil
	}
	return []web.Route{{Method: http.MethodGet, Path: "/", Page: true, Operator: true,
		Handle: func(c *web.Call) error { return c.SeeOther("/inbox") }}}
}

// operatorRoutes are for the operator alone. A route that is not there for a caller is an unknown path.
func (a *App) operatorRoutes() (routes []web.Route) {
	if a.rooms.inbox != nil {
		routes = a.rooms.inbox.Routes()
	}
	routes = append(routes, web.Route{Method: http.MethodGet, Path: "/metrics", Handle: a.writeMetrics})
	for i := range routes {
		routes[i].Operator = true
	}
	return routes
}
