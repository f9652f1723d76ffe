package driver

import (
	"embed"
	"errors"
	"net/http"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

//go:embed words/*.json
var embedded embed.FS

const (
	activatePath = "/eecd/activate"
	notMePath    = "/eecd/not-me"
)

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

// words are the texts of the pages that answer a call, in the reader's language.
func (h *Handlers) words(c *web.Call) words { return h.texts[c.Spoken(user.Languages...)] }

// message is a page that says one thing.
func message(title string, tone page.Tone, text string) page.Page {
	return page.Page{Title: title, Notice: tone.Notice(text)}
}

// tokenForm is a form with one button, which posts back the token that the link brought.
func tokenForm(action, token, button string) *page.Form {
	return &page.Form{Action: action, Hidden: []page.Hidden{{Name: "token", Value: token}}, Button: button}
}

// opened is the token that a mailed link brings to the page that it leads to. Where it is none of ours, or the browser
// is led on, the page is answered already.
func (h *Handlers) opened(c *web.Call, read func(token string) error) (token string, answered bool, err error) {
	token, answered, err = h.links.Open(c, func(token string) bool {
		return !errors.Is(read(token), tokens.ErrUnreadable)
	})
	switch {
	case answered:
		return "", true, nil
	case err != nil:
		return "", true, h.badLink(c, err)
	}
	if err := read(token); errors.Is(err, tokens.ErrUnreadable) {
		return "", true, h.badLink(c, err)
	}
	return token, false, nil
}

// activationPage shows one button. Opening it changes nothing, however often and by whatever scanner.
func (h *Handlers) activationPage(c *web.Call) error {
	token, answered, err := h.opened(c, func(token string) error { _, err := h.Acts.Confirmation(token); return err })
	if answered {
		return err
	}
	w := h.words(c)
	cleaning := c.R.URL.Query().Get("cleaningId")
	form := tokenForm(activatePath, token, w.ActivateButton)
	form.Hidden = append(form.Hidden, page.Hidden{Name: "cleaningId", Value: cleaning})
	return c.Page(http.StatusOK, page.Page{Title: w.ActivateTitle, Text: []string{w.ActivateText}, Form: form})
}

// activationForm is what the button of activationPage posts.
func (h *Handlers) activationForm(c *web.Call) error {
	fields, err := c.Form()
	if err != nil {
		return err
	}
	link, err := h.Acts.Confirmation(fields["token"])
	if err == nil {
		_, err = h.Store.ActivateUser(c.R.Context(), link)
	}
	if err != nil {
		return h.badLink(c, err)
	}
	c.Log().Debug().Stringer("userId", link.User).Msg("activated on the page")
	h.links.Done(c, fields["token"])
	w := h.words(c)
	activated := message(w.ActivatedTitle, page.Done, w.ActivatedText)
	if id, err := guid.Parse(fields["cleaningId"]); err == nil {
		activated.Button = page.Link{URL: "/eecd/cleanings/" + id.String(), Text: w.ToCleaning}
	}
	return c.Page(http.StatusOK, activated)
}

// badLink tells a person, in words of their own language, why a link does not work. Faults of the appliance pass
// through.
func (h *Handlers) badLink(c *web.Call, err error) error {
	w := h.words(c)
	say := func(status int, text string) error {
		return c.Page(status, message(w.BadLinkTitle, page.Wrong, text))
	}
	switch {
	case errors.Is(err, web.ErrNoCookie):
		return c.Page(http.StatusForbidden, message(w.OpenAgainTitle, page.Plain, w.OpenAgainText))
	case errors.Is(err, tokens.ErrUnreadable):
		return say(http.StatusForbidden, w.UnreadableText)
	case refuse.Is(err, refuse.Forbidden):
		return say(http.StatusForbidden, w.BlockedText)
	case refuse.Is(err, refuse.Conflict):
		return say(http.StatusConflict, w.OldLinkText)
	case refuse.Is(err, refuse.NotFound):
		return say(http.StatusNotFound, w.GoneText)
	}
	return err
}

// notMePage offers the owner of a mailbox to undo a registration that somebody else made.
func (h *Handlers) notMePage(c *web.Call) error {
	token, answered, err := h.opened(c, func(token string) error { _, err := h.Acts.NotMe(token); return err })
	if answered {
		return err
	}
	w := h.words(c)
	form := tokenForm(notMePath, token, w.NotMeButton)
	form.Style = page.Grave
	return c.Page(http.StatusOK, page.Page{Title: w.NotMeTitle, Text: []string{w.NotMeText}, Form: form})
}

// notMeForm is what the button of notMePage posts.
func (h *Handlers) notMeForm(c *web.Call) error {
	fields, err := c.Form()
	if err != nil {
		return err
	}
	who, err := h.Acts.NotMe(fields["token"])
	if err != nil {
		return h.badLink(c, err)
	}
	err = h.Store.DisownUser(c.R.Context(), who)
	w := h.words(c)
	if refuse.Is(err, refuse.Conflict) {
		return c.Page(http.StatusConflict, message(w.BadLinkTitle, page.Wrong, w.InUseText))
	}
	if err != nil {
		return err
	}
	h.links.Done(c, fields["token"])
	return c.Page(http.StatusOK, message(w.DisownedTitle, page.Done, w.DisownedText))
}

// cleaningPage is where the QR code of a document leads.
func (h *Handlers) cleaningPage(c *web.Call) error {
	id, err := guid.Parse(c.Param("id"))
	if err != nil {
		return h.noCleaning(c)
	}
	cleaning, err := h.Store.Cleaning(id)
	if refuse.Is(err, refuse.NotFound) {
		return h.noCleaning(c)
	}
	if err != nil {
		return err
	}
	w := h.words(c)
	station := cleaning.Station.Name
	if cleaning.Station.City != "" {
		station += ", " + cleaning.Station.City
	}
	return c.Page(http.StatusOK, page.Page{
		Title: w.CleaningTitle, Notice: w.verdict(cleaning),
		Rows: []page.Row{{Label: w.NumberLabel, Value: cleaning.Number}, {Label: w.StationLabel, Value: station}},
	})
}

func (h *Handlers) noCleaning(c *web.Call) error {
	w := h.words(c)
	return c.Page(http.StatusNotFound, message(w.NoCleaningTitle, page.Wrong, w.NoCleaningText))
}

// verdict says whether a document can be relied on. There is no time limit: it is valid until the tank is loaded again
// (EFTCO, validity of cleaning documents, 2020).
func (w words) verdict(c store.Cleaning) page.Notice {
	switch {
	case c.Status == store.Cancelled || c.Status == store.Invalid:
		return page.Wrong.Notice(w.WithdrawnText)
	case c.Load.Status == store.LoadCompleted:
		return page.Wrong.Notice(w.LoadedText)
	case c.Load.Status == store.LoadRejected:
		return page.Wrong.Notice(w.RejectedText)
	case c.Status != store.SignedOff:
		return page.Wrong.Notice(w.NotSignedText)
	}
	return page.Done.Notice(w.ValidText)
}
