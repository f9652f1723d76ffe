package biker

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/server/web"
	"postern/server/web/webtest"
	"postern/store"
	"postern/tokens"
	"postern/tokens/password"
)

// TestLoginTellsNothing: every login that fails is answered alike, whoever is behind the address, under and over the
// limit.
func TestLoginTellsNothing(t *testing.T) {
	s := newSite(t)
	s.setPassword(zoe, password1)
	const blocked = "blocked@example.com"
	register := store.Candidate{Email: blocked, Said: blocked, BikerData: store.BikerData{
		BikePlanCode: "SYN-NL-GNT-01", FirstName: "A", LastName: "B", Language: "en"}}
	_, err := s.store.RegisterBikers(t.Context(), store.BikerList{Partner: "Payroll", People: []store.Candidate{register}})
	check(t, err)
	s.setPassword(blocked, password1)
	_, err = s.store.BlockBiker(t.Context(), s.biker(blocked).ID, true)
	check(t, err)
	same := func(a webtest.Answer, address string) string {
		return fmt.Sprint(a.Code, a.Header().Get("Retry-After"), strings.ReplaceAll(a.Page(), address, "…"))
	}
	type try struct{ name, email, password string }
	for i := range 6 {
		want := ""
		for _, try := range []try{
			{"unknown", nobody, wrong}, {"wrong", zoe, wrong},
			{"no password yet", emilie, wrong}, {"blocked, right", blocked, password1},
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
	for _, test := range [][2]string{{"", ""}, {zoe, ""}, {"zoe", password1}, {"zoe@@example.com", password1}} {
		s.browser().logIn(test[0], test[1]).Is(422, `aria-describedby="`)
	}
}

// TestSlowdown: wrong passwords slow a stranger down, not the browser that has logged in before, and not the mailed
// link.
func TestSlowdown(t *testing.T) {
	s := newSite(t)
	owner := s.setPassword(zoe, password1)
	owner.post("/biker/logout").Leads("/biker/login")
	others := s.setPassword(emilie, password2) // known, but to another account
	stranger := s.browser()
	for range 5 {
		stranger.logIn(zoe, wrong).Is(403)
	}
	delay := time.Second
	for range 3 {
		for _, b := range []*browser{stranger, others} {
			a := b.logIn("ZOE.Claes@example.com", password1).Is(429, "too many wrong passwords")
			if a.Header().Get("Retry-After") != fmt.Sprint(int(delay.Seconds())) {
				t.Errorf("come back after %s, want %v", a.Header().Get("Retry-After"), delay)
			}
		}
		s.later(delay)
		stranger.logIn(zoe, wrong).Is(403)
		delay *= 2
	}
	owner.logIn(zoe, wrong).Is(403)
	owner.logIn(zoe, password1).Leads("/biker")
	owner.post("/biker/change-password", "current", password1, "password", password2).Leads("/biker")
	owner.post("/biker/logout").Leads("/biker/login")
	owner.logIn(zoe, password2).Leads("/biker") // known by the new password, too
	stranger.post("/biker/password", "token", s.link(tokens.Recovery, zoe), "password", password1).Leads("/biker")
	owner.logIn(zoe, password1).Is(429) // the browser of the password before is a stranger's
	stranger.logIn(zoe, password1).Leads("/biker")
	for range 5 {
		stranger.logIn(zoe, wrong).Is(403)
	}
	stranger.logIn(zoe, password1).Is(429) // but its own wrong ones slow it down
	s.later(BrowserLife)
	for range 5 {
		s.browser().logIn(emilie, wrong).Is(403)
	}
	others.logIn(emilie, password2).Is(429) // it was known for so long
}

// TestClientSlowdown: a client that guesses at many addresses is slowed down for all of them, but for the browser of
// somebody who has logged in there and for other networks.
func TestClientSlowdown(t *testing.T) {
	s := newSite(t, func(o *Options) { o.LoginTries = 1 })
	owner := s.setPassword(zoe, password1)
	guess := func(address string, i int) webtest.Answer {
		b := s.browser()
		b.address = address
		return b.logIn(fmt.Sprintf("nobody%d@example.net", i), wrong)
	}
	for i := range 10 {
		if i%3 == 0 {
			s.browser().logIn(zoe, password1).Leads("/biker") // gives back what it took
		}
		guess("192.0.2.1:1", i).Is(403)
	}
	guess("192.0.2.1:2", 20).Is(429)
	guess("192.0.2.2:2", 20).Is(403)
	s.browser().logIn(zoe, password1).Is(429)
	owner.logIn(zoe, password1).Leads("/biker")
	s.later(time.Second)
	s.browser().logIn(zoe, password1).Leads("/biker")
	s.browser().logIn(zoe, password1).Leads("/biker")

	s.later(24 * time.Hour)
	// What the account's own limit refuses, where no password is looked at, is no failure of the client's.
	for i := range 15 {
		s.browser().logIn(nobody, wrong).Is(map[bool]int{true: 403, false: 429}[i < 5])
	}
	s.browser().logIn(emilie, wrong).Is(403)
}

// TestLogInRotates: each login has a cookie of its own and ends the browser's session of before; what a stranger
// planted is not taken up.
func TestLogInRotates(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	first := b.copied()
	b.get("/biker/login").Leads("/biker")
	a := b.logIn(zoe, password1)
	a.Leads("/biker")
	if first.loggedIn() || !b.loggedIn() {
		t.Error("the former session goes on, or the new one does not")
	}
	var names []string
	for _, cookie := range a.Result().Cookies() {
		names = append(names, cookie.Name)
		days := map[string]int{"postern": 0, "postern-browser": 400 * 86400}[cookie.Name]
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode ||
			cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != days {
			t.Errorf("%+v", cookie)
		}
	}
	if strings.Join(names, " ") != "postern postern-browser" || len(b.cookies["postern"]) != 64 {
		t.Errorf("cookies %q, %q", names, b.cookies["postern"])
	}
	planted := s.browser()
	planted.cookies["postern"] = first.cookies["postern"]
	planted.logIn(zoe, password1).Leads("/biker")
	if planted.cookies["postern"] == first.cookies["postern"] {
		t.Error("the planted session was taken up")
	}
}

// TestForgot: the same page for everybody, a letter for those who have an account, within the limits of address and
// client.
func TestForgot(t *testing.T) { synctest.Test(t, testForgot) }

func testForgot(t *testing.T) {
	s := newSite(t)
	s.setPassword(zoe, password1)
	want := ""
	for i, email := range []string{zoe, nobody, zoe, emilie, "ZOE.CLAES@EXAMPLE.COM"} {
		page := s.browser().post("/biker/forgot", "email", email).Is(200, "If there is an account").Page()
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
		s.browser().post("/biker/forgot", "email", email).Is(422, `autofocus`)
	}
	for range 5 {
		s.browser().post("/biker/forgot", "email", nobody).Is(200)
	}
	for _, email := range []string{zoe, nobody} {
		a := s.browser().post("/biker/forgot", "email", email).Is(429, "too often", email)
		if a.Header().Get("Retry-After") == "" {
			t.Error("no word of when to come back")
		}
	}
	s.browser().logIn(zoe, password1).Leads("/biker") // asking changes nothing
}

// TestFromAnotherSite: another site's page can neither log a person in or out nor set a password (login CSRF).
func TestFromAnotherSite(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	posts := map[string][]string{
		"/biker/login": {"email", zoe, "password", password1}, "/biker/forgot": {"email", zoe},
		"/biker/logout": nil, "/biker/logout-everywhere": nil,
		"/biker/change-password": {"current", password1, "password", password2}, "/biker/language": {"language", "fr"},
		"/biker/password": {"token", s.link(tokens.Recovery, zoe), "password", password2},
		"/biker/renew":    {"token", s.link(tokens.Recovery, zoe)},
	}
	for path, form := range posts {
		for _, header := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"},
		} {
			foreign := b.copied()
			foreign.header.Set(header[0], header[1])
			if a := foreign.post(path, form...).Is(403); a.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: a cookie is set", path)
			}
		}
	}
	if !b.loggedIn() || s.letters(zoe, store.LetterRecover) != 0 {
		t.Error("something was done")
	}
	b.header.Set("Sec-Fetch-Site", "same-origin")
	b.logIn(zoe, password1).Leads("/biker")
}

// gate is randomness that is not given before it is opened: who hashes a password then keeps the turn.
type gate struct {
	entered, open chan struct{}
}

func (g gate) Read(p []byte) (int, error) {
	select {
	case g.entered <- struct{}{}:
	case <-g.open:
	}
	<-g.open
	return rand.Read(p)
}

// TestBusy: where too many passwords are looked at, the pages say so, keep what was typed and count no failure. People
// who are known have a turn of their own, so that only their own number keeps them out.
func TestBusy(t *testing.T) {
	held := gate{make(chan struct{}), make(chan struct{})}
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	s.room.Hasher = password.NewHasher(password.HasherOptions{Parallel: 1, Patience: 20 * time.Millisecond, Random: held})
	var holders sync.WaitGroup
	hold := func(turn password.Turn) {
		holders.Go(func() { _, _ = s.room.Hasher.Hash(t.Context(), turn, wrong) })
		<-held.entered
	}
	token := s.link(tokens.Recovery, zoe)
	busy := func(a webtest.Answer) {
		t.Helper()
		if a.Is(503, "heel veel mensen").Header().Get("Retry-After") != "5" {
			t.Errorf("%s: come back after %q", a.Asked, a.Header().Get("Retry-After"))
		}
	}
	hold(password.Turn{})
	for range 7 { // more than an account's free failures
		busy(s.browser().speaking("nl").logIn(nobody, wrong))
		busy(s.browser().speaking("nl").logIn(zoe, password1))
	}
	b.logIn(zoe, password1).Leads("/biker")
	b.post("/biker/change-password", "current", wrong, "password", password2).Is(403)
	hold(password.Turn{Person: "another who is known"})
	b.speaking("nl")
	for range 7 {
		busy(b.logIn(zoe, password1))
		busy(b.post("/biker/change-password", "current", password1, "password", password2))
		busy(b.post("/biker/password", "token", token, "password", password2).Is(503, zoe))
	}
	close(held.open)
	holders.Wait()
	s.browser().logIn(zoe, password1).Leads("/biker")
	b.post("/biker/password", "token", token, "password", password2).Leads("/biker")
}

// TestFloodFromNetworks: wrong logins from all over one IPv6 /48 slow down that network's strangers, and neither those
// of other networks nor browsers that are known, wherever they are.
func TestFloodFromNetworks(t *testing.T) {
	s := newSite(t, func(o *Options) {
		o.LoginTries, o.LoginExempt = 1, []netip.Prefix{netip.MustParsePrefix("2001:db8:9::/48")}
	})
	owner := s.setPassword(zoe, password1)
	owner.address = "[2001:db8:1::7]:1"
	from := func(format string, i int) *browser {
		b := s.browser()
		b.address = fmt.Sprintf(format, i)
		return b
	}
	for i := range 99 { // as logins that fail do
		ended, wait, err := s.room.clients.Begin(t.Context(), netip.MustParseAddr(fmt.Sprintf("2001:db8:1:%x::1", i)))
		if wait > 0 || err != nil {
			t.Fatal(wait, err)
		}
		ended(true)
	}
	from("[2001:db8:1:%x::1]:1", 99).logIn(nobody, wrong).Is(403)
	from("[2001:db8:1:%x::1]:1", 1000).logIn(zoe, password1).Is(429)
	from("[2001:db8:2:%x::1]:1", 1000).logIn(zoe, password1).Leads("/biker")
	from("192.0.2.%d:1", 1).logIn(zoe, password1).Leads("/biker")
	owner.logIn(zoe, password1).Leads("/biker")
	link := s.link(tokens.Recovery, zoe)
	from("[2001:db8:1:%x::1]:1", 1000).post("/biker/password", "token", link, "password", password2).Leads("/biker")
	for i := range 12 { // an office, or a front end, that is exempt: accounts are slowed down, it is not
		from("[2001:db8:9::1]:%d", i+1).logIn(fmt.Sprintf("nobody%d@example.org", i), wrong).Is(403)
	}
	for i := range 5 {
		from("[2001:db8:9::1]:%d", 1).logIn("nobody1@example.org", wrong).Is(map[bool]int{true: 403, false: 429}[i < 4])
	}
}

// TestSecurityEvents: what an operator's monitoring watches for is counted.
func TestSecurityEvents(t *testing.T) { synctest.Test(t, testSecurityEvents) }

func testSecurityEvents(t *testing.T) {
	s := newSite(t)
	b := s.setPassword(zoe, password1)
	want := func(event web.SecurityEvent, n uint64) {
		t.Helper()
		if got := s.security.Count(event); got != n {
			t.Errorf("%s was counted %d times, want %d", event, got, n)
		}
	}
	stranger := s.browser()
	for range 5 {
		stranger.logIn(zoe, wrong).Is(403)
	}
	stranger.logIn(nobody, wrong).Is(403)
	stranger.logIn(zoe, wrong).Is(429)
	want(web.WrongPassword, 6)
	want(web.OverLimit, 1)
	b.post("/biker/change-password", "current", wrong, "password", password2).Is(403)
	want(web.WrongPassword, 7)
	b.logIn(zoe, password1).Leads("/biker")
	want(web.LoggedIn, 1)
	b.post("/biker/change-password", "current", password1, "password", password2).Leads("/biker")
	want(web.PasswordSet, 1)
	token := s.link(tokens.Recovery, zoe)
	b.post("/biker/password", "token", token, "password", password1).Leads("/biker")
	want(web.PasswordSet, 2)
	b.post("/biker/logout").Leads("/biker/login")
	b.post("/biker/logout").Leads("/biker/login")
	want(web.LoggedOut, 1)
	for _, refused := range []string{token, "nonsense"} {
		s.browser().get("/biker/password?token=" + refused)
		s.browser().post("/biker/password", "token", refused, "password", password2)
	}
	want(web.TokenRefused, 2)
	for range 11 {
		stranger.post("/biker/forgot", "email", nobody)
	}
	want(web.OverLimit, 2)
}
