package store

import (
	"fmt"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/refuse"
)

// flip flips a bit in a record, behind the store's back.
func flip(t *testing.T, s *Store, bucket []byte, id guid.ID) {
	t.Helper()
	flipKey(t, s, bucket, id[:])
}

func flipKey(t *testing.T, s *Store, bucket, key []byte) {
	t.Helper()
	must(t, submit(s, func(t tx) error {
		raw := append([]byte(nil), t.Get(bucket, key)...)
		raw[len(raw)/2] ^= 1
		return t.Put(bucket, key, raw)
	}))
}

// openDamaged opens a store whose file is to be damaged, so that the check at the end must find it so.
func openDamaged(t *testing.T, changes ...func(*Options)) *Store {
	t.Helper()
	s, err := Open(t.TempDir(), testOptions(changes...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if faults, err := CheckFile(s.file.Path()); err != nil || len(faults) == 0 {
			t.Errorf("the check found no damage: %v", err)
		}
	})
	return s
}

// TestDamagedLetterDelaysNone: neither where it is due, nor where a courier that died had it in hand.
func TestDamagedLetterDelaysNone(t *testing.T) {
	c := newClock()
	s := openDamaged(t, at(c))
	for i := range 4 {
		register(t, s, fmt.Sprintf("a%d@example.com", i))
	}
	due, err := s.Letters(LetterFilter{})
	if err != nil {
		t.Fatal(err)
	}
	flip(t, s, letterBucket, due[3].ID)
	claimed, damaged, err := s.ClaimLetters(ctx, 100)
	if err != nil || len(claimed) != 3 || len(damaged) != 1 || damaged[0] != due[3].ID {
		t.Fatalf("claimed %d, damaged %v, %v", len(claimed), damaged, err)
	}
	if at, found, err := s.NextDue(); err != nil || !found || at.Sub(c.Now()) != time.Hour {
		t.Errorf("the damaged one is due at %v, %v, %v", at, found, err)
	}
	flip(t, s, letterBucket, claimed[0].ID)
	if recovered, damaged, err := s.RecoverClaims(ctx); recovered != 2 || damaged != 1 || err != nil {
		t.Errorf("recovered %d, damaged %d, %v", recovered, damaged, err)
	}
	if recorded, err := s.RecordAttempts(ctx, []Outcome{{claimed[0].ID, Attempt{Class: AttemptSent}},
		{claimed[1].ID, Attempt{Class: AttemptSent}}}); err != nil || len(recorded) != 1 {
		t.Errorf("recorded %d, %v", len(recorded), err)
	}
}

func TestDamagedUserKeepsNothingFromBeingPruned(t *testing.T) {
	c := newClock()
	s := openDamaged(t, at(c))
	bad := register(t, s, "bad@example.com")
	register(t, s, "good@example.com")
	flip(t, s, userBucket, bad.ID)
	c.Advance(31 * 24 * time.Hour)
	if _, err := s.Prune(ctx,
		Keep{Unconfirmed: 30 * 24 * time.Hour, Sent: years, Events: 24 * time.Hour, Cleanings: years}); err != nil {
		t.Error(err)
	}
	if _, err := s.UserByEmail("good@example.com"); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("still there: %v", err)
	}
	if n := countKeys(t, s, eventBucket); n != 1 {
		t.Errorf("%d events left, want the erasure's", n)
	}
}

// TestClockThatWasAhead: what was written while the clock was ten years ahead blocks nobody once it is right again.
func TestClockThatWasAhead(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.StrangerLetters = limit.Rate{Count: 1, Per: time.Hour} })
	c.Advance(years)
	user := register(t, s, "a@example.com")
	c.Advance(-years)
	claim(t, s, 0)
	if recovered, _, err := s.RecoverClaims(ctx); recovered != 0 || err != nil {
		t.Errorf("recovered %d, %v", recovered, err)
	}
	claim(t, s, 1)
	register(t, s, "b@example.com")
	c.Advance(2 * time.Hour)
	if in, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil || !in.MustActivate ||
		len(lettersOf(t, s, user)) != 2 {
		t.Errorf("sign-in: %+v, %v, %d letters", in, err, len(lettersOf(t, s, user)))
	}
}

// TestSignInsFillNoDisk: anybody who knows an address can sign in as often as the line allows.
func TestSignInsFillNoDisk(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	user := activated(t, s, "a@example.com")
	for range 1000 {
		if in, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil || in.MustActivate {
			t.Fatalf("%+v, %v", in, err)
		}
		c.Advance(10 * time.Second)
	}
	if n := countKeys(t, s, eventBucket); n != 2+3 {
		t.Errorf("%d events of 1,000 sign-ins in under three hours, want 3 beside the first two", n)
	}
}

// TestStrangersKeepNobodyOut: six letters that nobody answered are forgotten after a month without one.
func TestStrangersKeepNobodyOut(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{Count: 5, Per: time.Hour} })
	user := register(t, s, "a@example.com")
	for range 48 {
		c.Advance(time.Hour)
		if _, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(lettersOf(t, s, user)); n != 6 {
		t.Fatalf("%d letters", n)
	}
	erase(t, s, user)
	c.Advance(31 * 24 * time.Hour)
	register(t, s, user.Email)
}

// TestLinkThatNoLongerHolds counts as nobody's: whoever must prove the mailbox gets a link that works, within the
// minute too.
func TestLinkThatNoLongerHolds(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.MailboxSignIn = true })
	user := activated(t, s, "a@example.com")
	for range 3 {
		if in, err := s.SignInUser(ctx, SignIn{Email: user.Email}); err != nil || !in.MustActivate {
			t.Fatalf("%+v, %v", in, err)
		}
	}
	if n := len(lettersOf(t, s, user)); n != 2 {
		t.Errorf("%d letters, want the used one and a new one", n)
	}
}

// TestRetryFailedEnds with what had failed when it began, however many, and whatever fails again meanwhile.
func TestRetryFailedEnds(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	const count = retriedAtOnce + 100
	var people []Candidate
	for i := range count {
		people = append(people, candidate(fmt.Sprintf("a%d@example.com", i)))
	}
	post(t, s, "Acme", people...)
	for range count / 100 {
		recordAll(t, s, claim(t, s, 100), AttemptPermanent)
	}
	c.Advance(time.Second)
	if n, err := s.RetryFailed(ctx); n != count || err != nil {
		t.Errorf("retried %d, %v", n, err)
	}
	if n, err := s.RetryFailed(ctx); n != 0 || err != nil {
		t.Errorf("retried %d again, %v", n, err)
	}
}

// TestListsGoOn pages through every kind of list, one letter at a time, and meets each letter once.
func TestListsGoOn(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	user := activated(t, s, "a@example.com")
	for n := range byte(8) {
		addCleaning(t, s, n+1, SignedOff)
		if err := s.MailCleaning(ctx, holder(user), cleaningID(n+1)); err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Second)
	}
	for i, letter := range claim(t, s, 9) {
		record(t, s, letter, []AttemptClass{AttemptSent, AttemptPermanent, AttemptTemporary}[i%3])
		c.Advance(time.Second)
	}
	c.Advance(35 * time.Second)
	if some, _, err := s.ClaimLetters(ctx, 1); err != nil || len(some) != 1 {
		t.Fatalf("claimed %d, %v", len(some), err)
	}
	for f, want := range map[LetterFilter]int{
		{}: 9, {To: "A@example.com"}: 9, {State: LetterQueued}: 3, {State: LetterSent}: 3, {State: LetterFailed}: 3,
		{State: LetterHeld}: 0, {State: LetterSent, To: "a@example.com"}: 3, {To: "b@example.com"}: 0,
	} {
		met := make(map[guid.ID]bool)
		for f.Limit = 1; ; {
			page, err := s.Letters(f)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			met[page[0].ID], f.Before = true, page[0].ID
		}
		if len(met) != want {
			t.Errorf("%+v: met %d, want %d", f, len(met), want)
		}
	}
}
