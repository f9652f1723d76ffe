package partner

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"postern/server/web"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens"
)

var (
	errNoToken = refuse.New(refuse.Unauthorized,
		"This call needs the header Authorization: Bearer and a token; ask the operator of this service for one.")
	errTwoTokens = refuse.New(refuse.Unauthorized, "The header Authorization is given twice; send it once.")
	errNotBearer = refuse.New(refuse.Unauthorized,
		"The header Authorization must hold the word Bearer, a space and the token.")
	errMalformed = refuse.New(refuse.Unauthorized, "What the header Authorization holds can be no token of this "+
		"service: it is incomplete, altered or another kind of token. A token is pstp_ and 49 letters and digits; "+
		"copy the whole of it.")
	errForeign = refuse.New(refuse.Forbidden,
		"This token may not be used from your address; ask the operator of this service to allow it.")
	errNoScope = refuse.New(refuse.Forbidden,
		"This token may not be used for this call; ask the operator of this service to allow it.")
)

// asPartner makes a handler for partners alone whose token has the scope.
func (p *Handlers) asPartner(scope store.Scope, handle func(*web.Call, store.Partner) error) web.Handler {
	return func(c *web.Call) error {
		partner, err := p.admit(c, scope)
		if err != nil {
			return err
		}
		return handle(c, partner)
	}
}

// admit finds the partner by the call's token, which must have the scope.
func (p *Handlers) admit(c *web.Call, scope store.Scope) (store.Partner, error) {
	partner, err := p.caller(c)
	if err != nil {
		return store.Partner{}, err
	}
	p.PartnerSeen(partner.Name) // who lacks the scope is not silent
	if !slices.Contains(partner.Scopes, scope) {
		return store.Partner{}, errNoScope
	}
	return partner, nil
}

// caller finds the partner by the call's token, and notes a token that is not taken.
func (p *Handlers) caller(c *web.Call) (store.Partner, error) {
	hash, err := bearer(c.R.Header)
	if err != nil {
		c.Security(web.TokenRefused).Msg("a partner's call without a token that could be one")
		return store.Partner{}, err
	}
	partner, err := p.Store.PartnerByToken(hash)
	switch {
	case refuse.Is(err, refuse.Unauthorized):
		c.Security(web.TokenRefused).AnErr("cause", errors.Unwrap(err)).Msg("a bearer token that no partner has")
	case err == nil && !isFrom(partner, c.Client):
		c.Security(web.TokenRefused).Str("partner", partner.Name).Msg("a bearer token from a foreign address")
		err = errForeign
	}
	return partner, err
}

// bearer reads the one Authorization header (RFC 6750 §2.1). Its errors say why that holds nothing that could be a
// token.
func bearer(header http.Header) (hash [32]byte, err error) {
	given := header["Authorization"]
	switch {
	case len(given) == 0 || strings.Trim(given[0], " \t") == "":
		return hash, errNoToken
	case len(given) > 1:
		return hash, errTwoTokens
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return hash, errNotBearer
	}
	hash, sound := tokens.HashBearer(strings.TrimLeft(token, " "))
	if !sound {
		return hash, errMalformed
	}
	return hash, nil
}

// isFrom reports whether a partner may call from an address.
func isFrom(partner store.Partner, client netip.Addr) bool {
	return len(partner.From) == 0 ||
		slices.ContainsFunc(partner.From, func(network netip.Prefix) bool { return network.Contains(client) })
}
