package store

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"postern/store/limit"
	"postern/store/refuse"
)

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
		{"erased", func(t *testing.T, s *Store, c *clock, b Biker, _ *Link) { must(t, s.EraseBiker(ctx, b.Email)) },
			refuse.NotFound},
		{"another address", func(_ *testing.T, _ *Store, _ *clock, _ Biker, l *Link) { l.Email[0] ^= 1 },
			refuse.NotFound},
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
			if errors.Is(err, ErrLinkExpired) != (test.name == "expired") || test.want == refuse.Conflict &&
				shown.ID != biker.ID {
				t.Errorf("%+v, %v", shown, err)
			}
			_, _, err = s.SetPassword(ctx, NewPassword{Link: link, Hash: "$new", Secret: secret(9)})
			wantKind(t, err, test.want)
		})
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
		{"with a password", func(t *testing.T, s *Store, b Biker) { setPassword(t, s, b, 1) },
			[]int{1, 2, 3, 4, 5, 5, 5}},
		{"never set one", func(*testing.T, *Store, Biker) {}, []int{1, 2, 3, 3, 3, 3, 3}},
		{"blocked", func(t *testing.T, s *Store, b Biker) { _, err := s.BlockBiker(ctx, b.ID, true); must(t, err) },
			[]int{0, 0, 0, 0, 0, 0, 0}},
		{"erased", func(t *testing.T, s *Store, b Biker) { must(t, s.EraseBiker(ctx, b.Email)) },
			[]int{0, 0, 0, 0, 0, 0, 0}},
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

// TestForgotWithoutLimit: off is no limit, not of a minute either.
func TestForgotWithoutLimit(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.AddressLetters = limit.Rate{} })
	addPartner(t, s, "Acme")
	biker := created(t, s, "Acme", "jan@example.com")
	for range 7 {
		must(t, s.ForgotPassword(ctx, biker.Email, netip.Addr{}))
	}
	must(t, s.RenewLink(ctx, invitation(s, biker), netip.Addr{}))
	letters, err := s.LettersTo(biker.ID, 100)
	must(t, err)
	if len(letters) != 1+7+1 { // with the welcome
		t.Errorf("%d letters", len(letters))
	}
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
	if known, _, err := readAddress(s, biker.Email); err != nil || known.Unproven != (unproven{}) ||
		len(known.Links) != 3 {
		t.Errorf("%+v, %v", known, err)
	}
}
