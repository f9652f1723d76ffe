package driver

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/apitest"
	"postern/server/documents"
	"postern/server/user"
	"postern/server/web"
	"postern/server/web/page"
	"postern/server/web/webtest"
	"postern/store"
	"postern/store/fixture"
	"postern/store/guid"
	"postern/store/limit"
	"postern/tokens"
)

const (
	jan    = "jan.peeters@example.com"
	nobody = "nobody@example.net"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// site is the room on a real store, behind the real frame.
type site struct {
	http.Handler
	t        testing.TB
	acts     *user.Acts
	store    *store.Store
	security *web.SecurityLog
	time     *fixture.Clock
}

func (s *site) clock() time.Time { return s.time.Now() }

func (s *site) later(d time.Duration) { s.time.Advance(d) }

// newSite opens the room, as SIGN_IN=email has it unless changed.
func newSite(t testing.TB, changes ...func(*store.Rules)) *site {
	t.Helper()
	s := &site{t: t, time: fixture.NewClock(), security: web.NewSecurityLog()}
	rules := store.Rules{
		ConfirmationReuse: 10 * time.Minute, ReactivateAfter: 720 * time.Hour, GiveUpAfter: 72 * time.Hour,
		AddressLetters: limit.Rate{Count: 5, Per: time.Hour}, StrangerLetters: limit.Rate{Count: 500, Per: time.Hour},
	}
	for _, change := range changes {
		change(&rules)
	}
	dir := t.TempDir()
	var err error
	s.store, err = store.Open(dir, store.Options{Now: s.clock, Random: rand.Reader, MailDomain: "postern.example",
		Rules: rules})
	check(t, err)
	t.Cleanup(func() {
		data := filepath.Join(t.TempDir(), "copy")
		check(t, s.store.Copy(data))
		check(t, s.store.Close())
		if faults, err := store.CheckFile(data); err != nil || len(faults) > 0 {
			t.Errorf("the data file is damaged: %q, %v", faults, err)
		}
	})
	ring, err := tokens.CreateKeyring(filepath.Join(dir, "keys"), rand.Reader, s.clock())
	check(t, err)
	sealer, err := tokens.NewSealer(ring, s.store.ApplianceID(), rand.Reader)
	check(t, err)
	s.acts = user.New(user.Options{Store: s.store, Sealer: sealer, Now: s.clock, TokenTTL: 24 * time.Hour,
		RegisterLimit: web.NewLimiter(limit.Rate{Count: 20, Per: time.Hour}, nil, s.clock),
		SignInLimit:   web.NewLimiter(limit.Rate{Count: 60, Per: time.Hour}, nil, s.clock)})
	s.open()
	return s
}

func (s *site) open() {
	public, _ := url.Parse("http://postern.example")
	room, err := New(Options{Store: s.store, Acts: s.acts, Now: s.clock, Zone: time.UTC, TokenTTL: 24 * time.Hour,
		Documents: documents.New(documents.Options{Store: s.store, PublicURL: public, Zone: time.UTC, Now: s.clock,
			Places: web.NewPlaces(web.PlaceLimits{All: 9, Client: 9, Holder: 9}, nil)})})
	check(s.t, err)
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(s.t.Output()).Level(zerolog.WarnLevel),
		Random: rand.Reader, Look: page.Look{Organisation: "Kaai 9"}, PublicOrigin: "http://postern.example",
		Security: s.security})
	check(s.t, err)
	routes := append(room.Routes(), middleware.Files()...)
	s.Handler = apitest.Must(s.t, routes...).Watch(s.t, middleware.Handler(web.ForNobody, routes))
}

// cleaning stores a cleaning of that status, and gives its id.
func (s *site) cleaning(number byte, status store.CleaningStatus) guid.ID {
	s.t.Helper()
	id := guid.ID{6: 0x40, 8: 0x80, 15: number}
	at := time.Date(2026, 3, 1, 7, 10, 0, 0, time.UTC)
	_, err := s.store.PutCleanings(s.t.Context(), "", []store.CleaningInput{{ID: id, CleaningData: store.CleaningData{
		Number: "SYN-BE-00000" + string('0'+number), Customer: "Synth Trans NV", NextLoad: "glucose syrup",
		Driver: "Loïc D’hooghe",
		Station: store.Station{Name: "Tankreiniging Kaai 9", City: "Antwerpen", Country: "BE",
			Phone: "+32 (0)3 555 01 09"}, TimeIn: at, TimeOut: at,
		Equipment: store.Equipment{Kind: "tankContainer", Identification: "ZZSU1000016", Vehicle: "1-SYN-001"},
		Seals:     []string{"SYN-1", "SYN-2"},
		Comments:  "a\n<b>", Status: status, Compartments: []store.Compartment{
			{Number: 1, Cleaned: true, PreviousLoad: store.PreviousLoad{UNNumber: "1230", Name: "METHANOL"},
				Codes: []string{"P10", "X99"}},
			{Number: 2}},
	}}})
	check(s.t, err)
	return id
}

// register makes a user that is not activated.
func (s *site) register(email string) store.User {
	s.t.Helper()
	made, err := s.store.RegisterUser(s.t.Context(), store.Registration{
		Email: email, FirstName: "Jan", LastName: "Peeters",
		OrganisationName: "Terminal BV", Language: "en"})
	check(s.t, err)
	return made
}

func (s *site) user(email string) store.User {
	s.t.Helper()
	found, err := s.store.UserByEmail(email)
	check(s.t, err)
	return found
}

// link is the token of a letter that is sent now.
func (s *site) link(purpose tokens.Purpose, email string) string {
	s.t.Helper()
	of := s.user(email)
	token, err := s.acts.Sealer.Seal(purpose, tokens.Claims{Subject: of.ID, Email: tokens.EmailHash(of.Email),
		Generation: of.LinkGeneration, IssuedAt: s.clock(), ExpiresAt: s.clock().Add(24 * time.Hour)})
	check(s.t, err)
	return token
}

// signedIn is the browser of somebody who has come by a link.
func (s *site) signedIn(email string, cleaning guid.ID) *browser {
	s.t.Helper()
	if _, err := s.store.UserByEmail(email); err != nil {
		s.register(email)
	}
	b := s.browser()
	link := s.link(tokens.Confirmation, email)
	b.post(activatePath, "token", link, "cleaningId", cleaning.String()).Leads(home(cleaning))
	return b
}

// letters counts what is owed to an address.
func (s *site) letters(email string, kind store.LetterKind) (n int) {
	s.t.Helper()
	list, err := s.store.Letters(store.LetterFilter{To: email})
	check(s.t, err)
	for _, letter := range list {
		if letter.Kind == kind {
			n++
		}
	}
	return n
}

// events counts all that has happened: what changes nothing leaves it as it is.
func (s *site) events() int {
	s.t.Helper()
	feed, err := s.store.Events(0, 1000)
	check(s.t, err)
	return len(feed.Events)
}

func (s *site) block(email string, blocked bool) {
	s.t.Helper()
	_, err := s.store.BlockUser(context.Background(), s.user(email).ID, blocked)
	check(s.t, err)
}

// browser keeps cookies and asks in a language.
type browser struct {
	s        *site
	cookies  webtest.Cookies
	language string
	accept   string
	foreign  bool // what it posts comes from another site
}

func (s *site) browser() *browser {
	return &browser{s: s, cookies: make(webtest.Cookies), accept: "text/html"}
}

func (b *browser) do(method, path string, form url.Values) webtest.Answer {
	r := httptest.NewRequest(method, "http://postern.example"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("Accept", b.accept)
	if b.foreign {
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	r.Header.Set("Accept-Language", b.language)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got := b.cookies.Ask(b.s.t, b.s, r)
	for _, cookie := range got.Result().Cookies() {
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
			b.s.t.Errorf("the cookie %v", cookie)
		}
	}
	return got
}

func (b *browser) get(path string) webtest.Answer { return b.do("GET", path, nil) }

// post sends a form of names and values.
func (b *browser) post(path string, fields ...string) webtest.Answer {
	return b.do("POST", path, webtest.Form(fields...))
}

// signIn sends the form for an address.
func (b *browser) signIn(email string, cleaning guid.ID) webtest.Answer {
	return b.post(signInPath, "email", email, "cleaningId", cleaning.String())
}

// register sends the form of somebody new.
func (b *browser) register(email string, cleaning guid.ID, changes ...string) webtest.Answer {
	return b.post(signInPath, append([]string{"step", "register", "email", email, "cleaningId", cleaning.String(),
		"firstName", "Zoë", "lastName", "Claes", "organisationName", "Terminal BV"}, changes...)...)
}
