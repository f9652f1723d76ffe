package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/refuse"
)

var ctx = context.Background()

func someone(email string) Registration {
	return Registration{Email: email, FirstName: "Zoë", LastName: "D’hooghe",
		OrganisationName: "Synthetische Terminal BV", Language: "nl"}
}

func register(t testing.TB, s *Store, email string) User {
	t.Helper()
	user, err := s.RegisterUser(ctx, someone(email))
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// link is the confirmation that a letter of now would carry.
func link(s *Store, user User, token byte) Confirmation {
	return Confirmation{User: user.ID, Email: emailHash(user.Email), Generation: user.LinkGeneration,
		Token: [32]byte{token}, ExpiresAt: s.file.Now().Add(24 * time.Hour)}
}

func activated(t testing.TB, s *Store, email string) User {
	t.Helper()
	user := register(t, s, email)
	user, err := s.ActivateUser(ctx, link(s, user, 1))
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func wantKind(t testing.TB, err error, want refuse.Kind) {
	t.Helper()
	if want == 0 && err != nil || want != 0 && !refuse.Is(err, want) {
		t.Fatalf("got %v, want a refusal of kind %d", err, want)
	}
}

func lettersOf(t testing.TB, s *Store, user User) []Letter {
	t.Helper()
	found, err := s.LettersTo(user.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRegister(t *testing.T) {
	s := openTest(t)
	user := register(t, s, "Jan.Peeters+eecd@example.com")
	owed := lettersOf(t, s, user)
	if len(owed) != 1 || owed[0].Kind != LetterActivate || owed[0].To != user.Email || owed[0].State != LetterQueued {
		t.Errorf("owed: %+v", owed)
	}
	feed, err := s.Events(0, 10)
	if err != nil || len(feed.Events) != 1 || feed.Events[0].Type != "user.registered" ||
		feed.Events[0].Letter != owed[0].ID {
		t.Errorf("told: %+v, %v", feed, err)
	}
	_, err = s.RegisterUser(ctx, someone("JAN.peeters+EECD@example.com"))
	wantKind(t, err, refuse.Conflict)
	if _, err := s.UserByEmail("jan.peeters+eecd@EXAMPLE.com"); err != nil {
		t.Error(err)
	}
	if _, err := s.UserByEmail("jan.peeters@example.com"); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("without the plus tag it is somebody else, got %v", err)
	}
}

// TestActivationOrder holds the order of the refusals.
func TestActivationOrder(t *testing.T) {
	tests := []struct {
		name   string
		before func(t *testing.T, s *Store, c *clock, user User, l *Confirmation)
		want   refuse.Kind
	}{
		{"fresh", func(*testing.T, *Store, *clock, User, *Confirmation) {}, 0},
		{"used just now", func(t *testing.T, s *Store, c *clock, _ User, l *Confirmation) {
			use(t, s, *l)
			c.Advance(9 * time.Minute)
		}, 0},
		{"used a while ago", func(t *testing.T, s *Store, c *clock, _ User, l *Confirmation) {
			use(t, s, *l)
			c.Advance(10 * time.Minute)
		}, refuse.Conflict},
		{"expired", func(t *testing.T, s *Store, c *clock, _ User, l *Confirmation) {
			c.Advance(24 * time.Hour)
		}, refuse.Conflict},
		{"used in its last minute, then expired", func(t *testing.T, s *Store, c *clock, _ User, l *Confirmation) {
			c.Advance(24*time.Hour - time.Minute)
			use(t, s, *l)
			c.Advance(2 * time.Minute)
		}, 0},
		{"overtaken by another link's use", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			use(t, s, link(s, user, 9))
		}, refuse.Conflict},
		{"erased", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) { erase(t, s, user) }, refuse.NotFound},
		{"erased and expired", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			erase(t, s, user)
			c.Advance(25 * time.Hour)
		}, refuse.Conflict},
		{"registered anew since", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			erase(t, s, user)
			c.Advance(time.Minute)
			register(t, s, user.Email)
		}, refuse.NotFound},
		{"another address", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			l.Email[0] ^= 1
		}, refuse.NotFound},
		{"blocked", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			block(t, s, user, true)
		}, refuse.Forbidden},
		{"blocked after its use", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			use(t, s, *l)
			block(t, s, user, true)
		}, refuse.Forbidden},
		{"blocked and unblocked", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			block(t, s, user, true)
			block(t, s, user, false)
		}, refuse.Conflict},
		{"reactivation asked for after its use", func(t *testing.T, s *Store, c *clock, user User, l *Confirmation) {
			use(t, s, *l)
			if _, err := s.ReactivateUser(ctx, user.ID); err != nil {
				t.Fatal(err)
			}
		}, refuse.Conflict},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			user := register(t, s, "a@example.com")
			l := link(s, user, 1)
			test.before(t, s, c, user, &l)
			_, err := s.CheckConfirmation(l)
			wantKind(t, err, test.want)
			_, err = s.ActivateUser(ctx, l)
			wantKind(t, err, test.want)
		})
	}
}

func use(t *testing.T, s *Store, l Confirmation) {
	t.Helper()
	if _, err := s.ActivateUser(ctx, l); err != nil {
		t.Fatal(err)
	}
}

func erase(t *testing.T, s *Store, user User) {
	t.Helper()
	if err := s.EraseUser(ctx, user.ID); err != nil {
		t.Fatal(err)
	}
}

func block(t *testing.T, s *Store, user User, blocked bool) {
	t.Helper()
	if _, err := s.BlockUser(ctx, user.ID, blocked); err != nil {
		t.Fatal(err)
	}
}

// TestActivateAtOnce lets 50 callers use links of one user at the same moment: one link wins, the others are void.
func TestActivateAtOnce(t *testing.T) {
	s := openTest(t)
	user := register(t, s, "a@example.com")
	var wins sync.Map
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			token := byte(i % 5)
			if _, err := s.ActivateUser(ctx, link(s, user, token)); err == nil {
				wins.Store(token, true)
			} else if !refuse.Is(err, refuse.Conflict) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	won := 0
	wins.Range(func(any, any) bool { won++; return true })
	if won != 1 {
		t.Errorf("%d different links activated, want 1", won)
	}
}

func TestSignIn(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.ReactivateAfter = 720 * time.Hour })
	if _, err := s.SignInUser(ctx, SignIn{Email: "a@example.com"}); !refuse.Is(err, refuse.NotFound) {
		t.Fatalf("unknown: %v", err)
	}
	user := register(t, s, "a@example.com")
	step := func(name string, held *Holder, must, proven bool, letters int) {
		t.Helper()
		in, err := s.SignInUser(ctx, SignIn{Email: "A@example.com", Held: held})
		if err != nil || in.MustActivate != must || in.Proven != proven {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
		if n := len(lettersOf(t, s, user)); n != letters {
			t.Errorf("%s: %d letters, want %d", name, n, letters)
		}
	}
	step("registered just now: that letter counts", nil, true, false, 1)
	c.Advance(time.Minute)
	step("a minute later", nil, true, false, 2)
	user, err := s.ActivateUser(ctx, link(s, user, 1))
	if err != nil {
		t.Fatal(err)
	}
	step("activated", nil, false, false, 2)
	proven := &Holder{User: user.ID, Generation: user.TokenGeneration, Proven: true}
	step("with a proven token", proven, false, true, 2)
	step("with an unproven token", &Holder{User: user.ID, Generation: user.TokenGeneration}, false, false, 2)
	another := &Holder{User: guid.ID{1}, Generation: user.TokenGeneration, Proven: true}
	step("with another's token", another, false, false, 2)
	c.Advance(720 * time.Hour)
	step("too long ago", proven, true, false, 3)
	block(t, s, user, true)
	_, err = s.SignInUser(ctx, SignIn{Email: user.Email})
	wantKind(t, err, refuse.Forbidden)
	if _, err := s.CheckHolder(*proven); !refuse.Is(err, refuse.Unauthorized) {
		t.Errorf("blocked: %v", err)
	}
	block(t, s, user, false)
	if _, err := s.CheckHolder(*proven); !refuse.Is(err, refuse.Unauthorized) {
		t.Errorf("a token from before the block lives again: %v", err)
	}
}

func TestSignInByMailbox(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.MailboxSignIn = true })
	user := activated(t, s, "a@example.com")
	held := &Holder{User: user.ID, Generation: user.TokenGeneration, Proven: true}
	if in, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil || !in.MustActivate {
		t.Errorf("without a token: %+v, %v", in, err)
	}
	if in, err := s.SignInUser(ctx, SignIn{Email: user.Email, Held: held}); err != nil || in.MustActivate ||
		!in.Proven {
		t.Errorf("with one: %+v, %v", in, err)
	}
}

// TestAddressLimits lets a stranger ask for as many letters to one mailbox as there can be.
func TestAddressLimits(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{Count: 5, Per: time.Hour} })
	user := register(t, s, "a@example.com")
	ask := func(times int, every time.Duration) int {
		t.Helper()
		for range times {
			c.Advance(every)
			if _, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil {
				t.Fatal(err)
			}
		}
		return len(lettersOf(t, s, user))
	}
	if n := ask(60, 2*time.Minute); n != 3 {
		t.Errorf("%d letters on the first day, want 3", n)
	}
	if n := ask(30*24, time.Hour); n != 6 {
		t.Errorf("%d letters to a mailbox never proven, want 6", n)
	}
	erase(t, s, user)
	_, err := s.RegisterUser(ctx, someone(user.Email))
	wantKind(t, err, refuse.TooMany)
	var refusal *refuse.Refusal
	if errors.As(err, &refusal); refusal.RetryAfter <= 0 {
		t.Error("no time to come back was given")
	}
}

func TestProvenAddressLimits(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) {
		o.Rules.AddressLetters, o.Rules.MailboxSignIn = limit.Rate{Count: 5, Per: time.Hour}, true
		// Used up by registering: proven people never wait for it.
		o.Rules.StrangerLetters = limit.Rate{Count: 1, Per: time.Hour}
	})
	user := activated(t, s, "a@example.com")
	count := func(minutes int) (n int) {
		t.Helper()
		before := len(lettersOf(t, s, user))
		for range minutes {
			c.Advance(time.Minute)
			if _, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil {
				t.Fatal(err)
			}
		}
		return len(lettersOf(t, s, user)) - before
	}
	if n := count(59); n != 4 {
		t.Errorf("%d more letters in the first hour, want 4", n)
	}
	if n := count(22 * 60); n != 15 {
		t.Errorf("%d more letters on that day, want 15 (20 in all)", n)
	}
}

func TestStrangersLimit(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.StrangerLetters = limit.Rate{Count: 3, Per: time.Hour} })
	for i := range 3 {
		register(t, s, fmt.Sprintf("a%d@example.com", i))
	}
	_, err := s.RegisterUser(ctx, someone("b@example.com"))
	wantKind(t, err, refuse.TooMany)
	c.Advance(2 * time.Minute)
	user, _ := s.UserByEmail("a1@example.com")
	if in, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil || !in.MustActivate ||
		len(lettersOf(t, s, user)) != 1 {
		t.Errorf("over the limit: %+v, %v, %d letters", in, err, len(lettersOf(t, s, user)))
	}
	c.Advance(2 * time.Hour)
	register(t, s, "b@example.com")
}

func TestDisown(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	user := register(t, s, "a@example.com")
	for range 2 { // the second click finds nothing left to do
		if err := s.DisownUser(ctx, user.ID); err != nil {
			t.Fatal(err)
		}
	}
	c.Advance(29 * 24 * time.Hour)
	feed, _ := s.Events(0, 100)
	if again, err := s.RegisterUser(ctx, someone("A@example.com")); err != nil || !again.ID.IsZero() {
		t.Errorf("registered again: %+v, %v", again, err)
	}
	if _, err := s.SignInUser(ctx, SignIn{Email: user.Email}); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("sign-in: %v", err)
	}
	if after, _ := s.Events(0, 100); len(after.Events) != len(feed.Events) {
		t.Error("an event was told of an address that wants nothing")
	}
	c.Advance(24 * time.Hour)
	register(t, s, "a@example.com")

	proven := activated(t, s, "b@example.com")
	err := s.DisownUser(ctx, proven.ID)
	wantKind(t, err, refuse.Conflict)
}

// TestErasure leaves nothing in the file that names the person.
func TestErasure(t *testing.T) {
	s := openTest(t)
	user := activated(t, s, "a@example.com")
	b := Holder{User: user.ID, Generation: user.TokenGeneration}
	cleaning := addCleaning(t, s, 1, SignedOff)
	if _, err := s.DecideLoad(ctx, b, cleaning.ID, Decision{LoadRejected, "", "Zoë D’hooghe says no"}); err != nil {
		t.Fatal(err)
	}
	if err := s.MailCleaning(ctx, b, cleaning.ID); err != nil {
		t.Fatal(err)
	}
	erase(t, s, user)
	if _, err := s.CheckHolder(b); !refuse.Is(err, refuse.Unauthorized) {
		t.Errorf("the token lives on: %v", err)
	}
	for _, letter := range lettersOf(t, s, user) {
		if letter.State != LetterCancelled || letter.To != "" || letter.Decision != nil &&
			letter.Decision.Comment != "" {
			t.Errorf("left: %+v", letter)
		}
	}
	if decided, err := s.Cleaning(cleaning.ID); err != nil || decided.Load.Status != LoadRejected {
		t.Errorf("the decision is gone: %+v, %v", decided.Load, err)
	}
	if n, _ := s.LetterCounts(); n[LetterCancelled] != 3 || n[LetterQueued] != 0 {
		t.Errorf("counts: %v", n)
	}
}
