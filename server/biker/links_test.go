package biker

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"postern/server/web/webtest"
	"postern/store"
	"postern/tokens"
)

// TestLinkOpenedOften: whoever opens a link by GET or HEAD, and however often, leaves it as it was.
func TestLinkOpenedOften(t *testing.T) {
	s := newSite(t)
	token := s.link(tokens.Invitation, zoe)
	path := "/biker/password?token=" + token
	before := s.biker(zoe)
	for range 20 {
		if a := s.browser().get(path).Is(200, "Kies je wachtwoord", `value="`+zoe+`"`); a.Header().Get("Set-Cookie") != "" {
			t.Fatal("a cookie is set")
		}
		if a := s.browser().do("HEAD", path, nil); a.Code != 200 || a.Body.Len() > 0 {
			t.Fatalf("HEAD: %d, %d octets", a.Code, a.Body.Len())
		}
		s.browser().do("HEAD", "/biker/password?token=x", nil).Is(403)
	}
	if after := s.biker(zoe); after != before {
		t.Errorf("the record is %+v, was %+v", after, before)
	}
	b := s.browser()
	b.post("/biker/password", "token", token, "password", password1).Leads("/biker")
	b.get("/biker").Is(200, "Je wachtwoord is opgeslagen", "Zoë Claes", "Synthetische Bierbrouwerij")
	if n := s.letters(zoe, store.LetterPasswordChanged); n != 1 {
		t.Errorf("%d notices", n)
	}
}

// TestLinks: what a link of each sort and age leads to, opened and used alike.
func TestLinks(t *testing.T) {
	for _, test := range []struct {
		name   string
		token  func(*site) string
		status int
		text   string
		offers bool // a button that mails a new one
	}{
		{"used", func(s *site) string {
			token := s.link(tokens.Invitation, zoe)
			s.browser().post("/biker/password", "token", token, "password", password1).Leads("/biker")
			return token
		}, 409, "Deze link is al gebruikt", true},
		{"overtaken by another", func(s *site) string {
			token := s.link(tokens.Recovery, zoe)
			s.setPassword(zoe, password1)
			return token
		}, 409, "Deze link is al gebruikt", true},
		{"expired", func(s *site) string {
			token := s.link(tokens.Recovery, zoe)
			s.later(time.Hour)
			return token
		}, 409, "Deze link is verlopen", true},
		{"blocked", func(s *site) string {
			_, err := s.store.BlockBiker(s.t.Context(), s.biker(zoe).ID, true)
			check(s.t, err)
			return s.link(tokens.Invitation, zoe)
		}, 403, "Dit account is geblokkeerd", false},
		{"erased", func(s *site) string {
			token := s.link(tokens.Invitation, zoe)
			check(s.t, s.store.EraseBiker(s.t.Context(), zoe))
			return token
		}, 404, "Er is geen account meer", false},
		{"of another purpose", func(s *site) string { return s.link(tokens.Confirmation, zoe) }, 403,
			"onvolledig of onderweg veranderd", false},
		{"altered", func(s *site) string { return s.link(tokens.Invitation, zoe) + "A" }, 403, "onvolledig", false},
		{"none", func(s *site) string { return "" }, 403, "onvolledig", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			b, token := s.browser().speaking("nl"), test.token(s)
			for _, a := range []webtest.Answer{
				b.get("/biker/password?token=" + token),
				b.post("/biker/password", "token", token, "password", password2),
			} {
				a.Is(test.status, test.text)
				if offers := strings.Contains(a.Body.String(), `action="/biker/renew"`); offers != test.offers {
					t.Errorf("offers a new link: %v\n%s", offers, a.Main())
				}
			}
			owed := s.letters(zoe, store.LetterRecover)
			if again := b.post("/biker/renew", "token", token); test.offers {
				again.Is(200, "Er is een mail met een nieuwe link onderweg")
			} else {
				again.Is(test.status, test.text)
			}
			if now := s.letters(zoe, store.LetterRecover); (now == owed+1) != test.offers {
				t.Errorf("%d letters, then %d", owed, now)
			}
			if len(b.cookies) > 0 {
				t.Errorf("it got cookies: %v", b.cookies)
			}
		})
	}
}

// TestPasswords: which passwords may be set, and that a refusal keeps the link and shows no password again.
func TestPasswords(t *testing.T) {
	const short, long, guessable = "te kort", "te lang", "makkelijk te raden"
	s := newSite(t)
	for given, fault := range map[string]string{
		"":                                    "Vul een wachtwoord in",
		"vijftien teken":                      short,
		strings.Repeat("é", 14):               short,
		strings.Repeat("correct horse ", 19):  long,
		strings.Repeat("😀", 300):              long,
		"passwordpassword":                    guessable,
		"zoe.claes@example.com":               guessable,
		"Synthetische Bierbrouwerij":          guessable,
		"aaaaaaaaaaaaaaaaaaaaaa":              guessable,
		"quilt lantern orbit":                 "",
		" twee spaties, ook aan de randen ":   "",
		strings.Repeat("vqx7 Lamp", 28)[:250]: "",
	} {
		if utf8.RuneCountInString(given) < 15 && fault == "" {
			t.Fatal(given)
		}
		token := s.link(tokens.Invitation, zoe)
		b := s.browser()
		a := b.post("/biker/password", "token", token, "password", given)
		if fault == "" {
			a.Leads("/biker")
			b.post("/biker/logout").Leads("/biker/login")
			b.logIn(zoe, strings.TrimSpace(given)+"!").Is(403)
			b.logIn(zoe, given).Leads("/biker")
			continue
		}
		a.Is(422, fault, `aria-invalid="true"`, `autofocus`)
		if body := a.Body.String(); !strings.Contains(body, `name="token" value="`+token+`"`) ||
			given != "" && strings.Contains(body, `"`+given+`"`) && given != zoe {
			t.Errorf("%q: the link is lost, or the password shown:\n%s", given, body)
		}
		if len(b.cookies) > 0 {
			t.Errorf("%q: logged in", given)
		}
	}
}

// TestLinkOnSharedComputer: whoever sets a password in a browser that another person is logged in with ends that
// session.
func TestLinkOnSharedComputer(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	former := b.copied()
	b.post("/biker/password", "token", s.link(tokens.Invitation, emilie), "password", password2).Leads("/biker")
	b.get("/biker").Is(200, "Émilie Dubois", "Votre mot de passe est enregistré")
	if former.loggedIn() {
		t.Error("the other person's session goes on")
	}
}

// TestSetPasswordEndsAll: a password set by a link ends the sessions of the one before, and voids every link.
func TestSetPasswordEndsAll(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	older, newer := s.link(tokens.Recovery, zoe), s.link(tokens.Recovery, zoe)
	s.browser().get("/biker/password?token="+older).Is(200, "Kies een nieuw wachtwoord") // a newer one does not void it
	c := s.browser()
	c.post("/biker/password", "token", older, "password", password2).Leads("/biker")
	if b.loggedIn() || !c.loggedIn() {
		t.Error("the wrong sessions go on")
	}
	c.get("/biker/password?token="+newer).Is(409, "al gebruikt")
	s.browser().logIn(zoe, password1).Is(403)
	s.browser().logIn(zoe, password2).Leads("/biker")
}
