package partner

import (
	"net/http"
	"time"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// readBackDoc describes reading a person back.
var readBackDoc = web.Doc{
	ID: "getUser", Summary: "Read back what became of a biker",
	Text: "One of both parameters names the person; where both do, they must name the same one. Only those whom you " +
		"have registered are told of.",
	Params: []web.Param{
		web.InQuery("partner_EmployeeID", schema.Of(schema.String), "Your own id of the person."),
		web.InQuery("id", schema.GUID(), "The id that user.create answered."),
	},
	Out: []web.Answer{
		web.Returns[person](http.StatusOK, "The person, with the latest letter."),
		web.Refuses(http.StatusBadRequest, "Neither parameter names anybody, or one is given twice."),
		web.Refuses(http.StatusNotFound, "None of the people whom you have registered is known by this id."),
	},
}

// person is somebody whom this partner has registered, read back.
type person struct {
	ID            guid.ID    `json:"id"`
	Email         string     `json:"Email"`
	EmployeeID    *string    `json:"partner_EmployeeID"`
	BikePlanCode  string     `json:"BikePlanCode"`
	RegisteredAt  time.Time  `json:"registeredAt"`
	Letter        *letter    `json:"letter" doc:"The latest welcome or existing letter; null: none is kept."`
	PasswordSetAt *time.Time `json:"passwordSetAt" doc:"Null: none is set yet."`
}

// SchemaName is what its schema is called.
func (person) SchemaName() string { return "Biker" }

type letter struct {
	ID     guid.ID           `json:"id"`
	Kind   store.LetterKind  `json:"kind"`
	State  store.LetterState `json:"state"`
	At     time.Time         `json:"at" doc:"When it was sent, failed or cancelled; before that, when it was owed."`
	Reason *string           `json:"reason" doc:"Why it failed, was held or cancelled."`
}

var errNobodyNamed = unreadable("Say who is asked for: ?partner_EmployeeID=… or ?id=….")

var errNotYours = refuse.New(refuse.NotFound, "None of the people that you have registered is known by this id.")

func (p *Handlers) readBack(c *web.Call, partner store.Partner) error {
	text, _, err := parameter(c.R.URL, "id")
	if err != nil {
		return err
	}
	employee, _, err := parameter(c.R.URL, "partner_EmployeeID")
	if err != nil {
		return err
	}
	employee = fields.Trim(employee) // as it was when it was stored
	text = fields.Trim(text)
	if text == "" && employee == "" {
		return errNobodyNamed
	}
	var id guid.ID // the zero GUID beside an employee's id names nothing
	if text != "" {
		if id, err = guid.Parse(text); err != nil || id.IsZero() && employee == "" {
			return errNotYours
		}
	}
	found, err := p.Store.BikerOf(partner.Name, id, employee)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, view(&found))
}

func view(found *store.PartnerBiker) person {
	b, l := &found.Biker, &found.Letter
	answer := person{ID: b.ID, Email: b.Email, EmployeeID: fields.OrNull(&b.EmployeeID),
		BikePlanCode: b.BikePlanCode, RegisteredAt: b.RegisteredAt}
	if !l.ID.IsZero() {
		answer.Letter = &letter{ID: l.ID, Kind: l.Kind, State: l.State, At: l.OwedAt, Reason: fields.OrNull(&l.Reason)}
		if !l.DoneAt.IsZero() {
			answer.Letter.At = l.DoneAt
		}
	}
	if !b.PasswordAt.IsZero() {
		answer.PasswordSetAt = &b.PasswordAt
	}
	return answer
}
