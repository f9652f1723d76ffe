package store

import (
	"errors"
	"strings"
	"testing"

	"postern/store/refuse"
)

// TestPartners goes through a partner's tokens.
func TestPartners(t *testing.T) {
	s := openTest(t)
	acme := addPartner(t, s, "Acme")
	hash := acme.Tokens[0].Hash
	works := func(hash [32]byte, want bool) {
		t.Helper()
		if _, err := s.PartnerByToken(hash); (err == nil) != want || err != nil &&
			!refuse.Is(err, refuse.Unauthorized) {
			t.Errorf("%v, want it to work: %v", err, want)
		}
	}
	_, err := s.AddPartner(ctx, PartnerInput{Name: "ACME", Token: PartnerToken{Hash: [32]byte{2}}})
	wantKind(t, err, refuse.Conflict)
	_, err = s.AddPartner(ctx, PartnerInput{Name: "New", Plans: []string{"none"}})
	wantKind(t, err, refuse.Invalid)
	_, err = s.FinishRotation(ctx, "acme")
	wantKind(t, err, refuse.Conflict)
	_, err = s.RotatePartner(ctx, "acme", PartnerToken{Hash: [32]byte{2}})
	must(t, err)
	works(hash, true)
	works([32]byte{2}, true)
	_, err = s.RotatePartner(ctx, "acme", PartnerToken{Hash: [32]byte{3}})
	wantKind(t, err, refuse.Conflict)
	_, err = s.FinishRotation(ctx, "acme")
	must(t, err)
	works(hash, false)
	if _, err := s.PartnerByToken(hash); err == nil || err.Error() != errEndedBearer.Reason ||
		!strings.Contains(errors.Unwrap(err).Error(), "acme") {
		t.Errorf("a replaced token: %v", err)
	}
	if _, err := s.PartnerByToken([32]byte{99}); err != errUnknownBearer {
		t.Errorf("a token of nobody: %v", err)
	}
	_, err = s.RotatePartner(ctx, "acme", PartnerToken{Hash: hash})
	wantKind(t, err, refuse.Conflict) // a token that has ended is never given out again
	works([32]byte{2}, true)
	_, err = s.RevokePartner(ctx, "acme")
	must(t, err)
	works([32]byte{2}, false)
	if _, err := s.PartnerByToken([32]byte{2}); err == nil || err.Error() != errEndedBearer.Reason ||
		!strings.Contains(errors.Unwrap(err).Error(), "acme") {
		t.Errorf("a revoked token: %v", err)
	}
	_, err = s.RevokePartner(ctx, "acme")
	wantKind(t, err, refuse.Conflict)
	back, err := s.AddPartner(ctx, PartnerInput{Name: "ACME", Token: PartnerToken{Hash: [32]byte{4}}})
	if err != nil || back.Name != "Acme" || !back.RevokedAt.IsZero() {
		t.Errorf("%+v, %v", back, err)
	}
	works([32]byte{4}, true)
	wantKind(t, s.RemovePlan(ctx, "none"), refuse.NotFound)
	must(t, s.RemovePlan(ctx, "SYN-NL"))
	if list, err := s.Plans(); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}
