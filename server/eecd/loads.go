package eecd

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/wire"
	"postern/store"
	"postern/store/guid"
)

const maxProduct, maxComment = 200, 2000 // code points

// mailed answers a request for a document by mail.
type mailed struct {
	Status string `json:"status"` // always queued
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

// decided answers a decision about a load.
type decided struct {
	CleaningActionID guid.ID          `json:"cleaningActionId"`
	Status           store.LoadStatus `json:"status"` // completed or rejected
	DecidedAt        time.Time        `json:"decidedAt"`
	ProductName      *string          `json:"productName"` // null where there is none
	Comment          *string          `json:"comment"`     // null where there is none
}

func (e *Handlers) complete(c *web.Call, holder store.Holder, _ store.User) error {
	d := store.Decision{Status: store.LoadCompleted}
	return e.decide(c, holder, &d, fields.Object{
		"ProductName": fields.Text(&d.ProductName, fields.Limits{Required: true, Max: maxProduct}),
		"Comment":     fields.Text(&d.Comment, fields.Limits{Max: maxComment, Lines: true}),
	})
}

func (e *Handlers) reject(c *web.Call, holder store.Holder, _ store.User) error {
	d := store.Decision{Status: store.LoadRejected}
	return e.decide(c, holder, &d, fields.Object{
		"Comment": fields.Text(&d.Comment, fields.Limits{Required: true, Max: maxComment, Lines: true}),
	})
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
