package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
)

//go:embed page.html error.html style.css icon.svg
var embedded embed.FS

// defaultPolicy allows a page its own style, pictures and forms, and no script.
const defaultPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors " +
	"'none'; base-uri 'none'"

// Page is one page for a person.
type Page struct {
	Language string             // of its text, as "nl"
	Title    string             // also for the browser's tab
	Content  *template.Template // from ParsePage
	Data     any                // what the content is made of
	Policy   string             // Content-Security-Policy; empty: own style, pictures and forms, no script
	Wide     bool               // a table rather than a text: uses the window's width
}

// layout is what surrounds a page's content.
type layout struct {
	style, icon  string // URLs
	organisation string
	privacyURL   string
	failure      *template.Template
}

// ParsePage makes a page's template from files that define "content". What it draws gets Page.Data as its dot.
func ParsePage(files fs.FS, names ...string) (*template.Template, error) {
	t, err := template.ParseFS(embedded, "page.html")
	if err != nil {
		return nil, err
	}
	if t, err = t.ParseFS(files, names...); err != nil {
		return nil, err
	}
	if t.Lookup("content") == nil {
		return nil, fmt.Errorf("%v: no template named content", names)
	}
	return t, nil
}

// makePages prepares the layout and the files that it refers to.
func (m *Middleware) makePages() error {
	style, err := embedded.ReadFile("style.css")
	if err != nil {
		return err
	}
	icon, err := embedded.ReadFile("icon.svg")
	if err != nil {
		return err
	}
	failure, err := ParsePage(embedded, "error.html")
	if err != nil {
		return err
	}
	m.assets = []*Asset{
		NewAsset("/static/style.css", "text/css; charset=utf-8", style),
		NewAsset("/static/icon.svg", "image/svg+xml", icon),
	}
	m.layout = layout{style: m.assets[0].URL(), icon: m.assets[1].URL(), failure: failure,
		organisation: m.options.Organisation, privacyURL: m.options.PrivacyURL}
	return nil
}

// layoutData is what the layout's template is executed with.
type layoutData struct {
	Page
	Style, Icon, Organisation, PrivacyURL, PrivacyText string
}

var isHTML = []string{"text/html; charset=utf-8"}

// privacyTexts name the link to the privacy notice.
var privacyTexts = map[string]string{"en": "Privacy", "nl": "Privacy", "fr": "Confidentialité", "de": "Datenschutz"}

// Page answers with a page. It is drawn whole before the status is written.
func (c *Call) Page(status int, p Page) error {
	return withBuffer(func(b *bytes.Buffer) error {
		if err := c.draw(b, p); err != nil {
			return err
		}
		c.pageHeaders(p)
		c.send(status, isHTML, b.Bytes())
		return nil
	})
}

func (c *Call) draw(b *bytes.Buffer, p Page) error {
	l := c.handler.middleware.layout
	whole := layoutData{Page: p, Style: l.style, Icon: l.icon, Organisation: l.organisation, PrivacyURL: l.privacyURL,
		PrivacyText: privacyTexts[p.Language]}
	return p.Content.ExecuteTemplate(b, "page.html", whole)
}

func (c *Call) pageHeaders(p Page) {
	header := c.W.Header()
	header.Set("Content-Language", p.Language)
	header.Set("Referrer-Policy", "same-origin") // with no-referrer, our own forms would come from the origin null
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Content-Security-Policy", defaultPolicy)
	if p.Policy != "" {
		header.Set("Content-Security-Policy", p.Policy)
	}
}
