package store

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
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

// PartnerToken is what is kept of a bearer token: enough to recognise it, and not the token.
type PartnerToken struct {
	Hash    [32]byte  `json:"hash"` // SHA-256 of its text
	Last    string    `json:"last"` // its last four characters, to tell two tokens apart
	AddedAt time.Time `json:"addedAt"`
}

// Scope is a part of the API that a partner may call.
type Scope string

// The scopes of a partner.
const (
	ScopeUsers     Scope = "users"
	ScopeCleanings Scope = "cleanings"
	ScopeEvents    Scope = "events"
)

// Words lists them.
func (Scope) Words() []string {
	return []string{string(ScopeUsers), string(ScopeCleanings), string(ScopeEvents)}
}

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

func (t tx) addToken(partner *Partner, token PartnerToken) error {
	if t.Has(partnerTokenBucket, token.Hash[:]) {
		return refuse.New(refuse.Conflict, "This token is in use already; make another.")
	}
	token.AddedAt = t.Now()
	partner.Tokens = append(slices.Clone(partner.Tokens), token)
	return t.Put(partnerTokenBucket, token.Hash[:], nameKey(partner.Name))
}

// endTokens lets a partner in no more but by its last keep tokens. The hashes of the others stay, so that who still
// calls with one is told so, and that none is ever given out again.
func (t tx) endTokens(partner *Partner, keep int) error {
	gone := partner.Tokens[:len(partner.Tokens)-keep]
	partner.Tokens = slices.Clone(partner.Tokens[len(gone):])
	for _, token := range gone {
		if err := t.Put(partnerTokenBucket, token.Hash[:], endedTokenOf(nameKey(partner.Name))); err != nil {
			return err
		}
	}
	return nil
}

// endedToken begins what stands under the hash of a token that lets nobody in any more. No name begins so.
const endedToken = 0

func endedTokenOf(name []byte) []byte { return append([]byte{endedToken}, name...) }

// RotatePartner gives a partner a second token; both work until FinishRotation. It refuses with Conflict where two
// work already, or the partner is revoked, and with NotFound.
func (s *Store) RotatePartner(ctx context.Context, name string, token PartnerToken) (Partner, error) {
	return s.changePartner(ctx, name, "operator.partner_rotated", func(t tx, partner *Partner) error {
		if len(partner.Tokens) > 1 {
			return refuse.New(refuse.Conflict,
				"Two tokens of "+partner.Name+" work already; end the older one with --finish first.")
		}
		return t.addToken(partner, token)
	})
}

// FinishRotation ends the older of two tokens. It refuses with Conflict where there is one alone, and with NotFound.
func (s *Store) FinishRotation(ctx context.Context, name string) (Partner, error) {
	return s.changePartner(ctx, name, "operator.partner_rotated", func(t tx, partner *Partner) error {
		if len(partner.Tokens) < 2 {
			return refuse.New(refuse.Conflict, "Only one token of "+partner.Name+" works; there is nothing to finish.")
		}
		return t.endTokens(partner, 1)
	})
}

var (
	errUnknownBearer = refuse.New(refuse.Unauthorized,
		"This bearer token is not known here: it may be another service's or another "+
			"environment's; ask the operator of this service for one.")
	errEndedBearer = refuse.New(refuse.Unauthorized, "This bearer token has been revoked, or replaced by a newer one; "+
		"ask the operator of this service for the one that is valid now.")
)

// PartnerByToken returns the partner whom a token lets in, by the token's SHA-256, or Unauthorized, which says whether
// the token has ever been one: only who has held it can come upon that.
func (s *Store) PartnerByToken(hash [32]byte) (Partner, error) {
	return read(s, func(t tx) (Partner, error) {
		name := t.Get(partnerTokenBucket, hash[:])
		switch {
		case name == nil:
			return Partner{}, errUnknownBearer
		case name[0] == endedToken:
			ended := *errEndedBearer
			ended.Cause = fmt.Errorf("it was a token of partner %s until it was revoked or replaced", name[1:])
			return Partner{}, &ended
		}
		partner, found, err := partners.Get(t.Tx, name)
		if err == nil && !found {
			err = errUnknownBearer
		}
		return partner, err
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
