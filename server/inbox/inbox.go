// Package inbox shows the letters that the built-in inbox keeps: as a page for people, and as JSON in the shapes of
// Mailpit's API v1, so that test tools made for Mailpit work. Who may come here, and whether there is an inbox at all,
// the route table decides.
package inbox

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"postern/mail/inbox"
	"postern/server/web"
	"postern/server/web/page"
	"postern/store/refuse"
)

// Handlers are the inbox's pages and calls. They are safe for concurrent use.
type Handlers struct {
	box           *inbox.Inbox
	draining      context.Context
	content       *template.Template
	style, script file
}

// New makes the handlers over an inbox. When draining ends, calls that wait are answered, so that they do not hold up
// the end of the appliance.
func New(box *inbox.Inbox, draining context.Context) (*Handlers, error) {
	r := &Handlers{box: box, draining: draining}
	var err error
	if r.style, err = openFile("inbox.css", "text/css; charset=utf-8"); err != nil {
		return nil, err
	}
	if r.script, err = openFile("app.js", "text/javascript; charset=utf-8"); err != nil {
		return nil, err
	}
	r.content, err = page.Parse(assets, "assets/inbox.html", "assets/letter.html")
	return r, err
}

// errNoLetter answers for letters that are not there. They may have been: the inbox forgets.
func errNoLetter() error {
	return refuse.New(refuse.NotFound,
		"There is no such letter in the inbox; it keeps the newest ones only, and forgets all when the appliance ends.")
}

// letter finds the letter that the path names: by its ID, or as "latest", of those that match ?query= where given.
func (r *Handlers) letter(c *web.Call) (*inbox.Letter, error) { return r.find(c, c.Param("id")) }

func (r *Handlers) find(c *web.Call, id string) (*inbox.Letter, error) {
	found, ok := r.box.Letter(id)
	if id == "latest" {
		query, err := parse(c, c.R.URL.Query().Get("query"))
		if err != nil {
			return nil, err
		}
		found, ok = r.box.Latest(query)
	}
	if !ok {
		return nil, errNoLetter()
	}
	return found, nil
}

// parse reads a search. The dates in it are in the zone that ?tz= names, as Europe/Brussels, else in UTC. Mailpit
// overlooks a zone that it does not know; here that is said, since the search would find other letters than meant.
func parse(c *web.Call, text string) (inbox.Query, error) {
	zone, err := time.LoadLocation(c.R.URL.Query().Get("tz"))
	if err != nil {
		const wrong = "This machine knows no such time zone. Leave tz out and write the offset into the date, as " +
			"after:2026-01-31T08:00:00+01:00."
		return inbox.Query{},
			&refuse.Refusal{Kind: refuse.Invalid, Reason: wrong, Fields: map[string][]string{"tz": {wrong}}}
	}
	return inbox.ParseQueryIn(text, zone), nil
}

// opened marks a letter as read, unless only its header is asked for: HEAD changes nothing.
func (r *Handlers) opened(c *web.Call, letter *inbox.Letter) {
	if c.R.Method != http.MethodHead {
		r.box.MarkRead(true, among(letter.ID))
	}
}

// among picks letters by their IDs; none picks all.
func among(ids ...string) func(*inbox.Letter) bool {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	return func(c *inbox.Letter) bool { return len(wanted) == 0 || wanted[c.ID] }
}

// pageOf reads start and limit as Mailpit does: what makes no sense counts as absent.
func pageOf(query url.Values) (start, limit int) {
	limit = 50
	if n, err := strconv.Atoi(query.Get("start")); err == nil && n > 0 {
		start = n
	}
	if n, err := strconv.Atoi(query.Get("limit")); err == nil && n >= 0 {
		limit = n
	}
	return start, limit
}

// cut returns the part of a list that a page shows.
func cut(all []*inbox.Letter, start, limit int) []*inbox.Letter {
	start = min(start, len(all))
	return all[start:][:min(limit, len(all)-start)]
}
