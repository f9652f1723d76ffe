package inbox

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"postern/mail/inbox"
	"postern/server/web"
	"postern/server/web/page"
)

//go:embed assets
var assets embed.FS

// pagePolicy allows the page its own script and style, its live calls, and a frame for the HTML of letters; nothing
// from elsewhere.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const (
	pageLetters = 50        // letters a page of the list shows
	pageSource  = 256 << 10 // octets of the source that are shown; all of it is a click away
)

// view is what the page's template draws.
type view struct {
	Style, Script        string
	Base                 string // where the reader has come to, for calls to copy
	Version              uint64
	Query                string
	Total, Unread, Found int
	FoundUnread          int
	ReadURL, DeleteURL   string // what the list's buttons post to
	Start                int    // rows before the first shown
	Rows                 []row
	Newer, Older         string // links; empty where there are none
	Back                 string // to the list, as it was
	Gone                 bool   // a letter was asked for that is not there
	Letter               *letterView
}

// row is a letter in the list.
type row struct {
	shown
	URL     string
	Current bool
}

// letterView is the letter that is read.
type letterView struct {
	shown
	Tabs                 []tab
	Open                 string // the tab's key
	Widths               []tab  // of the HTML
	Narrow               bool   // the HTML is shown as wide as a phone
	Source               string
	Cut                  bool // Source is not all
	UnreadURL, DeleteURL string
}

type tab struct {
	Key, Name, URL string
	Current        bool
}

// listPage is the page of letters, newest first, with a search.
func (r *Handlers) listPage(c *web.Call) error {
	return r.page(c, http.StatusOK, nil)
}

// letterPage is the page of one letter, beside the list: as HTML, text or source, its files, its links.
func (r *Handlers) letterPage(c *web.Call) error {
	letter, err := r.letter(c)
	if err != nil {
		return r.page(c, http.StatusNotFound, nil)
	}
	r.opened(c, letter)
	return r.page(c, http.StatusOK, letter)
}

func (r *Handlers) page(c *web.Call, status int, letter *inbox.Letter) error {
	query := c.R.URL.Query()
	asked := placeOf(query)
	version, _ := r.box.Watch() // before the list is read: a change in between is then not missed
	found := r.box.Find(inbox.ParseQuery(asked.query))
	total, unread := r.box.Counts()
	v := view{
		Style: r.style.url, Script: r.script.url, Version: version, Query: asked.query, Total: total, Unread: unread,
		Found: len(found), FoundUnread: inbox.CountUnread(found), Start: min(asked.start, len(found)),
		ReadURL: asked.at("/inbox/read"), DeleteURL: asked.at("/inbox/delete"), Back: asked.at("/inbox"),
		Gone: status == http.StatusNotFound,
	}
	for _, one := range cut(found, asked.start, pageLetters) {
		url := asked.at("/inbox/message/" + one.ID)
		v.Rows = append(v.Rows, row{shown: shown{one}, URL: url, Current: one == letter})
	}
	v.Base = "http://" + c.R.Host
	if c.Secure {
		v.Base = "https://" + c.R.Host
	}
	if v.Start > 0 {
		v.Newer = place{asked.query, max(0, v.Start-pageLetters)}.at("/inbox")
	}
	if v.Start+pageLetters < len(found) {
		v.Older = place{asked.query, v.Start + pageLetters}.at("/inbox")
	}
	title := "Inbox"
	if letter != nil {
		v.Letter = lookAt(letter, query, asked)
		title = shown{letter}.Title() + " · Inbox"
	}
	return c.Page(status, page.Page{Language: "en", Title: title, Content: r.content, Data: v, Policy: pagePolicy,
		Wide: true,
		Bare: true})
}

// place is where in the list somebody is: links lead back there.
type place struct {
	query string
	start int
}

func placeOf(query url.Values) place {
	start, _ := pageOf(query)
	return place{query: strings.ToValidUTF8(query.Get("q"), "\uFFFD"), start: start}
}

func (p place) at(path string, more ...string) string {
	values := url.Values{}
	if p.query != "" {
		values.Set("q", p.query)
	}
	if p.start > 0 {
		values.Set("start", strconv.Itoa(p.start))
	}
	for pair := range slices.Chunk(more, 2) {
		values.Set(pair[0], pair[1])
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// lookAt prepares a letter for the wanted tab, or for the first where there is no such.
func lookAt(letter *inbox.Letter, query url.Values, asked place) *letterView {
	path := "/inbox/message/" + letter.ID
	l := &letterView{shown: shown{letter}, UnreadURL: asked.at(path + "/unread"), DeleteURL: asked.at(path + "/delete")}
	add := func(key, name string, there bool) {
		if there {
			l.Tabs = append(l.Tabs, tab{Key: key, Name: name, URL: asked.at(path, "view", key)})
		}
	}
	add("html", "HTML", letter.HTML != "")
	add("text", "Text", letter.Text != "")
	add("links", "Links "+strconv.Itoa(len(letter.Links)), len(letter.Links) > 0)
	add("files", "Files "+strconv.Itoa(len(letter.Files)), len(letter.Files) > 0)
	add("headers", "Headers", true)
	add("source", "Source", true)
	at := max(0, slices.IndexFunc(l.Tabs, func(t tab) bool { return t.Key == query.Get("view") }))
	l.Tabs[at].Current, l.Open = true, l.Tabs[at].Key
	switch l.Open {
	case "html":
		l.Narrow = query.Get("width") == "phone"
		l.Widths = []tab{{Name: "Full width", URL: l.Tabs[at].URL, Current: !l.Narrow},
			{Name: "Phone", URL: asked.at(path, "view", "html", "width", "phone"), Current: l.Narrow}}
	case "source":
		l.Cut = len(letter.Raw) > pageSource
		l.Source = strings.ToValidUTF8(string(letter.Raw[:min(pageSource, len(letter.Raw))]), "\uFFFD")
	}
	return l
}

// What the page's forms post: all about the letters that the list's search finds, or about one letter. They lead back
// to the list as it was. A letter that is gone already is as good as done with.

func (r *Handlers) deleteFound(c *web.Call) error {
	asked := placeOf(c.R.URL.Query())
	r.box.Delete(inbox.ParseQuery(asked.query).Matches)
	return c.SeeOther("/inbox")
}

func (r *Handlers) readFound(c *web.Call) error {
	asked := placeOf(c.R.URL.Query())
	r.box.MarkRead(true, inbox.ParseQuery(asked.query).Matches)
	return c.SeeOther(asked.at("/inbox"))
}

func (r *Handlers) deleteLetter(c *web.Call) error {
	r.box.Delete(among(c.Param("id")))
	return c.SeeOther(placeOf(c.R.URL.Query()).at("/inbox"))
}

func (r *Handlers) leaveUnread(c *web.Call) error {
	r.box.MarkRead(false, among(c.Param("id")))
	return c.SeeOther(placeOf(c.R.URL.Query()).at("/inbox"))
}
