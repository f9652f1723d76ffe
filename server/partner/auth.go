package partner

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"postern/server/web"
	"postern/store"
	"postern/tokens"
)

var (
	errNoToken = store.Refuse(store.Unauthorized,
		"This call needs the header Authorization: Bearer and a valid token, once; ask the operator of this service for one.")
	errForeign = store.Refuse(store.Forbidden,
		"This token may not be used from your address; ask the operator of this service to allow it.")
	errNoScope = store.Refuse(store.Forbidden,
		"This token may not be used for this call; ask the operator of this service to allow it.")
)

// asPartner makes a handler for partners alone whose token has the scope.
func (p *Room) asPartner(scope store.Scope, handle func(*web.Call, store.Partner) error) web.Handler {
	return func(c *web.Call) error {
		partner, err := p.caller(c)
		if err != nil {
			return err
		}
		p.PartnerSeen(partner.Name) // who lacks the scope is not silent
		if !slices.Contains(partner.Scopes, scope) {
			return errNoScope
		}
		return handle(c, partner)
	}
}

// caller finds the partner by the call's token, and notes a token that is not taken.
func (p *Room) caller(c *web.Call) (store.Partner, error) {
	hash, ok := bearer(c.R.Header)
	if !ok {
		c.Security(web.TokenRefused).Msg("a partner's call without a token that could be one")
		return store.Partner{}, errNoToken
	}
	partner, err := p.Store.PartnerByToken(hash)
	switch {
	case store.IsKind(err, store.Unauthorized):
		c.Security(web.TokenRefused).Msg("a bearer token that no partner has")
	case err == nil && !isFrom(partner, c.Client):
		c.Security(web.TokenRefused).Str("partner", partner.Name).Msg("a bearer token from a foreign address")
		err = errForeign
	}
	return partner, err
}

// bearer reads the one Authorization header (RFC 6750 §2.1). It is not ok where that holds nothing that could be a token.
func bearer(header http.Header) (hash [32]byte, ok bool) {
	given := header["Authorization"]
	if len(given) != 1 {
		return hash, false
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return hash, false
	}
	return tokens.HashBearer(strings.TrimLeft(token, " "))
}

// isFrom tells whether a partner may call from an address.
func isFrom(partner store.Partner, client netip.Addr) bool {
	return len(partner.From) == 0 ||
		slices.ContainsFunc(partner.From, func(network netip.Prefix) bool { return network.Contains(client) })
}
