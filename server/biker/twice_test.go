package biker

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"postern/server/web/webtest"
	"postern/store"
	"postern/tokens"
)

// twice sends a form two times as a double click does: one after the other, with the cookies of before the first answer
// and with those of after it, and both at once.
func twice(t *testing.T, prepare func(*site) *browser, path string, form func(*site) []string,
	check func(*site, *browser, webtest.Answer)) {
	for _, way := range []string{"one after the other", "before the first answer", "at once"} {
		t.Run(path+", "+way, func(t *testing.T) {
			s := newSite(t)
			b := prepare(s)
			fields := form(s)
			switch way {
			case "one after the other":
				check(s, b, b.post(path, fields...))
				check(s, b, b.post(path, fields...))
			case "before the first answer":
				first := b.copied()
				check(s, first, first.post(path, fields...))
				check(s, b, b.post(path, fields...))
			case "at once":
				both := [2]*browser{b, b.copied()}
				var answers [2]webtest.Answer
				var sent sync.WaitGroup
				for i, one := range both {
					sent.Go(func() { answers[i] = one.post(path, fields...) })
				}
				sent.Wait()
				check(s, both[0], answers[0])
				check(s, both[1], answers[1])
			}
		})
	}
}

// TestSentTwice: whoever clicks twice is answered the second time as the first, and it happened once.
func TestSentTwice(t *testing.T) {
	loggedIn := func(s *site) *browser { return s.setPassword(zoe, password1) }
	stranger := func(s *site) *browser { return s.browser() }
	notices := func(s *site, want int) {
		s.t.Helper()
		if n := s.letters(zoe, store.LetterPasswordChanged); n != want {
			s.t.Errorf("%d notices, want %d", n, want)
		}
	}
	twice(t, stranger, "/biker/password", func(s *site) []string {
		return []string{"token", s.link(tokens.Invitation, zoe), "password", password1}
	}, func(s *site, b *browser, a webtest.Answer) {
		a.Leads("/biker")
		b.get("/biker").Is(200, "Zoë Claes")
		notices(s, 1)
	})
	twice(t, loggedIn, "/biker/change-password", func(*site) []string {
		return []string{"current", password1, "password", password2}
	}, func(s *site, b *browser, a webtest.Answer) {
		a.Leads("/biker")
		if !b.loggedIn() {
			s.t.Error("logged out")
		}
		notices(s, 2)
		if n, err := s.store.SessionsOf(s.biker(zoe).ID); err != nil || len(n) != 1 {
			s.t.Errorf("%d sessions, %v", len(n), err)
		}
	})
	out := func(s *site, b *browser, a webtest.Answer) {
		a.Leads("/biker/login")
		if _, kept := b.cookies["postern"]; kept || b.loggedIn() {
			s.t.Error("not logged out")
		}
		b.get("/biker/login").Is(200, "You are logged out")
	}
	none := func(*site) []string { return nil }
	twice(t, loggedIn, "/biker/logout", none, out)
	twice(t, loggedIn, "/biker/logout-everywhere", none, out)
	twice(t, stranger, "/biker/logout", none, out)
	twice(t, stranger, "/biker/logout-everywhere", none, out)
	twice(t, loggedIn, "/biker/language", func(*site) []string { return []string{"language", "fr"} },
		func(_ *site, _ *browser, a webtest.Answer) { a.Leads("/biker") })
	another := func(s *site) *browser { s.setPassword(zoe, password1); return s.browser() }
	twice(t, another, "/biker/login", func(*site) []string {
		return []string{"email", zoe, "password", password1}
	}, func(s *site, b *browser, a webtest.Answer) {
		a.Leads("/biker")
		notices(s, 1)
	})
	for path, text := range map[string]string{"/biker/forgot": "mail with a link", "/biker/renew": "nieuwe link"} {
		twice(t, another, path, func(s *site) []string {
			return []string{map[string]string{"/biker/forgot": "email", "/biker/renew": "token"}[path],
				map[string]string{"/biker/forgot": zoe, "/biker/renew": s.link(tokens.Recovery, zoe)}[path]}
		}, func(s *site, _ *browser, a webtest.Answer) {
			a.Is(200, text)
			if n := s.letters(zoe, store.LetterRecover); n != 1 {
				s.t.Errorf("%d letters", n)
			}
		})
	}
}

// TestUsedLinkTellsNothing: a used link logs in with the password that it has set, for ten minutes and within the limit
// of wrong ones; it sets no other, and says nothing else.
func TestUsedLinkTellsNothing(t *testing.T) {
	s := newSite(t)
	token, older := s.link(tokens.Invitation, zoe), s.link(tokens.Recovery, zoe)
	use := func(token, password string) webtest.Answer {
		return s.browser().post("/biker/password", "token", token, "password", password)
	}
	use(token, password1).Leads("/biker")
	s.later(linkReuse - time.Second)
	use(token, password2).Is(http.StatusConflict, "al gebruikt")
	use(token, "").Is(http.StatusConflict, "al gebruikt")
	use(token, password1).Leads("/biker") // forgets the wrong ones
	for range 5 {
		use(token, wrong).Is(http.StatusConflict, "al gebruikt")
	}
	use(token, password1).Is(http.StatusConflict, "al gebruikt")
	s.later(time.Second)
	use(token, password1).Is(http.StatusConflict, "al gebruikt") // too late
	use(older, password1).Is(http.StatusConflict, "al gebruikt")

	again := s.link(tokens.Recovery, zoe)
	use(again, password2).Leads("/biker")
	use(token, password2).Is(http.StatusConflict, "al gebruikt") // it set another one
	_, err := s.store.BlockBiker(t.Context(), s.biker(zoe).ID, true)
	check(t, err)
	use(again, password2).Is(http.StatusForbidden, "geblokkeerd")
}

// TestChangedToWhatItIs: asking for the password that one has changes nothing, and does not help to find it out.
func TestChangedToWhatItIs(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	other := s.browser()
	other.logIn(zoe, password1).Leads("/biker")
	before := s.biker(zoe)
	b.post("/biker/change-password", "current", wrong, "password", password1).Leads("/biker")
	if after := s.biker(zoe); after != before || !other.loggedIn() || s.letters(zoe, store.LetterPasswordChanged) != 1 {
		t.Error("something was done")
	}
	for range 5 {
		b.post("/biker/change-password", "current", wrong, "password", password2).Is(403)
	}
	b.post("/biker/change-password", "current", wrong, "password", password1).Is(429)
}

// TestEverywhereFromAnOldSession: a session that was not used for too long can still end the others. One that is gone
// can't, and the person is told where that matters.
func TestEverywhereFromAnOldSession(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	s.later(29 * time.Minute)
	lost := s.browser()
	lost.logIn(zoe, password1).Leads("/biker")
	s.later(time.Minute)
	if b.copied().loggedIn() || !lost.loggedIn() {
		t.Fatal("the wrong session is over")
	}
	b.post("/biker/logout-everywhere").Leads("/biker/login")
	if lost.loggedIn() {
		t.Error("the lost one goes on")
	}
	b.post("/biker/logout-everywhere").Leads("/biker/login")

	thief := s.browser()
	b.logIn(zoe, password1).Leads("/biker")
	thief.post("/biker/password", "token", s.link(tokens.Recovery, zoe), "password", password2).Leads("/biker")
	b.post("/biker/logout-everywhere").Is(http.StatusForbidden, "sessi")
	b.post("/biker/logout").Leads("/biker/login")
	if !thief.loggedIn() {
		t.Error("a dead session did something")
	}
}
