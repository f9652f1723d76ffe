package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"postern/store/refuse"
)

// What browsers of an allowed origin may send and see (CORS, Fetch standard §3.3).
var (
	varyOrigin   = []string{"Origin"}
	exposed      = []string{"X-Request-Id, Retry-After"}
	allowHeaders = []string{"content-type, x-nallian-token, x-request-id"}
	maxAge       = []string{"600"}
)

// shareOrigin lets the pages of allowed origins read the answer, errors too. The list is exact: nothing is reflected
// that is not on it, there is no * and no null, and no credentials, since nothing there goes by cookie.
func (c *Call) shareOrigin() {
	for _, prefix := range c.handler.middleware.options.CrossOrigin {
		if strings.HasPrefix(c.R.URL.Path, prefix) {
			c.crossing = true
		}
	}
	if !c.crossing {
		return
	}
	header := c.W.Header()
	header["Vary"] = varyOrigin
	if origin, allowed := c.allowedOrigin(); allowed {
		header["Access-Control-Allow-Origin"] = origin
		header["Access-Control-Expose-Headers"] = exposed
	}
}

func (c *Call) allowedOrigin() (origin []string, allowed bool) {
	given := c.R.Header["Origin"]
	if len(given) != 1 {
		return nil, false
	}
	origin, allowed = c.handler.middleware.origins[given[0]]
	return origin, allowed
}

// preflight answers a browser that asks before it calls.
func (c *Call) preflight(allow string) {
	if !c.crossing || c.R.Header.Get("Access-Control-Request-Method") == "" {
		return
	}
	if _, allowed := c.allowedOrigin(); !allowed {
		return
	}
	header := c.W.Header()
	header["Access-Control-Allow-Methods"] = []string{allow}
	header["Access-Control-Allow-Headers"] = allowHeaders
	header["Access-Control-Max-Age"] = maxAge
}

// checkOrigin refuses what another site makes a browser send. Paths that other origins may call need it not: their
// bodies are JSON, which a browser sends abroad only after asking.
func (c *Call) checkOrigin() error {
	if c.crossing {
		return nil
	}
	err := c.handler.middleware.protection.Check(c.R)
	if c.R.Header.Get("Sec-Fetch-Site") == "" && !isSafe(c.R.Method) {
		err = c.checkReferer(err)
	}
	if err != nil {
		return &refuse.Refusal{Kind: refuse.Forbidden,
			Reason: "This was sent from another site. Open the page here and try again.", Cause: err}
	}
	return nil
}

var errForeignReferer = errors.New("the Referer is another site's page")

// checkReferer decides about browsers that tell neither Sec-Fetch-Site nor an origin, as old ones do: a page of ours is
// named by them (Referrer-Policy: same-origin), and no other site can have them name one. An origin that is known has
// been judged already. What names no page either is sent by no browser of today.
func (c *Call) checkReferer(judged error) error {
	referer := c.R.Header.Get("Referer")
	switch origin := c.R.Header.Get("Origin"); {
	case origin != "" && origin != "null":
		return judged
	case referer != "" && c.isOwn(referer):
		return nil
	case referer != "":
		return errForeignReferer
	}
	return judged
}

// isOwn reports whether a URL is of this host, or of PUBLIC_URL's where a proxy rewrites Host.
func (c *Call) isOwn(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	origin, err := ParseOrigin(u.Scheme + "://" + u.Host)
	return err == nil && (strings.EqualFold(u.Host, c.R.Host) || origin == c.handler.middleware.options.PublicOrigin)
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// wantsPage reports whether an error is read by a person: on a page's route, or, where no route matched, in a browser.
func (c *Call) wantsPage() bool {
	if c.route != nil {
		return c.route.Page && !(c.route.AlsoJSON && c.PrefersJSON())
	}
	return !c.crossing && c.R.Method != http.MethodOptions && strings.Contains(c.R.Header.Get("Accept"), "text/html")
}
