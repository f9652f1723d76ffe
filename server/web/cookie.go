package web

import (
	"net/http"
	"strings"
	"time"
)

// Cookie is a cookie of ours: for this host alone, out of reach of scripts, and not sent along with what another site's
// pages post (SameSite=Lax, unless it is Strict).
type Cookie struct {
	Name string
	// how long a browser keeps it; 0: until it is closed. Browsers keep none over 400 days (RFC 6265bis §5.5)
	Life time.Duration

	// Path is where it is sent, with the paths below; empty: everywhere. Only a path of its own keeps it from what lies
	// beside.
	Path string
	// Strict keeps it from whatever comes from another site, a link that is followed there too (SameSite=Strict).
	Strict bool
	// Direct is for what no proxy stands before: only the connection itself tells whether it is one by TLS, and not
	// PUBLIC_URL.
	Direct bool
}

// hostPrefix makes browsers take a cookie only over TLS, from this very host and for all its paths (RFC 6265bis
// §4.1.3.2).
const hostPrefix = "__Host-"

// securePrefix is as much as they promise of one with a path of its own.
const securePrefix = "__Secure-"

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
	path, sameSite := "/", http.SameSiteLaxMode
	if k.Path != "" {
		path = k.Path
	}
	if k.Strict {
		sameSite = http.SameSiteStrictMode
	}
	http.SetCookie(c.W, &http.Cookie{Name: k.name(c), Value: value, Path: path, MaxAge: maxAge,
		Secure: k.isSecure(c), HttpOnly: true, SameSite: sameSite})
}

func (k Cookie) name(c *Call) string {
	switch {
	case !k.isSecure(c):
		return k.Name
	case k.Path != "":
		return securePrefix + k.Name
	}
	return hostPrefix + k.Name
}

func (k Cookie) isSecure(c *Call) bool { return c.Secure || !k.Direct && c.overTLS() }

// overTLS reports whether the browser's side speaks TLS, also where the proxy that ends it is not trusted to say so.
func (c *Call) overTLS() bool {
	return c.Secure || strings.HasPrefix(c.handler.middleware.options.PublicOrigin, "https:")
}
