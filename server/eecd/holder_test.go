package eecd

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/server/web"
	"postern/store/guid"
	"postern/tokens"
)

// token seals a user token of now.
func (s *site) token(email string, proven bool) string {
	s.Helper()
	return s.seal(s.sealer, tokens.UserToken, s.claims(email, proven))
}

func (s *site) claims(email string, proven bool) tokens.Claims {
	s.Helper()
	user, err := s.store.UserByEmail(email)
	if err != nil {
		s.Fatal(err)
	}
	return tokens.Claims{Subject: user.ID, Email: tokens.EmailHash(email), Generation: user.TokenGeneration,
		Proven: proven, IssuedAt: s.clock(), ExpiresAt: s.clock().Add(24 * time.Hour)}
}

// act does something to a user by the id.
func (s *site) act(email string, do func(context.Context, guid.ID) error) {
	s.Helper()
	user, err := s.store.UserByEmail(email)
	if err == nil {
		err = do(context.Background(), user.ID)
	}
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) block(email string, blocked bool) {
	s.Helper()
	s.act(email, func(ctx context.Context, id guid.ID) error {
		_, err := s.store.BlockUser(ctx, id, blocked)
		return err
	})
}

// after seals a token, and lets something happen that voids it.
func after(happens func(s *site, email string)) func(*site, string, bool) []string {
	return func(s *site, email string, proven bool) []string {
		token := s.token(email, proven)
		happens(s, email)
		return []string{token}
	}
}

// voidTokens are the tokens that let nobody in, whatever they prove.
var voidTokens = map[string]func(s *site, email string, proven bool) []string{
	"none":     func(*site, string, bool) []string { return nil },
	"empty":    func(*site, string, bool) []string { return []string{""} },
	"no token": func(*site, string, bool) []string { return []string{"Bearer x"} },
	"two": func(s *site, email string, proven bool) []string {
		return []string{s.token(email, proven), s.token(email, proven)}
	},
	"altered":   func(s *site, email string, proven bool) []string { return []string{altered(s.token(email, proven))} },
	"cut":       func(s *site, email string, proven bool) []string { return []string{s.token(email, proven)[1:]} },
	"of a link": func(s *site, email string, _ bool) []string { return []string{s.link(email)} },
	"another appliance's": func(s *site, email string, proven bool) []string {
		return []string{s.seal(s.stranger, tokens.UserToken, s.claims(email, proven))}
	},
	"expired": func(s *site, email string, proven bool) []string {
		claims := s.claims(email, proven)
		claims.ExpiresAt = s.clock()
		return []string{s.seal(s.sealer, tokens.UserToken, claims)}
	},
	"blocked":   after(func(s *site, email string) { s.block(email, true) }),
	"unblocked": after(func(s *site, email string) { s.block(email, true); s.block(email, false) }),
	"reactivated": after(func(s *site, email string) {
		s.act(email, func(ctx context.Context, id guid.ID) error {
			_, err := s.store.ReactivateUser(ctx, id)
			return err
		})
	}),
	"erased": after(func(s *site, email string) { s.act(email, s.store.EraseUser) }),
	"registered anew": after(func(s *site, email string) {
		s.act(email, s.store.EraseUser)
		s.advance(time.Minute) // one letter a minute, after an erasure too
		s.register(email)
		s.activate(s.link(email), http.StatusOK)
	}),
	"signed out": after(func(s *site, email string) {
		answer, body := s.call("POST", "/non-license-user/sign-out", "", s.token(email, true))
		if answer.StatusCode != http.StatusNoContent {
			s.Fatalf("signing out answered %s: %s", answer.Status, body)
		}
	}),
}

// altered changes a token in its middle.
func altered(token string) string {
	at := len(token) / 2
	other := "A"
	if token[at] == 'A' {
		other = "B"
	}
	return token[:at] + other + token[at+1:]
}

// userCall is a call that wants a user token, and what it answers: with a proven token, with one that proves nothing
// under SIGN_IN=email, and under SIGN_IN=mailbox.
type userCall struct {
	method, path, body        string
	proven, email, perMailbox int
}

// try makes the call with these tokens.
func (u userCall) try(s *site, name string, want int, userTokens ...string) {
	s.Helper()
	if answer, body := s.call(u.method, u.path, u.body, userTokens...); answer.StatusCode != want {
		s.Errorf("%s: %s %s answered %d, want %d: %s", name, u.method, u.path, answer.StatusCode, want, body)
	}
}

// userCalls are all of them, about two cleanings and about one that there is not; the last one signs out.
func userCalls(s *site) []userCall {
	one, other := s.cleaning(), s.cleaning()
	const gone = "00000000-0000-4000-8000-0000000000ff"
	const base = "/non-license-user/"
	const done, no = `{"ProductName":"Ethanol"}`, `{"Comment":"no"}`
	return []userCall{
		{"GET", base + "cleanings/" + one.String(), "", 200, 403, 403},
		{"HEAD", base + "cleanings/" + one.String(), "", 200, 403, 403},
		{"GET", base + "cleanings/" + one.String() + "/document", "", 200, 403, 403},
		{"HEAD", base + "cleanings/" + one.String() + "/document", "", 200, 403, 403},
		{"GET", base + "cleanings/" + one.String() + "/email", "", 200, 200, 403},
		{"PUT", base + "loads/" + one.String() + "/complete", done, 200, 200, 403},
		{"PUT", base + "loads/" + other.String() + "/reject", no, 200, 200, 403},
		{"GET", base + "cleanings/" + gone, "", 404, 403, 403},
		{"GET", base + "cleanings/" + gone + "/document", "", 404, 403, 403},
		{"GET", base + "cleanings/" + gone + "/email", "", 404, 404, 403},
		{"PUT", base + "loads/" + gone + "/complete", done, 404, 404, 403},
		{"PUT", base + "loads/" + gone + "/reject", no, 404, 404, 403},
		{"GET", base + "cleanings/1", "", 400, 403, 403},
		{"GET", base + "cleanings/1/document", "", 400, 403, 403},
		{"GET", base + "cleanings/1/email", "", 400, 400, 403},
		{"PUT", base + "loads/1/complete", done, 400, 400, 403},
		{"PUT", base + "loads/" + one.String() + "/reject", "{}", 400, 400, 403},
		{"POST", base + "sign-out", "", 204, 204, 403},
	}
}

// TestTokens tries every call with every kind of token, as SIGN_IN has it.
func TestTokens(t *testing.T) {
	for _, mailbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("mailbox=%v", mailbox), func(t *testing.T) {
			s := newSite(t, mailbox)
			person := 0
			somebody := func() string {
				person++
				email := fmt.Sprintf("a%d@example.com", person)
				s.register(email)
				s.activate(s.link(email), http.StatusOK)
				return email
			}
			for _, proven := range []bool{true, false} {
				email := somebody()
				for _, call := range userCalls(s) {
					want := call.proven
					switch {
					case !proven && mailbox:
						want = call.perMailbox
					case !proven:
						want = call.email
					}
					call.try(s, fmt.Sprintf("proven=%v", proven), want, s.token(email, proven))
				}
				for name, mint := range voidTokens {
					email := somebody()
					given := mint(s, email, proven)
					for _, call := range userCalls(s) {
						call.try(s, fmt.Sprintf("%s, proven=%v", name, proven), http.StatusUnauthorized, given...)
					}
				}
				s.checkQuery(somebody(), proven)
			}
		})
	}
}

// checkQuery sends a good token where none may be, beside one in the header too.
func (s *site) checkQuery(email string, proven bool) {
	s.Helper()
	token := s.token(email, proven)
	for _, call := range userCalls(s) {
		for _, name := range []string{"X-NALLIAN-TOKEN", "x-nallian-token"} {
			for _, header := range [][]string{nil, {token}} {
				asked := call
				asked.path += "?" + name + "=" + token
				asked.try(s, "in the query", http.StatusUnauthorized, header...)
			}
		}
	}
}

// TestSignInWithToken: what a token in the header is worth when signing in.
func TestSignInWithToken(t *testing.T) {
	const email = "a@example.com"
	for _, test := range []struct {
		name            string
		held            func(s *site) []string
		mailbox, proven bool // of the answer: let in under SIGN_IN=mailbox, and with a proven token
	}{
		{"proven", func(s *site) []string { return []string{s.token(email, true)} }, true, true},
		{"not proven", func(s *site) []string { return []string{s.token(email, false)} }, false, false},
		{"none", func(s *site) []string { return nil }, false, false},
		{"altered", func(s *site) []string { return []string{altered(s.token(email, true))} }, false, false},
		{"somebody else's", func(s *site) []string {
			s.register("b@example.com")
			s.activate(s.link("b@example.com"), http.StatusOK)
			return []string{s.token("b@example.com", true)}
		}, false, false},
		{"signed out", func(s *site) []string {
			token := s.token(email, true)
			s.call("POST", "/non-license-user/sign-out", "", token)
			return []string{token}
		}, false, false},
		{"expired", func(s *site) []string {
			token := s.token(email, true)
			s.advance(24 * time.Hour)
			return []string{token}
		}, false, false},
		{"of a mailbox proven too long ago", func(s *site) []string {
			s.advance(720*time.Hour - time.Minute)
			token := s.token(email, true)
			s.advance(time.Minute)
			return []string{token}
		}, false, false},
	} {
		for _, mailbox := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, mailbox=%v", test.name, mailbox), func(t *testing.T) {
				s := newSite(t, mailbox)
				s.register(email)
				s.activate(s.link(email), http.StatusOK)
				held := test.held(s)
				want := http.StatusCreated
				if mailbox && !test.mailbox || strings.Contains(test.name, "too long ago") {
					want = http.StatusForbidden
				}
				got := s.signIn(email, want, held...)
				if want == http.StatusCreated && s.proves(got) != test.proven {
					t.Errorf("the new token is proven: %v", s.proves(got))
				}
			})
		}
	}
}

// TestRenewal: under SIGN_IN=mailbox a token got by an address alone is never renewed, nor does anything else.
func TestRenewal(t *testing.T) {
	s := newSite(t, true)
	const email = "a@example.com"
	s.register(email)
	s.activate(s.link(email), http.StatusOK)
	fromAddress := s.token(email, false) // as SIGN_IN=email gave it yesterday
	s.signIn(email, http.StatusForbidden, fromAddress)
	proven := s.token(email, true)
	for range 5 {
		s.advance(23 * time.Hour)
		if proven = s.signIn(email, http.StatusCreated, proven); !s.proves(proven) {
			t.Fatal("a proven token was renewed by one that proves nothing")
		}
	}
}

// TestActivationVoids: under SIGN_IN=mailbox an activation ends the tokens of before, its own token and the same
// link's second answer excepted; under SIGN_IN=email they live on.
func TestActivationVoids(t *testing.T) {
	const email = "a@example.com"
	for _, mailbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("mailbox=%v", mailbox), func(t *testing.T) {
			s := newSite(t, mailbox)
			s.register(email)
			old := s.activate(s.link(email), http.StatusOK)
			link := s.link(email)
			first := s.activate(link, http.StatusOK)
			s.advance(9 * time.Minute)
			second := s.activate(link, http.StatusOK)
			path := "/non-license-user/cleanings/" + s.cleaning().String()
			for name, token := range map[string]string{"first": first, "second": second} {
				if answer, _ := s.call("GET", path, "", token); answer.StatusCode != http.StatusOK {
					t.Errorf("the %s token answers %s", name, answer.Status)
				}
			}
			want := http.StatusOK
			if mailbox {
				want = http.StatusUnauthorized
			}
			if answer, _ := s.call("GET", path, "", old); answer.StatusCode != want {
				t.Errorf("the token of before answers %s, want %d", answer.Status, want)
			}
		})
	}
}

// TestSignOut: all tokens of the user's end at once, of nobody else, and the link that was used last gives no further
// one.
func TestSignOut(t *testing.T) {
	s := newSite(t, false)
	path := "/non-license-user/cleanings/" + s.cleaning().String() + "/email"
	const email, other = "a@example.com", "b@example.com"
	for _, each := range []string{email, other} {
		s.register(each)
	}
	link := s.link(email)
	proven, others := s.activate(link, http.StatusOK), s.activate(s.link(other), http.StatusOK)
	ofAddress := s.signIn(email, http.StatusCreated)

	statuses := make(chan int, 20)
	var calls sync.WaitGroup
	for range cap(statuses) {
		calls.Go(func() {
			answer, _ := s.call("POST", "/non-license-user/sign-out", "", proven)
			if answer.StatusCode == http.StatusNoContent {
				if later, _ := s.call("GET", path, "", ofAddress); later.StatusCode != http.StatusUnauthorized {
					t.Errorf("after the sign-out a token answers %s", later.Status)
				}
			}
			statuses <- answer.StatusCode
		})
	}
	calls.Wait()
	close(statuses)
	counts := make(map[int]int)
	for status := range statuses {
		counts[status]++
	}
	if counts[http.StatusNoContent] != 1 || counts[http.StatusUnauthorized] != cap(statuses)-1 {
		t.Errorf("20 at once were answered %v", counts)
	}
	if answer, _ := s.call("GET", path, "", others); answer.StatusCode != http.StatusOK {
		t.Errorf("another user's token answers %s", answer.Status)
	}
	s.activate(link, http.StatusConflict)
	if again := s.signIn(email, http.StatusCreated, proven); s.proves(again) {
		t.Error("a void token made a proven one")
	}
}

// TestSignOutFromABrowser: pages of an allowed origin may sign out, and only by POST.
func TestSignOutFromABrowser(t *testing.T) {
	s := newSite(t, false)
	request, _ := http.NewRequest("OPTIONS", s.url+"/non-license-user/sign-out", nil)
	request.Header.Set("Origin", "https://app.example")
	request.Header.Set("Access-Control-Request-Method", "POST")
	request.Header.Set("Access-Control-Request-Headers", "x-nallian-token")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent ||
		answer.Header.Get("Access-Control-Allow-Origin") != "https://app.example" ||
		!strings.Contains(answer.Header.Get("Access-Control-Allow-Headers"), "x-nallian-token") ||
		!strings.Contains(answer.Header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("%s, %v", answer.Status, answer.Header)
	}
	if answer, _ := s.call("GET", "/non-license-user/sign-out", ""); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET answers %s", answer.Status)
	}
}

// TestSecurityEvents: who comes, goes and is not taken is counted, and logged by id, without tokens or addresses.
func TestSecurityEvents(t *testing.T) {
	const email = "a@example.com"
	s := newSite(t, false)
	user := s.register(email)
	s.activate("nonsense", http.StatusForbidden)
	link := s.link(email)
	token := s.activate(link, http.StatusOK)
	s.advance(time.Hour)
	s.activate(link, http.StatusConflict)
	path := "/non-license-user/cleanings/" + s.cleaning().String()
	s.call("GET", path, "")
	s.call("GET", path, "", altered(token))
	s.call("GET", path, "", s.signIn(email, http.StatusCreated))
	s.call("POST", "/non-license-user/sign-out", "", token)
	s.call("GET", path, "", token)
	for event, want := range map[web.SecurityEvent]uint64{web.LoggedIn: 2, web.LoggedOut: 1, web.TokenRefused: 5} {
		if got := s.security.Count(event); got != want {
			t.Errorf("%s was counted %d times, want %d:\n%s", event, got, want, s.log.String())
		}
	}
	for _, secret := range []string{email, token, link, altered(token)} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	if n := strings.Count(s.log.String(), `"userId":"`+user.ID.String()); n != 6 {
		t.Errorf("%d lines name the user:\n%s", n, s.log.String())
	}
}
