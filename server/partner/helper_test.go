package partner

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/apitest"
	"postern/server/documents"
	"postern/server/web"
	"postern/store"
	"postern/store/file"
	"postern/store/fixture"
	"postern/tokens"
)

// site is a room behind a real server, on a real store.
type site struct {
	*store.Store
	room    *Handlers
	handler http.Handler
	url     string
	client  http.Client // holds each answer to its description
	drain   context.CancelFunc

	security *web.SecurityLog
	clock    *fixture.Clock
	log      fixture.Log

	mu   sync.Mutex
	seen []string // guarded by mu
}

func (s *site) logged() string { return s.log.String() }

func open(t testing.TB, changes ...func(*store.Rules)) *site {
	t.Helper()
	s := openSilent(t, changes...)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// openSilent is open without the server: nothing listens, so that time can be the test's own.
func openSilent(t testing.TB, changes ...func(*store.Rules)) *site {
	t.Helper()
	s := &site{clock: fixture.NewClock(), security: web.NewSecurityLog()}
	dir := t.TempDir()
	rules := store.Rules{RepeatLettersAfter: 720 * time.Hour, GiveUpAfter: time.Hour}
	for _, change := range changes {
		change(&rules)
	}
	var err error
	s.Store, err = store.Open(dir, store.Options{Now: s.clock.Now, MailDomain: "postern.example", Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		faults, err := store.CheckFile(file.DataFile(dir))
		if err != nil || len(faults) > 0 {
			t.Errorf("the file is not consistent: %v, %v", faults, err)
		}
	})
	for _, plan := range []store.Plan{{Code: "SYN-NL-ANT-01", Client: "Synthetisch Havenbedrijf NV", Language: "nl"},
		{Code: "SYN-FR-LIE-02", Client: "Ateliers Synthétiques SA", Language: "fr"}} {
		if _, err := s.AddPlan(context.Background(), plan); err != nil {
			t.Fatal(err)
		}
	}
	papers := documents.New(documents.Options{Store: s.Store,
		PublicURL: &url.URL{Scheme: "https", Host: "gate.example"}, Zone: time.UTC, Now: s.clock.Now,
		Places: web.NewPlaces(web.PlaceLimits{All: 100, Client: 100, Holder: 100}, nil)})
	draining, drain := context.WithCancel(context.Background())
	t.Cleanup(drain)
	s.drain = drain
	s.room = New(Options{Store: s.Store, Documents: papers, Draining: draining, PartnerSeen: func(name string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, name)
	}})
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(&s.log), Random: rand.Reader,
		Security: s.security, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = middleware.Handler(web.ForLoopback, s.room.Routes())
	s.client.Transport = apitest.Must(t, s.room.Routes()...).Transport(http.DefaultTransport)
	return s
}

// add makes a partner and gives its token.
func (s *site) add(t testing.TB, in store.PartnerInput) (token string) {
	t.Helper()
	token, err := tokens.NewBearer(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	in.Token = store.PartnerToken{Hash: sha256.Sum256([]byte(token)), Last: token[len(token)-4:]}
	if _, err := s.AddPartner(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	return token
}

const create = "/receiver/APIv3/user.create"

// call sends a request with a traceId of the test's own, and headers in pairs.
func (s *site) call(t testing.TB, method, path string, body io.Reader, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", "trace")
	for i := 0; i < len(header); i += 2 {
		if header[i] == "X-Request-Id" {
			r.Header.Del(header[i])
		}
		r.Header.Add(header[i], header[i+1])
	}
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, strings.TrimSuffix(string(text), "\n")
}

// post calls user.create.
func (s *site) post(t testing.TB, token, query, body string, header ...string) (int, string) {
	t.Helper()
	status, _, text := s.call(t, "POST", create+query, strings.NewReader(body),
		append(header, "Authorization", "Bearer "+token)...)
	return status, text
}

var anyID = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"`)

// masked writes ID for every id, which are new in every run.
func masked(text string) string { return anyID.ReplaceAllString(text, "ID") }

// jane is the contract's own example.
const jane = `{"BikePlanCode": "SYN-FR-LIE-02", "FirstName": "Jane", "LastName": "Johansson",
          "Email": "jane@example.org",
          "Language": "FR", "ContractType": "", "partner_EmployeeID": "ABC123", "PersonnelNumber": "A1234"}`

// changed is jane with other words.
func changed(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(jane) }

// same compares and shows both.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s\n got %s\nwant %s", what, got, want)
	}
}
