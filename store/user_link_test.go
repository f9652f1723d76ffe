package store

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/refuse"
)

// TestRenewConfirmation: whoever holds a link gets a new one by mail, whatever has become of that, but for an account
// that is gone or blocked.
func TestRenewConfirmation(t *testing.T) {
	cleaning := guid.ID{15: 7}
	type before = func(t *testing.T, s *Store, c *clock, user User, l Confirmation)
	after := func(d time.Duration) before {
		return func(_ *testing.T, _ *Store, c *clock, _ User, _ Confirmation) { c.Advance(d) }
	}
	for name, test := range map[string]struct {
		before  before
		want    refuse.Kind
		letters int // beside the one of the registration
	}{
		"a minute old": {after(time.Minute), 0, 1},
		"just owed":    {after(0), 0, 0},
		"expired":      {after(25 * time.Hour), 0, 1},
		"used":         {func(t *testing.T, s *Store, _ *clock, _ User, l Confirmation) { use(t, s, l) }, 0, 1},
		"revoked": {func(t *testing.T, s *Store, _ *clock, user User, _ Confirmation) {
			_, err := s.ReactivateUser(ctx, user.ID)
			must(t, err)
		}, 0, 1},
		"blocked": {func(t *testing.T, s *Store, _ *clock, user User, _ Confirmation) {
			block(t, s, user, true)
		}, refuse.Forbidden, 0},
		"erased": {func(t *testing.T, s *Store, _ *clock, user User, _ Confirmation) {
			erase(t, s, user)
		}, refuse.NotFound, 0},
		"erased and expired": {func(t *testing.T, s *Store, c *clock, user User, _ Confirmation) {
			erase(t, s, user)
			c.Advance(25 * time.Hour)
		}, refuse.NotFound, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			user := register(t, s, "a@example.com")
			l := link(s, user, 1)
			test.before(t, s, c, user, l)
			renewed, err := s.RenewConfirmation(ctx, l, cleaning, netip.Addr{})
			wantKind(t, err, test.want)
			if (err == nil) != (renewed.ID == user.ID) {
				t.Errorf("the user is %s beside %v", renewed.ID, err)
			}
			owed := lettersOf(t, s, user)
			if len(owed) != 1+test.letters {
				t.Fatalf("%d letters, want %d", len(owed), 1+test.letters)
			}
			if test.letters > 0 && (owed[0].Cleaning != cleaning || owed[0].Kind != LetterActivate) {
				t.Errorf("owed: %+v", owed[0])
			}
		})
	}
}

// TestCheckConfirmation names the person beside a refusal only where the link is one of theirs.
func TestCheckConfirmation(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	user := register(t, s, "a@example.com")
	l, other := link(s, user, 1), link(s, user, 2)
	other.Email[0] ^= 1
	c.Advance(25 * time.Hour)
	if got, err := s.CheckConfirmation(l); !errors.Is(err, ErrLinkExpired) || got.ID != user.ID {
		t.Errorf("%s, %v", got.ID, err)
	}
	if got, err := s.CheckConfirmation(other); !refuse.Is(err, refuse.Conflict) || !got.ID.IsZero() {
		t.Errorf("of another address: %s, %v", got.ID, err)
	}
}

// TestLinkOnce has a used link refused at once where it is to work once alone.
func TestLinkOnce(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.ConfirmationReuse = 0 })
	l := link(s, register(t, s, "a@example.com"), 1)
	use(t, s, l)
	if _, err := s.ActivateUser(ctx, l); !refuse.Is(err, refuse.Conflict) || errors.Is(err, ErrLinkExpired) {
		t.Errorf("the second time: %v", err)
	}
}

// TestRenewConfirmationLimits: a link from the mailbox is worth more than a stranger's wish, but no more than an
// address may get.
func TestRenewConfirmationLimits(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{Count: 5, Per: time.Hour} })
	user := register(t, s, "a@example.com")
	l := link(s, user, 1)
	for range 6 {
		c.Advance(time.Minute)
		_, err := s.RenewConfirmation(ctx, l, guid.ID{}, netip.Addr{})
		must(t, err)
	}
	// A stranger causes no more than 3 a day before the mailbox is proven.
	if n := len(lettersOf(t, s, user)); n != 5 {
		t.Errorf("%d letters, want 5", n)
	}
}

// TestSignInByLinkAlone: a page lets nobody in by the address alone, whatever the API does.
func TestSignInByLinkAlone(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	user := activated(t, s, "a@example.com")
	for _, test := range []struct {
		name    string
		held    *Holder
		must    bool
		letters int
	}{
		{"address alone", nil, true, 2},
		{"with a token of the API", &Holder{User: user.ID, Generation: user.TokenGeneration}, true, 3},
		{"with a proven token", &Holder{User: user.ID, Generation: user.TokenGeneration, Proven: true}, false, 3},
	} {
		c.Advance(time.Minute)
		in, err := s.SignInUser(ctx, SignIn{Email: user.Email, Held: test.held, ByMailbox: true})
		if err != nil || in.MustActivate != test.must {
			t.Errorf("%s: %+v, %v", test.name, in, err)
		}
		if n := len(lettersOf(t, s, user)); n != test.letters {
			t.Errorf("%s: %d letters, want %d", test.name, n, test.letters)
		}
	}
}

// TestChooseUserLanguage: letters owed from then on are in it.
func TestChooseUserLanguage(t *testing.T) {
	s := openTest(t)
	user := activated(t, s, "a@example.com")
	must(t, s.ChooseUserLanguage(ctx, Holder{User: user.ID, Generation: user.TokenGeneration}, "de"))
	wantKind(t, s.ChooseUserLanguage(ctx, Holder{User: user.ID, Generation: user.TokenGeneration + 1}, "fr"),
		refuse.Unauthorized)
	if user, err := s.UserByEmail(user.Email); err != nil || user.Language != "de" {
		t.Errorf("%q, %v", user.Language, err)
	}
}
