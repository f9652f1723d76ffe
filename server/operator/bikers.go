package operator

import (
	"context"
	"net/http"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// biker shows the biker whom ?email= names.
func (o *Operator) biker(c *web.Call) error {
	email, err := emailInQuery(c)
	if err != nil {
		return err
	}
	found, err := o.findBiker(email)
	if err != nil {
		return err
	}
	return o.showBiker(c, found)
}

// eraseBiker erases the biker of an address, and the letters to it about registrations that failed.
func (o *Operator) eraseBiker(c *web.Call) error {
	email, err := emailInQuery(c)
	if err != nil {
		return err
	}
	if err := o.Store.EraseBiker(c.R.Context(), email); err != nil {
		return noBiker(err, email)
	}
	return c.NoContent()
}

func (o *Operator) blockBiker(c *web.Call) error   { return o.setBikerBlocked(c, true) }
func (o *Operator) unblockBiker(c *web.Call) error { return o.setBikerBlocked(c, false) }

func (o *Operator) setBikerBlocked(c *web.Call, blocked bool) error {
	var email string
	return o.changeBiker(c, &email, fields.Object{}, func(ctx context.Context, id guid.ID) (store.Biker, error) {
		return o.Store.BlockBiker(ctx, id, blocked)
	})
}

// moveBiker gives a biker to the partner and plan of a Move.
func (o *Operator) moveBiker(c *web.Call) error {
	var move Move
	return o.changeBiker(c, &move.Email, fields.Object{
		"partner": parsed(&move.Partner, true, partnerName),
		"plan":    parsed(&move.Plan, true, planCode),
	}, func(ctx context.Context, id guid.ID) (store.Biker, error) {
		return o.Store.MoveBiker(ctx, id, move.Partner, move.Plan)
	})
}

// changeBiker does an act on the biker whom the body names by e-mail, beside the act's own fields, and shows the biker
// afterwards.
func (o *Operator) changeBiker(c *web.Call, email *string, own fields.Object,
	act func(context.Context, guid.ID) (store.Biker, error)) error {
	own["email"] = fields.Email(email)
	if err := c.Decode(own); err != nil {
		return err
	}
	found, err := o.findBiker(*email)
	if err != nil {
		return err
	}
	changed, err := act(c.R.Context(), found.ID)
	if err != nil {
		return err
	}
	return o.showBiker(c, changed)
}

func emailInQuery(c *web.Call) (string, error) {
	q := readQuery(c)
	email := q.email("email")
	return email, q.err()
}

func (o *Operator) findBiker(email string) (store.Biker, error) {
	found, err := o.Store.BikerByEmail(email)
	return found, noBiker(err, email)
}

// noBiker says in the operator's words that there is none.
func noBiker(err error, email string) error {
	if refuse.Is(err, refuse.NotFound) {
		return refuse.New(refuse.NotFound, "There is no biker "+email+".")
	}
	return err
}

func (o *Operator) showBiker(c *web.Call, biker store.Biker) error {
	letters, err := o.Store.LettersTo(biker.ID, lettersShown)
	if err != nil {
		return err
	}
	sessions, err := o.Store.SessionsOf(biker.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Biker{BikerRecord: viewBiker(biker), Sessions: len(sessions), Letters: viewLetters(letters)})
}
