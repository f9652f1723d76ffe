package biker

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/server/web/webtest"
	"postern/store"
	"postern/store/fixture"
	"postern/tokens"
)

// TestPages holds every page in each language: the whole of the first, of the others what the frame surrounds.
func TestPages(t *testing.T) {
	for _, language := range Languages {
		t.Run(language, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testPages(t, language) }) })
	}
}

func testPages(t *testing.T, language string) {
	var all strings.Builder
	show := func(name string, a webtest.Answer) {
		text := a.Main()
		if all.Len() == 0 {
			text = a.Page()
		}
		fmt.Fprintf(&all, "==== %s: %d\n%s\n\n", name, a.Code, text)
		if got := a.Header().Get("Content-Language"); got != language {
			t.Errorf("%s is in %q", name, got)
		}
		checkMarkup(t, name, a.Body.String())
	}
	tour(newSite(t), language, show)
	fixture.Golden(t, language+".golden", []byte(all.String()))
}

// tour walks through all pages, as somebody who reads that language.
func tour(s *site, language string, show func(name string, a webtest.Answer)) {
	t, ctx := s.t, s.t.Context()
	_, err := s.store.ChooseLanguage(ctx, s.biker(zoe).ID, language)
	check(t, err)
	b := s.browser()
	b.language = language
	show("login", b.get("/biker/login"))
	show("login, nothing filled in", b.logIn("", ""))
	show("login, no address", b.logIn("zoe", "x"))
	show("login, wrong", b.logIn(zoe, wrong))
	show("forgot", b.get("/biker/forgot"))
	show("forgot, no address", b.post("/biker/forgot", "email", "zoe@@example"))
	show("forgot, mailed", b.post("/biker/forgot", "email", zoe))
	first := s.link(tokens.Invitation, zoe)
	show("password, first", b.get("/biker/password?token="+first))
	for _, weak := range []string{"", "too short", "ZoeClaesSynthetischeBierbrouwerij", strings.Repeat("long ", 60)} {
		show(fmt.Sprintf("password, weak: %.15s", weak), b.post("/biker/password", "token", first, "password", weak))
	}
	b.post("/biker/password", "token", first, "password", password1).Leads("/biker")
	show("account, password just set", b.get("/biker"))
	s.later(2 * time.Minute)
	show("account", b.get("/biker"))
	show("account, nothing filled in", b.post("/biker/change-password"))
	show("account, wrong password", b.post("/biker/change-password", "current", wrong, "password", password2))
	show("used link", b.get("/biker/password?token="+first))
	show("renewed link", b.post("/biker/renew", "token", first))
	second := s.link(tokens.Recovery, zoe)
	show("password, another", b.get("/biker/password?token="+second))
	show("cookie not kept", b.get("/biker/password?link=0123456789abcdef"))
	show("unreadable link", b.get("/biker/password?token=nonsense"))
	s.later(time.Hour)
	show("expired link", b.get("/biker/password?token="+second))
	show("session over, form", b.copied().speaking(language).post("/biker/language", "language", "fr"))
	b.get("/biker").Leads("/biker/login")
	show("session over", b.get("/biker/login"))
	stranger := s.browser().speaking(language)
	for range 8 {
		stranger.logIn(zoe, wrong)
		s.later(time.Second)
	}
	show("login, slowed down", stranger.logIn(zoe, password1))
	for range 10 {
		stranger.post("/biker/forgot", "email", nobody)
	}
	show("forgot, too often", stranger.post("/biker/forgot", "email", zoe))
	_, err = s.store.BlockBiker(ctx, s.biker(zoe).ID, true)
	check(t, err)
	show("blocked", b.get("/biker/password?token="+s.link(tokens.Recovery, zoe)))
	third := s.link(tokens.Recovery, zoe)
	check(t, s.store.EraseBiker(ctx, zoe))
	show("erased", b.get("/biker/password?token="+third))
	show("unknown path", b.get("/biker/nothing"))
}

func (b *browser) speaking(language string) *browser {
	b.language = language
	return b
}

var (
	idPattern      = regexp.MustCompile(` id="([^"]+)"`)
	pointerPattern = regexp.MustCompile(` (?:for="|aria-describedby="|href="#)([^"]+)"`)
	headingPattern = regexp.MustCompile(`<h([1-6])`)
)

// checkMarkup holds what every page owes to assistive technology, and that no page runs anything.
func checkMarkup(t *testing.T, name, page string) {
	t.Helper()
	var ids []string
	for _, m := range idPattern.FindAllStringSubmatch(page, -1) {
		if slices.Contains(ids, m[1]) {
			t.Errorf("%s: two elements are called %s", name, m[1])
		}
		ids = append(ids, m[1])
	}
	for _, m := range pointerPattern.FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s: nothing is called %s", name, id)
			}
		}
	}
	last := "0"
	for _, m := range headingPattern.FindAllStringSubmatch(page, -1) {
		if m[1] > last && m[1] != string(last[0]+1) {
			t.Errorf("%s: h%s follows h%s", name, m[1], last)
		}
		last = m[1]
	}
	if strings.Count(page, "<h1>") != 1 {
		t.Errorf("%s: not one first heading", name)
	}
	if strings.Count(page, "<script") != strings.Count(page, `<script src="/static/`) {
		t.Errorf("%s has a script that is none of the kit's", name)
	}
	for _, never := range []string{"<script>", " style=", "onclick", "{{", "{minimum}", "{minutes}", "ZgotmplZ", "%!",
		password1, wrong} {
		if strings.Contains(page, never) {
			t.Errorf("%s holds %s", name, never)
		}
	}
}

// TestWords: each language fills in the same numbers at the same places.
func TestWords(t *testing.T) {
	read := func(language string) (texts map[string]string) {
		content, err := os.ReadFile("words/" + language + ".json")
		check(t, err)
		check(t, json.Unmarshal(content, &texts))
		return texts
	}
	number := regexp.MustCompile(`\{[^}]*\}`)
	english := read("en")
	for _, language := range Languages {
		for key, text := range read(language) {
			if got, want := number.FindAllString(text, -1), number.FindAllString(english[key], -1); !slices.Equal(got, want) {
				t.Errorf("%s %s has %q, English %q", language, key, got, want)
			}
		}
	}
}

// TestErrorPages: what the frame itself refuses is told in one of the bikers' languages, the person's where it is
// known.
func TestErrorPages(t *testing.T) {
	s := newSite(t)
	known := s.setPassword(emilie, password1).speaking("nl")
	known.post("/biker/language", "language", "de").Is(400, "Cela n’a pas fonctionné")
	german := s.browser().speaking("de")
	german.get("/biker/login").Is(200, "Log in")
	german.get("/biker/nothing").Is(404, "Page not found")
	german.do("DELETE", "/biker/login", nil).Is(405, "This did not work")
	german.post("/biker/login", "email", strings.Repeat("x", 20<<10)).Is(413)
	if _, err := New(Options{Store: s.store, Now: s.clock}); err != nil {
		t.Error(err)
	}
	if got := s.letters(emilie, store.LetterPasswordChanged); got != 1 {
		t.Errorf("%d notices", got)
	}
}
