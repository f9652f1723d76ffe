package biker

import (
	"strings"
	"testing"
	"time"

	"postern/server/web/webtest"
	"postern/store"
	"postern/tokens"
)

// TestStolenCookie: a copy of a cookie is worth nothing once its session is over, for whatever reason.
func TestStolenCookie(t *testing.T) {
	for name, end := range map[string]func(*site, *browser){
		"logged out":            func(_ *site, b *browser) { b.post("/biker/logout").Leads("/biker/login") },
		"logged out everywhere": func(_ *site, b *browser) { b.post("/biker/logout-everywhere").Leads("/biker/login") },
		"logged out everywhere from another browser": func(s *site, b *browser) {
			other := s.browser()
			other.logIn(zoe, password1).Leads("/biker")
			other.post("/biker/logout-everywhere").Leads("/biker/login")
			if other.loggedIn() {
				s.t.Error("the other goes on")
			}
		},
		"password changed elsewhere": func(s *site, b *browser) {
			other := s.browser()
			other.logIn(zoe, password1).Leads("/biker")
			other.post("/biker/change-password", "current", password1, "password", password2).Leads("/biker")
			if !other.loggedIn() {
				s.t.Error("the one that changed it is logged out")
			}
		},
		"password set by a link": func(s *site, b *browser) {
			s.browser().post("/biker/password", "token", s.link(tokens.Recovery, zoe), "password", password2).Leads("/biker")
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
			thief.get("/biker").Leads("/biker/login")
			for path, form := range map[string][]string{
				"/biker/change-password": {"current", password1, "password", password2}, "/biker/language": {"language", "fr"},
			} {
				copied := thief.copied()
				copied.post(path, form...).Is(403, "Your session is over", `href="/biker/login"`)
			}
			thief.copied().post("/biker/logout").Leads("/biker/login")
			thief.get("/biker/login").Is(200, "Your session is over")
			if _, kept := thief.cookies["postern"]; kept {
				t.Error("the dead cookie stays")
			}
			if a := thief.get("/biker/login").Is(200); strings.Contains(a.Main(), "Your session is over") {
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
		a := b.post("/biker/change-password", "current", test.current, "password", test.changed)
		a.Is(test.status, test.texts...)
		if strings.Contains(a.Body.String(), `value="`+password2) || !strings.Contains(a.Body.String(), "<title>Fout: ") {
			t.Errorf("a password comes back, or the title says nothing:\n%s", a.Body)
		}
	}
	b.post("/biker/change-password", "current", password1, "password", password2).Leads("/biker")
	b.get("/biker").Is(200, "Je wachtwoord is gewijzigd")
	b.get("/biker/password?token="+link).Is(409, "al gebruikt")
	s.browser().logIn(zoe, password1).Is(403)
	s.browser().logIn(zoe, password2).Leads("/biker")
	if n := s.letters(zoe, store.LetterPasswordChanged); n != 2 {
		t.Errorf("%d notices", n)
	}
	// Who came by an open session can't try out what the password is; the owner's other browsers do not mind.
	for range 5 {
		b.post("/biker/change-password", "current", wrong, "password", password1).Is(403)
	}
	a := b.post("/biker/change-password", "current", password2, "password", password1).Is(429, "te veel foute")
	if a.Header().Get("Retry-After") != "1" {
		t.Errorf("come back after %q", a.Header().Get("Retry-After"))
	}
	s.browser().logIn(zoe, password2).Leads("/biker")
	s.later(time.Second)
	b.post("/biker/change-password", "current", password2, "password", password1).Leads("/biker")
}

// TestNext: the account says what happens next, as the operator has put it, and calls the plan by its name.
func TestNext(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	const title = "Zo gaat het verder"
	if page := b.get("/biker").Is(200, "<dd>Synthetische Bierbrouwerij</dd>").Page(); strings.Contains(page, title) ||
		strings.Contains(page, "SYN-NL-GNT-01") {
		t.Errorf("without texts:\n%s", page)
	}
	plan := store.Plan{Code: "SYN-NL-GNT-01", Client: "Synthetische Bierbrouwerij", Language: "nl"}
	plan.NextText = "Kies <nu> een fiets.\nTot maandag!"
	_, err := s.store.AddPlan(t.Context(), plan)
	check(t, err)
	if page := b.get("/biker").Is(200, title,
		"<p>Kies &lt;nu&gt; een fiets.</p>\n<p>Tot maandag!</p>").Page(); strings.Contains(page, `class="button"`) {
		t.Errorf("a button without a URL:\n%s", page)
	}
	plan.PlanTexts = store.PlanTexts{Name: "Stadsfiets 2026", NextURL: "https://bikes.example.org:8443/start?a=1&b=2"}
	_, err = s.store.AddPlan(t.Context(), plan)
	check(t, err)
	b.get("/biker").Is(200, title, "<dd>Stadsfiets 2026</dd>",
		`href="https://bikes.example.org:8443/start?a=1&amp;b=2">Verder op bikes.example.org</a>`)
	s.setPassword(zoe, password2).get("/biker").Is(200, title)
	check(t, s.store.RemovePlan(t.Context(), plan.Code))
	if page := s.setPassword(zoe, password1).get("/biker").Is(200,
		"<dd>SYN-NL-GNT-01</dd>").Page(); strings.Contains(page, title) {
		t.Errorf("the plan is gone:\n%s", page)
	}
}

// TestNotices: each is told by the page that the form leads to, once.
func TestNotices(t *testing.T) {
	s := newSite(t)
	b := s.browser().speaking("nl")
	told := func(path, text string) {
		t.Helper()
		b.get(path).Is(200, text)
		if again := b.get(path); strings.Contains(again.Page(), text) || b.cookies["postern-notice"] != "" {
			t.Errorf("%s is told twice", text)
		}
	}
	b.post("/biker/password", "token", s.link(tokens.Invitation, zoe), "password", password1).Leads("/biker")
	told("/biker", "Je wachtwoord is opgeslagen")
	b.post("/biker/change-password", "current", password1, "password", password2).Leads("/biker")
	told("/biker", "Je wachtwoord is gewijzigd")
	b.post("/biker/language", "language", "fr", "back", "/biker").Leads("/biker")
	told("/biker", "ces pages et nos e‑mails sont en français")
	b.post("/biker/logout").Leads("/biker/login")
	told("/biker/login", "Votre session est fermée") // in the language that was chosen last
	b.logIn(zoe, password2).Leads("/biker")
	b.post("/biker/logout-everywhere").Leads("/biker/login")
	told("/biker/login", "Toutes vos sessions")
	b.cookies["postern-notice"] = "<made up>"
	if page := b.get("/biker/login").Is(200).Page(); strings.Contains(page, `role="status"`) || strings.Contains(page,
		"made up") {
		t.Errorf("a made-up notice says\n%s", page)
	}
}

// TestSwitch: the choice made before login holds for the pages of a mailed link, which stays open, and gives way to the
// person's own after it.
func TestSwitch(t *testing.T) {
	s := newSite(t)
	b := s.browser().speaking("en")
	link := "/biker/password?token=" + s.link(tokens.Invitation, zoe)
	b.header.Set("Sec-Fetch-Mode", "navigate")
	here := b.get(link).Header().Get("Location")
	comesBack := func(a webtest.Answer) {
		t.Helper()
		if page := a.Body.String(); !strings.Contains(page, `name="back" value="`+here+`"`) {
			t.Errorf("the switch does not lead back to %s:\n%s", here, page)
		}
	}
	comesBack(b.get(here).Is(200, "Kies je wachtwoord", `action="/language"`))
	b.post("/language", "language", "fr", "back", here).Leads(here)
	b.get(here).Is(200, "Choisissez votre mot de passe")
	token := strings.TrimPrefix(link, "/biker/password?token=")
	comesBack(b.post("/biker/password", "token", token, "password", "court").Is(422, "trop court"))
	b.post("/biker/password", "token", token, "password", password1).Leads("/biker")
	b.get("/biker").Is(200, "Je account", `action="/biker/language"`)
	b.post("/biker/language", "language", "en", "back", "https://evil.example/").Leads("/biker")
	b.post("/biker/logout").Leads("/biker/login")
	b.get("/biker/login").Is(200, "<h1>Log in")
	b.get("/biker/nothing").Is(404, "Page not found", `name="back" value="/biker/nothing"`)
}

// TestLanguage: pages are in the browser's language before login, then in the person's; the choice outlasts the
// partner's word.
func TestLanguage(t *testing.T) {
	s := newSite(t)
	for asked, want := range map[string]string{
		"": "Log in", "nl-BE,en;q=0.5": "Inloggen", "fr": "Connexion", "de": "Log in", "de,fr;q=0.3": "Connexion",
	} {
		s.browser().speaking(asked).get("/biker/login").Is(200, "<h1>"+want)
	}
	b := s.setPassword(zoe, password1).speaking("fr")
	b.get("/biker").Is(200, "<h1>Je account", `value="nl" lang="nl" title="Nederlands" aria-current="true"`)
	b.post("/biker/language", "language", "en").Leads("/biker")
	b.get("/biker").Is(200, "<h1>Your account", `value="en" lang="en" title="English" aria-current="true"`)
	for _, language := range []string{"", "de", "EN"} {
		b.post("/biker/language", "language", language).Is(400)
	}
	if biker := s.biker(zoe); biker.Chosen != "en" || biker.Language != "nl" {
		t.Errorf("chosen %q, the partner's %q", biker.Chosen, biker.Language)
	}
	s.browser().speaking("fr").get("/biker/password?token="+s.link(tokens.Recovery, zoe)).Is(200, "Choose a new password")
}
