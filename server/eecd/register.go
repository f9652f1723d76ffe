package eecd

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/refuse"
)

const maxName, maxOrganisation = 100, 200 // code points

// registered answers a register call.
type registered struct {
	Email  string `json:"email"`
	Status string `json:"status"` // always confirmation-required
}

func (e *Handlers) register(c *web.Call) error {
	if wait := e.RegisterLimit.Take(c.Client); wait > 0 {
		c.Security(web.OverLimit).Str("limit", "register").Msg("too many register calls of a client")
		return &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: wait,
			Reason: "Too many registrations came from this address; try again later."}
	}
	in := store.Registration{Language: c.Language(Languages...), Client: e.RegisterLimit.Counted(c.Client)}
	err := c.Decode(fields.Object{
		"email":            fields.Email(&in.Email),
		"firstName":        fields.Name(&in.FirstName, maxName, true),
		"lastName":         fields.Name(&in.LastName, maxName, true),
		"organisationName": fields.Name(&in.OrganisationName, maxOrganisation, true),
		"cleaningId":       fields.GUID(&in.CleaningID, false),
	})
	if err != nil {
		return err
	}
	user, err := e.Store.RegisterUser(c.R.Context(), in)
	if err != nil {
		if refuse.Is(err, refuse.TooMany) {
			c.Security(web.OverLimit).Str("limit", "letters").Msg("no letter for a registration")
		}
		return err
	}
	return c.JSON(http.StatusCreated, registered{user.Email, "confirmation-required"})
}
