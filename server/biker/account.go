package biker

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

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
	plan, err := r.Store.PlanOf(biker.BikePlanCode)
	if err != nil {
		return page.Page{}, err
	}
	sections := w.next(plan)
	return page.Page{
		Title: w.AccountTitle,
		Sections: append(sections,
			page.Section{Title: w.DetailsTitle, Rows: w.rows(biker, plan), Note: w.DataText},
			page.Section{Title: w.ChangeTitle, Text: []string{w.ChangeText}, Folded: true, Form: &page.Form{
				Action: changePath, Username: biker.Email, Faults: faults, Button: w.ChangeButton,
				Fields: []page.Field{
					{Name: "current", Label: w.CurrentLabel, Type: page.Password, Autocomplete: "current-password"},
					w.newPasswordField(r.PasswordMin),
				}}},
			page.Section{Title: w.EverywhereTitle, Text: []string{w.EverywhereText}, Folded: true, Form: &page.Form{
				Action: everywherePath, Button: w.EverywhereButton, Style: page.Grave}},
		),
		Action: &page.Form{Action: logOutPath, Button: w.LogOutButton},
	}, nil
}

// next is what the operator has to say to bikers of this plan: what happens now, and where.
func (w words) next(plan store.Plan) []page.Section {
	if plan.NextText == "" && plan.NextURL == "" {
		return nil
	}
	s := page.Section{Title: w.NextTitle, Accent: true}
	if plan.NextText != "" {
		s.Text = strings.Split(plan.NextText, "\n")
	}
	if target, err := url.Parse(plan.NextURL); err == nil && target.Host != "" {
		s.Button = page.Link{URL: plan.NextURL, Text: strings.ReplaceAll(w.NextButton, "{site}", target.Hostname())}
	}
	return []page.Section{s}
}

// rows are what is known of a biker, but for what nobody has said.
func (w words) rows(biker store.Biker, plan store.Plan) []page.Row {
	name := plan.Name
	if plan.Code == "" { // it has been removed: whom the biker asks can tell by the code which one it was
		name = biker.BikePlanCode
	}
	contract := map[string]string{"clerk": w.Clerk, "worker": w.Worker}[biker.ContractType]
	return slices.DeleteFunc([]page.Row{
		{Label: w.NameLabel, Value: biker.Name()},
		{Label: w.EmailLabel, Value: biker.Email},
		{Label: w.ClientLabel, Value: plan.Client},
		{Label: w.PlanLabel, Value: name},
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
