package biker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/tokens"
)

// TestLoginTellsNothing: every login that fails is answered alike, whoever is behind the address, under and over the limit.
func TestLoginTellsNothing(t *testing.T) {
	s := newSite(t)
	s.setPassword(zoe, password)
	const blocked = "blocked@example.com"
	register := store.Candidate{Email: blocked, Said: blocked, BikerData: store.BikerData{BikePlanCode: "SYN-NL-GNT-01", FirstName: "A", LastName: "B", Language: "en"}}
	_, err := s.store.RegisterBikers(t.Context(), store.BikerList{Partner: "Payroll", People: []store.Candidate{register}})
	check(t, err)
	s.setPassword(blocked, password)
	_, err = s.store.BlockBiker(t.Context(), s.biker(blocked).ID, true)
	check(t, err)
	same := func(a answer, address string) string {
		return fmt.Sprint(a.Code, a.Header().Get("Retry-After"), strings.ReplaceAll(a.page(), address, "…"))
	}
	type try struct{ name, email, password string }
	for i := range 6 {
		want := ""
		for _, try := range []try{
			{"unknown", nobody, wrong}, {"wrong", zoe, wrong}, {"no password yet", emilie, wrong}, {"blocked, right", blocked, password},
		} {
			a := s.browser().logIn(try.email, try.password)
			if status := map[bool]int{true: 403, false: 429}[i < 5]; a.Code != status || a.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s, try %d: %d", try.name, i, a.Code)
			}
			if got := same(a, try.email); want == "" {
				want = got
			} else if got != want {
				t.Errorf("%s, try %d: got\n%s\nwant\n%s", try.name, i, got, want)
			}
		}
	}
	for _, test := range [][2]string{{"", ""}, {zoe, ""}, {"zoe", password}, {"zoe@@example.com", password}} {
		s.browser().logIn(test[0], test[1]).is(422, `aria-describedby="`)
	}
}

// TestSlowdown: wrong passwords slow a stranger down, not the browser that has logged in before, and not the mailed link.
func TestSlowdown(t *testing.T) {
	s := newSite(t)
	owner := s.setPassword(zoe, password)
	owner.post("/biker/logout").leads("/biker/login?out")
	others := s.setPassword(emilie, password2) // known, but to another account
	stranger := s.browser()
	for range 5 {
		stranger.logIn(zoe, wrong).is(403)
	}
	delay := time.Second
	for range 3 {
		for _, b := range []*browser{stranger, others} {
			if a := b.logIn("ZOE.Claes@example.com", password).is(429, "too many wrong passwords"); a.Header().Get("Retry-After") != fmt.Sprint(int(delay.Seconds())) {
				t.Errorf("come back after %s, want %v", a.Header().Get("Retry-After"), delay)
			}
		}
		s.later(delay)
		stranger.logIn(zoe, wrong).is(403)
		delay *= 2
	}
	owner.logIn(zoe, wrong).is(403)
	owner.logIn(zoe, password).leads("/biker")
	owner.post("/biker/change-password", "current", password, "password", password2).leads("/biker")
	owner.post("/biker/logout").leads("/biker/login?out")
	owner.logIn(zoe, password2).leads("/biker") // known by the new password, too
	stranger.post("/biker/password", "token", s.link(tokens.Recovery, zoe), "password", password).leads("/biker")
	owner.logIn(zoe, password).is(429) // the browser of the password before is a stranger's
	stranger.logIn(zoe, password).leads("/biker")
	for range 5 {
		stranger.logIn(zoe, wrong).is(403)
	}
	stranger.logIn(zoe, password).is(429) // but its own wrong ones slow it down
	s.later(browserLife)
	for range 5 {
		s.browser().logIn(emilie, wrong).is(403)
	}
	others.logIn(emilie, password2).is(429) // it was known for so long
}

// TestClientSlowdown: a client that guesses at many addresses is slowed down for all of them, but for the browser of
// somebody who has logged in there and for other networks.
func TestClientSlowdown(t *testing.T) {
	s := newSite(t, func(o *Options) { o.LoginTries = 1 })
	owner := s.setPassword(zoe, password)
	guess := func(address string, i int) answer {
		b := s.browser()
		b.address = address
		return b.logIn(fmt.Sprintf("nobody%d@example.net", i), wrong)
	}
	for i := range 10 {
		if i%3 == 0 {
			s.browser().logIn(zoe, password).leads("/biker") // gives back what it took
		}
		guess("192.0.2.1:1", i).is(403)
	}
	guess("192.0.2.1:2", 20).is(429)
	guess("192.0.2.2:2", 20).is(403)
	s.browser().logIn(zoe, password).is(429)
	owner.logIn(zoe, password).leads("/biker")
	s.later(time.Second)
	s.browser().logIn(zoe, password).leads("/biker")
	s.browser().logIn(zoe, password).leads("/biker")

	s.later(24 * time.Hour)
	for i := range 15 { // what the account's own limit refuses, where no password is looked at, is no failure of the client's
		s.browser().logIn(nobody, wrong).is(map[bool]int{true: 403, false: 429}[i < 5])
	}
	s.browser().logIn(emilie, wrong).is(403)
}

// TestLogInRotates: each login has a cookie of its own and ends the browser's session of before; what a stranger planted
// is not taken up.
func TestLogInRotates(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password)
	first := b.copied()
	b.get("/biker/login").leads("/biker")
	a := b.logIn(zoe, password)
	a.leads("/biker")
	if first.loggedIn() || !b.loggedIn() {
		t.Error("the former session goes on, or the new one does not")
	}
	var names []string
	for _, cookie := range a.Result().Cookies() {
		names = append(names, cookie.Name)
		days := map[string]int{"postern": 0, "postern-browser": 400 * 86400}[cookie.Name]
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != days {
			t.Errorf("%+v", cookie)
		}
	}
	if strings.Join(names, " ") != "postern postern-browser" || len(b.cookies["postern"]) != 64 {
		t.Errorf("cookies %q, %q", names, b.cookies["postern"])
	}
	planted := s.browser()
	planted.cookies["postern"] = first.cookies["postern"]
	planted.logIn(zoe, password).leads("/biker")
	if planted.cookies["postern"] == first.cookies["postern"] {
		t.Error("the planted session was taken up")
	}
}

// TestForgot: the same page for everybody, a letter for those who have an account, within the limits of address and client.
func TestForgot(t *testing.T) {
	s := newSite(t)
	s.setPassword(zoe, password)
	want := ""
	for i, email := range []string{zoe, nobody, zoe, emilie, "ZOE.CLAES@EXAMPLE.COM"} {
		page := s.browser().post("/biker/forgot", "email", email).is(200, "If there is an account").page()
		if want == "" {
			want = page
		} else if page != want {
			t.Errorf("call %d: another page\n%s", i, page)
		}
	}
	if n, m := s.letters(zoe, store.LetterRecover), s.letters(emilie, store.LetterRecover); n != 1 || m != 1 {
		t.Errorf("%d and %d letters, want one each", n, m)
	}
	for _, email := range []string{"", " ", "zoe", "zoe@@example", "Zoë <zoe.claes@example.com>"} {
		s.browser().post("/biker/forgot", "email", email).is(422, `href="#email"`)
	}
	for range 5 {
		s.browser().post("/biker/forgot", "email", nobody).is(200)
	}
	for _, email := range []string{zoe, nobody} {
		a := s.browser().post("/biker/forgot", "email", email).is(429, "too often", email)
		if a.Header().Get("Retry-After") == "" {
			t.Error("no word of when to come back")
		}
	}
	s.browser().logIn(zoe, password).leads("/biker") // asking changes nothing
}

// TestFromAnotherSite: another site's page can neither log a person in or out nor set a password (login CSRF).
func TestFromAnotherSite(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password)
	posts := map[string][]string{
		"/biker/login": {"email", zoe, "password", password}, "/biker/forgot": {"email", zoe}, "/biker/logout": nil, "/biker/logout-everywhere": nil,
		"/biker/change-password": {"current", password, "password", password2}, "/biker/language": {"language", "fr"},
		"/biker/password": {"token", s.link(tokens.Recovery, zoe), "password", password2}, "/biker/renew": {"token", s.link(tokens.Recovery, zoe)},
	}
	for path, form := range posts {
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			foreign := b.copied()
			foreign.header.Set(header[0], header[1])
			if a := foreign.post(path, form...).is(403); a.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: a cookie is set", path)
			}
		}
	}
	if !b.loggedIn() || s.letters(zoe, store.LetterRecover) != 0 {
		t.Error("something was done")
	}
	b.header.Set("Sec-Fetch-Site", "same-origin")
	b.logIn(zoe, password).leads("/biker")
}

// TestBusy: where too many passwords are looked at, the pages say so, keep what was typed and count no failure.
func TestBusy(t *testing.T) {
	s := newSite(t, func(o *Options) {
		o.Hasher = tokens.NewHasher(tokens.HasherOptions{Parallel: 1, Random: o.Random})
	})
	b := s.setPassword(zoe, password)
	ctx, cancel := context.WithCancel(t.Context())
	full := make(chan struct{})
	var once sync.Once
	var flood sync.WaitGroup
	for range 300 {
		flood.Go(func() {
			for ctx.Err() == nil {
				if _, _, err := s.room.Hasher.Verify(ctx, wrong, ""); errors.Is(err, tokens.ErrBusy) {
					once.Do(func() { close(full) })
					runtime.Gosched()
				}
			}
		})
	}
	<-full
	token := s.link(tokens.Recovery, zoe)
	for _, a := range []answer{
		s.browser().logIn(nobody, wrong).is(503, "Very many people", nobody),
		b.post("/biker/change-password", "current", password, "password", password2).is(503),
		b.post("/biker/password", "token", token, "password", password2).is(503, zoe),
	} {
		if a.Header().Get("Retry-After") != "5" {
			t.Errorf("%s: come back after %q", a.ask, a.Header().Get("Retry-After"))
		}
	}
	for busy := 0; busy < 6; { // now and then one slips in between two of the flood
		if a := s.browser().logIn(zoe, password); a.Code == 503 {
			busy++
		} else {
			a.leads("/biker")
		}
	}
	cancel()
	flood.Wait()
	s.browser().logIn(zoe, password).leads("/biker")
	b.post("/biker/password", "token", token, "password", password2).leads("/biker")
}
