package eecd

import (
	"errors"
	"net/url"
	"strings"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
	"postern/tokens"
)

// tokenHeader carries a user token (seed "Sign in as non-licensed user").
const tokenHeader = "X-Nallian-Token"

// userProof is what proves that a user calls.
var userProof = web.Proof{Name: "userToken", Header: "X-NALLIAN-TOKEN",
	Text: "A user token, as activating and signing in answer it. One that comes from an activation, or from signing " +
		"in with such a token, is proven."}

// What a call is told whose user token is not taken, before the store has been asked.
var (
	errNoToken = refuse.New(refuse.Unauthorized,
		"This call needs a user token in the header X-NALLIAN-TOKEN; sign in to get one.")
	errTokenInQuery = refuse.New(refuse.Unauthorized,
		"A user token is taken in the header X-NALLIAN-TOKEN alone: queries end up in logs and histories.")
	errTwoTokens = refuse.New(refuse.Unauthorized,
		"The header X-NALLIAN-TOKEN must be there once, with one user token.")
	errUnreadable = refuse.New(refuse.Unauthorized,
		"The user token is not readable: it is incomplete, altered, or not for this service; sign in to get a new one.")
	errNotRead = refuse.New(refuse.Forbidden, "This needs a token from an activation: an e-mail address alone opens "+
		"no document. Have it mailed, or follow the link in your mail.")
)

// held opens the user token that a call carries in its header. It says nothing of the person: that is the store's to
// judge.
func (e *Handlers) held(c *web.Call) (store.Holder, error) {
	given := c.R.Header[tokenHeader]
	switch {
	case tokenInQuery(c.R.URL):
		return store.Holder{}, errTokenInQuery
	case len(given) == 0, len(given) == 1 && given[0] == "":
		return store.Holder{}, errNoToken
	case len(given) > 1:
		return store.Holder{}, errTwoTokens
	}
	holder, err := e.Acts.Hold(given[0])
	if errors.Is(err, tokens.ErrUnreadable) {
		err = errUnreadable
	}
	return holder, err
}

// tokenInQuery finds a token where it must not be: query strings end up in logs and histories.
func tokenInQuery(u *url.URL) bool {
	if u.RawQuery == "" {
		return false
	}
	for name := range u.Query() {
		if strings.EqualFold(name, tokenHeader) {
			return true
		}
	}
	return false
}

// asUser makes a handler for signed-in users alone.
func (e *Handlers) asUser(handle func(*web.Call, store.Holder, store.User) error) web.Handler {
	return func(c *web.Call) error {
		holder, err := e.held(c)
		var user store.User
		if err == nil {
			user, err = e.Store.CheckHolder(holder)
		}
		if err != nil {
			return refused(c, holder.User, err)
		}
		return handle(c, holder, user)
	}
}

// asProven makes a handler that reads a cleaning, for users whose token stands for the mailbox: an e-mail address alone
// opens nobody's documents, and its holder is not told which cleanings there are.
func (e *Handlers) asProven(handle func(*web.Call, store.User, store.Cleaning) error) web.Handler {
	return func(c *web.Call) error {
		holder, err := e.held(c)
		if err != nil {
			return refused(c, holder.User, err)
		}
		id, err := cleaningID(c)
		if !holder.Proven {
			err = errNotRead
		}
		if err != nil {
			if _, gone := e.Store.CheckHolder(holder); gone != nil {
				err = gone
			}
			return refused(c, holder.User, err)
		}
		user, cleaning, err := e.Store.ReadCleaning(holder, id)
		if err != nil {
			return refused(c, holder.User, err)
		}
		return handle(c, user, cleaning)
	}
}

// refused notes that a user token was not taken, where there was one, and gives the refusal back.
func refused(c *web.Call, user guid.ID, err error) error {
	if !errors.Is(err, errNoToken) && (refuse.Is(err, refuse.Unauthorized) || refuse.Is(err, refuse.Forbidden)) {
		notTaken(c, "user", user, err)
	}
	return err
}

// notTaken notes that a token was not taken, and why. The user's id is zero where nobody knows whose token it is.
func notTaken(c *web.Call, purpose string, user guid.ID, why error) {
	line := c.Security(web.TokenRefused).Str("purpose", purpose).AnErr("why", why)
	if !user.IsZero() {
		line.Stringer("userId", user)
	}
	line.Msg("a token was not taken")
}

var signOutDoc = web.Doc{
	ID: "signOutUser", Summary: "Sign out",
	Text: "All tokens of the user are void. No body is needed.",
	Out:  []web.Answer{web.ReturnsNothing("Signed out."), notProven},
}

// signOut ends what every token of the user's is good for. It needs no body; one that is there must be JSON all the
// same.
func (e *Handlers) signOut(c *web.Call, holder store.Holder, user store.User) error {
	if c.R.ContentLength != 0 {
		if err := c.RequireType("application/json"); err != nil {
			return err
		}
	}
	if err := e.Store.SignOutUser(c.R.Context(), holder); err != nil {
		return refused(c, user.ID, err)
	}
	c.Security(web.LoggedOut).Stringer("userId", user.ID).Msg("signed out")
	return c.NoContent()
}
