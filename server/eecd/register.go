package eecd

import (
	"net/http"

	"postern/server/user"
	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
)

// registerDoc describes registering.
var registerDoc = web.Doc{
	ID: "registerUser", Summary: "Register a user",
	Text: `
		A letter with the activation link goes to the address, in the language of Accept-Language (English, Dutch,
		French or German; else English). A mailbox whose owner has said "this wasn't me" is answered as a new one for
		30 days, and nothing is stored or sent.`,
	In: web.TakesJSON("UserRegistration", user.RegistrationFields, web.Texts{
		"cleaningId": "The cleaning that the person came for; the link in the letter leads back to it.",
	}).Like(`{"email": "jan@example.org", "firstName": "Jan", "lastName": "Peeters", ` +
		`"organisationName": "Synthetische Terminal BV", "cleaningId": "00000000-0000-4000-8000-000000000008"}`),
	Out: []web.Answer{
		web.Returns[registered](http.StatusCreated, "Registered; the link in the letter must confirm the mailbox."),
		web.Refuses(http.StatusConflict, "There is an account with this address already, activated or not: sign in."),
		web.Refuses(http.StatusTooManyRequests, "Too many registrations came from this client, or letters went there."),
	},
}

// registered answers a register call.
type registered struct {
	Email  string `json:"email"`
	Status string `json:"status" doc:"Always confirmation-required."`
}

// SchemaName is what its schema is called.
func (registered) SchemaName() string { return "UserRegistered" }

func (e *Handlers) register(c *web.Call) error {
	if err := e.Acts.CountRegistration(c.Client); err != nil {
		c.Security(web.OverLimit).Str("limit", "register").Msg("too many register calls of a client")
		return err
	}
	in := store.Registration{Language: c.Language(user.Languages...)}
	if err := c.Decode(user.RegistrationFields(&in)); err != nil {
		return err
	}
	made, err := e.Acts.Register(c.R.Context(), c.Client, in)
	if refuse.Is(err, refuse.TooMany) {
		c.Security(web.OverLimit).Str("limit", "letters").Msg("no letter for a registration")
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, registered{made.Email, "confirmation-required"})
}
