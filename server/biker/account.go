package biker

import (
	"net/http"
	"slices"

	"postern/server/web"
	"postern/server/web/page"
	"postern/store"
	"postern/store/refuse"
)

const (
	languagePath   = "/biker/language"
	logOutPath     = "/biker/logout"
	everywherePath = "/biker/logout-everywhere"
	changePath     = "/biker/change-password"
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
	w := r.words(c)
	p, err := r.accountPage(w, s.biker, nil)
	if err != nil {
		return err
	}
	p.Notice = w.notice(c.Notified())
	return c.Page(http.StatusOK, p)
}

// accountPage is the account, with what is wrong with a change of the password.
func (r *Handlers) accountPage(w words, biker store.Biker, faults []page.Fault) (page.Page, error) {
	client, err := r.Store.Client(biker.BikePlanCode)
	if err != nil {
		return page.Page{}, err
	}
	return page.Page{
		Title: w.AccountTitle,
		Rows:  w.rows(biker, client),
		Sections: []page.Section{
			{Title: w.ChangeTitle, Text: []string{w.ChangeText}, Folded: true, Form: &page.Form{
				Action: changePath, Username: biker.Email, Faults: faults, Button: w.ChangeButton,
				Fields: []page.Field{
					{Name: "current", Label: w.CurrentLabel, Type: page.Password, Autocomplete: "current-password"},
					w.newPasswordField(r.PasswordMin),
				}}},
			{Title: w.EverywhereTitle, Text: []string{w.EverywhereText}, Folded: true, Form: &page.Form{
				Action: everywherePath, Button: w.EverywhereButton, Style: page.Grave}},
		},
		Note:   w.DataText,
		Action: &page.Form{Action: logOutPath, Button: w.LogOutButton},
	}, nil
}

// rows are what is known of a biker, but for what nobody has said.
func (w words) rows(biker store.Biker, client string) []page.Row {
	contract := map[string]string{"clerk": w.Clerk, "worker": w.Worker}[biker.ContractType]
	return slices.DeleteFunc([]page.Row{
		{Label: w.NameLabel, Value: biker.Name()},
		{Label: w.EmailLabel, Value: biker.Email},
		{Label: w.ClientLabel, Value: client},
		{Label: w.PlanLabel, Value: biker.BikePlanCode},
		{Label: w.ContractLabel, Value: contract},
		{Label: w.EmployeeLabel, Value: biker.EmployeeID},
		{Label: w.PersonnelLabel, Value: biker.PersonnelNumber},
	}, func(r page.Row) bool { return r.Value == "" })
}

// chooseLanguage keeps the biker's own choice of language, also for when they are logged out.
func (r *Handlers) chooseLanguage(c *web.Call, s current, form map[string]string) error {
	if !slices.Contains(Languages, form["language"]) {
		return refuse.New(refuse.Invalid, "There is no such language here.")
	}
	if _, err := r.Store.ChooseLanguage(c.R.Context(), s.biker.ID, form["language"]); err != nil {
		return err
	}
	c.KeepLanguage(form["language"])
	c.Notify(languageChosen)
	return c.Back(form, accountPath)
}
