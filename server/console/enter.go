package console

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store/refuse"
)

// Link makes what leads in: the path with its key, and when that expires.
func (h *Handlers) Link() (path string, expires time.Time, err error) {
	key, expires, err := h.sessions.link()
	return enterPath + "?key=" + url.QueryEscape(key), expires, err
}

// bare is a page for who has not entered.
func bare(p page.Page) page.Page {
	p.Language, p.Languages = "en", []string{"en"}
	return p
}

const howToEnter = "Run postern console as the user that runs Postern: it prints a link that works once, for five " +
	"minutes."

// closed tells who has no session how to get one.
func (h *Handlers) closed(c *web.Call) error {
	return c.Page(http.StatusUnauthorized, bare(page.Page{Title: "The console is closed", Text: []string{howToEnter},
		Note: "A visit ends after 30 minutes without a page, after 12 hours, and when the appliance is restarted."}))
}

// enterPage is where a link leads. Opening it changes nothing, however often.
func (h *Handlers) enterPage(c *web.Call) error {
	key := c.R.URL.Query().Get("key")
	switch {
	case h.sessions.isLink(key):
		return c.Page(http.StatusOK, bare(page.Page{Title: "Operator’s console",
			Text: []string{"The link works once. From then on this browser may do what the commands can, until you " +
				"leave."},
			Form: &page.Form{Action: enterPath, Hidden: []page.Hidden{{Name: "key", Value: key}},
				Button: "Open the console"}}))
	case h.sessions.find(h.cookie.Value(c)) != nil:
		return c.SeeOther(home)
	}
	return linkOver(c)
}

func linkOver(c *web.Call) error {
	return c.Page(http.StatusForbidden, bare(page.Page{Title: "This link is over",
		Text: []string{"It was used already, or has expired. " + howToEnter}}))
}

// enter uses a link.
func (h *Handlers) enter(c *web.Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	cookie, isIn, err := h.sessions.enter(form["key"])
	switch {
	case err != nil:
		return err
	case !isIn && h.sessions.find(h.cookie.Value(c)) != nil: // the button was pressed twice
		return c.SeeOther(home)
	case !isIn:
		c.Security(web.TokenRefused).Str("purpose", "console").Msg("a link into the console was not taken")
		return linkOver(c)
	}
	if err := h.Acts.NoteConsole(c.R.Context()); err != nil {
		h.sessions.end(cookie)
		return err
	}
	c.Security(web.LoggedIn).Bool("operator", true).Msg("the console was entered")
	h.cookie.Set(c, cookie)
	return c.SeeOther(home)
}

// leave ends the visit.
func (h *Handlers) leave(v *visit) error {
	h.sessions.end(h.cookie.Value(v.Call))
	h.cookie.Clear(v.Call)
	v.Security(web.LoggedOut).Bool("operator", true).Msg("the console was left")
	return v.Page(http.StatusOK, bare(page.Page{Title: "You have left the console", Text: []string{howToEnter}}))
}

// refusal is the sentence of an error that has one for the caller; others stay errors.
func refusal(err error) (reason string, other error) {
	var refused *refuse.Refusal
	if !errors.As(err, &refused) || refused.Kind == refuse.Unavailable {
		return "", err
	}
	return refused.Reason, nil
}

// faults are what is wrong with the fields of a form, by the names that they have there; what is about none of them is
// about the form as a whole.
func faults(err error, names map[string]string) (list []page.Fault, other error) {
	var refused *refuse.Refusal
	if !errors.As(err, &refused) || refused.Kind == refuse.Unavailable {
		return nil, err
	}
	if len(refused.Fields) == 0 {
		return []page.Fault{{Text: refused.Reason}}, nil
	}
	for _, path := range sortedKeys(refused.Fields) {
		for _, sentence := range refused.Fields[path] {
			list = append(list, page.Fault{Field: names[stem(path)], Text: sentence})
		}
	}
	return list, nil
}
