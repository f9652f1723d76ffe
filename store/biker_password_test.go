package store

import (
	"fmt"
	"testing"
	"time"

	"postern/store/refuse"
)

// invitation is what a set-password link of now says.
func invitation(s *Store, biker Biker) Link {
	return Link{Biker: biker.ID, Email: emailHash(biker.Email), Generation: biker.LinkGeneration,
		ExpiresAt: s.file.Now().Add(time.Hour)}
}

func secret(n byte) [32]byte { return [32]byte{n} }

func setPassword(t testing.TB, s *Store, biker Biker, n byte) (Biker, SessionRef) {
	t.Helper()
	biker, session, err := s.SetPassword(ctx,
		NewPassword{Link: invitation(s, biker), Hash: fmt.Sprintf("$hash$%d", n), Secret: secret(n)})
	must(t, err)
	return biker, SessionRef{session.ID, secret(n)}
}

func logIn(t testing.TB, s *Store, biker Biker, n byte) SessionRef {
	t.Helper()
	_, session, err := s.LogInBiker(ctx, LogIn{Biker: biker.ID, Verified: biker.Password, Secret: secret(n)})
	must(t, err)
	return SessionRef{session.ID, secret(n)}
}

func wantSession(t testing.TB, s *Store, ref SessionRef, alive bool) {
	t.Helper()
	if _, err := s.SessionBiker(ctx, ref); alive != (err == nil) || err != nil && !refuse.Is(err, refuse.Unauthorized) {
		t.Errorf("session %s: %v, want alive %v", ref.ID, err, alive)
	}
}

// TestSetPassword holds what follows from a new password.
func TestSetPassword(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	biker := created(t, s, "Acme", "jan@example.com")
	waiting := claim(t, s, 1)[0] // the welcome, not yet on the wire
	biker, first := setPassword(t, s, biker, 1)
	if got := record(t, s, waiting, AttemptOvertaken); got.State != LetterCancelled {
		t.Errorf("the welcome is %s", got.State)
	}
	second := logIn(t, s, biker, 2)
	wantSession(t, s, first, true)
	wantSession(t, s, second, true)
	changed, err := s.ChangePassword(ctx, PasswordChange{Session: second, Verified: biker.Password, Hash: "$hash$3"})
	must(t, err)
	if changed.Password != "$hash$3" || changed.LinkGeneration <= biker.LinkGeneration ||
		changed.PasswordGeneration <= biker.PasswordGeneration {
		t.Errorf("%+v", changed)
	}
	wantSession(t, s, first, false)
	wantSession(t, s, second, true)
	_, err = s.ChangePassword(ctx, PasswordChange{Session: second, Verified: biker.Password, Hash: "$hash$4"})
	wantKind(t, err, refuse.Conflict)
	_, _, err = s.LogInBiker(ctx, LogIn{Biker: biker.ID, Verified: biker.Password})
	wantKind(t, err, refuse.Conflict)
	again, third := setPassword(t, s, changed, 5)
	wantSession(t, s, second, false)
	fourth := logIn(t, s, again, 6)
	for _, ref := range []SessionRef{{third.ID, secret(7)}, {}, second} { // another's secret, none, one that has ended
		if ended, err := s.EndSessions(ctx, ref); err != nil || !ended.IsZero() {
			t.Errorf("%v, %v", ended, err)
		}
	}
	wantSession(t, s, third, true)
	if ended, err := s.EndSessions(ctx, third); err != nil || ended != biker.ID {
		t.Errorf("%v, %v", ended, err)
	}
	wantSession(t, s, third, false)
	wantSession(t, s, fourth, false)
	notices := 0
	owed, err := s.LettersTo(biker.ID, 100)
	must(t, err)
	for _, letter := range owed {
		if letter.Kind == LetterPasswordChanged {
			notices++
		}
	}
	if types, _ := eventsSince(t, s, 0); notices != 3 || types[1] != "biker.password_set" {
		t.Errorf("%d notices, %v", notices, types)
	}
}

func readAddress(s *Store, email string) (a address, found bool, err error) {
	a, err = read(s, func(t tx) (a address, err error) {
		a, found, err = addresses.Get(t.Tx, t.addressHash(email))
		return a, err
	})
	return a, found, err
}
