package biker

import (
	"net/netip"
	"sync"
	"testing"

	"postern/server/web/webtest"
	"postern/store"
	"postern/tokens"
)

// TestLogInAtOnce: more right passwords at once than there may be wrong ones all let in, and wrong ones at once get no
// more tries than one after the other.
func TestLogInAtOnce(t *testing.T) {
	s := newSite(t, func(o *Options) { o.LoginExempt = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
	s.setPassword(zoe, password1)
	atOnce := func(password string, count int) (statuses map[int]int) {
		var all sync.WaitGroup
		codes := make([]int, count)
		for i := range codes {
			all.Go(func() { codes[i] = s.browser().logIn(zoe, password).Code })
		}
		all.Wait()
		statuses = make(map[int]int)
		for _, code := range codes {
			statuses[code]++
		}
		return statuses
	}
	if got := atOnce(password1, 8); got[303] != 8 {
		t.Errorf("right ones: %v", got)
	}
	if got := atOnce(wrong, 8); got[403] != 5 || got[429] != 3 {
		t.Errorf("wrong ones: %v", got)
	}
	if got := atOnce(password1, 4); got[429] != 4 {
		t.Errorf("right ones too soon: %v", got)
	}
	if len(s.room.tries.all) != 0 {
		t.Errorf("%d turns are kept", len(s.room.tries.all))
	}
}

// TestManyPresses: who presses a button again and again, as there is no answer yet, is answered each time as the first.
func TestManyPresses(t *testing.T) {
	s := newSite(t)
	press := func(b *browser, path string, fields ...string) {
		var all sync.WaitGroup
		answers := make([]webtest.Answer, 7)
		for i := range answers {
			copied := b.copied()
			all.Go(func() { answers[i] = copied.post(path, fields...) })
		}
		all.Wait()
		for _, a := range answers {
			a.Leads("/biker")
		}
	}
	press(s.browser(), "/biker/password", "token", s.link(tokens.Invitation, zoe), "password", password1)
	b := s.browser()
	b.logIn(zoe, password1).Leads("/biker")
	press(b, "/biker/change-password", "current", password1, "password", password2)
	if n := s.letters(zoe, store.LetterPasswordChanged); n != 2 {
		t.Errorf("%d notices", n)
	}
}
