package eecd

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/apitest"
	"postern/server/documents"
	"postern/server/user"
	"postern/server/web"
	"postern/store"
	"postern/store/file"
	"postern/store/fixture"
	"postern/store/guid"
	"postern/store/limit"
	"postern/tokens"
)

// site is the room as its callers see it, over a real store and a real server.
type site struct {
	testing.TB
	store    *store.Store
	sealer   *tokens.Sealer
	stranger *tokens.Sealer // another appliance's
	url      string
	client   http.Client // holds each answer to its description
	log      fixture.Log
	security *web.SecurityLog
	places   web.PlaceLimits
	time     *fixture.Clock

	cleanings byte // made so far
}

// newSite opens a room; with mailbox, SIGN_IN is mailbox.
func newSite(t testing.TB, mailbox bool, changes ...func(*site)) *site {
	t.Helper()
	s := &site{TB: t, time: fixture.NewClock(), security: web.NewSecurityLog(),
		places: web.PlaceLimits{All: 256, Client: 32, Holder: 8}}
	for _, change := range changes {
		change(s)
	}
	dir := t.TempDir()
	var err error
	s.store, err = store.Open(dir, store.Options{Now: s.clock, MailDomain: "postern.example", Rules: store.Rules{
		ConfirmationReuse: 10 * time.Minute, ReactivateAfter: 720 * time.Hour, GiveUpAfter: 72 * time.Hour,
		MailboxSignIn:   mailbox,
		StrangerLetters: limit.Rate{Count: 1000, Per: time.Hour}, AddressLetters: limit.Rate{Count: 20, Per: time.Hour},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
		if faults, err := store.CheckFile(file.DataFile(dir)); err != nil || len(faults) > 0 {
			t.Errorf("the data file has faults %q, %v", faults, err)
		}
	})
	ring, err := tokens.CreateKeyring(dir+"/keys", rand.Reader, s.clock())
	if err != nil {
		t.Fatal(err)
	}
	if s.sealer, err = tokens.NewSealer(ring, s.store.ApplianceID(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if s.stranger, err = tokens.NewSealer(ring, [16]byte{1}, rand.Reader); err != nil {
		t.Fatal(err)
	}
	s.serve()
	return s
}

func (s *site) serve() {
	s.Helper()
	public, _ := url.Parse("https://postern.example")
	unlimited := web.NewLimiter(limit.Rate{}, nil, s.clock)
	acts := user.New(user.Options{Store: s.store, Sealer: s.sealer, Now: s.clock, TokenTTL: 24 * time.Hour,
		RegisterLimit: unlimited, SignInLimit: unlimited})
	papers := documents.New(documents.Options{Store: s.store, PublicURL: public, Zone: time.UTC, Now: s.clock,
		Places: web.NewPlaces(s.places, nil)})
	room := New(Options{Store: s.store, Acts: acts, Documents: papers})
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(&s.log), Random: rand.Reader, Security: s.security,
		AllowedOrigins: []string{"https://app.example"}, CrossOrigin: []string{"/non-license-user/"}})
	if err != nil {
		s.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	server, done := web.NewServer(middleware.Handler(web.ForNobody, room.Routes()), web.ServerOptions{}), make(chan error)
	go func() { done <- server.Serve(listener) }()
	s.url = "http://" + listener.Addr().String()
	s.client.Transport = apitest.Must(s, room.Routes()...).Transport(http.DefaultTransport)
	s.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			s.Errorf("the server ended with %v", err)
		}
	})
}

func (s *site) clock() time.Time { return s.time.Now() }

func (s *site) advance(d time.Duration) { s.time.Advance(d) }

// call sends a request with these user tokens, and gives the answer with its body read.
func (s *site) call(method, path, body string, userTokens ...string) (*http.Response, []byte) {
	s.Helper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, token := range userTokens {
		request.Header.Add("X-NALLIAN-TOKEN", token)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatalf("%s %s: %v", method, path, err)
	}
	return answer, content
}

func (s *site) register(email string) store.User {
	s.Helper()
	user, err := s.store.RegisterUser(context.Background(), store.Registration{
		Email: email, FirstName: "Zoë", LastName: "Claes", OrganisationName: "Terminal BV", Language: "nl"})
	if err != nil {
		s.Fatal(err)
	}
	return user
}

// link is a confirmation token as a letter of now would carry it.
func (s *site) link(email string) string {
	s.Helper()
	user, err := s.store.UserByEmail(email)
	if err != nil {
		s.Fatal(err)
	}
	return s.seal(s.sealer, tokens.Confirmation, tokens.Claims{Subject: user.ID, Email: tokens.EmailHash(email),
		IssuedAt: s.clock(), ExpiresAt: s.clock().Add(24 * time.Hour), Generation: user.LinkGeneration})
}

func (s *site) seal(sealer *tokens.Sealer, purpose tokens.Purpose, claims tokens.Claims) string {
	s.Helper()
	token, err := sealer.Seal(purpose, claims)
	if err != nil {
		s.Fatal(err)
	}
	return token
}

// activate uses a link, and gives the user token that it was answered with.
func (s *site) activate(link string, want int) (userToken string) {
	s.Helper()
	answer, body := s.call("POST", "/non-license-user/activate", `{"ConfirmationToken":"`+link+`"}`)
	if answer.StatusCode != want {
		s.Fatalf("activating answered %d, want %d: %s", answer.StatusCode, want, body)
	}
	return userTokenIn(body)
}

func (s *site) signIn(email string, want int, held ...string) (userToken string) {
	s.Helper()
	answer, body := s.call("POST", "/non-license-user/sign-in", `{"Email":"`+email+`"}`, held...)
	if answer.StatusCode != want {
		s.Fatalf("signing in answered %d, want %d: %s", answer.StatusCode, want, body)
	}
	return userTokenIn(body)
}

func userTokenIn(body []byte) string {
	_, rest, _ := strings.Cut(string(body), `"UserToken":"`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

// proves reports whether a user token is a proven one.
func (s *site) proves(userToken string) bool {
	s.Helper()
	claims, err := s.sealer.Open(tokens.UserToken, userToken)
	if err != nil {
		s.Fatal(err)
	}
	return claims.Proven
}

// cleaning stores one more cleaning.
func (s *site) cleaning() guid.ID {
	s.Helper()
	s.cleanings++
	id := guid.ID{6: 0x40, 8: 0x80, 15: s.cleanings}
	data := store.CleaningData{Number: "SYN-BE-000001", Station: store.Station{Name: "Kaai 9"},
		Equipment: store.Equipment{Kind: "silo"}, Status: store.SignedOff}
	_, err := s.store.PutCleanings(context.Background(), "", []store.CleaningInput{{ID: id, CleaningData: data}})
	if err != nil {
		s.Fatal(err)
	}
	return id
}
