package biker

import (
	"embed"
	"errors"
	"html/template"
	"strconv"
	"strings"
	"time"

	"postern/server/web"
)

//go:embed pages/*.html words/*.json
var embedded embed.FS

// pages are the room's templates and texts, read once.
type pages struct {
	password, oldLink, login, forgot, account, message *template.Template
	words                                              map[string]words // by language
}

func loadPages() (*pages, error) {
	p := &pages{}
	var faults []error
	for name, to := range map[string]**template.Template{
		"password": &p.password, "oldlink": &p.oldLink, "login": &p.login, "forgot": &p.forgot, "account": &p.account,
		"message": &p.message,
	} {
		var err error
		*to, err = web.ParsePage(embedded, "pages/parts.html", "pages/"+name+".html")
		faults = append(faults, err)
	}
	var err error
	p.words, err = web.ReadWords[words](embedded, Languages...)
	return p, errors.Join(append(faults, err)...)
}

// draw answers with a page in the language of the person, where that is known, else of the browser.
func (r *Handlers) draw(c *web.Call, status int, content *template.Template,
	data func(words) (title string, data any)) error {
	language := c.Spoken(Languages...)
	title, filled := data(r.pages.words[language])
	return c.Page(status, web.Page{Language: language, Title: title, Content: content, Data: filled})
}

// message is a page that says one thing.
type message struct {
	Title, Text, Class string // Class of the style sheet: done, error or notice
	Note               string // what to do if that does not help
	Link, LinkText     string
}

func (r *Handlers) say(c *web.Call, status int, say func(words) message) error {
	return r.draw(c, status, r.pages.message, func(w words) (string, any) {
		m := say(w)
		return m.Title, m
	})
}

// fault is one thing that is wrong with what was typed.
type fault struct {
	Field string // its name; empty: the form as a whole
	Text  string
}

// one makes the faults of a form that has one.
func one(f func(words) fault) func(words) []fault {
	return func(w words) []fault { return []fault{f(w)} }
}

// form is what every page with fields has.
type form struct {
	Words  words
	Faults []fault
}

func newForm(w words, faults func(words) []fault) form {
	f := form{Words: w}
	if faults != nil {
		f.Faults = faults(w)
	}
	return f
}

// title says before anything else where something is wrong: it is what a screen reader reads first.
func (f form) title(text string) string {
	if len(f.Faults) > 0 {
		return f.Words.FaultPrefix + text
	}
	return text
}

// field is one input with its label. What has been typed into a password comes back in no page.
type field struct {
	Name, Label, Hint         string
	Type, Autocomplete, Value string
	Fault                     string
}

// field completes a field by what is wrong with it.
func (f form) field(in field) field {
	for _, fault := range f.Faults {
		if fault.Field == in.Name {
			in.Fault = fault.Text
		}
	}
	return in
}

// Describers are the ids of what is said about the field.
func (f field) Describers() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Fault != "" {
		ids = append(ids, f.Name+"-fault")
	}
	return strings.Join(ids, " ")
}

// waitText says when to come back. Its numbers are never one, since that is another word in each language.
func (w words) waitText(wait time.Duration) string {
	minutes := int((wait + time.Minute - 1) / time.Minute)
	if minutes < 2 {
		return w.WaitMomentText
	}
	return strings.ReplaceAll(w.WaitMinutesText, "{minutes}", strconv.Itoa(minutes))
}
