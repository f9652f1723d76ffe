package biker

import (
	"strings"
	"testing"
	"time"

	"postern/store"
	"postern/tokens"
)

// TestStolenCookie: a copy of a cookie is worth nothing once its session is over, for whatever reason.
func TestStolenCookie(t *testing.T) {
	for name, end := range map[string]func(*site, *browser){
		"logged out":            func(_ *site, b *browser) { b.post("/biker/logout").leads("/biker/login") },
		"logged out everywhere": func(_ *site, b *browser) { b.post("/biker/logout-everywhere").leads("/biker/login") },
		"logged out everywhere from another browser": func(s *site, b *browser) {
			other := s.browser()
			other.logIn(zoe, password1).leads("/biker")
			other.post("/biker/logout-everywhere").leads("/biker/login")
			if other.loggedIn() {
				s.t.Error("the other goes on")
			}
		},
		"password changed elsewhere": func(s *site, b *browser) {
			other := s.browser()
			other.logIn(zoe, password1).leads("/biker")
			other.post("/biker/change-password", "current", password1, "password", password2).leads("/biker")
			if !other.loggedIn() {
				s.t.Error("the one that changed it is logged out")
			}
		},
		"password set by a link": func(s *site, b *browser) {
			s.browser().post("/biker/password", "token", s.link(tokens.Recovery, zoe), "password", password2).leads("/biker")
		},
		"30 minutes idle": func(s *site, _ *browser) { s.later(30 * time.Minute) },
		"12 hours": func(s *site, b *browser) {
			for range 12*3 - 1 {
				s.later(20 * time.Minute)
				if !b.loggedIn() {
					s.t.Fatal("over before its time")
				}
			}
			s.later(20 * time.Minute)
		},
		"blocked": func(s *site, _ *browser) {
			_, err := s.store.BlockBiker(s.t.Context(), s.biker(zoe).ID, true)
			check(s.t, err)
		},
		"erased": func(s *site, _ *browser) { check(s.t, s.store.EraseBiker(s.t.Context(), zoe)) },
		"altered": func(_ *site, b *browser) {
			last := map[bool]string{true: "A", false: "B"}[!strings.HasSuffix(b.cookies["postern"], "A")]
			b.cookies["postern"] = b.cookies["postern"][:63] + last
		},
		"cut off": func(_ *site, b *browser) { b.cookies["postern"] = b.cookies["postern"][:62] },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.setPassword(zoe, password1)
			thief := b.copied()
			if !thief.loggedIn() {
				t.Fatal("the copy is worth nothing from the start")
			}
			end(s, b)
			if strings.Contains("altered cut off", name) {
				thief = b.copied()
			}
			thief.get("/biker").leads("/biker/login")
			for path, form := range map[string][]string{
				"/biker/change-password": {"current", password1, "password", password2}, "/biker/language": {"language", "fr"},
			} {
				copied := thief.copied()
				copied.post(path, form...).is(403, "Your session is over", `href="/biker/login"`)
			}
			thief.copied().post("/biker/logout").leads("/biker/login")
			thief.get("/biker/login").is(200, "Your session is over")
			if _, kept := thief.cookies["postern"]; kept {
				t.Error("the dead cookie stays")
			}
			if a := thief.get("/biker/login").is(200); strings.Contains(a.main(), "Your session is over") {
				t.Error("it is told twice")
			}
		})
	}
}

// TestChangePassword: every way to get it wrong, and what a right one ends.
func TestChangePassword(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	link := s.link(tokens.Recovery, zoe)
	for _, test := range []struct {
		current, changed string
		status           int
		texts            []string
	}{
		{"", "", 422, []string{`href="#current"`, `href="#password"`}},
		{"", password2, 422, []string{"Vul je huidige wachtwoord in"}},
		{password1, "kort", 422, []string{"te kort"}},
		{password1, "zoe.claes@example.com", 422, []string{"makkelijk te raden"}},
		{wrong, password2, 403, []string{"niet je huidige wachtwoord"}},
	} {
		a := b.post("/biker/change-password", "current", test.current, "password", test.changed).is(test.status, test.texts...)
		if strings.Contains(a.Body.String(), `value="`+password2) || !strings.Contains(a.Body.String(), "<title>Fout: ") {
			t.Errorf("a password comes back, or the title says nothing:\n%s", a.Body)
		}
	}
	b.post("/biker/change-password", "current", password1, "password", password2).leads("/biker")
	b.get("/biker").is(200, "Je wachtwoord is gewijzigd")
	b.get("/biker/password?token="+link).is(409, "al gebruikt")
	s.browser().logIn(zoe, password1).is(403)
	s.browser().logIn(zoe, password2).leads("/biker")
	if n := s.letters(zoe, store.LetterPasswordChanged); n != 2 {
		t.Errorf("%d notices", n)
	}
	// Who came by an open session can't try out what the password is; the owner's other browsers do not mind.
	for range 5 {
		b.post("/biker/change-password", "current", wrong, "password", password1).is(403)
	}
	if a := b.post("/biker/change-password", "current", password2, "password", password1).is(429, "te veel foute"); a.Header().Get("Retry-After") != "1" {
		t.Errorf("come back after %q", a.Header().Get("Retry-After"))
	}
	s.browser().logIn(zoe, password2).leads("/biker")
	s.later(time.Second)
	b.post("/biker/change-password", "current", password2, "password", password1).leads("/biker")
}

// TestLanguage: pages are in the browser's language before login, then in the person's; the choice outlasts the
// partner's word.
func TestLanguage(t *testing.T) {
	s := newSite(t)
	for asked, want := range map[string]string{"": "Log in", "nl-BE,en;q=0.5": "Inloggen", "fr": "Connexion", "de": "Log in", "de,fr;q=0.3": "Connexion"} {
		s.browser().speaking(asked).get("/biker/login").is(200, "<h1>"+want)
	}
	b := s.setPassword(zoe, password1).speaking("fr")
	b.get("/biker").is(200, "<h1>Je account", `value="nl" lang="nl" title="Nederlands" aria-current="true"`)
	b.post("/biker/language", "language", "en").leads("/biker")
	b.get("/biker").is(200, "<h1>Your account", `value="en" lang="en" title="English" aria-current="true"`)
	for _, language := range []string{"", "de", "EN"} {
		b.post("/biker/language", "language", language).is(400)
	}
	if biker := s.biker(zoe); biker.Chosen != "en" || biker.Language != "nl" {
		t.Errorf("chosen %q, the partner's %q", biker.Chosen, biker.Language)
	}
	s.browser().speaking("fr").get("/biker/password?token="+s.link(tokens.Recovery, zoe)).is(200, "Choose a new password")
}
