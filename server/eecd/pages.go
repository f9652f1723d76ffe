package eecd

import (
	"embed"
	"errors"
	"html/template"
	"net/http"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

//go:embed pages/*.html words/*.json
var embedded embed.FS

// pages are the room's templates and texts, read once.
type pages struct {
	activate, notMe, cleaning, message *template.Template
	words                              map[string]words // by language
}

// words are the texts of the pages in one language: the file words/<language>.json.
type words struct {
	ActivateTitle   string `json:"activateTitle"`
	ActivateText    string `json:"activateText"`
	ActivateButton  string `json:"activateButton"`
	ActivatedTitle  string `json:"activatedTitle"`
	ActivatedText   string `json:"activatedText"`
	ToCleaning      string `json:"toCleaning"`
	NotMeTitle      string `json:"notMeTitle"`
	NotMeText       string `json:"notMeText"`
	NotMeButton     string `json:"notMeButton"`
	DisownedTitle   string `json:"disownedTitle"`
	DisownedText    string `json:"disownedText"`
	InUseText       string `json:"inUseText"`
	BadLinkTitle    string `json:"badLinkTitle"`
	UnreadableText  string `json:"unreadableText"`
	OpenAgainTitle  string `json:"openAgainTitle"`
	OpenAgainText   string `json:"openAgainText"`
	BlockedText     string `json:"blockedText"`
	OldLinkText     string `json:"oldLinkText"`
	GoneText        string `json:"goneText"`
	CleaningTitle   string `json:"cleaningTitle"`
	NumberLabel     string `json:"numberLabel"`
	StationLabel    string `json:"stationLabel"`
	ValidText       string `json:"validText"`
	NotSignedText   string `json:"notSignedText"`
	WithdrawnText   string `json:"withdrawnText"`
	LoadedText      string `json:"loadedText"`
	RejectedText    string `json:"rejectedText"`
	NoCleaningTitle string `json:"noCleaningTitle"`
	NoCleaningText  string `json:"noCleaningText"`
}

// loadPages reads templates and texts; a text that is missing in a language is an error that names it.
func loadPages() (*pages, error) {
	p := &pages{}
	var faults []error
	for name, to := range map[string]**template.Template{
		"activate": &p.activate, "notme": &p.notMe, "cleaning": &p.cleaning, "message": &p.message,
	} {
		var err error
		*to, err = web.ParsePage(embedded, "pages/"+name+".html")
		faults = append(faults, err)
	}
	var err error
	p.words, err = web.ReadWords[words](embedded, Languages...)
	return p, errors.Join(append(faults, err)...)
}

// draw answers with a page in the reader's language.
func (e *Handlers) draw(c *web.Call, status int, content *template.Template, data func(words) (title string,
	data any)) error {
	language := c.Language(Languages...)
	title, filled := data(e.pages.words[language])
	return c.Page(status, web.Page{Language: language, Title: title, Content: content, Data: filled})
}

// message is a page that says one thing.
type message struct {
	Title, Text, Class string // Class of the style sheet: done, error or notice
	Link, LinkText     string
}

func (e *Handlers) say(c *web.Call, status int, say func(words) message) error {
	return e.draw(c, status, e.pages.message, func(w words) (string, any) {
		m := say(w)
		return m.Title, m
	})
}

// form is a page with one button, which posts back the token that the link brought.
type form struct {
	Words    words
	Token    string
	Cleaning string
}

// opened is the token that a mailed link brings to the page that it leads to. Where it is none of ours, or the browser
// is led on, the page is answered already.
func (e *Handlers) opened(c *web.Call, purpose tokens.Purpose) (token string, answered bool, err error) {
	token, answered, err = e.links.Open(c, func(token string) bool {
		_, err := e.Sealer.Open(purpose, token)
		return err == nil
	})
	switch {
	case answered:
		return "", true, nil
	case err != nil:
		return "", true, e.badLink(c, err)
	}
	if _, err := e.Sealer.Open(purpose, token); err != nil {
		return "", true, e.badLink(c, err)
	}
	return token, false, nil
}

// activationPage shows one button. Opening it changes nothing, however often and by whatever scanner.
func (e *Handlers) activationPage(c *web.Call) error {
	token, answered, err := e.opened(c, tokens.Confirmation)
	if answered {
		return err
	}
	return e.draw(c, http.StatusOK, e.pages.activate, func(w words) (string, any) {
		return w.ActivateTitle, form{Words: w, Token: token, Cleaning: c.R.URL.Query().Get("cleaningId")}
	})
}

// activationForm is what the button of activationPage posts.
func (e *Handlers) activationForm(c *web.Call) error {
	fields, err := c.Form()
	if err != nil {
		return err
	}
	user, err := e.confirm(c, fields["token"])
	if err != nil {
		return e.badLink(c, err)
	}
	c.Log().Debug().Stringer("userId", user.ID).Msg("activated on the page")
	e.links.Done(c, fields["token"])
	return e.say(c, http.StatusOK, func(w words) message {
		m := message{Title: w.ActivatedTitle, Text: w.ActivatedText, Class: "done"}
		if id, err := guid.Parse(fields["cleaningId"]); err == nil {
			m.Link, m.LinkText = "/eecd/cleanings/"+id.String(), w.ToCleaning
		}
		return m
	})
}

// badLink tells a person, in words of their own language, why a link does not work. Faults of the appliance pass
// through.
func (e *Handlers) badLink(c *web.Call, err error) error {
	say := func(status int, text func(words) string) error {
		return e.say(c, status, func(w words) message {
			return message{Title: w.BadLinkTitle, Text: text(w), Class: "error"}
		})
	}
	switch {
	case errors.Is(err, web.ErrNoCookie):
		return e.say(c, http.StatusForbidden, func(w words) message {
			return message{Title: w.OpenAgainTitle, Text: w.OpenAgainText, Class: "notice"}
		})
	case errors.Is(err, tokens.ErrUnreadable):
		return say(http.StatusForbidden, func(w words) string { return w.UnreadableText })
	case refuse.Is(err, refuse.Forbidden):
		return say(http.StatusForbidden, func(w words) string { return w.BlockedText })
	case refuse.Is(err, refuse.Conflict):
		return say(http.StatusConflict, func(w words) string { return w.OldLinkText })
	case refuse.Is(err, refuse.NotFound):
		return say(http.StatusNotFound, func(w words) string { return w.GoneText })
	}
	return err
}

// notMePage offers the owner of a mailbox to undo a registration that somebody else made.
func (e *Handlers) notMePage(c *web.Call) error {
	token, answered, err := e.opened(c, tokens.NotMe)
	if answered {
		return err
	}
	return e.draw(c, http.StatusOK, e.pages.notMe, func(w words) (string, any) {
		return w.NotMeTitle, form{Words: w, Token: token}
	})
}

// notMeForm is what the button of notMePage posts.
func (e *Handlers) notMeForm(c *web.Call) error {
	fields, err := c.Form()
	if err != nil {
		return err
	}
	claims, err := e.openLink(c, tokens.NotMe, fields["token"])
	if err != nil {
		return e.badLink(c, err)
	}
	if !e.Now().Before(claims.ExpiresAt) {
		return e.badLink(c, refuse.New(refuse.Conflict, ""))
	}
	err = e.Store.DisownUser(c.R.Context(), claims.Subject)
	if refuse.Is(err, refuse.Conflict) {
		return e.say(c, http.StatusConflict, func(w words) message {
			return message{Title: w.BadLinkTitle, Text: w.InUseText, Class: "error"}
		})
	}
	if err != nil {
		return err
	}
	e.links.Done(c, fields["token"])
	return e.say(c, http.StatusOK, func(w words) message {
		return message{Title: w.DisownedTitle, Text: w.DisownedText, Class: "done"}
	})
}

// shown is what everybody who has a document's QR code may see of its cleaning.
type shown struct {
	Words           words
	Number, Station string
	Verdict, Class  string
}

// cleaningPage is where the QR code of a document leads.
func (e *Handlers) cleaningPage(c *web.Call) error {
	id, err := guid.Parse(c.Param("id"))
	if err != nil {
		return e.noCleaning(c)
	}
	cleaning, err := e.Store.Cleaning(id)
	if refuse.Is(err, refuse.NotFound) {
		return e.noCleaning(c)
	}
	if err != nil {
		return err
	}
	return e.draw(c, http.StatusOK, e.pages.cleaning, func(w words) (string, any) {
		verdict, valid := w.verdict(cleaning)
		s := shown{Words: w, Number: cleaning.Number, Station: cleaning.Station.Name, Verdict: verdict, Class: "error"}
		if cleaning.Station.City != "" {
			s.Station += ", " + cleaning.Station.City
		}
		if valid {
			s.Class = "done"
		}
		return w.CleaningTitle + " " + cleaning.Number, s
	})
}

func (e *Handlers) noCleaning(c *web.Call) error {
	return e.say(c, http.StatusNotFound, func(w words) message {
		return message{Title: w.NoCleaningTitle, Text: w.NoCleaningText, Class: "error"}
	})
}

// verdict says whether a document can be relied on. There is no time limit: it is valid until the tank is loaded again
// (EFTCO, validity of cleaning documents, 2020).
func (w words) verdict(c store.Cleaning) (text string, valid bool) {
	switch {
	case c.Status == store.Cancelled || c.Status == store.Invalid:
		return w.WithdrawnText, false
	case c.Load.Status == store.LoadCompleted:
		return w.LoadedText, false
	case c.Load.Status == store.LoadRejected:
		return w.RejectedText, false
	case c.Status != store.SignedOff:
		return w.NotSignedText, false
	}
	return w.ValidText, true
}
