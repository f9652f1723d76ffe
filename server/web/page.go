package web

import (
	"bytes"

	"postern/server/web/page"
)

// makePages prepares the kit of all pages, and the files that they refer to.
func (m *Middleware) makePages() (err error) {
	if m.kit, err = page.New(m.options.Look); err != nil {
		return err
	}
	for _, file := range m.kit.Files() {
		m.assets = append(m.assets, &Asset{File: file})
	}
	return nil
}

var isHTML = []string{"text/html; charset=utf-8"}

// Page answers with a page. It is drawn whole before the status is written. What the room leaves open of language and
// switch is that of the call.
func (c *Call) Page(status int, p page.Page) error {
	return withBuffer(func(b *bytes.Buffer) error {
		if err := c.draw(b, &p); err != nil {
			return err
		}
		c.pageHeaders(&p)
		c.send(status, isHTML, b.Bytes())
		return nil
	})
}

// draw completes a page by what is the call's, and draws it.
func (c *Call) draw(b *bytes.Buffer, p *page.Page) error {
	if p.Languages == nil {
		p.Languages = c.handler.languages[section(c.R.URL.Path)]
	}
	if p.Language == "" {
		p.Language = c.Spoken(p.Languages...)
	}
	if p.Switch == "" {
		p.Switch = c.switchPath()
	}
	if p.Back == "" {
		p.Back = c.here()
	}
	return c.handler.middleware.kit.Draw(b, *p)
}

func (c *Call) pageHeaders(p *page.Page) {
	header := c.W.Header()
	header.Set("Content-Language", p.Language)
	header.Set("Referrer-Policy", "same-origin") // with no-referrer, our own forms would come from the origin null
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Content-Security-Policy", p.ContentPolicy())
}
