package smtp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"golang.org/x/oauth2"
)

// TokenSource fetches access tokens for XOAUTH2: a new one with every call, within its context, since one that was
// refused must not be given again. The Config of golang.org/x/oauth2/clientcredentials is one. What it fetches is kept
// here, until it expires or is refused.
type TokenSource interface {
	Token(ctx context.Context) (*oauth2.Token, error)
}

const (
	tokenWait   = 30 * time.Second // for the token endpoint's answer
	tokenMargin = time.Minute      // a token this near to its end is not used any more
)

// tokenCache keeps one token for all connections.
type tokenCache struct {
	source TokenSource
	web    *http.Client

	mu    sync.Mutex
	token *oauth2.Token // nil: none
}

// newTokenCache keeps tokens of a source. Its client follows no redirects: the client's secret is for the token
// endpoint alone.
func newTokenCache(source TokenSource) *tokenCache {
	return &tokenCache{source: source, web: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get returns the kept token, or fetches one. Those who ask meanwhile wait for that one fetch, behind the lock: without
// a token they could not go on, and token endpoints count requests. The expiry is compared by the wall clock (Round
// takes the monotonic one off), as it is a time of day.
func (c *tokenCache) get(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != nil && (c.token.Expiry.IsZero() || time.Until(c.token.Expiry.Round(0)) > tokenMargin) {
		return c.token.AccessToken, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenWait)
	defer cancel()
	token, err := c.source.Token(context.WithValue(ctx, oauth2.HTTPClient, c.web))
	switch {
	case err != nil:
		return "", newTokenError(err)
	case token.AccessToken == "":
		return "", newTokenError(errors.New("its answer holds none"))
	}
	c.token = token
	return token.AccessToken, nil
}

// forget drops the token, which was refused.
func (c *tokenCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = nil
}

// tokenError says why there is no token. It hides its cause, so that a token endpoint that hung up is not taken for a
// smarthost that did.
type tokenError struct {
	why     string
	refused bool // the endpoint does not take the client's id or secret
}

// newTokenError sorts what went wrong at the token endpoint. A 4xx refuses the client, but for 408 and 429, which are
// about the moment.
func newTokenError(err error) *tokenError {
	e := &tokenError{why: err.Error()}
	if errors.Is(err, context.DeadlineExceeded) {
		e.why = "no answer in time"
	}
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok && answer.Response != nil {
		status := answer.Response.StatusCode
		e.refused = status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
	}
	return e
}

// Error says where the fault lies first: the smarthost may be well.
func (e *tokenError) Error() string { return "no access token from the token endpoint: " + e.why }

// isRefusedToken reports whether the token endpoint refused the client, which is as a wrong password is.
func isRefusedToken(err error) bool {
	e, ok := errors.AsType[*tokenError](err)
	return ok && e.refused
}

// Tokens logs in by XOAUTH2 elsewhere than at the smarthost, as at the same account's mailbox.
type Tokens struct{ cache *tokenCache }

// NewTokens keeps the tokens of a source.
func NewTokens(source TokenSource) *Tokens { return &Tokens{newTokenCache(source)} }

// Client returns a user's login with the kept token, or with a new one.
func (t *Tokens) Client(ctx context.Context, user string) (sasl.Client, error) {
	token, err := t.cache.get(ctx)
	return &xoauth2{user: user, token: token}, err
}

// Forget drops the token, which was refused.
func (t *Tokens) Forget() { t.cache.forget() }
