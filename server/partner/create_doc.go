package partner

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/schema"
	"postern/store"
	"postern/store/guid"
)

// createDoc describes user.create.
var createDoc = web.Doc{
	ID: "createUser", Summary: "Register a biker, or a list of them",
	Text: `
		A person alone is registered, found to be there already, or refused with 422; a list is answered with 200 and
		an outcome for each person, in the order of the list, whatever became of them. A list holds at most 10,000
		people and 16 MiB. It is read and counted whole before anything is done; then one bad person never sinks the
		others.

		It is safe to repeat. A new person gets a welcome letter with a link to set a password, in their own language;
		one who has an account already hears of it once, and a registration that failed once for each set of faults. A
		repeat that changes nothing does nothing. After 500 or 503, or a broken connection, send the same again, best
		with its Idempotency-Key.

		What is taken all the same but looks wrong is named in warnings, and so are unknown properties.`,
	Params: []web.Param{
		web.InQuery(dryRunParameter, schema.Of(schema.Boolean),
			"Decide by the rules and your own people, and do nothing: nothing is stored and no letter owed. Any other "+
				"parameter is refused."),
		web.InHeader("Idempotency-Key", keySchema, "Names the call. Its first answer is kept for a day and given "+
			"again, byte for byte, with nothing done again."),
	},
	In: web.Body{Type: "application/json", Schema: createSchema, Example: createExample},
	Out: []web.Answer{
		web.Returns[registered](http.StatusCreated, "The person is registered; the welcome letter is owed.").
			With(replayed),
		web.Returns[either](http.StatusOK, "The person was there already; or the answer to a list.").With(replayed),
		web.Refuses(http.StatusBadRequest, "The body, the query or a header can't be read; nothing was done."),
		web.Refuses(http.StatusForbidden, "The token lacks the scope users, or may not be used from this address."),
		web.Refuses(http.StatusConflict, "The first call with this Idempotency-Key is still being done.").Retry(),
		web.Refuses(http.StatusRequestEntityTooLarge, "The body is too large, or the list too long; nothing was done."),
		web.RefusesWith[notRegistered](http.StatusUnprocessableEntity, "The person breaks a rule; errors says which, "+
			"by field. Or this Idempotency-Key came with another body before.").With(replayed),
		web.Refuses(http.StatusTooManyRequests, "What may be stored for this partner in a day is used up."),
	},
}

var (
	keySchema = &schema.Schema{Types: []string{schema.String}, MinLength: 1, MaxLength: longestKey, Pattern: keyPattern}
	replayed  = web.InHeader("Idempotent-Replayed", schema.Of(schema.Boolean),
		"The answer was kept from the first call.")
)

const createExample = `{"user": {"BikePlanCode": "SYN-FR-LIE-02", "FirstName": "Jane", "LastName": "Johansson", ` +
	`"Email": "jane@example.org", "Language": "FR", "ContractType": "", "partner_EmployeeID": "ABC123", ` +
	`"PersonnelNumber": "A1234"}}`

// createSchema is a person alone, or a list in one of its forms.
func createSchema() *schema.Schema {
	person := personTexts.On(newPersonReader().person.Schema()).Named("Person")
	wrapped := schema.ObjectOf(schema.Required("user", person)).Named("PersonInUser")
	people := schema.ListOf(schema.OneOf(person, wrapped))
	people.MaxItems = maxPeople
	people = people.Named("People")
	return schema.OneOf(wrapped,
		schema.ObjectOf(schema.Required("users", people)).Named("PeopleInUsers"),
		schema.ObjectOf(schema.Required("user", people)).Named("PeopleInUser"),
		people).Named("Registration")
}

var personTexts = web.Texts{
	"BikePlanCode":       "A bike plan that this partner may use.",
	"Email":              "Where the letters go. An address is one person, in any case.",
	"Language":           "Of the letters and pages.",
	"partner_EmployeeID": "Your own id of the person, to read back by. It names one person at a time.",
	"PersonnelNumber":    "The client's own number of the person; not a national number.",
}

// either is what 200 answers: to a person alone, or to a list.
type either struct{}

// Schema is one of both, told apart by what only one has.
func (either) Schema() *schema.Schema {
	return schema.OneOf(schema.ForType[registered](), schema.ForType[listed]()).Named("Outcome")
}

// notRegistered are the further members of the problem of a person who can't be registered. None is there where the
// Idempotency-Key is refused.
type notRegistered struct {
	Success    bool               `json:"success" doc:"Always false."`
	Result     string             `json:"result"`
	Outcome    store.BikerOutcome `json:"outcome" doc:"Always failed."`
	Email      *string            `json:"Email" doc:"As it was sent."`
	EmployeeID *string            `json:"partner_EmployeeID"`
	Letter     *guid.ID           `json:"letter" doc:"The letter about it; null: none is owed."`
	Warnings   []string           `json:"warnings"`
}

// SchemaName is what its schema is called.
func (notRegistered) SchemaName() string { return "NotRegisteredProblem" }
