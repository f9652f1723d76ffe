package eecd

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
)

// The refusals that the calls about a cleaning share. Where sign-in goes by mailbox alone, each wants a proven token.
var (
	noGUID        = web.Refuses(http.StatusBadRequest, "The cleaning is named by no GUID.")
	notProven     = web.Refuses(http.StatusForbidden, "This needs a proven token here, as an activation gives it.")
	noSuchOne     = web.Refuses(http.StatusNotFound, "There is no such cleaning.")
	decidedBefore = web.RefusesWith[wire.LoadProblem](http.StatusConflict,
		"The load is decided already; loadStatus says how. Or the cleaning is not signed off, which completing wants.")
)

var mailDoc = web.Doc{
	ID: "mailCleaning", Summary: "Have the document of a cleaning mailed",
	Text: `
		The eECD goes to the user's own address as a PDF. Again within a minute for the same cleaning, the answer is
		the same and no second letter goes out. HEAD is not answered, as this changes something.`,
	Params: []web.Param{pathID},
	Out: []web.Answer{
		web.Returns[mailed](http.StatusOK, "The letter is owed."), noGUID, notProven, noSuchOne,
		web.Refuses(http.StatusTooManyRequests, "The user has had too many documents mailed within a day."),
	},
}

// mailed answers a request for a document by mail.
type mailed struct {
	Status string `json:"status" doc:"Always queued."`
}

func (e *Handlers) mailCleaning(c *web.Call, holder store.Holder, _ store.User) error {
	id, err := cleaningID(c)
	if err != nil {
		return err
	}
	if err := e.Store.MailCleaning(c.R.Context(), holder, id); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, mailed{"queued"})
}

var cleaningDoc = web.Doc{
	ID: "getCleaning", Summary: "Read a cleaning",
	Text:   "It wants a proven token: an e-mail address alone opens nobody's documents.",
	Params: []web.Param{pathID},
	Out: []web.Answer{
		web.Returns[wire.Cleaning](http.StatusOK, "The cleaning, and how its load stands."),
		noGUID, notProven, noSuchOne,
	},
}

func (e *Handlers) cleaning(c *web.Call, _ store.User, cleaning store.Cleaning) error {
	if answer, known := e.answers.Get(cleaning.ID, cleaning.Version[:]); known {
		return c.Bytes("application/json", answer)
	}
	answer, err := json.Marshal(wire.ViewCleaning(cleaning))
	if err != nil {
		return err
	}
	answer = append(answer, '\n')
	e.answers.Put(cleaning.ID, cleaning.Version[:], answer)
	return c.Bytes("application/json", answer)
}

// decisionText is what both decisions do.
const decisionText = `
	A load is decided once. The same person repeating the same decision in the same words gets the same answer. A letter
	goes to the user's own address, so that nobody decides in somebody's name unseen.`

var completeDoc = web.Doc{
	ID: "completeLoad", Summary: "Complete a load", Text: decisionText,
	Params: []web.Param{pathID},
	In: web.TakesJSON("Completion", user.CompletionFields, web.Texts{"ProductName": "What was loaded."}).
		Like(`{"ProductName": "Ethanol 96 %", "Comment": "compartment 1, 24 t"}`),
	Out: []web.Answer{
		web.Returns[decided](http.StatusOK, "The load is completed."), notProven, noSuchOne, decidedBefore,
	},
}

var rejectDoc = web.Doc{
	ID: "rejectLoad", Summary: "Reject a load", Text: decisionText,
	Params: []web.Param{pathID},
	In: web.TakesJSON("Rejection", user.RejectionFields, web.Texts{"Comment": "Why the tank is not loaded."}).
		Like(`{"Comment": "The seal of compartment 2 is broken."}`),
	Out: []web.Answer{
		web.Returns[decided](http.StatusOK, "The load is rejected."), notProven, noSuchOne, decidedBefore,
	},
}

// decided answers a decision about a load.
type decided struct {
	CleaningActionID guid.ID          `json:"cleaningActionId"`
	Status           store.LoadStatus `json:"status" doc:"completed or rejected."`
	DecidedAt        time.Time        `json:"decidedAt"`
	ProductName      *string          `json:"productName" doc:"Null where there is none."`
	Comment          *string          `json:"comment" doc:"Null where there is none."`
}

// SchemaName is what its schema is called.
func (decided) SchemaName() string { return "Decision" }

func (e *Handlers) complete(c *web.Call, holder store.Holder, _ store.User) error {
	d := store.Decision{Status: store.LoadCompleted}
	return e.decide(c, holder, &d, user.CompletionFields(&d))
}

func (e *Handlers) reject(c *web.Call, holder store.Holder, _ store.User) error {
	d := store.Decision{Status: store.LoadRejected}
	return e.decide(c, holder, &d, user.RejectionFields(&d))
}

// decide reads what o fills into d, and decides.
func (e *Handlers) decide(c *web.Call, holder store.Holder, d *store.Decision, o fields.Object) error {
	id, err := cleaningID(c)
	if err != nil {
		return err
	}
	if err := c.Decode(o); err != nil {
		return err
	}
	load, err := e.Store.DecideLoad(c.R.Context(), holder, id, *d)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, decided{id, load.Status, load.DecidedAt, fields.OrNull(&load.ProductName),
		fields.OrNull(&load.Comment)})
}
