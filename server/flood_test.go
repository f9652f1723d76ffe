package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/tokens"
)

// TestKnownInAFlood: while one IPv6 /48 has as many passwords looked at as it may, people who are known get in: by a
// browser that has logged in before, and by the link from their mailbox.
func TestKnownInAFlood(t *testing.T) {
	app := begin(t, io.Discard, "TRUSTED_PROXIES=127.0.0.0/8", "LIMIT_LOGIN=off")
	const email, password = "zoe@example.org", "quilt lantern orbit pepper"
	_, err := app.store.AddPlan(t.Context(), store.Plan{Code: "P", Client: "C", Language: "nl"})
	if err != nil {
		t.Fatal(err)
	}
	partner := store.PartnerInput{Name: "Payroll", Token: store.PartnerToken{Last: "abcd"}}
	if _, err = app.store.AddPartner(t.Context(), partner); err != nil {
		t.Fatal(err)
	}
	data := store.BikerData{BikePlanCode: "P", FirstName: "Z", LastName: "C", Language: "nl"}
	if _, err = app.store.RegisterBikers(t.Context(), store.BikerList{Partner: "Payroll",
		People: []store.Candidate{{Email: email, Said: email, BikerData: data}}}); err != nil {
		t.Fatal(err)
	}
	post := func(ctx context.Context, jar http.CookieJar, from, path string, form url.Values) (int, error) {
		request, err := http.NewRequestWithContext(ctx, "POST", app.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			return 0, err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Forwarded-For", from)
		client := *app.client
		client.Jar = jar
		answer, err := client.Do(request)
		if err != nil {
			return 0, err
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode, answer.Body.Close()
	}
	link := func() string {
		biker, err := app.store.BikerByEmail(email)
		if err != nil {
			t.Fatal(err)
		}
		token, err := app.sealer.Seal(tokens.Recovery, tokens.Claims{Subject: biker.ID, Email: tokens.EmailHash(email),
			Generation: biker.LinkGeneration, IssuedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	jar, _ := cookiejar.New(nil)
	want := func(jar http.CookieJar, path string, form url.Values) {
		t.Helper()
		if status, err := post(t.Context(), jar, "2001:db8:1::1", path, form); status != 303 || err != nil {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	want(jar, "/biker/password", url.Values{"token": {link()}, "password": {password}})

	ctx, stop := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	var once sync.Once
	full := make(chan struct{})
	for i := range 200 {
		flood.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				status, _ := post(ctx, nil, fmt.Sprintf("2001:db8:1:%x::1", 200*n+i), "/biker/login",
					url.Values{"email": {fmt.Sprintf("nobody%d-%d@example.org", i, n)}, "password": {"wrong"}})
				if status == 503 {
					once.Do(func() { close(full) })
				}
			}
		})
	}
	<-full
	for range 3 {
		want(jar, "/biker/login", url.Values{"email": {email}, "password": {password}})
	}
	want(jar, "/biker/change-password", url.Values{"current": {password}, "password": {"harbour violin cactus thirteen"}})
	want(nil, "/biker/password", url.Values{"token": {link()}, "password": {password}})
	stop()
	flood.Wait()
}
