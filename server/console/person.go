package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"postern/server/operator"
	"postern/server/web/page"
	"postern/store/guid"
	"postern/store/refuse"
)

// personView is what its template draws.
type personView struct {
	State, Tone string
	Rows        []page.Row
	Acts        []*page.Form
	Export      string
	Letters     []letterRow
	AllLetters  string
	Events      []eventRow
	AllEvents   string
	Zone        string
}

// person is a biker or a user, as far as the page treats them alike.
type person struct {
	id      guid.ID
	path    string // of the page
	email   string
	name    string
	kind    string // in words
	state   string
	blocked bool
	rows    []page.Row
	letters []operator.Letter
}

// finder finds a biker or a user.
type finder func(guid.ID) (person, error)

// sectioner makes the forms of a person's page, that of erasing with what is wrong with what was typed there.
type sectioner func(v *visit, of person, wrong []page.Fault) []page.Section

// personEvents is how many of a person's latest events are shown with the person.
const personEvents = 20

// look finds the person of a page, and has the feed tell of it: nobody is looked at without a trace.
func (h *Handlers) look(v *visit, find finder) (person, error) {
	id, err := guid.Parse(v.Param("id"))
	if err != nil {
		return person{}, refuse.New(refuse.NotFound, "There is nobody with this id.")
	}
	found, err := find(id)
	if err == nil && v.R.Method == http.MethodGet && v.session.views(id) {
		err = h.Acts.NoteViewed(v.R.Context(), id, false)
	}
	return found, err
}

// personPage makes the handler of the page of a biker or a user.
func (h *Handlers) personPage(find finder, sections sectioner) func(*visit) error {
	return func(v *visit) error {
		found, err := h.look(v, find)
		if err != nil {
			return h.nobody(v, err)
		}
		return h.drawPerson(v, http.StatusOK, found, sections(v, found, nil))
	}
}

// nobody tells that there is no such person; other errors pass through.
func (h *Handlers) nobody(v *visit, err error) error {
	reason, err := refusal(err)
	if err != nil {
		return err
	}
	return h.refused(v, http.StatusNotFound, reason)
}

func (h *Handlers) drawPerson(v *visit, status int, of person, sections []page.Section) error {
	events, err := h.Acts.EventsOf(of.id, personEvents)
	if err != nil {
		return err
	}
	view := &personView{State: of.state, Tone: string(page.Done), Rows: of.rows, Export: of.path + "/export",
		Letters: h.letterRows(of.letters), AllLetters: listURL(lettersPath, "find", of.email),
		Events: h.eventRows(events), AllEvents: listURL(eventsPath, "about", of.id.String()), Zone: h.zone()}
	act := func(name, button string, style page.Style) {
		view.Acts = append(view.Acts, v.doing(of.path+"/"+name, button, style))
	}
	switch {
	case of.blocked:
		view.Tone = string(page.Wrong)
		act("unblock", "Unblock", page.Main)
	default:
		act("block", "Block", page.Second)
	}
	if of.kind == "user" && of.state == string(operator.UserActive) {
		act("reactivate", "Have the mailbox proven again", page.Second)
	}
	switch of.state {
	case string(operator.BikerInvited), string(operator.UserUnconfirmed):
		view.Tone = quiet
	case string(operator.UserReactivate):
		view.Tone = string(page.Plain)
	}
	return h.draw(v, status, peoplePath, "person", page.Page{Title: of.name, Data: view, Sections: sections})
}

// findBiker and findUser make what a page shows of what the acts tell.

func (h *Handlers) findBiker(id guid.ID) (person, error) {
	b, err := h.Acts.BikerByID(id)
	if err != nil {
		return person{}, err
	}
	found := person{id: b.ID, path: personPath(bikersPath, b.ID), email: b.Email, name: b.FirstName + " " + b.LastName,
		kind: "biker", state: string(b.State), blocked: b.State == operator.BikerBlocked, letters: b.Letters}
	found.add("Population", "Biker")
	found.add("E-mail", b.Email)
	found.add("Partner", b.Partner)
	found.add("Bike plan", b.BikePlanCode)
	found.add("Language", b.Language)
	found.add("Chosen language", b.Chosen)
	found.add("Contract", b.ContractType)
	found.add("Employee id", b.EmployeeID)
	found.add("Posted with the employee id", b.OthersID)
	found.add("Personnel number", b.PersonnelNumber)
	found.add("Registered", h.clock(b.RegisteredAt))
	found.add("Password set", h.clock(b.PasswordSetAt))
	found.add("Logged in", counted(b.Sessions, "browser", "browsers"))
	found.add("Id", b.ID.String())
	return found, nil
}

func (h *Handlers) findUser(id guid.ID) (person, error) {
	u, err := h.Acts.UserByID(id)
	if err != nil {
		return person{}, err
	}
	found := person{id: u.ID, path: personPath(usersPath, u.ID), email: u.Email, name: u.FirstName + " " + u.LastName,
		kind: "user", state: string(u.State), blocked: u.State == operator.UserBlocked, letters: u.Letters}
	found.add("Population", "User")
	found.add("E-mail", u.Email)
	found.add("Organisation", u.OrganisationName)
	found.add("Language", strings.ToUpper(u.Language))
	found.add("Registered", h.clock(u.RegisteredAt))
	found.add("Mailbox proven", h.clock(u.ActivatedAt))
	found.add("Signed in", h.clock(u.SignedInAt))
	if !u.CleaningID.IsZero() {
		found.add("Came for the cleaning", u.CleaningID.String())
	}
	found.add("Id", u.ID.String())
	return found, nil
}

// add adds what is known.
func (p *person) add(label, value string) {
	if value != "" {
		p.rows = append(p.rows, page.Row{Label: label, Value: value})
	}
}

// The forms of a person's page. A section is open where something was wrong with what was typed into it.

func (h *Handlers) bikerSections(v *visit, of person, wrong []page.Fault) []page.Section {
	return append(h.moveSection(v, of, nil), eraseSection(v, of, wrong))
}

func (h *Handlers) userSections(v *visit, of person, wrong []page.Fault) []page.Section {
	return []page.Section{eraseSection(v, of, wrong)}
}

// erase wants the address typed: who has come to the wrong page notices.
func eraseSection(v *visit, of person, wrong []page.Fault) page.Section {
	text := "The " + of.kind + " is erased from every record at once, letters not sent yet are cancelled, and nothing " +
		"brings them back."
	if of.kind == "user" {
		text += " What they decided about loads stays, without the name."
	}
	return page.Section{Title: "Erase this " + of.kind, Folded: true, Text: []string{text},
		Form: &page.Form{Action: of.path + "/erase", Button: "Erase for good", Style: page.Grave, Faults: wrong,
			Fields: []page.Field{{Name: "typed", Label: "Type the address to erase it", Type: page.Email,
				Value: v.form["typed"], Hint: of.email, Autocomplete: "off"}}}}
}

func (h *Handlers) moveSection(v *visit, of person, wrong []page.Fault) []page.Section {
	partners, err := h.Acts.Partners()
	if err != nil || len(partners) == 0 {
		return nil // erasing must be possible all the same
	}
	field := page.Field{Name: "partner", Label: "Partner", Type: page.Select, Value: v.form["partner"]}
	for _, p := range partners {
		if p.RevokedAt.IsZero() {
			field.Choices = append(field.Choices, page.Choice{Value: p.Name, Label: p.Name})
		}
	}
	plan := page.Field{Name: "plan", Label: "Bike plan", Type: page.Text, Value: v.form["plan"], Autocomplete: "off",
		Hint: "The code of a plan that the partner may use."}
	return []page.Section{{Title: "Move this biker", Folded: true,
		Text: []string{"To another partner or bike plan: events from then on are the new partner’s."},
		Form: &page.Form{Action: of.path + "/move", Button: "Move", Faults: wrong, Fields: []page.Field{field, plan}}}}
}

// actOnPerson makes the handler of an act on a person that needs no more than the address.
func (h *Handlers) actOnPerson(find finder, done string, act func(*visit, string) error) func(*visit) error {
	return func(v *visit) error {
		found, err := h.look(v, find)
		if err != nil {
			return h.nobody(v, err)
		}
		if err := act(v, found.email); err != nil {
			return v.without(found.path, err)
		}
		return v.done(found.path, done)
	}
}

// erasing makes the handler of the form that erases a person.
func (h *Handlers) erasing(find finder, sections sectioner, erase func(*visit, string) error) func(*visit) error {
	return func(v *visit) error {
		found, err := h.look(v, find)
		if err != nil {
			return h.nobody(v, err)
		}
		if !strings.EqualFold(strings.TrimSpace(v.form["typed"]), found.email) {
			wrong := []page.Fault{{Field: "typed", Text: "This is not the address of who is to be erased: " + found.email}}
			return h.drawPerson(v, http.StatusUnprocessableEntity, found, sections(v, found, wrong))
		}
		if err := erase(v, found.email); err != nil {
			return v.without(found.path, err)
		}
		return v.done(peoplePath, "The "+found.kind+" is erased.")
	}
}

// move gives a biker to another partner or plan.
func (h *Handlers) move(v *visit) error {
	found, err := h.look(v, h.findBiker)
	if err != nil {
		return h.nobody(v, err)
	}
	move, err := operator.ReadMove(operator.Move{Email: found.email, Partner: v.form["partner"], Plan: v.form["plan"]})
	if err == nil {
		_, err = h.Acts.MoveBiker(v.R.Context(), move)
	}
	if err != nil {
		wrong, err := faults(err, map[string]string{"partner": "partner", "plan": "plan"})
		if err != nil {
			return err
		}
		return h.drawPerson(v, http.StatusUnprocessableEntity, found,
			append(h.moveSection(v, found, wrong), eraseSection(v, found, nil)))
	}
	return v.done(found.path, "The biker belongs to "+move.Partner+" and the plan "+move.Plan+" now.")
}

// export hands out everything that is held of a person, as a file of JSON. That is told by an event of its own.
func (h *Handlers) export(find finder, gather func(email string) (any, error)) func(*visit) error {
	return func(v *visit) error {
		id, err := guid.Parse(v.Param("id"))
		if err != nil {
			return h.refused(v, http.StatusNotFound, "There is nobody with this id.")
		}
		found, err := find(id)
		if err != nil {
			return h.nobody(v, err)
		}
		if v.R.Method == http.MethodGet { // HEAD hands nothing out
			err = h.Acts.NoteViewed(v.R.Context(), id, true)
		}
		var all any
		if err == nil {
			all, err = gather(found.email)
		}
		if err != nil {
			return err
		}
		text, err := json.Marshal(all, json.Deterministic(true), jsontext.WithIndent("  "))
		if err != nil {
			return err
		}
		v.W.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.json"`, found.kind, found.id))
		return v.Bytes("application/json", append(text, '\n'))
	}
}
