// Package page is the kit that pages for people are made of. A room chooses its words first, and then makes a page of
// them that is plain data: a heading, what is wrong, paragraphs, forms, sections. The kit draws it, in one layout and
// one style for all rooms. It knows neither HTTP nor the domain.
package page

import (
	"html/template"
	"slices"
	"strings"
)

// Page is one page for a person. Its parts are drawn in the order of the fields, and empty ones not at all.
type Page struct {
	Title  string // its heading, and the browser's tab
	Notice Notice // what has just been done, or what comes before all else

	// Content draws Data where the other parts can't draw what there is to show. It comes from Parse.
	Content *template.Template
	Data    any

	Text     []string // paragraphs
	Rows     []Row
	Form     *Form
	Button   Link   // the one way on
	Links    []Link // other ways on
	Sections []Section
	Note     string // in small print

	Ways      []Way    // to the room's other pages, in the header
	WaysLabel string   // what they are, for who does not see them
	Action    *Form    // the button in the header, as to log out: a form without fields
	Language  string   // of the texts, as "nl"
	Languages []string // that the page is there in; one or none: there is nothing to switch to
	Switch    string   // where the choice of a language is posted to
	Back      string   // where it leads back to: this page's own path and query

	Scripts []string // URLs of scripts of our own, without which the page works too
	Policy  string   // Content-Security-Policy, where the usual one is too strict
	Wide    bool     // uses the window's width, as a table does
	Bare    bool     // Content draws the heading itself
}

// Tone is what a notice is about.
type Tone string

// The tones of a notice.
const (
	Plain Tone = "notice"
	Done  Tone = "done"  // something has worked
	Wrong Tone = "error" // something does not work
)

// Notice is one sentence or two that stand out.
type Notice struct {
	Tone Tone
	Text string
}

// Notice makes a notice of that tone.
func (t Tone) Notice(text string) Notice { return Notice{Tone: t, Text: text} }

// Row is one thing that is known, with its name.
type Row struct {
	Label, Value string
	Phone        bool // the value is a telephone number, to be called by a tap
}

// Tel is the address of a telephone number (RFC 3966 §5.1.1: digits, and a plus before them).
func (r Row) Tel() template.URL {
	digits := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c == '+' {
			return c
		}
		return -1
	}, strings.ReplaceAll(r.Value, "(0)", ""))
	return template.URL("tel:" + digits)
}

// Link leads to another page.
type Link struct {
	URL, Text string
	Style     Style // where it is drawn as a button
}

// Way leads to one of a room's pages, from all of them.
type Way struct {
	URL, Text string
	Current   bool // this is the page, or one below it
}

// Section is a part of a page with a heading of its own.
type Section struct {
	Title  string
	Text   []string
	Rows   []Row
	Form   *Form
	Button Link
	Note   string // in small print
	Accent bool   // stands out from the others
	Folded bool   // shows its heading alone until it is opened, unless its form has faults
}

// Open reports whether a folded section is to be open from the start.
func (s Section) Open() bool { return s.Form != nil && len(s.Form.Faults) > 0 }

// forms are the page's forms whose fields the kit draws.
func (p Page) forms() (all []*Form) {
	if p.Form != nil {
		all = append(all, p.Form)
	}
	for _, s := range p.Sections {
		if s.Form != nil {
			all = append(all, s.Form)
		}
	}
	return all
}

// isFaulty reports whether something is wrong with what was typed. The tab's title says so before anything else: it is
// what a screen reader reads first.
func (p Page) isFaulty() bool {
	for _, f := range p.forms() {
		if len(f.Faults) > 0 {
			return true
		}
	}
	return false
}

// IsLive reports whether a form is sent without leaving the page.
func (p Page) IsLive() bool {
	return slices.ContainsFunc(p.forms(), func(f *Form) bool { return f.Live })
}

// usesScript reports whether the kit's own script has something to do.
func (p Page) usesScript() bool {
	for _, f := range p.forms() {
		for _, field := range f.Fields {
			if field.Type == Password || field.Least > 0 || field.Most > 0 {
				return true
			}
		}
	}
	return false
}

// What a page may load: its own style and pictures, and scripts of our own where it has any.
const (
	usualPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'"
	scriptPolicy = usualPolicy + "; script-src 'self'; connect-src 'self'"
)

// ContentPolicy is the page's Content-Security-Policy.
func (p Page) ContentPolicy() string {
	switch {
	case p.Policy != "":
		return p.Policy
	case len(p.Scripts) > 0 || p.usesScript() || p.IsLive():
		return scriptPolicy
	}
	return usualPolicy
}
