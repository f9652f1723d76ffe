package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/tokens"
	"postern/tokens/password"
)

const loadPassword = "quilt lantern orbit pepper"

// addBikers registers so many bikers on a directory and gives all of them the same password.
func addBikers(t testing.TB, dir string, n int) (emails []string) {
	t.Helper()
	addPartners(t, dir, 1)
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		t.Fatal(err)
	}
	emails = freshPeople(n)
	hash, err := password.NewHasher(password.HasherOptions{Random: rand.Reader}).Hash(t.Context(), password.Turn{},
		loadPassword)
	err = errors.Join(err, registerPeople(s, emails))
	next := make(chan string, n)
	for _, email := range emails {
		next <- email
	}
	_, fault := together(64, n, func(int) error {
		biker, err := s.BikerByEmail(<-next)
		if err == nil {
			_, _, err = s.SetPassword(t.Context(), store.NewPassword{Hash: hash, Link: store.Link{Biker: biker.ID,
				Email: tokens.EmailHash(biker.Email), Generation: biker.LinkGeneration,
				ExpiresAt: time.Now().Add(time.Hour)}})
		}
		return err
	})
	if err := errors.Join(err, fault, s.Close()); err != nil {
		t.Fatal(err)
	}
	return emails
}

// addKeys makes the keys that a start wants beside a file that knows people.
func addKeys(t testing.TB, dir string) {
	t.Helper()
	if _, err := tokens.CreateKeyring(filepath.Join(dir, "postern.keys"), rand.Reader, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// loginForm is what the login page's form sends.
func loginForm(email string) string {
	return url.Values{"email": {email}, "password": {loadPassword}}.Encode()
}

// behindProxy gives each biker an address of its own, as a proxy does: many at one address would be slowed down.
func behindProxy(n int) string { return fmt.Sprintf("192.0.%d.%d", 2+n/200, 1+n%200) }

// TestLoginFlood has more bikers log in at the same moment than can wait in line, and most of those who wait give up.
// Who is not let in is told to come back, who is let in has a session, and those who gave up are in nobody's way.
func TestLoginFlood(t *testing.T) {
	const bikers, patient = 300, 5
	dir := t.TempDir()
	emails := addBikers(t, dir, bikers)
	addKeys(t, dir)
	app := run(t, append(smarthost(silentSmarthost(t)), "DATA="+dir, "TRUSTED_PROXIES=127.0.0.0/8")...)
	client := &http.Client{Transport: &http.Transport{},
		CheckRedirect: stay}
	defer client.CloseIdleConnections()
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	var mu sync.Mutex
	var sessions []*http.Cookie
	refused, hungUp := 0, 0
	var all sync.WaitGroup
	for n, email := range emails {
		all.Go(func() {
			session, status, err := app.logIn(ctx, client, n, email)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && ctx.Err() != nil:
				hungUp++
			case session != nil:
				if sessions = append(sessions, session); len(sessions) == patient {
					giveUp()
				}
			case status == http.StatusServiceUnavailable:
				refused++
			default:
				t.Errorf("answered %d, %v", status, err)
			}
		})
	}
	all.Wait()
	t.Logf("%d let in, %d told to come back, %d gave up", len(sessions), refused, hungUp)
	if len(sessions) < patient || refused == 0 || hungUp == 0 {
		t.Error("the flood was none")
	}
	last, _, err := app.logIn(t.Context(), client, bikers, emails[0])
	if last == nil {
		t.Fatalf("who came after the flood was not let in: %v", err)
	}
	for _, session := range append(sessions, last) {
		if status := app.account(t, client, session); status != http.StatusOK {
			t.Errorf("a session answered %d", status)
		}
	}
}

// logIn returns the session of a biker who is let in. A 503 says when to come back, else it is an error.
func (r *running) logIn(ctx context.Context, client *http.Client, n int, email string) (session *http.Cookie,
	status int, err error) {
	request, err := http.NewRequestWithContext(ctx, "POST", r.url+"/biker/login", strings.NewReader(loginForm(email)))
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Forwarded-For", behindProxy(n))
	response, err := client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "" {
		return nil, 0, errors.New("503 without Retry-After")
	}
	if response.StatusCode == http.StatusSeeOther {
		for _, cookie := range response.Cookies() {
			if cookie.Name == "postern" {
				return cookie, response.StatusCode, nil
			}
		}
	}
	return nil, response.StatusCode, nil
}

// account opens the account's page.
func (r *running) account(t *testing.T, client *http.Client, session *http.Cookie) (status int) {
	t.Helper()
	request, err := http.NewRequest("GET", r.url+"/biker", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(session)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}
