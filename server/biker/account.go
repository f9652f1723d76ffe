package biker

import (
	"net/http"
	"slices"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
)

// account shows a biker what is known of them, and what they may do.
func (r *Handlers) account(c *web.Call) error {
	s, found, err := r.visitor(c)
	switch {
	case err != nil:
		return err
	case !found:
		return c.SeeOther(loginPath)
	}
	return r.drawAccount(c, http.StatusOK, s.biker, nil)
}

// row is one thing that is known of a biker.
type row struct{ Label, Value string }

// choice is a language by its own name.
type choice struct {
	Code, Name string
	Chosen     bool
}

var languageNames = map[string]string{"en": "English", "nl": "Nederlands", "fr": "Français"}

// freshly is for how long the account says that a password has just been saved.
const freshly = time.Minute

func (r *Handlers) drawAccount(c *web.Call, status int, biker store.Biker, faults func(words) []fault) error {
	client, err := r.Store.Client(biker.BikePlanCode)
	if err != nil {
		return err
	}
	return r.draw(c, status, r.pages.account, func(w words) (string, any) {
		f := newForm(w, faults)
		notice := ""
		if age := r.Now().Sub(biker.PasswordAt); age >= 0 && age < freshly && len(f.Faults) == 0 {
			notice = w.SavedText
		}
		return f.title(w.AccountTitle), struct {
			form
			Notice                     string
			Rows                       []row
			Username, Current, Changed field
			Languages                  []choice
		}{f, notice, w.rows(biker, client), username(w, biker),
			f.field(field{Name: "current", Label: w.CurrentLabel, Type: "password", Autocomplete: "current-password"}),
			f.field(r.newPasswordField(w)), choices(biker.Speaks())}
	})
}

// rows are what is known of a biker, but for what nobody has said.
func (w words) rows(biker store.Biker, client string) []row {
	contract := map[string]string{"clerk": w.Clerk, "worker": w.Worker}[biker.ContractType]
	return slices.DeleteFunc([]row{
		{w.NameLabel, biker.Name()},
		{w.EmailLabel, biker.Email},
		{w.ClientLabel, client},
		{w.PlanLabel, biker.BikePlanCode},
		{w.ContractLabel, contract},
		{w.EmployeeLabel, biker.EmployeeID},
		{w.PersonnelLabel, biker.PersonnelNumber},
	}, func(r row) bool { return r.Value == "" })
}

func choices(chosen string) (list []choice) {
	for _, code := range Languages {
		list = append(list, choice{code, languageNames[code], code == chosen})
	}
	return list
}

// chooseLanguage keeps the biker's own choice of language.
func (r *Handlers) chooseLanguage(c *web.Call, s current, form map[string]string) error {
	if !slices.Contains(Languages, form["language"]) {
		return refuse.New(refuse.Invalid, "There is no such language here.")
	}
	if _, err := r.Store.ChooseLanguage(c.R.Context(), s.biker.ID, form["language"]); err != nil {
		return err
	}
	return c.SeeOther(accountPath)
}
