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

const maxName, maxOrganisation = 100, 200 // code points (CONTRACT sections 4 and 5)

// registered answers a register call.
type registered struct {
	Email  string `json:"email"`
	Status string `json:"status"` // always confirmation-required
}

func (e *Room) register(c *web.Call) error {
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

// signedIn answers activate and sign-in.
type signedIn struct {
	UserToken string `json:"UserToken"` // goes into the header X-NALLIAN-TOKEN of later calls
}

func (e *Room) activate(c *web.Call) error {
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

// tokenText reads a required token. Whatever it holds is for the sealer to judge, who has one answer for all that is not ours.
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
func (e *Room) confirm(c *web.Call, token string) (store.User, error) {
	claims, err := e.openLink(c, tokens.Confirmation, token)
	if err != nil {
		return store.User{}, &refuse.Refusal{Kind: refuse.Forbidden, Cause: err,
			Reason: "The token could not be decrypted: it is incomplete, altered, or not for this service. Copy the whole link from the mail."}
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
func (e *Room) openLink(c *web.Call, purpose tokens.Purpose, token string) (tokens.Claims, error) {
	claims, err := e.Sealer.Open(purpose, token)
	if err != nil {
		notTaken(c, linkNames[purpose], guid.ID{}, err)
	}
	return claims, err
}

// linkNames are what the log calls the purposes of links.
var linkNames = map[tokens.Purpose]string{tokens.Confirmation: "confirmation", tokens.NotMe: "notMe"}

// letIn answers with a user token.
func (e *Room) letIn(c *web.Call, status int, user store.User, proven bool) error {
	token, err := e.userToken(user, proven)
	if err != nil {
		return err
	}
	c.Security(web.LoggedIn).Stringer("userId", user.ID).Bool("proven", proven).Msg("signed in")
	return c.JSON(status, signedIn{token})
}

func (e *Room) signIn(c *web.Call) error {
	in := store.SignIn{Client: e.SignInLimit.Counted(c.Client)}
	if err := c.Decode(fields.Object{
		"Email":      fields.Email(&in.Email),
		"CleaningId": fields.GUID(&in.CleaningID, false),
	}); err != nil {
		return err
	}
	held, err := e.held(c)
	if err == nil {
		in.Held = &held
	} else {
		_ = refused(c, held.User, err) // the address may be enough
	}
	var result store.SignedIn
	wait, gone := e.SignInLimit.Try(c.R.Context(), c.Client, func() (counts bool) {
		result, err = e.Store.SignInUser(c.R.Context(), in)
		if err == nil && result.MustActivate {
			err = errMustActivate
		}
		return refuse.Is(err, refuse.NotFound) || refuse.Is(err, refuse.Forbidden)
	})
	switch {
	case gone != nil:
		return gone
	case wait > 0:
		c.Security(web.OverLimit).Str("limit", "sign_in").Msg("too many sign-ins of a client")
		return &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: wait,
			Reason: "Too many sign-ins from this address came to nothing; try again later."}
	case err != nil:
		return err
	}
	return e.letIn(c, http.StatusCreated, result.User, result.Proven)
}

var errMustActivate = refuse.New(refuse.Forbidden,
	"The mailbox must be confirmed first: follow the link in the mail that was sent to it.")
