package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"sync"
	"time"

	"postern/server/web/schema"
)

// MailedLinks takes the token of a mailed link out of a browser's address bar, and so out of its history: whoever
// navigates to the link is led on to the same page, with the token in a cookie of 30 minutes and only its name in the
// address, so that several links can be open at once. A browser that keeps no cookies is shown the page under the
// link's own address when it opens it once more, and what does not navigate, as a script, always. It is safe for
// concurrent use.
type MailedLinks struct {
	now func() time.Time

	mu      sync.Mutex
	refused map[string]time.Time // guarded by mu; names of links whose cookie did not come back, and when
}

const (
	linkCookieLife = 30 * time.Minute
	refusedFor     = 10 * time.Minute // then a browser is led on again
	refusedMost    = 1000             // names, which strangers can make up
)

// ErrNoCookie says that a browser was led on and does not bring the token: it keeps no cookies, comes back too late, or
// has used the link. Its person is to open the link once more, and then gets the page.
var ErrNoCookie = errors.New("the browser has not kept the cookie of a mailed link")

// MailedLinkParams describe what Open looks at.
var MailedLinkParams = []Param{
	InQuery("token", schema.Of(schema.String), "What the mailed link carries."),
	InQuery("link", schema.Of(schema.String), "Names the cookie with the token, once a browser has been led on."),
}

// NewMailedLinks makes one for the pages of a room.
func NewMailedLinks(now func() time.Time) *MailedLinks {
	return &MailedLinks{now: now, refused: make(map[string]time.Time)}
}

// Open returns the token of a mailed link, from its query or the browser's cookie; it is empty where there is none.
// Where answered, the browser has been led on, and there is nothing more to do. A token that is not readable stays
// where it is. The error is ErrNoCookie.
func (m *MailedLinks) Open(c *Call, readable func(token string) bool) (token string, answered bool, err error) {
	query := c.R.URL.Query()
	if token = query.Get("token"); token != "" {
		name := linkName(token)
		if c.R.Header.Get("Sec-Fetch-Mode") != "navigate" || !readable(token) || m.refuses(name) {
			return token, false, nil
		}
		linkCookie(name).Set(c, token)
		query.Del("token")
		query.Set("link", name)
		return "", true, c.SeeOther(c.R.URL.Path + "?" + query.Encode())
	}
	name := query.Get("link")
	if name == "" {
		return "", false, nil
	}
	if token = linkCookie(name).Value(c); token == "" || linkName(token) != name {
		if len(name) == linkNameLength {
			m.note(name)
		}
		return "", false, ErrNoCookie
	}
	return token, false, nil
}

// Done has the browser forget the token of a link that has been used.
func (m *MailedLinks) Done(c *Call, token string) {
	if k := linkCookie(linkName(token)); k.Value(c) != "" {
		k.Clear(c)
	}
}

const linkNameLength = 16

// linkName names a link without telling its token.
func linkName(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:linkNameLength/2])
}

func linkCookie(name string) Cookie {
	return Cookie{Name: "postern-link-" + name, Life: linkCookieLife}
}

// refuses reports whether a link's cookie has not come back of late.
func (m *MailedLinks) refuses(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, known := m.refused[name]
	return known && m.now().Sub(at) < refusedFor
}

// note forgets another link where there are too many: it is of little use to know one, and of little harm not to.
func (m *MailedLinks) note(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.refused[name]; !known && len(m.refused) >= refusedMost {
		for other := range m.refused {
			delete(m.refused, other)
			break
		}
	}
	m.refused[name] = m.now()
}

// Address is where the page of a link can be opened again: by the link's name where the browser keeps its token.
func (m *MailedLinks) Address(c *Call, path, token string) string {
	name := linkName(token)
	if linkCookie(name).Value(c) == token {
		return path + "?link=" + name
	}
	return path + "?token=" + url.QueryEscape(token)
}
