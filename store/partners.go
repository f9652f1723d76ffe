package store

import (
	"context"
	"net/netip"
	"postern/store/file"
	"postern/store/refuse"
	"slices"
	"strings"
	"time"
)

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
			return Partner{}, refuse.New(refuse.Conflict, "There is a partner "+old.Name+" already; rotate its token, or revoke it first.")
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

func (t tx) knownPlans(codes []string) error {
	var faults []string
	for _, code := range codes {
		if !t.Has(planBucket, []byte(code)) {
			faults = append(faults, "There is no bike plan "+code+"; postern plan add makes it.")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: strings.Join(faults, " "), Fields: map[string][]string{"plan": faults}}
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

func (t tx) putPartner(partner Partner, event string) error {
	if err := partners.Put(t.Tx, nameKey(partner.Name), partner); err != nil {
		return err
	}
	return t.tell(Event{Type: event})
}

func (t tx) partner(name string) (Partner, error) {
	partner, found, err := partners.Get(t.Tx, nameKey(name))
	if err == nil && !found {
		err = refuse.New(refuse.NotFound, "There is no partner "+name+".")
	}
	return partner, err
}

// changePartner is an act of the operator on a partner that is not revoked.
func (s *Store) changePartner(ctx context.Context, name, event string, change func(tx, *Partner) error) (Partner, error) {
	return writeVital(ctx, s, func(t tx) (Partner, error) {
		partner, err := t.partner(name)
		if err != nil {
			return Partner{}, err
		}
		if !partner.RevokedAt.IsZero() {
			return Partner{}, refuse.New(refuse.Conflict, "The partner "+partner.Name+" is revoked; add it again to give it a new token.")
		}
		if err := change(t, &partner); err != nil {
			return Partner{}, err
		}
		return partner, t.putPartner(partner, event)
	})
}

// RotatePartner gives a partner a second token; both work until FinishRotation. It refuses with Conflict where two work
// already, or the partner is revoked, and with NotFound.
func (s *Store) RotatePartner(ctx context.Context, name string, token PartnerToken) (Partner, error) {
	return s.changePartner(ctx, name, "operator.partner_rotated", func(t tx, partner *Partner) error {
		if len(partner.Tokens) > 1 {
			return refuse.New(refuse.Conflict, "Two tokens of "+partner.Name+" work already; end the older one with --finish first.")
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

var (
	errUnknownBearer = refuse.New(refuse.Unauthorized, "This bearer token is not known here: it may be another service's or another "+
		"environment's; ask the operator of this service for one.")
	errEndedBearer = refuse.New(refuse.Unauthorized, "This bearer token has been revoked, or replaced by a newer one; "+
		"ask the operator of this service for the one that is valid now.")
)

// PartnerByToken gives the partner whom a token lets in, by the token's SHA-256, or Unauthorized, which says whether
// the token has ever been one: only who has held it can come upon that.
func (s *Store) PartnerByToken(hash [32]byte) (Partner, error) {
	return read(s, func(t tx) (Partner, error) {
		name := t.Get(partnerTokenBucket, hash[:])
		switch {
		case name == nil:
			return Partner{}, errUnknownBearer
		case name[0] == endedToken:
			return Partner{}, errEndedBearer
		}
		partner, found, err := partners.Get(t.Tx, name)
		if err == nil && !found {
			err = errUnknownBearer
		}
		return partner, err
	})
}

// May tells whether a partner may use a bike plan.
func (p Partner) May(plan string) bool { return len(p.Plans) == 0 || slices.Contains(p.Plans, plan) }

// AddPlan makes a bike plan. It refuses with Conflict where the code stands for another one; the same again is no
// fault.
func (s *Store) AddPlan(ctx context.Context, plan Plan) (Plan, error) {
	return write(ctx, s, func(t tx) (Plan, error) {
		old, found, err := plans.Get(t.Tx, []byte(plan.Code))
		if err != nil {
			return Plan{}, err
		}
		if found && (old.Client != plan.Client || old.Language != plan.Language) {
			return Plan{}, refuse.New(refuse.Conflict, "The bike plan "+plan.Code+" is there already, for "+old.Client+
				"; remove it first to change it.")
		}
		if found {
			return old, nil
		}
		plan.AddedAt = t.Now()
		if err := plans.Put(t.Tx, []byte(plan.Code), plan); err != nil {
			return Plan{}, err
		}
		return plan, t.tell(Event{Type: "operator.plan_added"})
	})
}

// Plans lists all bike plans by code.
func (s *Store) Plans() ([]Plan, error) { return all(s, plans) }

// RemovePlan takes a bike plan away: nobody can be registered with it any more, and who has it keeps its code. It
// refuses with NotFound.
func (s *Store) RemovePlan(ctx context.Context, code string) error {
	_, err := writeVital(ctx, s, func(t tx) (struct{}, error) {
		if !t.Has(planBucket, []byte(code)) {
			return struct{}{}, refuse.New(refuse.NotFound, "There is no bike plan "+code+".")
		}
		if err := t.Delete(planBucket, []byte(code)); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, t.tell(Event{Type: "operator.plan_removed"})
	})
	return err
}

// Client names whose bike plan a code is; empty where there is no such plan any more.
func (s *Store) Client(code string) (string, error) {
	return read(s, func(t tx) (string, error) { return t.client(code) })
}

// client names whose bike plan a code is; empty where it has been removed.
func (t tx) client(code string) (string, error) {
	plan, _, err := plans.Get(t.Tx, []byte(code))
	return plan.Client, err
}
