package console

import (
	"net/http"

	"postern/server/operator"
	"postern/server/web/page"
)

// settingsView is what its template draws.
type settingsView struct {
	Limits   []limitRow
	Settings []Setting
	Zone     string
}

type limitRow struct {
	Words, Count string
	Since, Last  instant
}

// settings shows the limits in force and every setting, and lets a test letter be sent.
func (h *Handlers) settings(v *visit) error {
	return h.drawSettings(v, http.StatusOK, nil)
}

func (h *Handlers) drawSettings(v *visit, status int, wrong []page.Fault) error {
	view := settingsView{Settings: h.Settings(), Zone: h.zone()}
	for _, l := range h.Limits() {
		view.Limits = append(view.Limits, limitRow{l.Words, number(l.Count), h.at(l.Since), h.at(l.Last)})
	}
	test := page.Section{Title: "Send a test letter", Folded: true,
		Text: []string{"It shows that mail from here arrives, and nothing else."},
		Form: &page.Form{Action: sendingPath + "/test", Button: "Send it", Faults: wrong, Fields: []page.Field{
			{Name: "email", Label: "To", Type: page.Email, Value: v.form["email"], Autocomplete: "email"}}}}
	return h.draw(v, status, settingsPath, "settings", page.Page{Title: "Settings", Data: view,
		Sections: []page.Section{test}})
}

// sendTest owes a test letter, and leads to it.
func (h *Handlers) sendTest(v *visit) error {
	in, err := operator.ReadTest(operator.TestLetter{Email: v.form["email"], Language: "en"})
	var letter operator.Letter
	if err == nil {
		letter, err = h.Acts.SendTest(v.R.Context(), in)
	}
	if err != nil {
		wrong, err := faults(err, map[string]string{"email": "email"})
		if err != nil {
			return err
		}
		return h.drawSettings(v, http.StatusUnprocessableEntity, wrong)
	}
	return v.done(letterPath(letter.ID), "The letter is on its way. Load this page again to see how it went.")
}
