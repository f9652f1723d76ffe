package eecd

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

func (e *Handlers) activate(c *web.Call) error {
	var token string
	if err := c.Decode(fields.Object{"ConfirmationToken": tokenText(&token)}); err != nil {
		return err
	}
	user, err := e.confirm(c, token)
	if err != nil {
		return err
	}
	return e.letIn(c, http.StatusOK, user, true)
}

// tokenText reads a required token. Whatever it holds is for the sealer to judge, who has one answer for all that is
// not ours.
func tokenText(to *string) fields.Reader {
	return func(v jsontext.Value, path string, r *fields.Report) {
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
		if *to = fields.Trim(string(text)); *to == "" {
			r.Fault(path, missing)
		}
	}
}

// confirm redeems a confirmation token.
func (e *Handlers) confirm(c *web.Call, token string) (store.User, error) {
	claims, err := e.openLink(c, tokens.Confirmation, token)
	if err != nil {
		return store.User{}, &refuse.Refusal{Kind: refuse.Forbidden, Cause: err,
			Reason: "The token could not be decrypted: it is incomplete, altered, or not for this service. Copy " +
				"the whole link from the mail."}
	}
	user, err := e.Store.ActivateUser(c.R.Context(), store.Confirmation{
		User: claims.Subject, Email: claims.Email, Generation: claims.Generation,
		Token: tokens.Hash(token), ExpiresAt: claims.ExpiresAt,
	})
	if refuse.Is(err, refuse.Forbidden) || refuse.Is(err, refuse.Conflict) || refuse.Is(err, refuse.NotFound) {
		notTaken(c, linkNames[tokens.Confirmation], claims.Subject, err)
	}
	return user, err
}

// openLink reads the token that a link carries. Its error is tokens.ErrUnreadable.
func (e *Handlers) openLink(c *web.Call, purpose tokens.Purpose, token string) (tokens.Claims, error) {
	claims, err := e.Sealer.Open(purpose, token)
	if err != nil {
		notTaken(c, linkNames[purpose], guid.ID{}, err)
	}
	return claims, err
}

// linkNames are what the log calls the purposes of links.
var linkNames = map[tokens.Purpose]string{tokens.Confirmation: "confirmation", tokens.NotMe: "notMe"}
