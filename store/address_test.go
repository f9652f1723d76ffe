package store

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"testing"
	"time"

	"postern/store/limit"
	"postern/store/refuse"
)

// overLimit is something that went over a limit.
type overLimit struct {
	limit   Limit
	outcome LimitOutcome
}

// noted collects what a store finds over its limits.
type noted map[overLimit]int

func (n noted) note(limit Limit, outcome LimitOutcome) { n[overLimit{limit, outcome}]++ }

// registers tells how many of several registrations are taken; n stands in the address for the number.
func registers(t testing.TB, s *Store, count int, email string, client netip.Addr) (taken int) {
	t.Helper()
	for i := range count {
		r := someone(fmt.Sprintf(email, i))
		r.Client = client
		switch _, err := s.RegisterUser(ctx, r); {
		case err == nil:
			taken++
		case !refuse.Is(err, refuse.TooMany):
			t.Fatal(err)
		}
	}
	return taken
}

// TestPretendedLetters holds that asking for a bikers' link again and again keeps no address from anything.
func TestPretendedLetters(t *testing.T) {
	const jan = "jan@example.com"
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{Count: 5, Per: time.Hour} })
	addPartner(t, s, "Acme")
	for range 30 {
		must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
		c.Advance(2 * time.Minute)
	}
	user := register(t, s, jan)
	biker := created(t, s, "Acme", jan)
	must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
	if letters, err := s.LettersTo(biker.ID, 10); err != nil || len(letters) != 2 {
		t.Errorf("%d letters to the biker, %v", len(letters), err)
	}
	if n := len(lettersOf(t, s, user)); n != 1 {
		t.Errorf("%d letters to the user", n)
	}
	if n, err := s.Prune(ctx, Keep{Unconfirmed: years, Sent: years, Events: years, Cleanings: years}); err != nil ||
		n != 0 {
		t.Errorf("pruned %d, %v", n, err)
	}
	must(t, s.ForgotPassword(ctx, "unknown@example.com", netip.Addr{}))
	if n, err := s.Prune(ctx, Keep{Unconfirmed: years, Sent: years, Events: years, Cleanings: years}); err != nil ||
		n != 1 {
		t.Errorf("of an address that nothing is known of %d records were pruned, %v", n, err)
	}
}

// TestUnprovenByKind holds that what a user was sent before activation is no biker's limit, and the other way round.
func TestUnprovenByKind(t *testing.T) {
	const jan = "jan@example.com"
	for _, bikerFirst := range []bool{true, false} {
		c := newClock()
		s := openTest(t, at(c))
		addPartner(t, s, "Acme")
		user, biker := register(t, s, jan), created(t, s, "Acme", jan)
		asks := []func() error{
			func() error { _, err := s.SignInUser(ctx, SignIn{Email: jan}); return err },
			func() error { return s.ForgotPassword(ctx, jan, netip.Addr{}) },
		}
		if bikerFirst {
			asks[0], asks[1] = asks[1], asks[0]
		}
		for _, ask := range asks {
			for range 10 {
				c.Advance(2 * time.Minute)
				must(t, ask())
			}
		}
		letters, err := s.LettersTo(biker.ID, 100)
		if must(t, err); len(letters) != 1+unprovenDaily || len(lettersOf(t, s, user)) != unprovenDaily {
			t.Errorf("%d letters to the biker, %d to the user, want 3 each and the welcome", len(letters),
				len(lettersOf(t, s, user)))
		}
	}
}

// TestOneClient holds that of an address's letters one client causes no more than five a day, however it asks.
func TestOneClient(t *testing.T) {
	const jan = "jan@example.com"
	owner, stranger := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	over := make(noted)
	c := newClock()
	dir := t.TempDir()
	options := []func(*Options){at(c), func(o *Options) { o.Rules.MailboxSignIn, o.OverLimit = true, over.note }}
	s := openTestIn(t, dir, options...)
	addPartner(t, s, "Acme")
	user := activated(t, s, jan)
	biker, _ := setPassword(t, s, created(t, s, "Acme", jan), 1)
	renewal := invitation(s, biker)
	owed := 0
	ask := func(client netip.Addr, want int) {
		t.Helper()
		for i := range 12 {
			c.Advance(61 * time.Second)
			switch i % 3 {
			case 0:
				_, err := s.SignInUser(ctx, SignIn{Email: jan, Client: client})
				must(t, err)
			case 1:
				must(t, s.ForgotPassword(ctx, jan, client))
			case 2:
				c.Advance(61 * time.Second) // another of the kind before
				must(t, s.RenewLink(ctx, renewal, client))
			}
		}
		letters, err := s.LettersTo(biker.ID, 100)
		must(t, err)
		now := len(letters) + len(lettersOf(t, s, user))
		if now-owed != want {
			t.Errorf("%v caused %d letters, want %d", client, now-owed, want)
		}
		owed = now
	}
	ask(netip.Addr{}, 12+3) // a front end, and those of registering
	c.Advance(25 * time.Hour)
	ask(stranger, 5)
	closeTest(t, s)
	s = openTestIn(t, dir, options...)
	ask(netip.MustParseAddr("2001:db8::ffff:1"), 0) // the same /64
	ask(netip.MustParseAddr("::ffff:192.0.2.1"), 5)
	ask(owner, 0)
	ask(netip.MustParseAddr("192.0.2.2"), 5)
	if over[overLimit{AddressLetters, Withheld}] == 0 {
		t.Errorf("noted: %v", over)
	}
	c.Advance(25 * time.Hour)
	ask(stranger, 5)
	a, _, err := readAddress(s, jan)
	must(t, err)
	for _, link := range a.Links {
		if (link.Client != nil) != (c.Now().Sub(link.At) < 24*time.Hour) {
			t.Errorf("who asked is remembered for %v: %v", c.Now().Sub(link.At), link.Client != nil)
		}
	}
}

// TestMinuteAfterErasure holds that an erasure gives nobody a second letter of a kind within the minute.
func TestMinuteAfterErasure(t *testing.T) {
	const jan = "jan@example.com"
	over := make(noted)
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.OverLimit = over.note })
	addPartner(t, s, "Acme")
	erase(t, s, register(t, s, jan))
	c.Advance(sameLetter - time.Second)
	_, err := s.RegisterUser(ctx, someone(jan))
	wantKind(t, err, refuse.TooMany)
	var refusal *refuse.Refusal
	if errors.As(err, &refusal); refusal.RetryAfter != time.Second {
		t.Errorf("to come back after %v", refusal.RetryAfter)
	}
	if !maps.Equal(over, noted{{AddressLetters, Refused}: 1}) {
		t.Errorf("noted: %v", over)
	}
	c.Advance(time.Second)
	register(t, s, jan)

	first,
		_ := setPassword(t, s, created(t, s, "Acme", jan), 1) // its links are of another generation than the next one's
	must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
	must(t, s.EraseBiker(ctx, jan))
	second := created(t, s, "Acme", jan)
	count := func(biker Biker) int {
		letters, err := s.LettersTo(biker.ID, 10)
		must(t, err)
		return len(letters)
	}
	must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
	if count(second) != 1 || count(first) != 3 {
		t.Errorf("%d and %d letters", count(second), count(first))
	}
	c.Advance(sameLetter)
	must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
	if count(second) != 2 {
		t.Errorf("%d letters after a minute", count(second))
	}
	off := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{} })
	erase(t, off, register(t, off, jan))
	register(t, off, jan)
}

// TestPlusAddresses holds how many letters a mailbox gets under its plus addresses.
func TestPlusAddresses(t *testing.T) {
	over := make(noted)
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.OverLimit = over.note })
	addPartner(t, s, "Acme")
	addPartner(t, s, "Other")
	states := func(partner, email string, count int) (queued, held int) {
		t.Helper()
		people := make([]Candidate, count)
		for i := range people {
			people[i] = candidate(fmt.Sprintf(email, i))
		}
		for _, result := range post(t, s, partner, people...) {
			letter, err := s.Letter(result.Letter)
			must(t, err)
			if letter.State == LetterQueued {
				queued++
			} else {
				held++
			}
		}
		return queued, held
	}
	if n := registers(t, s, 80, "jan+%d@example.com", netip.Addr{}); n != 20 {
		t.Errorf("%d registrations of one mailbox at once, want 20", n)
	}
	if n := registers(t, s, 30, "Jan+more+%d@EXAMPLE.com", netip.Addr{}); n != 0 {
		t.Errorf("%d more under other tags", n)
	}
	if n := registers(t, s, 30, "piet%d@example.com", netip.Addr{}); n != 30 {
		t.Errorf("%d registrations of as many mailboxes", n)
	}
	register(t, s, "jan@example.com")
	if queued, held := states("Acme", "jan+b%d@example.com", 50); queued != 20 || held != 30 {
		t.Errorf("of a partner: %d queued, %d held", queued, held)
	}
	if queued, held := states("Other", "jan+c%d@example.com", 5); queued != 0 || held != 5 {
		t.Errorf("of another partner: %d queued, %d held", queued, held)
	}
	if queued, held := states("Acme", "kees%d@example.com", 50); queued != 50 || held != 0 {
		t.Errorf("without tags: %d queued, %d held", queued, held)
	}
	failed := post(t, s, "Acme", bad("jan+d@example.com", "Language"))
	const reason = "more than 20/h or 60/24h letters to one mailbox under plus addresses"
	if letter, err := s.Letter(failed[0].Letter); err != nil || letter.State != LetterHeld || letter.Reason != reason {
		t.Errorf("about a failure: %+v, %v", letter, err)
	}
	if !maps.Equal(over, noted{{MailboxLetters, Refused}: 90, {MailboxLetters, Held}: 36}) {
		t.Errorf("noted: %v", over)
	}
	taken := 20
	for range 5 {
		c.Advance(66 * time.Minute)
		taken += registers(t, s, 80, "jan+"+c.Now().Format("0405.000")+"h%d@example.com", netip.Addr{})
	}
	if taken != 60 {
		t.Errorf("%d registrations of one mailbox in six hours, want 60", taken)
	}
	c.Advance(48 * time.Hour)
	keep := Keep{Unconfirmed: years, Sent: years, Events: years, Cleanings: years}
	if _, err := s.Prune(ctx, keep); err != nil {
		t.Error(err)
	}
	off := openTest(t, at(c), func(o *Options) { o.Rules.AddressLetters = limit.Rate{} })
	if n := registers(t, off, 80, "jan+%d@example.com", netip.Addr{}); n != 80 {
		t.Errorf("%d registrations without a limit", n)
	}
}

func TestBaseOf(t *testing.T) {
	for email, want := range map[string]string{
		"jan+1@example.com": "jan@example.com", "jan+1+2@example.com": "jan@example.com",
		"jan+@example.com": "jan@example.com",
		"jan@example.com":  "", "+1@example.com": "", "jan@exa+mple.com": "", "": "",
	} {
		if base, ok := baseOf(email); base != want || ok != (want != "") {
			t.Errorf("%s: %s, %v", email, base, ok)
		}
	}
}

// TestStrangersShare holds that a few networks that flood leave others their letters, that these come first, and that
// it stays at the limit in all.
func TestStrangersShare(t *testing.T) {
	for _, floods := range [][]string{
		{"2001:db8:1::", "2001:db8:2::", "2001:db8:3::"}, {"192.0.2.0", "198.51.100.0", "203.0.113.0"},
	} {
		over := make(noted)
		c := newClock()
		s := openTest(t, at(c), func(o *Options) {
			o.Rules.StrangerLetters, o.OverLimit = limit.Rate{Count: 100, Per: time.Hour}, over.note
		})
		flooded := 0
		for i := range 200 {
			network := netip.MustParseAddr(floods[i%3]).AsSlice()
			network[len(network)-1] = byte(i)
			if len(network) == 16 {
				network[7] = byte(i) // another /64
			}
			client, _ := netip.AddrFromSlice(network)
			flooded += registers(t, s, 1, fmt.Sprintf("flood%d.%%d@example.com", i), client)
		}
		if flooded < 50 || flooded > 55 {
			t.Errorf("three networks caused %d of 100 letters", flooded)
		}
		if !maps.Equal(over, noted{{StrangerLetters, Refused}: 200 - flooded}) {
			t.Errorf("noted: %v", over)
		}
		fresh := 0
		for i := range 80 {
			client := netip.AddrFrom4([4]byte{100, byte(i / 256), byte(i), 7})
			fresh += registers(t, s, 1, fmt.Sprintf("new%d.%%d@example.com", i), client)
		}
		if fresh != 100-flooded {
			t.Errorf("%d people of networks of their own, after %d of the flood's", fresh, flooded)
		}
		c.Advance(2 * time.Hour)
		if n := registers(t, s, 120, "office%d@example.com", netip.MustParseAddr("127.0.0.1")); n != 100 {
			t.Errorf("%d people through a proxy on this machine, want 100", n)
		}
		c.Advance(2 * time.Hour)
		if _, err := s.Prune(ctx, Keep{Unconfirmed: years, Sent: years, Events: years, Cleanings: years}); err != nil {
			t.Error(err)
		}
		if n := countKeys(t, s, limitBucket); n != 1 {
			t.Errorf("%d windows are left, want that of all strangers", n)
		}
	}
}

// TestNetworkShare holds that every share is within the limit, never grows with what was caused, and lets newcomers
// have all of it.
func TestNetworkShare(t *testing.T) {
	for _, count := range []int{1, 2, 3, 10, 500, 1_000_000_000} {
		rate, before := limit.Rate{Count: count, Per: time.Hour}, count
		for _, caused := range []int{0, 1, 2, 5, 100, 1000} {
			share := networkShare(rate, caused).Count
			if share > before || share < count/2 || caused == 0 && share != count {
				t.Errorf("of %d after %d: %d", count, caused, share)
			}
			before = share
		}
	}
}
