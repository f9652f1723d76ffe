package driver

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store/guid"
)

// start is for who comes without a document: it says that its QR code leads on.
func (h *Handlers) start(c *web.Call) error {
	v, over, err := h.visitor(c)
	if err != nil {
		return err
	}
	w := h.words(c)
	p := page.Page{Title: w.StartTitle, Notice: w.greeting(c.Notified(), v, over), Text: []string{w.StartText}}
	if !v.isSignedIn() {
		p.Button = page.Link{URL: signInPath, Text: w.ToSignIn, Style: page.Second}
	}
	return h.draw(c, http.StatusOK, v, guid.ID{}, p)
}
