package inbox

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"postern/mail/inbox"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/store/refuse"
)

// messages lists the letters, newest first (GET messages?start=&limit=).
func (r *Handlers) messages(c *web.Call) error {
	return r.list(c, inbox.Query{})
}

// search lists the letters that match (GET search?query=&start=&limit=).
func (r *Handlers) search(c *web.Call) error {
	query, err := searchOf(c)
	if err != nil {
		return err
	}
	return r.list(c, query)
}

func (r *Handlers) list(c *web.Call, query inbox.Query) error {
	start, limit := pageOf(c.R.URL.Query())
	matching := r.box.Find(query)
	total, unread := r.box.Counts()
	shown := cut(matching, start, limit)
	return c.JSON(http.StatusOK, listAnswer{
		Total: total, Unread: unread, Count: len(shown), MessagesCount: len(matching),
		MessagesUnread: inbox.CountUnread(matching), Start: start, Messages: summarise(shown),
	})
}

// searchOf reads ?query=, which must be there.
func searchOf(c *web.Call) (inbox.Query, error) {
	text := strings.TrimSpace(c.R.URL.Query().Get("query"))
	if text == "" {
		return inbox.Query{}, errNoSearch()
	}
	return parse(c, text)
}

func errNoSearch() error {
	return refuse.New(refuse.Invalid, "Say what to look for, as ?query=to:jane@example.org.")
}

// message returns a letter with its text and what else is in it (GET message/{ID|latest}), and marks it as read.
func (r *Handlers) message(c *web.Call) error {
	letter, err := r.letter(c)
	if err != nil {
		return err
	}
	r.opened(c, letter)
	return c.JSON(http.StatusOK, describe(letter))
}

// headers returns the fields of a letter, by canonical name, undecoded (GET message/{ID}/headers).
func (r *Handlers) headers(c *web.Call) error {
	letter, err := r.letter(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, letter.Header())
}

// raw returns a letter's source (GET message/{ID}/raw), as a file to keep with ?dl=1.
func (r *Handlers) raw(c *web.Call) error {
	letter, err := r.letter(c)
	if err != nil {
		return err
	}
	if c.R.URL.Query().Get("dl") == "1" {
		c.W.Header().Set("Content-Disposition", `attachment; filename="`+letter.ID+`.eml"`)
	}
	return c.Bytes("text/plain; charset=utf-8", letter.Raw)
}

// part returns the decoded content of an attachment (GET message/{ID}/part/{PartID}). What a browser might run stays
// harmless: it is kept as a file, or without rights.
func (r *Handlers) part(c *web.Call) error {
	letter, err := r.letter(c)
	if err != nil {
		return err
	}
	content, found := letter.Content(c.Param("part"))
	if !found {
		return refuse.New(refuse.NotFound, "The letter has no such part.")
	}
	for _, file := range letter.Files {
		if file.PartID == c.Param("part") {
			headFile(c.W.Header(), file)
			return c.Bytes(c.W.Header().Get("Content-Type"), content)
		}
	}
	return refuse.New(refuse.NotFound, "The letter has no such part.")
}

// shownTypes are those that browsers show without running anything of them.
var shownTypes = map[string]bool{
	"application/pdf": true, "image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true,
	"text/plain": true,
}

func headFile(h http.Header, file inbox.File) {
	kind := mime.FormatMediaType(file.ContentType, nil) // empty where the letter names no type that HTTP could
	if kind == "" {
		kind = "application/octet-stream"
	}
	show := "attachment"
	if shownTypes[kind] {
		show = "inline"
	}
	if kind != "application/pdf" { // a browser's own viewer does not work in a sandbox
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	}
	named := mime.FormatMediaType(show, map[string]string{"filename": file.FileName})
	if named != "" && file.FileName != "" {
		show = named
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", show)
}

// deleteMessages removes the letters that the body names, as {"IDs": ["…"]}; without a body, or with none named, all of
// them.
func (r *Handlers) deleteMessages(c *web.Call) error {
	var ids []string
	if err := decodeOptional(c, idFields(&ids)); err != nil {
		return err
	}
	r.box.Delete(among(ids...))
	return done(c)
}

// deleteSearch removes the letters that match (DELETE search?query=). A search without a condition, as "to:" with
// nothing behind it, is most likely a mistake, and would empty the inbox.
func (r *Handlers) deleteSearch(c *web.Call) error {
	query, err := searchOf(c)
	if err != nil {
		return err
	}
	if query.IsAll() {
		return errNoSearch()
	}
	r.box.Delete(query.Matches)
	return done(c)
}

// mark says which letters are to be marked, and how.
type mark struct {
	ids    []string
	search string
	read   bool
}

// markFields are the properties of setRead.
func markFields(m *mark) fields.Object {
	return fields.Object{
		"IDs": idList(&m.ids), "Search": fields.Text(&m.search, fields.Limits{Max: 1000}), "Read": fields.Bool(&m.read),
	}
}

// setRead marks letters as read or unread (PUT messages): those of {"IDs"}, those that {"Search"} finds, or all.
func (r *Handlers) setRead(c *web.Call) error {
	var in mark
	if err := decodeOptional(c, markFields(&in)); err != nil {
		return err
	}
	pick := among(in.ids...)
	if search := strings.TrimSpace(in.search); search != "" {
		if len(in.ids) > 0 {
			return refuse.New(refuse.Invalid, "Name the letters either by IDs or by Search, not both.")
		}
		query, err := parse(c, search)
		if err != nil {
			return err
		}
		pick = query.Matches
	}
	r.box.MarkRead(in.read, pick)
	return done(c)
}

// info returns what Mailpit's clients ask for to see whether somebody is there.
func (r *Handlers) info(c *web.Call) error {
	total, unread := r.box.Counts()
	size := 0
	for _, letter := range r.box.Find(inbox.Query{}) {
		size += len(letter.Raw)
	}
	return c.JSON(http.StatusOK,
		infoAnswer{Version: "Postern", Database: "memory", DatabaseSize: size, Messages: total, Unread: unread})
}

// configuration returns what Mailpit's own page asks for: what can be done here besides reading, which is nothing.
func (r *Handlers) configuration(c *web.Call) error {
	return c.JSON(http.StatusOK, configurationAnswer{Label: "Postern"})
}

// tags lists the tags of letters: no letter has one.
func (r *Handlers) tags(c *web.Call) error { return c.JSON(http.StatusOK, []string{}) }

// done answers as Mailpit does where there is nothing to say.
func done(c *web.Call) error { return c.Bytes("text/plain; charset=utf-8", []byte("ok")) }

// decodeOptional reads a JSON body where there is one.
func decodeOptional(c *web.Call, o fields.Object) error {
	body, err := c.Body()
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	if err := c.RequireType("application/json"); err != nil {
		return err
	}
	_, err = fields.Decode(body, o)
	return err
}

// idFields are the properties of deleteMessages.
func idFields(ids *[]string) fields.Object { return fields.Object{"IDs": idList(ids)} }

// idList reads the names of letters.
func idList(to *[]string) fields.Reader {
	return fields.List(to, inbox.MaxLetters,
		func(id *string) fields.Reader { return fields.Text(id, fields.Limits{Max: 100}) })
}
