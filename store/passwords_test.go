package store

import (
	"errors"
	"fmt"
	"net/netip"
	"postern/store/limit"
	"postern/store/refuse"
	"sync"
	"testing"
	"time"
)

// invitation is what a set-password link of now says.
func invitation(s *Store, biker Biker) Link {
	return Link{Biker: biker.ID, Email: emailHash(biker.Email), Generation: biker.LinkGeneration,
		ExpiresAt: s.file.Now().Add(time.Hour)}
}

func secret(n byte) [32]byte { return [32]byte{n} }

func setPassword(t testing.TB, s *Store, biker Biker, n byte) (Biker, SessionRef) {
	t.Helper()
	biker, session, err := s.SetPassword(ctx, NewPassword{Link: invitation(s, biker), Hash: fmt.Sprintf("$hash$%d", n), Secret: secret(n)})
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

// TestLinks holds when a set-password link works.
func TestLinks(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(*testing.T, *Store, *clock, Biker, *Link)
		want   refuse.Kind
	}{
		{"fresh", func(*testing.T, *Store, *clock, Biker, *Link) {}, 0},
		{"a newer one was asked for", func(t *testing.T, s *Store, c *clock, b Biker, _ *Link) {
			must(t, s.ForgotPassword(ctx, b.Email, netip.Addr{}))
		}, 0},
		{"expired", func(_ *testing.T, _ *Store, c *clock, _ Biker, _ *Link) { c.Advance(time.Hour) }, refuse.Conflict},
		{"used", func(t *testing.T, s *Store, c *clock, b Biker, _ *Link) { setPassword(t, s, b, 1) }, refuse.Conflict},
		{"erased", func(t *testing.T, s *Store, c *clock, b Biker, _ *Link) { must(t, s.EraseBiker(ctx, b.Email)) }, refuse.NotFound},
		{"another address", func(_ *testing.T, _ *Store, _ *clock, _ Biker, l *Link) { l.Email[0] ^= 1 }, refuse.NotFound},
		{"blocked", func(t *testing.T, s *Store, c *clock, b Biker, _ *Link) {
			_, err := s.BlockBiker(ctx, b.ID, true)
			must(t, err)
		}, refuse.Forbidden},
		{"its employee id names somebody else", func(t *testing.T, s *Store, c *clock, b Biker, _ *Link) {
			other := candidate("other@example.com")
			other.EmployeeID = b.EmployeeID
			post(t, s, "Acme", other)
		}, refuse.Conflict},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			addPartner(t, s, "Acme")
			biker := created(t, s, "Acme", "jan@example.com")
			link := invitation(s, biker)
			test.before(t, s, c, biker, &link)
			shown, err := s.CheckLink(link)
			wantKind(t, err, test.want)
			if errors.Is(err, ErrLinkExpired) != (test.name == "expired") || test.want == refuse.Conflict && shown.ID != biker.ID {
				t.Errorf("%+v, %v", shown, err)
			}
			_, _, err = s.SetPassword(ctx, NewPassword{Link: link, Hash: "$new", Secret: secret(9)})
			wantKind(t, err, test.want)
		})
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
	if changed.Password != "$hash$3" || changed.LinkGeneration <= biker.LinkGeneration || changed.PasswordGeneration <= biker.PasswordGeneration {
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

// TestSessions holds when a session is over.
func TestSessions(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	biker, used := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	idle := logIn(t, s, biker, 2)
	wantSession(t, s, SessionRef{used.ID, secret(7)}, false)
	wantSession(t, s, SessionRef{}, false)
	for range 12*3 - 1 {
		c.Advance(20 * time.Minute)
		wantSession(t, s, used, true)
	}
	wantSession(t, s, idle, false)
	c.Advance(20 * time.Minute) // 12 h
	wantSession(t, s, used, false)
	ended := logIn(t, s, biker, 3)
	must(t, s.EndSession(ctx, ended))
	must(t, s.EndSession(ctx, ended))
	wantSession(t, s, ended, false)
	former := logIn(t, s, biker, 4)
	_, session, err := s.LogInBiker(ctx, LogIn{Biker: biker.ID, Verified: biker.Password, Rehashed: "$better", Secret: secret(5), Replaces: former})
	must(t, err)
	wantSession(t, s, former, false)
	newest := SessionRef{session.ID, secret(5)}
	wantSession(t, s, newest, true)
	if kept, err := s.BikerByID(biker.ID); err != nil || kept.Password != "$better" || kept.PasswordGeneration != biker.PasswordGeneration {
		t.Errorf("%+v, %v", kept, err)
	}
	_, err = s.BlockBiker(ctx, biker.ID, true)
	must(t, err)
	wantSession(t, s, newest, false)
	c.Advance(13 * time.Hour)
	if _, err := s.Prune(ctx, Keep{time.Hour, time.Hour, time.Hour, time.Hour}); err != nil {
		t.Fatal(err)
	}
	if n := countKeys(t, s, sessionBucket); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

// TestTakeLogin holds the delays of CONTRACT section 8, also for many tries at once.
func TestTakeLogin(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	key := LoginKey("jan@example.com")
	allowed := make(chan struct{}, 100)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if wait, err := s.TakeLogin(ctx, key); err != nil {
				t.Error(err)
			} else if wait == 0 {
				allowed <- struct{}{}
			}
		})
	}
	wait.Wait()
	if len(allowed) != 5 {
		t.Errorf("%d tries at once", len(allowed))
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600} {
		wait, err := s.TakeLogin(ctx, key)
		if err != nil || wait != want*time.Second {
			t.Fatalf("%d: %v, %v; want %v", i, wait, err, want*time.Second)
		}
		c.Advance(wait)
		if wait, err := s.TakeLogin(ctx, key); wait != 0 || err != nil {
			t.Fatalf("%d: %v, %v after the delay", i, wait, err)
		}
	}
	if wait, _ := s.TakeLogin(ctx, LoginKey("other@example.com")); wait != 0 {
		t.Errorf("another address waits %v", wait)
	}
	addPartner(t, s, "Acme")
	biker, _ := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	if wait, _ := s.TakeLogin(ctx, key); wait != time.Hour {
		t.Errorf("a new password forgot the delay: %v", wait)
	}
	_, _, err := s.LogInBiker(ctx, LogIn{Biker: biker.ID, Verified: biker.Password, Key: key, Secret: secret(1)})
	must(t, err)
	if wait, _ := s.TakeLogin(ctx, key); wait != 0 {
		t.Errorf("after a right password: %v", wait)
	}
	for range 3 { // one has been counted
		_, err := s.TakeLogin(ctx, key)
		must(t, err)
	}
	must(t, s.GiveBackLogin(ctx, key))
	for range 2 { // 3 wrong ones, and these
		if wait, _ := s.TakeLogin(ctx, key); wait != 0 {
			t.Errorf("what was given back counts: %v", wait)
		}
	}
	session := logIn(t, s, biker, 2)
	_, err = s.ChangePassword(ctx, PasswordChange{Session: session, Verified: biker.Password, Hash: "$2", Key: key})
	must(t, err)
	if wait, _ := s.TakeLogin(ctx, key); wait != 0 {
		t.Errorf("after the password was changed: %v", wait)
	}
	c.Advance(25 * time.Hour)
	if _, err := s.Prune(ctx, Keep{time.Hour, time.Hour, time.Hour, time.Hour}); err != nil || countKeys(t, s, loginBucket) != 0 {
		t.Errorf("%d left, %v", countKeys(t, s, loginBucket), err)
	}
}

// TestForgotPassword holds that an address gets no more than its limits allow, and that a letter which nobody gets is
// written down, and does not count.
func TestForgotPassword(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(*testing.T, *Store, Biker)
		want   []int // letters owed after each call, one every 61 s; 5/h
	}{
		{"with a password", func(t *testing.T, s *Store, b Biker) { setPassword(t, s, b, 1) }, []int{1, 2, 3, 4, 5, 5, 5}},
		{"never set one", func(*testing.T, *Store, Biker) {}, []int{1, 2, 3, 3, 3, 3, 3}},
		{"blocked", func(t *testing.T, s *Store, b Biker) { _, err := s.BlockBiker(ctx, b.ID, true); must(t, err) }, []int{0, 0, 0, 0, 0, 0, 0}},
		{"erased", func(t *testing.T, s *Store, b Biker) { must(t, s.EraseBiker(ctx, b.Email)) }, []int{0, 0, 0, 0, 0, 0, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{Count: 5, Per: time.Hour} })
			addPartner(t, s, "Acme")
			biker := created(t, s, "Acme", "jan@example.com")
			test.before(t, s, biker)
			for i, want := range test.want {
				for range 2 { // the second within the minute
					must(t, s.ForgotPassword(ctx, "JAN@example.com", netip.Addr{}))
				}
				recover := 0
				letters, err := s.LettersTo(biker.ID, 100)
				must(t, err)
				for _, letter := range letters {
					if letter.Kind == LetterRecover {
						recover++
					}
				}
				if recover != want {
					t.Errorf("call %d: %d letters, want %d", i+1, recover, want)
				}
				c.Advance(61 * time.Second)
			}
			known, found, err := readAddress(s, "jan@example.com")
			if want := test.want[len(test.want)-1]; err != nil || !found || len(known.Links) != want {
				t.Errorf("remembered: %+v, %v", known, err)
			}
		})
	}
}

func readAddress(s *Store, email string) (a address, found bool, err error) {
	a, err = read(s, func(t tx) (a address, err error) {
		a, found, err = addresses.Get(t.Tx, t.addressHash(email))
		return a, err
	})
	return a, found, err
}

// TestRenewLink holds that a used or expired link gets a new one.
func TestRenewLink(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	biker := created(t, s, "Acme", "jan@example.com")
	link := invitation(s, biker)
	c.Advance(2 * time.Hour)
	must(t, s.RenewLink(ctx, link, netip.Addr{}))
	must(t, s.RenewLink(ctx, link, netip.Addr{}))
	letters, err := s.LettersTo(biker.ID, 10)
	must(t, err)
	if len(letters) != 2 || letters[0].Kind != LetterRecover {
		t.Errorf("%+v", letters)
	}
	link.Email[0] ^= 1
	wantKind(t, s.RenewLink(ctx, link, netip.Addr{}), refuse.NotFound)
}

// TestPartners goes through a partner's tokens.
func TestPartners(t *testing.T) {
	s := openTest(t)
	acme := addPartner(t, s, "Acme")
	hash := acme.Tokens[0].Hash
	works := func(hash [32]byte, want bool) {
		t.Helper()
		if _, err := s.PartnerByToken(hash); (err == nil) != want || err != nil && !refuse.Is(err, refuse.Unauthorized) {
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
	if _, err := s.PartnerByToken(hash); err != errEndedBearer {
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
	if _, err := s.PartnerByToken([32]byte{2}); err != errEndedBearer {
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

// TestManySessions holds that a biker with many sessions, who alone has any, can set a password: all of a bucket of
// several pages goes, and something comes into it, in one transaction.
func TestManySessions(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	biker, _ := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	for range 100 {
		logIn(t, s, biker, 2)
	}
	setPassword(t, s, biker, 3)
	if n := countKeys(t, s, sessionBucket); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// TestBlockBiker holds that blocking ends what was let in before, also once it is taken back.
func TestBlockBiker(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	biker, session := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	post(t, s, "Acme", bad("jan@example.com", "Language"))
	link := invitation(s, biker)
	_, err := s.BlockBiker(ctx, biker.ID, true)
	must(t, err)
	if counts, err := s.LetterCounts(); err != nil || counts[LetterQueued] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	freed, err := s.BlockBiker(ctx, biker.ID, false)
	must(t, err)
	wantSession(t, s, session, false)
	if _, err := s.CheckLink(link); !refuse.Is(err, refuse.Conflict) || freed.PasswordGeneration == biker.PasswordGeneration {
		t.Errorf("%v, %+v", err, freed)
	}
}

// TestProvenAddress holds that reading a mailbox lifts what it may get before.
func TestProvenAddress(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	biker := created(t, s, "Acme", "jan@example.com")
	for range 3 {
		must(t, s.ForgotPassword(ctx, biker.Email, netip.Addr{}))
		c.Advance(2 * time.Minute)
	}
	biker, err := s.BikerByID(biker.ID)
	must(t, err)
	setPassword(t, s, biker, 1)
	if known, _, err := readAddress(s, biker.Email); err != nil || known.Unproven != (unproven{}) || len(known.Links) != 3 {
		t.Errorf("%+v, %v", known, err)
	}
}
