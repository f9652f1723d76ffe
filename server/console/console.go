// Package console is the operator's room: pages over the operator's acts, which are the same functions as the commands
// call. It shows whether letters go out, the queue, people, partners, plans, cleanings, events, keys and settings, and
// every act is a form that works without scripts.
//
// Who comes in has a link that the appliance's socket gave, which works once and only by a button's POST: a scanner or
// a preview that opens it burns nothing. From then on a cookie names a session that is kept in memory alone, so that a
// restart ends all. Each form carries the session's own word beside what the browser says of its origin. Looking at a
// person, and each act, is an event.
//
// The pages are in English: they are for who runs the appliance, as the commands and the log are.
package console

import (
	"context"
	"embed"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"postern/server/history"
	"postern/server/operator"
	"postern/server/web"
	"postern/server/web/page"
)

// Options are the plain values that Handlers are made of.
type Options struct {
	Acts    *operator.Operator
	History *history.History
	Status  func() Status
	Silent  func() ([]Silent, error)
	// Seen tells when a partner called last; zero: not since the start.
	Seen     func(partner string) time.Time
	Limits   func() []Limit
	Settings func() []Setting

	PublicURL *url.URL       // where drivers' pages are
	Zone      *time.Location // of the times on pages
	Now       func() time.Time
	Random    io.Reader // of links and sessions
}

// Status is what the running appliance knows of itself, and the store does not.
type Status struct {
	Store       error     // why no writes are taken; nil: they are
	Inbox       bool      // letters go to the built-in inbox
	PausedUntil time.Time // the smarthost is at fault, and tried again then; zero: it is not
	Fault       string    // its phase and words
	Connections int       // open to the smarthost
}

// Silent is a partner that should call and does not.
type Silent struct {
	Name  string
	Since time.Time
}

// Limit is a limit that something went over within the last hour.
type Limit struct {
	Words       string // what it does to people
	Since, Last time.Time
	Count       uint64 // since the start
}

// Setting is a setting with what is in force, secrets masked.
type Setting struct{ Name, Value, Default, Meaning string }

// Handlers are the pages and their forms. They are safe for concurrent use.
type Handlers struct {
	Options
	views         map[string]*template.Template
	style, script *web.Asset
	cookie        web.Cookie
	sessions      *sessions

	many     sync.Mutex      // held while an act on many letters is under way
	patience time.Duration   // how long a page waits for one
	tasks    sync.WaitGroup  // such acts
	working  context.Context // theirs; Run ends it
	stop     context.CancelFunc
}

//go:embed pages
var embedded embed.FS

// The pages' templates; each defines a content, and shares what is in parts.html.
var templates = []string{"overview", "letters", "letter", "people", "person", "partners", "token", "plans", "cleanings",
	"cleaning", "events", "keys", "settings"}

// New makes the handlers. Its error is a template or file of the program's own that is missing.
func New(o Options) (*Handlers, error) {
	h := &Handlers{Options: o, views: make(map[string]*template.Template), sessions: newSessions(o.Now, o.Random),
		patience: manyPatience,
		cookie:   web.Cookie{Name: "postern-console", Path: home, Strict: true, Direct: true}}
	h.working, h.stop = context.WithCancel(context.Background())
	for _, name := range templates {
		t, err := page.Parse(embedded, "pages/parts.html", "pages/"+name+".html")
		if err != nil {
			return nil, err
		}
		h.views[name] = t
	}
	var err error
	if h.style, err = asset("console.css", "text/css; charset=utf-8"); err == nil {
		h.script, err = asset("console.js", "text/javascript; charset=utf-8")
	}
	return h, err
}

// Run ends, when ctx does, the acts on many letters that go on behind their pages. What they have done by then is done;
// each letter stands by itself.
func (h *Handlers) Run(ctx context.Context) error {
	<-ctx.Done()
	h.stop()
	h.tasks.Wait()
	return nil
}

func asset(name, contentType string) (*web.Asset, error) {
	data, err := embedded.ReadFile("pages/" + name)
	return web.NewAsset(home+"/"+name, contentType, data), err
}

// The pages' paths.
const (
	home          = "/console"
	enterPath     = home + "/enter"
	leavePath     = home + "/leave"
	lettersPath   = home + "/letters"
	sendingPath   = home + "/sending"
	peoplePath    = home + "/people"
	bikersPath    = home + "/bikers"
	usersPath     = home + "/users"
	partnersPath  = home + "/partners"
	plansPath     = home + "/plans"
	cleaningsPath = home + "/cleanings"
	eventsPath    = home + "/events"
	keysPath      = home + "/keys"
	settingsPath  = home + "/settings"
)

// ways are the pages that the header leads to.
var ways = []page.Way{
	{URL: home, Text: "Overview"}, {URL: lettersPath, Text: "Letters"}, {URL: peoplePath, Text: "People"},
	{URL: partnersPath, Text: "Partners"}, {URL: plansPath, Text: "Plans"}, {URL: cleaningsPath, Text: "Cleanings"},
	{URL: eventsPath, Text: "Events"}, {URL: keysPath, Text: "Keys"}, {URL: settingsPath, Text: "Settings"},
}

// visit is one call of somebody who has entered.
type visit struct {
	*web.Call
	session *session
	form    map[string]string // of a POST
}

// entered makes the handler of a page for who has entered. All others are told how to.
func (h *Handlers) entered(handle func(*visit) error) web.Handler {
	return func(c *web.Call) error {
		session := h.sessions.find(h.cookie.Value(c))
		if session == nil {
			return h.closed(c)
		}
		return handle(&visit{Call: c, session: session})
	}
}

// acting makes the handler of a form. The session's word in it is one that no other site can know.
func (h *Handlers) acting(handle func(*visit) error) web.Handler {
	return h.entered(func(v *visit) (err error) {
		if v.form, err = v.Form(); err != nil {
			return err
		}
		if !v.session.isWord(v.form[wordField]) {
			return h.refused(v, http.StatusForbidden, "This form is from another visit. Nothing was done: open the page "+
				"again, and repeat it there.")
		}
		return handle(v)
	})
}

// draw answers with a page for who has entered. The template's data is p.Data; current is the way that it lies on.
func (h *Handlers) draw(v *visit, status int, current, template string, p page.Page) error {
	p.Language, p.Languages, p.Wide = "en", []string{"en"}, true
	if template != "" {
		p.Content = h.views[template]
	}
	p.Data = shown{Style: h.style.URL(), Word: v.session.word, View: p.Data}
	p.Scripts = append(p.Scripts, h.script.URL())
	p.WaysLabel = "Console"
	for _, way := range ways {
		way.Current = way.URL == current
		p.Ways = append(p.Ways, way)
	}
	p.Action = v.doing(leavePath, "Leave", page.Main)
	if p.Notice.Text == "" {
		p.Notice = v.session.takeNotice()
	}
	for i := range p.Sections {
		v.own(p.Sections[i].Form)
	}
	return v.Page(status, p)
}

// shown is what the pages' templates are executed with.
type shown struct {
	Style string
	Word  string // the session's, for forms
	View  any
}

// wordField is the name of the field that carries the session's word.
const wordField = "word"

// doing is a form of one button.
func (v *visit) doing(action, button string, style page.Style) *page.Form {
	return v.own(&page.Form{Action: action, Button: button, Style: style})
}

// own has a form carry the session's word.
func (v *visit) own(form *page.Form) *page.Form {
	if form != nil && (len(form.Hidden) == 0 || form.Hidden[0].Name != wordField) {
		form.Hidden = append([]page.Hidden{{Name: wordField, Value: v.session.word}}, form.Hidden...)
	}
	return form
}

// done leads to a page, which says what has been done.
func (v *visit) done(to, sentence string) error {
	v.session.say(page.Done.Notice(sentence))
	return v.SeeOther(to)
}

// without leads to a page, which says why nothing has been done.
func (v *visit) without(to string, err error) error {
	reason, err := refusal(err)
	if err != nil {
		return err
	}
	v.session.say(page.Wrong.Notice(reason))
	return v.SeeOther(to)
}

// refused answers with a page that says only why it shows nothing.
func (h *Handlers) refused(v *visit, status int, reason string) error {
	return h.draw(v, status, "", "", page.Page{Title: http.StatusText(status), Notice: page.Wrong.Notice(reason)})
}
