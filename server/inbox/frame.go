package inbox

import (
	"strings"

	"golang.org/x/net/html"

	"postern/mail/inbox"
	"postern/server/web"
	"postern/store/refuse"
)

// framePolicy is for the HTML of letters, which anybody may have written: styles and pictures that it carries itself,
// nothing else. Links open in a window of their own; that window is an ordinary one, or what they lead to would not
// work. The frame is of the page's origin, so that the page's script can make it as high as the letter: as no script
// runs in it, nothing else comes of that.
const framePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
	"base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"

// view returns a letter's HTML or text alone (GET view/{ID|latest}.html or .txt), for tests that look at a letter in a
// browser. With ?embed=1 its links open outside, as a frame wants it.
func (r *Handlers) view(c *web.Call) error {
	id, form, _ := strings.Cut(c.Param("file"), ".")
	letter, err := r.find(c, id)
	if err != nil {
		return err
	}
	switch form {
	case "html":
		r.opened(c, letter)
		return showHTML(c, letter, c.R.URL.Query().Get("embed") == "1")
	case "txt":
		r.opened(c, letter)
		return c.Bytes("text/plain; charset=utf-8", []byte(letter.Text))
	}
	return refuse.New(refuse.NotFound, "A letter can be seen as "+letter.ID+".html or "+letter.ID+".txt.")
}

// html returns a letter's HTML for the page's frame (GET message/{id}/html).
func (r *Handlers) html(c *web.Call) error {
	letter, err := r.letter(c)
	if err != nil {
		return err
	}
	return showHTML(c, letter, true)
}

// showHTML answers with a letter's HTML, which can do nothing there.
func showHTML(c *web.Call, letter *inbox.Letter, embedded bool) error {
	if letter.HTML == "" {
		return refuse.New(refuse.NotFound, "The letter has no HTML.")
	}
	h := c.W.Header()
	h.Set("Content-Security-Policy", framePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-DNS-Prefetch-Control", "off")
	markup := letter.HTML
	if embedded {
		markup = linksOutside(markup)
	}
	return c.Bytes("text/html; charset=utf-8", []byte(markup))
}

// linksOutside makes links open outside the frame: pages may refuse to be framed, as the appliance's own do.
func linksOutside(markup string) string {
	const target = `<base target="_blank">`
	at := headStart(markup)
	return markup[:at] + target + markup[at:]
}

// headStart finds where the head's content begins: behind <head>, or else behind what may stand before it. Anything put
// before the doctype would change how the letter is drawn.
func headStart(markup string) int {
	z := html.NewTokenizer(strings.NewReader(markup))
	behind, at := 0, 0
	for {
		kind := z.Next()
		at += len(z.Raw())
		name, _ := z.TagName()
		switch {
		case kind == html.DoctypeToken, kind == html.StartTagToken && string(name) == "html":
			behind = at
		case kind == html.StartTagToken && string(name) == "head":
			return at
		case kind == html.CommentToken:
		case kind == html.TextToken && strings.TrimSpace(string(z.Raw())) == "":
		default:
			return behind
		}
	}
}

// file is an embedded file with the URL that the page uses for it.
type file struct {
	url   string
	route web.Route
}

func openFile(name, contentType string) (file, error) {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return file{}, err
	}
	asset := web.NewAsset("/inbox/"+name, contentType, data)
	return file{url: asset.URL(), route: asset.Route()}, nil
}
