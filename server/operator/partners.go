package operator

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"postern/store"
	"postern/tokens"
)

// NewPartner is a partner to be added; what is left out is not restricted.
type NewPartner struct {
	Name        string
	Scopes      []store.Scope
	Plans       []string
	From        []netip.Prefix
	ExpectEvery time.Duration // 0: no calls are expected
}

// Partner is what an operator sees of a partner: never a token, nor its hash.
type Partner struct {
	Name        string         `json:"name"`
	Scopes      []store.Scope  `json:"scopes"`
	Plans       []string       `json:"plans" doc:"Codes; none: all bike plans."`
	From        []netip.Prefix `json:"from" doc:"Where it may call from; none: anywhere."`
	ExpectEvery store.Span     `json:"expectEvery,omitzero"`
	Tokens      []KeptToken    `json:"tokens" doc:"The older first; none once revoked."`
	Rotating    bool           `json:"rotating" doc:"Whether two tokens work."`
	AddedAt     time.Time      `json:"addedAt"`
	RevokedAt   time.Time      `json:"revokedAt,omitzero"`
}

// KeptToken tells one token of a partner from another.
type KeptToken struct {
	Last    string    `json:"last" doc:"Its last four characters."`
	AddedAt time.Time `json:"addedAt"`
}

// PartnerToken answers POST partners and partners/rotate: the only time that the token is told.
type PartnerToken struct {
	Token   string  `json:"token"`
	Partner Partner `json:"partner"`
}

// tokenShown is how many of a token's last characters tell it from another. They are of its checksum, and leave of what
// is secret far more than anybody can guess.
const tokenShown = 4

// AddPartner makes a partner and its token. One that was revoked comes back, with its bikers.
func (o *Operator) AddPartner(ctx context.Context, in NewPartner) (PartnerToken, error) {
	text, token, err := o.newToken()
	if err != nil {
		return PartnerToken{}, err
	}
	added, err := o.Store.AddPartner(ctx, store.PartnerInput{Name: in.Name, Scopes: once(in.Scopes),
		Plans: once(in.Plans),
		From:  once(in.From), ExpectEvery: in.ExpectEvery, Token: token})
	return PartnerToken{Token: text, Partner: viewPartner(added)}, err
}

// once leaves out what a list names again.
func once[T comparable](list []T) []T {
	var kept []T
	for _, item := range list {
		if !slices.Contains(kept, item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// newToken makes a bearer token: its text for the partner, and what is kept of it.
func (o *Operator) newToken() (text string, kept store.PartnerToken, err error) {
	text, err = tokens.NewBearer(o.Random)
	if err != nil {
		return "", kept, fmt.Errorf("making a bearer token: %w", err)
	}
	hash, sound := tokens.HashBearer(text)
	if !sound {
		return "", kept, errors.New("a bearer token was made that is none")
	}
	return text, store.PartnerToken{Hash: hash, Last: text[len(text)-tokenShown:]}, nil
}

// Partners lists all partners, the revoked ones too.
func (o *Operator) Partners() ([]Partner, error) {
	found, err := o.Store.Partners()
	return views(found, viewPartner), err
}

// RotatePartner makes a second token for a partner. Both work until FinishRotation.
func (o *Operator) RotatePartner(ctx context.Context, name string) (PartnerToken, error) {
	text, token, err := o.newToken()
	if err != nil {
		return PartnerToken{}, err
	}
	rotating, err := o.Store.RotatePartner(ctx, name, token)
	return PartnerToken{Token: text, Partner: viewPartner(rotating)}, err
}

// FinishRotation ends the older of a partner's two tokens.
func (o *Operator) FinishRotation(ctx context.Context, name string) (Partner, error) {
	partner, err := o.Store.FinishRotation(ctx, name)
	return viewPartner(partner), err
}

// RevokePartner ends all tokens of a partner.
func (o *Operator) RevokePartner(ctx context.Context, name string) (Partner, error) {
	partner, err := o.Store.RevokePartner(ctx, name)
	return viewPartner(partner), err
}

func viewPartner(p store.Partner) Partner {
	view := Partner{
		Name: p.Name, Scopes: p.Scopes, Plans: append([]string{}, p.Plans...), From: append([]netip.Prefix{},
			p.From...),
		ExpectEvery: p.ExpectEvery, Tokens: make([]KeptToken, len(p.Tokens)), Rotating: len(p.Tokens) > 1,
		AddedAt: p.AddedAt, RevokedAt: p.RevokedAt,
	}
	for i, token := range p.Tokens {
		view.Tokens[i] = KeptToken{Last: token.Last, AddedAt: token.AddedAt}
	}
	return view
}
