package operator

import (
	"context"

	"postern/server/web"
	"postern/server/web/fields"
)

func (o *Operator) biker(c *web.Call) error {
	return onAddress(c, o.Biker)
}

func (o *Operator) exportBiker(c *web.Call) error {
	return onAddress(c, o.ExportBiker)
}

func (o *Operator) eraseBiker(c *web.Call) error {
	return erase(c, o.EraseBiker)
}

func (o *Operator) blockBiker(c *web.Call) error {
	return onPerson(c, o.BlockBiker)
}

func (o *Operator) unblockBiker(c *web.Call) error {
	return onPerson(c, o.UnblockBiker)
}

// moveFields are the properties of POST bikers/move.
func moveFields(move *Move) fields.Object {
	return fields.Object{
		"email":   fields.Email(&move.Email),
		"partner": parsed(&move.Partner, true, partnerName),
		"plan":    parsed(&move.Plan, true, planCode),
	}
}

func (o *Operator) moveBiker(c *web.Call) error {
	var move Move
	if err := c.Decode(moveFields(&move)); err != nil {
		return err
	}
	moved, err := o.MoveBiker(c.R.Context(), move)
	return answer(c, moved, err)
}

// Person names a user or biker in the acts on them.
type Person struct {
	Email string `json:"email"`
}

// personFields are its properties.
func personFields(person *Person) fields.Object {
	return fields.Object{"email": fields.Email(&person.Email)}
}

// onPerson does an act on the Person in the body.
func onPerson[T any](c *web.Call, act func(ctx context.Context, email string) (T, error)) error {
	var person Person
	if err := c.Decode(personFields(&person)); err != nil {
		return err
	}
	changed, err := act(c.R.Context(), person.Email)
	return answer(c, changed, err)
}

// onAddress answers what is known of the person whom ?email= names.
func onAddress[T any](c *web.Call, find func(email string) (T, error)) error {
	email, err := emailInQuery(c)
	if err != nil {
		return err
	}
	found, err := find(email)
	return answer(c, found, err)
}

// erase erases the person whom ?email= names.
func erase(c *web.Call, act func(ctx context.Context, email string) error) error {
	email, err := emailInQuery(c)
	if err != nil {
		return err
	}
	return done(c, act(c.R.Context(), email))
}

func emailInQuery(c *web.Call) (string, error) {
	q := readQuery(c)
	email := q.email("email")
	return email, q.err()
}
