package console

import (
	"net/http"

	"postern/server/operator"
	"postern/server/web/page"
)

// planList is what its template draws.
type planList struct{ Plans []planCard }

// planCard is a bike plan, with the form that removes it.
type planCard struct {
	Code   string
	Rows   []page.Row
	Remove *page.Form
}

func (h *Handlers) plans(v *visit) error { return h.drawPlans(v, http.StatusOK, h.planForm(v, nil)) }

func (h *Handlers) drawPlans(v *visit, status int, form page.Section) error {
	all, err := h.Acts.Plans()
	if err != nil {
		return err
	}
	view := planList{}
	for _, p := range all {
		card := planCard{Code: p.Code, Remove: v.doing(plansPath+"/remove", "Remove "+p.Code, page.Grave)}
		card.Remove.Hidden = append(card.Remove.Hidden, page.Hidden{Name: "code", Value: p.Code})
		for _, row := range []page.Row{{Label: "Client", Value: p.Client}, {Label: "Name", Value: p.Name},
			{Label: "Language", Value: p.Language}, {Label: "What comes next", Value: p.NextText},
			{Label: "Where", Value: p.NextURL}, {Label: "Added", Value: h.at(p.AddedAt).Text}} {
			if row.Value != "" {
				card.Rows = append(card.Rows, row)
			}
		}
		view.Plans = append(view.Plans, card)
	}
	return h.draw(v, status, plansPath, "plans", page.Page{Title: "Bike plans", Data: view,
		Sections: []page.Section{form}})
}

// planForm asks for a bike plan to be added.
func (h *Handlers) planForm(v *visit, wrong []page.Fault) page.Section {
	field := func(name, label, hint string, optional bool) page.Field {
		return page.Field{Name: name, Label: label, Hint: hint, Type: page.Text, Value: v.form[name], Autocomplete: "off",
			Optional: optional}
	}
	language := page.Field{Name: "language", Label: "Language", Hint: "Of bikers whose registration names none.",
		Type: page.Select, Value: v.form["language"], Choices: []page.Choice{{Value: "EN", Label: "English"},
			{Value: "NL", Label: "Dutch"}, {Value: "FR", Label: "French"}}}
	next := field("nextText", "What comes next", "As bikers read it once the password is set.", true)
	next.Type = page.Lines
	return page.Section{Title: "Add a plan, or change one", Folded: true,
		Text: []string{"A registration names its code. One that is there gets the texts that are given here."},
		Form: &page.Form{Action: plansPath, Button: "Save", Faults: wrong, Fields: []page.Field{
			field("code", "Code", "Visible ASCII characters without commas, as ACME-NL.", false),
			field("client", "Client", "Whose bikers they are.", false), language,
			field("name", "Name", "Of the plan itself, as bikers know it.", true), next,
			field("nextUrl", "Where they go on", "A web address.", true),
		}}}
}

func (h *Handlers) addPlan(v *visit) error {
	plan, err := operator.ReadPlan(operator.Plan{Code: v.form["code"], Client: v.form["client"],
		Language: v.form["language"], Name: v.form["name"], NextText: v.form["nextText"], NextURL: v.form["nextUrl"]})
	if err == nil {
		plan, err = h.Acts.AddPlan(v.R.Context(), plan)
	}
	if err != nil {
		wrong, err := faults(err, map[string]string{"code": "code", "client": "client", "language": "language",
			"name": "name", "nextText": "nextText", "nextUrl": "nextUrl"})
		if err != nil {
			return err
		}
		return h.drawPlans(v, http.StatusUnprocessableEntity, h.planForm(v, wrong))
	}
	return v.done(plansPath, "The plan "+plan.Code+" is saved.")
}

func (h *Handlers) removePlan(v *visit) error {
	if err := h.Acts.RemovePlan(v.R.Context(), v.form["code"]); err != nil {
		return v.without(plansPath, err)
	}
	return v.done(plansPath, "The plan is removed. Who has it keeps it.")
}
