package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"postern/server/operator"
	"postern/server/web/page"
	"postern/store"
)

// partnerList is what its template draws.
type partnerList struct {
	Partners []partnerCard
	Word     string
}

// partnerCard is a partner with what can be done about it.
type partnerCard struct {
	Name, State, Tone string
	Rows              []page.Row
	Acts              []*page.Form
	Revoke            *page.Form // wants a second click; nil: it is revoked
}

// tokenView shows a token, this once.
type tokenView struct {
	Token string
	Rows  []page.Row
	Back  string
}

func (h *Handlers) partners(v *visit) error {
	return h.drawPartners(v, http.StatusOK, h.partnerForm(v, nil))
}

func (h *Handlers) drawPartners(v *visit, status int, form page.Section) error {
	all, err := h.Acts.Partners()
	if err != nil {
		return err
	}
	silent, err := h.Silent()
	if err != nil {
		return err
	}
	view := partnerList{}
	for _, p := range all {
		at := slices.IndexFunc(silent, func(s Silent) bool { return s.Name == p.Name })
		card := h.partnerCard(v, p)
		if at >= 0 && p.RevokedAt.IsZero() {
			card.State, card.Tone = "silent", string(page.Wrong)
			card.Rows = append(card.Rows, page.Row{Label: "Silent", Value: "since " + h.clock(silent[at].Since)})
		}
		view.Partners = append(view.Partners, card)
	}
	return h.draw(v, status, partnersPath, "partners", page.Page{Title: "Partners", Data: view,
		Sections: []page.Section{form}})
}

func (h *Handlers) partnerCard(v *visit, p operator.Partner) partnerCard {
	card := partnerCard{Name: p.Name, State: "active", Tone: string(page.Done)}
	add := func(label, value string) { card.Rows = append(card.Rows, page.Row{Label: label, Value: value}) }
	add("May", listed(p.Scopes, "nothing"))
	add("Bike plans", listed(p.Plans, "all"))
	add("Calls from", listed(p.From, "any address"))
	if seen := h.Seen(p.Name); !seen.IsZero() {
		add("Last seen", h.ago(seen))
	} else {
		add("Last seen", "not since the appliance was started")
	}
	if p.ExpectEvery > 0 {
		add("Expected", "every "+span(time.Duration(p.ExpectEvery)))
	}
	ends := make([]string, len(p.Tokens))
	for i, token := range p.Tokens {
		ends[i] = "…" + token.Last + ", made " + h.at(token.AddedAt).Text
	}
	add("Tokens", listed(ends, "none"))
	path := partnersPath + "/" + p.Name
	switch {
	case !p.RevokedAt.IsZero():
		card.State, card.Tone = "revoked", string(page.Wrong)
		add("Revoked", h.clock(p.RevokedAt))
		return card
	case p.Rotating:
		card.State, card.Tone = "rotating", string(page.Plain)
		card.Acts = append(card.Acts, v.doing(path+"/finish", "End the older token", page.Second))
	default:
		card.Acts = append(card.Acts, v.doing(path+"/rotate", "Make a second token", page.Second))
	}
	card.Revoke = v.doing(path+"/revoke", "Revoke "+p.Name, page.Grave)
	return card
}

// partnerForm asks for a partner to be added.
func (h *Handlers) partnerForm(v *visit, wrong []page.Fault) page.Section {
	text := func(name, label, hint string, optional bool) page.Field {
		return page.Field{Name: name, Label: label, Hint: hint, Type: page.Text, Value: v.form[name], Autocomplete: "off",
			Optional: optional}
	}
	scopes := page.Field{Name: "scope", Label: "What it may do", Hint: "None chosen: everything.", Type: page.Boxes}
	words := map[store.Scope]string{"users": "register bikers", "cleanings": "deliver cleanings",
		"events": "read events"}
	for _, scope := range store.Scopes {
		scopes.Choices = append(scopes.Choices, page.Choice{Value: string(scope), Label: words[scope],
			Chosen: v.form["scope-"+string(scope)] != ""})
	}
	return page.Section{Title: "Add a partner", Folded: true,
		Text: []string{"A system that calls with a token, which is shown once. A revoked one of that name comes back."},
		Form: &page.Form{Action: partnersPath, Button: "Add", Faults: wrong, Fields: []page.Field{
			text("name", "Name", "Letters, digits and . _ -, as payroll-1.", false), scopes,
			text("plans", "Bike plans", "Codes with commas between; empty: all, later ones too.", true),
			text("from", "Calls from", "Networks or addresses with commas between, as 192.0.2.0/24; empty: any.", true),
			text("expect", "Expected every", "As 5m: silence three times as long is reported. Empty: it is not.", true),
		}}}
}

// partnerNames are the form's names of what the act calls otherwise.
var partnerNames = map[string]string{"name": "name", "scope": "scope", "plan": "plans", "from": "from",
	"expect-every": "expect"}

func (h *Handlers) addPartner(v *visit) error {
	in := operator.PartnerRequest{Name: v.form["name"], Plans: words(v.form["plans"]), From: words(v.form["from"]),
		ExpectEvery: v.form["expect"]}
	for _, scope := range store.Scopes {
		if v.form["scope-"+string(scope)] != "" {
			in.Scopes = append(in.Scopes, string(scope))
		}
	}
	partner, err := operator.ReadPartner(in)
	var made operator.PartnerToken
	if err == nil {
		made, err = h.Acts.AddPartner(v.R.Context(), partner)
	}
	if err != nil {
		wrong, err := faults(err, partnerNames)
		if err != nil {
			return err
		}
		return h.drawPartners(v, http.StatusUnprocessableEntity, h.partnerForm(v, wrong))
	}
	return h.showToken(v, "The partner "+made.Partner.Name+" is added", made)
}

// words are the parts of a text between commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
}

// showToken shows a token, this once: it is in no other page, nor kept.
func (h *Handlers) showToken(v *visit, title string, made operator.PartnerToken) error {
	p := made.Partner
	return h.draw(v, http.StatusOK, partnersPath, "token", page.Page{Title: title, Data: tokenView{Token: made.Token,
		Back: partnersPath, Rows: []page.Row{
			{Label: "Partner", Value: p.Name}, {Label: "May", Value: listed(p.Scopes, "nothing")},
			{Label: "Bike plans", Value: listed(p.Plans, "all")},
			{Label: "Calls from", Value: listed(p.From, "any address")},
		}}})
}

func (h *Handlers) rotatePartner(v *visit) error {
	made, err := h.Acts.RotatePartner(v.R.Context(), v.Param("name"))
	if err != nil {
		return v.without(partnersPath, err)
	}
	return h.showToken(v, "A second token for "+made.Partner.Name, made)
}

// onPartner makes the handler of an act on a partner that leaves nothing to show.
func (h *Handlers) onPartner(done string, act func(context.Context, string) (operator.Partner, error),
) func(*visit) error {
	return func(v *visit) error {
		if _, err := act(v.R.Context(), v.Param("name")); err != nil {
			return v.without(partnersPath, err)
		}
		return v.done(partnersPath, done)
	}
}
