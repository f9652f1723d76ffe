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

// lettersShown is how many of a user's letters are shown with the user.
const lettersShown = 10

// user shows the user whom ?email= names.
func (o *Operator) user(c *web.Call) error {
	found, err := o.userInQuery(c)
	if err != nil {
		return err
	}
	return o.showUser(c, found)
}

func (o *Operator) eraseUser(c *web.Call) error {
	found, err := o.userInQuery(c)
	if err != nil {
		return err
	}
	if err := o.Store.EraseUser(c.R.Context(), found.ID); err != nil {
		return err
	}
	return c.NoContent()
}

func (o *Operator) blockUser(c *web.Call) error {
	return o.changeUser(c, func(ctx context.Context, id guid.ID) (store.User, error) { return o.Store.BlockUser(ctx, id, true) })
}

func (o *Operator) unblockUser(c *web.Call) error {
	return o.changeUser(c, func(ctx context.Context, id guid.ID) (store.User, error) { return o.Store.BlockUser(ctx, id, false) })
}

func (o *Operator) reactivateUser(c *web.Call) error { return o.changeUser(c, o.Store.ReactivateUser) }

// changeUser does an act on the Person in the body and shows the user afterwards.
func (o *Operator) changeUser(c *web.Call, act func(context.Context, guid.ID) (store.User, error)) error {
	var person Person
	if err := c.Decode(fields.Object{"email": fields.Email(&person.Email)}); err != nil {
		return err
	}
	found, err := o.find(person.Email)
	if err != nil {
		return err
	}
	changed, err := act(c.R.Context(), found.ID)
	if err != nil {
		return err
	}
	return o.showUser(c, changed)
}

func (o *Operator) userInQuery(c *web.Call) (store.User, error) {
	email, err := emailInQuery(c)
	if err != nil {
		return store.User{}, err
	}
	return o.find(email)
}

// find gives a user, or says in the operator's words that there is none.
func (o *Operator) find(email string) (store.User, error) {
	user, err := o.Store.UserByEmail(email)
	if refuse.Is(err, refuse.NotFound) {
		err = refuse.New(refuse.NotFound, "There is no user "+email+".")
	}
	return user, err
}

func (o *Operator) showUser(c *web.Call, user store.User) error {
	letters, err := o.Store.LettersTo(user.ID, lettersShown)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, User{UserRecord: o.recordUser(user), Letters: viewLetters(letters)})
}
