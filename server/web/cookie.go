package web

import (
	"net/http"
	"strings"
	"time"
)

// Cookie is a cookie of ours: for this host alone, out of reach of scripts, and not sent along with what another site's
// pages post (SameSite=Lax).
type Cookie struct {
	Name string
	// how long a browser keeps it; 0: until it is closed. Browsers keep none over 400 days (RFC 6265bis §5.5)
	Life time.Duration
}

// hostPrefix makes browsers take a cookie only over TLS, from this very host and for all its paths (RFC 6265bis
// §4.1.3.2).
const hostPrefix = "__Host-"

// Value is what the browser has kept. It is empty where it keeps none, or several of the name: then at least one is
// not ours.
func (k Cookie) Value(c *Call) string {
	if kept := c.R.CookiesNamed(k.name(c)); len(kept) == 1 {
		return kept[0].Value
	}
	return ""
}

// Set has the browser keep a value of visible ASCII without quotes, commas, semicolons and backslashes.
func (k Cookie) Set(c *Call, value string) { k.write(c, value, int(k.Life/time.Second)) }

// Clear has the browser forget the cookie.
func (k Cookie) Clear(c *Call) { k.write(c, "", -1) }

func (k Cookie) write(c *Call, value string, maxAge int) {
	http.SetCookie(c.W, &http.Cookie{Name: k.name(c), Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (k Cookie) name(c *Call) string {
	if c.overTLS() {
		return hostPrefix + k.Name
	}
	return k.Name
}

// overTLS reports whether the browser's side speaks TLS, also where the proxy that ends it is not trusted to say so.
func (c *Call) overTLS() bool {
	return c.Secure || strings.HasPrefix(c.handler.middleware.options.PublicOrigin, "https:")
}
