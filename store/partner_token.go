package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"postern/store/refuse"
)

// PartnerToken is what is kept of a bearer token: enough to recognise it, and not the token.
type PartnerToken struct {
	Hash    [32]byte  `json:"hash"` // SHA-256 of its text
	Last    string    `json:"last"` // its last four characters, to tell two tokens apart
	AddedAt time.Time `json:"addedAt"`
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
