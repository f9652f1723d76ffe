package driver

import (
	"embed"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postern/mail/document"
	"postern/server/user"
	"postern/server/web"
	"postern/server/web/page"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

//go:embed pages/*.html words/*.json
var embedded embed.FS

// views are the room's templates, read once.
type views struct{ cleaning *template.Template }

func readViews() (v views, err error) {
	v.cleaning, err = page.Parse(embedded, "pages/cleaning.html")
	return v, err
}

// cleaning finds the cleaning that the path names. Its refusal is NotFound, also where that is no GUID.
func (h *Handlers) cleaning(c *web.Call) (store.Cleaning, error) {
	id, err := guid.Parse(c.Param("id"))
	if err != nil {
		return store.Cleaning{}, refuse.New(refuse.NotFound, "There is no cleaning with this id.")
	}
	return h.Store.Cleaning(id)
}

// cleaningPage is where the QR code of a document leads: to what everybody may know, or to the whole document.
func (h *Handlers) cleaningPage(c *web.Call) error {
	c.W.Header().Add("Vary", "Accept")
	cleaning, err := h.cleaning(c)
	if c.PrefersJSON() {
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, wire.ViewPublic(cleaning, h.Now()))
	}
	if err != nil {
		return h.noCleaning(c, err)
	}
	v, over, err := h.visitor(c)
	if err != nil {
		return err
	}
	w, done := h.words(c), c.Notified()
	return h.show(c, http.StatusOK, visit{visitor: v, cleaning: cleaning},
		shown{notice: w.greeting(done, v, over), note: w.decided(done)})
}

// noCleaning tells a person that there is no such cleaning. Other errors pass through.
func (h *Handlers) noCleaning(c *web.Call, err error) error {
	if !refuse.Is(err, refuse.NotFound) {
		return err
	}
	w := h.words(c)
	return c.Page(http.StatusNotFound, page.Page{Title: w.NoCleaningTitle, Notice: page.Wrong.Notice(w.NoCleaningText)})
}

// visit is somebody on the page of a cleaning, with what was posted from there.
type visit struct {
	visitor
	cleaning store.Cleaning
	form     map[string]string
}

// shown is what a page of a cleaning has beside what is known of it: what has just been done, and what is wrong with
// what was typed into one of its forms.
type shown struct {
	notice           page.Notice
	note             string // under the verdict, of a decision just made
	complete, reject []page.Fault
}

// show answers with the page of a cleaning: all of it where somebody is signed in, else what everybody may know.
func (h *Handlers) show(c *web.Call, status int, at visit, with shown) error {
	outline, err := document.OutlineOf(at.cleaning, c.Spoken(user.Languages...), h.Zone)
	if err != nil {
		return err
	}
	w := h.words(c)
	p := page.Page{Title: outline.Headline + " · " + at.cleaning.Number, Bare: true, Notice: with.notice,
		Content: h.views.cleaning, Back: cleaningPath(at.cleaning.ID)}
	view := cleaningView{Verdict: page.Verdict{Tone: tone(at.cleaning.Verdict()), Word: outline.Headline,
		Text: []string{outline.Meaning}, Note: fill(w.CheckedText, "{time}", h.moment(w, h.Now()))}}
	if at.isSignedIn() {
		view.fillIn(w, at, outline, with.note)
		view.nameZoneOnce(h.Zone)
		p.Sections = w.sections(at, with)
	} else {
		view.Rows = w.publicRows(at.cleaning)
		whole := page.Section{Title: w.WholeTitle, Text: []string{w.WholeText}, Accent: true,
			Form: w.signInForm(at.cleaning.ID, "", nil)}
		whole.Form.Fields[0].Hint = w.EmailHint // where nothing else says so
		if at.cleaning.Load.Status != store.LoadOpen {
			whole.Text = []string{w.WholeReadText}
		}
		p.Sections = []page.Section{whole}
	}
	p.Data = view
	return h.draw(c, status, at.visitor, at.cleaning.ID, p)
}

// cleaningView is what the template draws.
type cleaningView struct {
	Verdict    page.Verdict
	Rows       []page.Row
	MoreTitle  string // of what is folded away: a phone shows little at once
	More       []page.Row
	CardsTitle string
	Cards      []page.Card
	Texts      []document.Fact
}

// tone is how a verdict is told apart at a glance. What is not valid yet is not lost.
func tone(v store.Verdict) page.Tone {
	switch v {
	case store.VerdictValid:
		return page.Done
	case store.VerdictUnsigned, store.VerdictPlanned:
		return page.Plain
	}
	return page.Wrong
}

// publicRows are enough to tell whether this is the document of the tank that stands there.
func (w words) publicRows(c store.Cleaning) []page.Row {
	rows := []page.Row{{Label: w.NumberLabel, Value: c.Number}, {Label: w.StationLabel, Value: c.Station.Name}}
	if end := wire.TankEnd(c.Equipment.Identification); end != "" {
		rows = append(rows, page.Row{Label: w.TankLabel, Value: fill(w.TankText, "{end}", end)})
	}
	return rows
}

// fillIn shows all that the document says. To who has decided about the load, that is what the page is about.
func (v *cleaningView) fillIn(w words, at visit, outline document.Outline, note string) {
	load := at.cleaning.Load
	v.Verdict.Text, v.Verdict.Warn = append(v.Verdict.Text, outline.Decision...), outline.Warning
	if load.Status != store.LoadOpen && load.By == at.user.ID {
		v.Verdict.Text, v.Verdict.Note = outline.Decision, note
		v.Verdict.Tone, v.Verdict.Word = page.Done, w.AcceptedWord
		if load.Status == store.LoadRejected {
			v.Verdict.Tone, v.Verdict.Word = page.Wrong, w.RefusedWord
		}
	}
	if said := outline.LoadComment; said.Value != "" {
		v.Rows = append(v.Rows, page.Row(said))
	}
	v.Rows = append(v.Rows, page.Row{Label: w.NumberLabel, Value: at.cleaning.Number})
	v.Rows = append(v.Rows, rows(outline.Facts)...)
	v.MoreTitle, v.More = w.MoreTitle, rows(outline.More)
	v.CardsTitle, v.Texts = outline.CompartmentsAre, outline.Texts
	for _, compartment := range outline.Compartments {
		v.Cards = append(v.Cards, w.card(compartment))
	}
}

func rows(facts []document.Fact) (list []page.Row) {
	for _, f := range facts {
		f.Value = unbroken(f.Value)
		list = append(list, page.Row(f))
	}
	return list
}

// nameZoneOnce leaves the zone's name out of all times after the first, from the top down: the abbreviation stays,
// which tells summer from winter.
func (v *cleaningView) nameZoneOnce(zone *time.Location) {
	name, isNamed := " ("+zone.String()+")", false
	once := func(text *string) {
		if isNamed {
			*text = strings.ReplaceAll(*text, name, "")
		}
		isNamed = isNamed || strings.Contains(*text, name)
	}
	for i := range v.Verdict.Text {
		once(&v.Verdict.Text[i])
	}
	once(&v.Verdict.Note)
	for _, list := range [][]page.Row{v.Rows, v.More} {
		for i := range list {
			once(&list[i].Value)
		}
	}
}

// card is a compartment.
func (w words) card(c document.Compartment) page.Card {
	card := page.Card{Title: fill(w.CompartmentTitle, "{number}", strconv.Itoa(c.Number)),
		Tag: page.Wrong.Notice(w.NotCleanedTag)}
	if c.Cleaned {
		card.Tag = page.Done.Notice(w.CleanedTag)
	}
	if c.PreviousLoad != "" {
		card.Text = fill(w.PreviousLoadText, "{load}", unbroken(c.PreviousLoad))
	}
	for _, code := range c.Codes {
		if code.Value == "" {
			code.Value = w.OtherCodeText
		}
		card.Rows = append(card.Rows, page.Row(code))
	}
	return card
}

var unNumber = regexp.MustCompile(`\bUN (\d)`)

// unbroken keeps the UN numbers in a text on one line each.
func unbroken(text string) string { return unNumber.ReplaceAllString(text, "UN\u00a0$1") }

// document answers with the document as a PDF, in the page's language. Whoever is not signed in is led to the page,
// which says how to be.
func (h *Handlers) document(c *web.Call) error {
	cleaning, err := h.cleaning(c)
	if err != nil {
		return h.noCleaning(c, err)
	}
	v, _, err := h.visitor(c)
	if err != nil {
		return err
	}
	if !v.isSignedIn() {
		return c.SeeOther(cleaningPath(cleaning.ID))
	}
	return h.Documents.Send(c, v.user.ID.String(), cleaning, c.Spoken(user.Languages...))
}
