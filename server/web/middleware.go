// Package web is what every audience shares of HTTP: the middleware around a handler (routing, request ids, security
// headers, CORS, the caller's address, errors to statuses), reading bodies, answering, pages, limits per client, the
// server itself. What is asked and answered belongs to the rooms.
//
// A route describes itself, and a test refuses one that does not. Its Doc stands beside the handler:
//
//	var registerDoc = web.Doc{
//		ID: "registerUser", Summary: "Register a user",
//		Text: "A letter with the activation link goes to the address.",
//		In:   web.TakesJSON("UserRegistration", registrationFields, web.Texts{"cleaningId": "What they came for."}),
//		Out: []web.Answer{
//			web.Returns[registered](http.StatusCreated, "Registered."),
//			web.Refuses(http.StatusConflict, "There is an account with this address already."),
//		},
//	}
//
// registrationFields makes the fields.Object that the handler decodes the body with, so that its limits are written
// once; registered is the type that it answers with, whose fields may have a tag doc:"…". Statuses that follow from the
// sort of route (400, 408, 413 and 415 of a body, 401 and 403 of a token, 500, 503) are added by Route.Answers. Whoever
// must prove who they are is the route's Caller.
package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"
	"github.com/rs/zerolog"

	"postern/server/web/page"
)

// Handler does one call. What it returns as an error is answered in one place: a *refuse.Refusal by its kind, a
// *Problem by its status, anything else as a 500 whose text only the log sees. An error after the answer has begun
// breaks the connection.
type Handler func(*Call) error

// Route is one method on one path.
type Route struct {
	Method string
	Path   string // httprouter's pattern; a parameter is never empty and never holds a slash
	Handle Handler

	Caller Caller // who may call
	Doc    Doc    // what it takes and answers

	BodyLimit int64         // octets; 0 is 16 KiB
	BodyTime  time.Duration // for the body to arrive; 0 is 30 s

	Page     bool // for people: errors are a small HTML page
	AlsoJSON bool // beside Page: who prefers JSON gets it under the same URL, errors too
	Operator bool // only where Access lets the caller see it
	NoHead   bool // a GET that changes something: HEAD is 405

	// Languages are those of the pages under the first segment of Path, the fallback first: error pages there are in no
	// other, on unknown paths too. None: every language that errors can be told in.
	Languages []string

	observed Observed // nil: nobody
}

// The defaults of a Route.
const (
	defaultBodyLimit = 16 << 10
	defaultBodyTime  = 30 * time.Second
)

// Access says to whom a listener shows the operator's routes. To anybody else they are unknown paths.
type Access int

// The kinds of access.
const (
	ForNobody    Access = iota // the operator has a listener of its own, and this is not it
	ForLoopback                // a loopback peer with a loopback Host and no sign of a proxy
	ForLocalHost               // whoever asks for a loopback Host: the operator's own listener, on this machine alone
	// whoever asks for an IP address or a known name: the operator's own listener, in a network
	ForNamedHost
	ForAnybody // the socket in the data directory
)

// Options are the plain values that a Middleware is made of.
type Options struct {
	Log            zerolog.Logger
	Random         io.Reader // request ids; safe for concurrent use
	TrustedProxies []netip.Prefix
	PublicOrigin   string   // of PUBLIC_URL: its pages may post here even where a proxy rewrites Host; may be empty
	AllowedOrigins []string // as ParseOrigin gives them: browsers' origins that may call what lies under CrossOrigin
	CrossOrigin    []string // path prefixes that other origins may call, as /non-license-user/
	Look           page.Look
	OperatorHosts  []string // names in lower case, without ports, that the operator's own listener answers to

	// Observe is asked once for each route, by its method and pattern, and then told of each answer: its status, and how
	// long it took. Empty: what no route answers. nil: nobody is told.
	Observe func(method, pattern string) Observed

	Security *SecurityLog // counts and bounds security events; nil: they are written without a bound
}

// Observed is told of an answer. It must be quick, and safe for concurrent use.
type Observed func(status int, took time.Duration)

// Middleware surrounds every handler. It is safe for concurrent use, and keeps nothing between calls.
type Middleware struct {
	options    Options
	origins    map[string][]string // Access-Control-Allow-Origin, by origin
	protection http.CrossOriginProtection
	assets     []*Asset
	kit        *page.Kit
}

// NewMiddleware checks the options and makes the middleware.
func NewMiddleware(o Options) (*Middleware, error) {
	m := &Middleware{options: o, origins: make(map[string][]string)}
	for _, text := range o.AllowedOrigins {
		origin, err := ParseOrigin(text)
		if err != nil {
			return nil, err
		}
		m.origins[origin] = []string{origin}
	}
	if o.PublicOrigin != "" {
		if err := m.protection.AddTrustedOrigin(o.PublicOrigin); err != nil {
			return nil, fmt.Errorf("%q is not an origin: %w", o.PublicOrigin, err)
		}
	}
	return m, m.makePages()
}

// ParseOrigin reads a browser's origin (RFC 6454 §6.2), as https://app.example.org, and gives it as browsers send it:
// lower case, without the scheme's default port. Neither * nor null is one.
func ParseOrigin(text string) (string, error) {
	u, err := url.Parse(strings.ToLower(strings.TrimSpace(text)))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Host, "*") {
		return "", fmt.Errorf("%q is not an origin: write scheme and host, as https://app.example.org", text)
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" || port == "" {
		u.Host = strings.TrimSuffix(strings.TrimSuffix(u.Host, port), ":")
	}
	return u.Scheme + "://" + u.Host, nil
}

// Handler makes the routes callable. HEAD is there beside every GET that does not say otherwise. Routes that contradict
// each other are a fault of the program: it panics.
func (m *Middleware) Handler(access Access, routes []Route) http.Handler {
	h := &handler{middleware: m, access: access, public: newTable(), operator: newTable(),
		languages: make(map[string][]string), elsewhere: m.observed("", "")}
	for _, route := range routes {
		if len(route.Languages) > 0 {
			h.languages[section(route.Path)] = route.Languages
		}
		if route.Operator {
			h.operator.add(h, route)
		} else {
			h.public.add(h, route)
		}
	}
	return h
}

// observed is whom answers of a route are told; nil: nobody.
func (m *Middleware) observed(method, pattern string) Observed {
	if m.options.Observe == nil {
		return nil
	}
	return m.options.Observe(method, pattern)
}

// Files are the routes that every page refers to: static files, and the choice of a language.
func (m *Middleware) Files() (routes []Route) {
	routes = append(routes, languageRoute())
	for _, a := range m.assets {
		routes = append(routes, a.Route())
	}
	return routes
}

// handler is a Middleware with routes.
type handler struct {
	middleware       *Middleware
	access           Access
	public, operator *table
	languages        map[string][]string // of error pages, by section; none: all
	elsewhere        Observed            // of what no route answers
}

// table finds a route. Only the router's lookup is used: its own answers know neither request ids nor CORS, and
// redirect to paths that are nearly right.
type table struct {
	router  *httprouter.Router
	methods []string // sorted
	paths   []string // patterns, each once
}

func newTable() *table { return &table{router: httprouter.New()} }

func (t *table) add(h *handler, route Route) {
	r := &route
	r.observed = h.middleware.observed(route.Method, route.Path)
	handle := func(w http.ResponseWriter, _ *http.Request, params httprouter.Params) {
		h.run(w.(*answer).call, r, params)
	}
	t.handle(route.Method, route.Path, handle)
	if !slices.Contains(t.paths, route.Path) {
		t.paths = append(t.paths, route.Path)
	}
	if route.Method == http.MethodGet && !route.NoHead {
		t.handle(http.MethodHead, route.Path, handle)
	}
}

func (t *table) handle(method, path string, handle httprouter.Handle) {
	t.router.Handle(method, path, handle)
	if i, found := slices.BinarySearch(t.methods, method); !found {
		t.methods = slices.Insert(t.methods, i, method)
	}
}

// serve calls the route that matches, if one does.
func (t *table) serve(c *Call, path string) bool {
	handle, params, _ := t.router.Lookup(c.R.Method, path)
	if handle == nil || !filled(params) {
		return false
	}
	handle(c.W, c.R, params)
	return true
}

// allowed lists the methods that the path answers to.
func (t *table) allowed(path string) (methods []string) {
	for _, method := range t.methods {
		if handle, params, _ := t.router.Lookup(method, path); handle != nil && filled(params) {
			methods = append(methods, method)
		}
	}
	return methods
}

// filled reports whether every parameter has a value: the router also matches /cleanings/ to /cleanings/:id.
func filled(params httprouter.Params) bool {
	for _, p := range params {
		if p.Value == "" || p.Value == "/" {
			return false
		}
	}
	return true
}

// ServeHTTP does one request, from the first header to the log line.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := newCall(h, w, r)
	defer c.finish()
	c.prepare()
	path := r.URL.Path
	if !strings.HasPrefix(path, "/") || hidesSlash(r.URL.RawPath) {
		c.fail(unknownPath)
		return
	}
	if h.public.serve(c, path) {
		return
	}
	tables := []*table{h.public}
	if c.Operator() {
		if h.operator.serve(c, path) {
			return
		}
		tables = append(tables, h.operator)
	}
	c.elsewhere(tables, path)
}

// hidesSlash finds an encoded slash: decoded, it would reach another route than the one that was written.
func hidesSlash(rawPath string) bool {
	return rawPath != "" && (strings.Contains(rawPath, "%2f") || strings.Contains(rawPath, "%2F"))
}

// run calls a route's handler and answers its error.
func (h *handler) run(c *Call, route *Route, params httprouter.Params) {
	c.route, c.Params = route, params
	if err := c.checkOrigin(); err != nil {
		c.fail(err)
		return
	}
	if err := c.checkEncoding(); err != nil {
		c.fail(err)
		return
	}
	if err := route.Handle(c); err != nil {
		c.fail(err)
	}
}

// finish is deferred around every call: a panic becomes a 500, and the call its log line.
func (c *Call) finish() {
	if fault := recover(); fault != nil {
		if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			c.observe()
			panic(fault)
		}
		c.Log().Error().Bytes("stack", debug.Stack()).Msgf("panic: %v", fault)
		if c.answer.status != 0 {
			c.observe()
			panic(http.ErrAbortHandler) // half an answer must not look whole
		}
		c.write(&Problem{Status: http.StatusInternalServerError})
	}
	c.logLine()
	c.observe()
	c.linger() // when the call is counted: the caller has its answer
}

// observe tells of the answer whoever counts them.
func (c *Call) observe() {
	observed := c.handler.elsewhere
	if c.route != nil {
		observed = c.route.observed
	}
	if observed != nil {
		observed(c.answer.status, time.Since(c.began))
	}
}
