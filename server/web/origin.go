package web

import (
	"net/http"
	"strings"

	"postern/store"
)

// What browsers of an allowed origin may send and see (CORS, Fetch standard §3.3).
var (
	varyOrigin   = []string{"Origin"}
	exposed      = []string{"X-Request-Id, Retry-After"}
	allowHeaders = []string{"content-type, x-nallian-token, x-request-id"}
	maxAge       = []string{"600"}
)

// shareOrigin lets the pages of allowed origins read the answer, errors too. The list is exact: nothing is reflected that is
// not on it, there is no * and no null, and no credentials, since nothing there goes by cookie.
func (c *Call) shareOrigin() {
	for _, prefix := range c.handler.frame.options.CrossOrigin {
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
	origin, allowed = c.handler.frame.origins[given[0]]
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
	if c.crossing || c.fromNowhere() {
		return nil
	}
	if err := c.handler.frame.protection.Check(c.R); err != nil {
		return &store.Refusal{Kind: store.Forbidden, Reason: "This was sent from another site. Open the page here and try again.", Cause: err}
	}
	return nil
}

// fromNowhere is how a browser sends our own forms over plain HTTP: Referrer-Policy: no-referrer turns their Origin into null
// (Fetch standard §3.2.2), and Sec-Fetch-Site comes over TLS only. Without TLS that can't be told from a foreign form, so
// it passes; a session's cookie does not come along with a foreign one (SameSite). To this machine itself Sec-Fetch-Site comes always.
func (c *Call) fromNowhere() bool {
	return !c.Secure && !isLocalHost(c.R.Host) && c.R.Header.Get("Origin") == "null" && c.R.Header.Get("Sec-Fetch-Site") == ""
}

// wantsPage tells whether an error is read by a person: on a page's route, or, where no route matched, in a browser.
func (c *Call) wantsPage() bool {
	if c.route != nil {
		return c.route.Page
	}
	return !c.crossing && c.R.Method != http.MethodOptions && strings.Contains(c.R.Header.Get("Accept"), "text/html")
}
