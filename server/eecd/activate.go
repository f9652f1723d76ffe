package eecd

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
	"postern/store/guid"
	"postern/store/refuse"
)

// activateDoc describes activating.
var activateDoc = web.Doc{
	ID: "activateUser", Summary: "Activate a user",
	Text: `
		The token of the link in the letter proves the mailbox. A token that was used a moment ago gives the same
		answer again; success voids all earlier links of the person.`,
	In: web.TakesJSON("Confirmation", confirmationFields, web.Texts{
		"ConfirmationToken": "What the link in the letter holds as token.",
	}),
	Out: []web.Answer{
		web.Returns[signedIn](http.StatusOK, "The mailbox is proven."),
		web.Refuses(http.StatusBadRequest, "There is no confirmation token."),
		web.Refuses(http.StatusForbidden, "The token can't be decrypted, or the person is blocked."),
		web.Refuses(http.StatusNotFound, "The address has no account any more, or another one since."),
		web.Refuses(http.StatusConflict, "The token has expired, or has been used already: sign in for a new one."),
	},
}

// confirmationFields are the properties of an activate call.
func confirmationFields(token *string) fields.Object {
	return fields.Object{"ConfirmationToken": tokenText{token}}
}

func (e *Handlers) activate(c *web.Call) error {
	var token string
	if err := c.Decode(confirmationFields(&token)); err != nil {
		return err
	}
	link, err := e.Acts.Confirmation(token)
	if err != nil {
		notTaken(c, "confirmation", guid.ID{}, err)
		return &refuse.Refusal{Kind: refuse.Forbidden, Cause: err,
			Reason: "The token could not be decrypted: it is incomplete, altered, or not for this service. Copy " +
				"the whole link from the mail."}
	}
	user, err := e.Store.ActivateUser(c.R.Context(), link)
	if refuse.Is(err, refuse.Forbidden) || refuse.Is(err, refuse.Conflict) || refuse.Is(err, refuse.NotFound) {
		notTaken(c, "confirmation", link.User, err)
	}
	if err != nil {
		return err
	}
	return e.letIn(c, http.StatusOK, user, true)
}

// tokenText reads a required token. Whatever it holds is for the sealer to judge, who has one answer for all that is
// not ours.
type tokenText struct{ to *string }

// Read reads it, as fields.Reader says.
func (t tokenText) Read(v jsontext.Value, path string, r *fields.Report) {
	const missing = "There is no confirmation token; take it from the link in the mail."
	if v == nil {
		r.Fault(path, missing)
		return
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil || v.Kind() != '"' {
		r.Fault(path, "The confirmation token must be a text.")
		return
	}
	if *t.to = fields.Trim(string(text)); *t.to == "" {
		r.Fault(path, missing)
	}
}

// Schema describes it.
func (tokenText) Schema() *schema.Schema {
	return &schema.Schema{Types: []string{schema.String}, MinLength: 1}
}
