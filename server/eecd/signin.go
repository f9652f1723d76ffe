package eecd

import (
	"errors"
	"net/http"

	"postern/server/user"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/refuse"
)

// signedIn answers activate and sign-in.
type signedIn struct {
	UserToken string `json:"UserToken" doc:"For the header X-NALLIAN-TOKEN of later calls."`
}

// letIn answers with a user token.
func (e *Handlers) letIn(c *web.Call, status int, user store.User, proven bool) error {
	token, err := e.Acts.Token(user, proven)
	if err != nil {
		return err
	}
	c.Security(web.LoggedIn).Stringer("userId", user.ID).Bool("proven", proven).Msg("signed in")
	return c.JSON(status, signedIn{token})
}

// signInDoc describes signing in.
var signInDoc = web.Doc{
	ID: "signInUser", Summary: "Sign in",
	Text: `
		Where the mailbox must be proven first, or again, a letter with the activation link goes out, and the answer is
		403. Depending on the appliance's settings the address of an activated user is enough, or a valid user token
		must come along in the header.`,
	In: web.TakesJSON("SignIn", signInFields, web.Texts{
		"CleaningId": "The cleaning that the person came for; the link in a letter leads back to it.",
	}).Like(`{"Email": "jan@example.org"}`),
	Out: []web.Answer{
		web.Returns[signedIn](http.StatusCreated, "Signed in."),
		web.Refuses(http.StatusForbidden,
			"The mailbox must be confirmed: follow the link in the letter. Or the person is blocked."),
		web.Refuses(http.StatusNotFound, "There is no account with this address: register."),
		web.Refuses(http.StatusTooManyRequests, "Too many sign-ins of this client came to nothing."),
	},
}

// signInFields are the properties of a sign-in call.
func signInFields(in *store.SignIn) fields.Object {
	return fields.Object{
		"Email":      fields.Email(&in.Email),
		"CleaningId": fields.GUID(&in.CleaningID, false),
	}
}

func (e *Handlers) signIn(c *web.Call) error {
	var in store.SignIn
	if err := c.Decode(signInFields(&in)); err != nil {
		return err
	}
	held, err := e.held(c)
	if err == nil {
		in.Held = &held
	} else {
		_ = refused(c, held.User, err) // the address may be enough
	}
	result, err := e.Acts.SignIn(c.R.Context(), c.Client, in)
	if errors.Is(err, user.ErrClientLimit) {
		c.Security(web.OverLimit).Str("limit", "sign_in").Msg("too many sign-ins of a client")
	}
	if err == nil && result.MustActivate {
		err = errMustActivate
	}
	if err != nil {
		return err
	}
	return e.letIn(c, http.StatusCreated, result.User, result.Proven)
}

var errMustActivate = refuse.New(refuse.Forbidden,
	"The mailbox must be confirmed first: follow the link in the mail that was sent to it.")
