package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestKnownInAFlood: while one IPv6 /48 has as many passwords looked at as it may, people who are known get in: by a
// browser that has logged in before, and by the link from their mailbox.
func TestKnownInAFlood(t *testing.T) {
	dir := t.TempDir()
	email := addBikers(t, dir, 1)[0]
	addKeys(t, dir)
	app := begin(t, io.Discard, "DATA="+dir, "TRUSTED_PROXIES=127.0.0.0/8", "LIMIT_LOGIN=off",
		"OPERATOR_LISTEN=127.0.0.1:0")
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
	link := func() string { // mailed to who forgot the password; what was owed before has left, so that it is the newest
		if err := app.awaitNoneQueued(email); err != nil {
			t.Fatal(err)
		}
		status, err := post(t.Context(), nil, "2001:db8:2::1", "/biker/forgot", url.Values{"email": {email}})
		if status != 200 || err != nil {
			t.Fatalf("forgot: %d, %v", status, err)
		}
		if err := app.awaitNoneQueued(email); err != nil {
			t.Fatal(err)
		}
		answer, err := app.client.Get("http://" + app.OperatorAddr().String() + "/inbox/api/v1/wait?timeout=10s&to=" +
			url.QueryEscape(email))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		letter, err := io.ReadAll(answer.Body)
		found := regexp.MustCompile(`/biker/password\?token=([A-Za-z0-9_-]+)`).FindSubmatch(letter)
		if found == nil || err != nil {
			t.Fatalf("no link in %s, %v", letter, err)
		}
		return string(found[1])
	}
	jar, _ := cookiejar.New(nil)
	want := func(jar http.CookieJar, path string, form url.Values) {
		t.Helper()
		if status, err := post(t.Context(), jar, "2001:db8:1::1", path, form); status != 303 || err != nil {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
	want(jar, "/biker/login", url.Values{"email": {email}, "password": {loadPassword}})

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
		want(jar, "/biker/login", url.Values{"email": {email}, "password": {loadPassword}})
	}
	want(jar, "/biker/change-password",
		url.Values{"current": {loadPassword}, "password": {"harbour violin cactus thirteen"}})
	want(nil, "/biker/password", url.Values{"token": {link()}, "password": {loadPassword}})
	stop()
	flood.Wait()
}
