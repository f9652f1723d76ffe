package store

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"postern/store/file"
	"postern/store/refuse"
)

// Partner is a system that calls with a permanent bearer token.
type Partner struct {
	Name        string         `json:"name"` // as the operator wrote it; two names that differ in case alone are one
	Scopes      []Scope        `json:"scopes"`
	Plans       []string       `json:"plans,omitempty"` // codes of the bike plans that it may use; none: all
	From        []netip.Prefix `json:"from,omitempty"`  // where it may call from; none: anywhere
	ExpectEvery Span           `json:"expectEvery,omitzero"`
	Tokens      []PartnerToken `json:"tokens,omitempty"` // one, two while they are being rotated, none once revoked
	AddedAt     time.Time      `json:"addedAt"`
	RevokedAt   time.Time      `json:"revokedAt,omitzero"`
}

// Scope is a part of the API that a partner may call.
type Scope string

// The scopes of a partner.
const (
	ScopeUsers     Scope = "users"
	ScopeCleanings Scope = "cleanings"
	ScopeEvents    Scope = "events"
)

// Scopes are all that there are.
var Scopes = []Scope{ScopeUsers, ScopeCleanings, ScopeEvents}

// PartnerInput is what the operator says of a partner, validated but for what the store knows: names and plans.
type PartnerInput struct {
	Name        string
	Scopes      []Scope  // none: all
	Plans       []string // none: all
	From        []netip.Prefix
	ExpectEvery time.Duration // 0: nothing is expected
	Token       PartnerToken  // its hash and last characters
}

// nameKey makes two spellings of one partner's name the same.
func nameKey(name string) []byte { return []byte(strings.ToLower(name)) }

// AddPartner makes a partner with one token. A revoked one of that name comes back so, with its bikers. It refuses with
// Conflict where the name is taken, and with Invalid where a plan is unknown.
func (s *Store) AddPartner(ctx context.Context, in PartnerInput) (Partner, error) {
	return write(ctx, s, func(t tx) (Partner, error) {
		old, found, err := partners.Get(t.Tx, nameKey(in.Name))
		if err != nil {
			return Partner{}, err
		}
		if found && old.RevokedAt.IsZero() {
			return Partner{}, refuse.New(refuse.Conflict,
				"There is a partner "+old.Name+" already; rotate its token, or revoke it first.")
		}
		if err := t.knownPlans(in.Plans); err != nil {
			return Partner{}, err
		}
		partner := Partner{Name: in.Name, Scopes: in.Scopes, Plans: in.Plans, From: in.From,
			ExpectEvery: Span(in.ExpectEvery), AddedAt: t.Now()}
		if found {
			partner.Name = old.Name // bikers and events have it
		}
		if len(partner.Scopes) == 0 {
			partner.Scopes = Scopes
		}
		err = t.addToken(&partner, in.Token)
		if err == nil {
			err = t.putPartner(partner, "operator.partner_added")
		}
		return partner, err
	})
}

func (t tx) putPartner(partner Partner, event string) error {
	if err := partners.Put(t.Tx, nameKey(partner.Name), partner); err != nil {
		return err
	}
	t.signalPartner(partner.Name)
	return t.tell(Event{Type: event, About: partner.Name})
}

func (t tx) partner(name string) (Partner, error) {
	partner, found, err := partners.Get(t.Tx, nameKey(name))
	if err == nil && !found {
		err = refuse.New(refuse.NotFound, "There is no partner "+name+".")
	}
	return partner, err
}

// changePartner is an act of the operator on a partner that is not revoked.
func (s *Store) changePartner(ctx context.Context, name, event string,
	change func(tx, *Partner) error) (Partner, error) {
	return writeVital(ctx, s, func(t tx) (Partner, error) {
		partner, err := t.partner(name)
		if err != nil {
			return Partner{}, err
		}
		if !partner.RevokedAt.IsZero() {
			return Partner{}, refuse.New(refuse.Conflict,
				"The partner "+partner.Name+" is revoked; add it again to give it a new token.")
		}
		if err := change(t, &partner); err != nil {
			return Partner{}, err
		}
		return partner, t.putPartner(partner, event)
	})
}

// RevokePartner ends all tokens of a partner. Its bikers stay, and are its own again should it be added again.
func (s *Store) RevokePartner(ctx context.Context, name string) (Partner, error) {
	return s.changePartner(ctx, name, "operator.partner_revoked", func(t tx, partner *Partner) error {
		partner.RevokedAt = t.Now()
		return t.endTokens(partner, 0)
	})
}

// Partners lists all partners by name, the revoked ones too.
func (s *Store) Partners() ([]Partner, error) { return all(s, partners) }

// all reads a table that an operator has filled by hand.
func all[T any](s *Store, from file.Table[T]) ([]T, error) {
	return read(s, func(t tx) (list []T, err error) {
		err = from.Each(t.Tx, nil, nil, func(_ []byte, record T) (bool, error) {
			list = append(list, record)
			return true, nil
		})
		return list, err
	})
}
