package biker

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/apitest"
	"postern/server/web"
	"postern/server/web/page"
	"postern/server/web/webtest"
	"postern/store"
	"postern/store/fixture"
	"postern/store/limit"
	"postern/tokens"
	"postern/tokens/password"
)

// The addresses and passwords of most tests.
const (
	zoe       = "zoe.claes@example.com"
	emilie    = "emilie.dubois@example.org"
	nobody    = "nobody@example.net"
	password1 = "quilt lantern orbit pepper"
	password2 = "harbour violin cactus thirteen"
	wrong     = "wrong horse battery staple"
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
	t      testing.TB
	room   *Handlers
	store  *store.Store
	sealer *tokens.Sealer

	security *web.SecurityLog
	time     *fixture.Clock
}

func (s *site) clock() time.Time { return s.time.Now() }

func (s *site) later(d time.Duration) { s.time.Advance(d) }

// newSite has two bikers without a password: zoe reads Dutch, emilie French.
func newSite(t testing.TB, changes ...func(*Options)) *site {
	t.Helper()
	s := &site{t: t, time: fixture.NewClock()}
	dir := t.TempDir()
	var err error
	rules := store.Rules{
		GiveUpAfter: 72 * time.Hour, RepeatLettersAfter: 720 * time.Hour, LoginTries: 5,
		AddressLetters: limit.Rate{Count: 5, Per: time.Hour}, StrangerLetters: limit.Rate{Count: 500, Per: time.Hour},
	}
	s.store, err = store.Open(dir, store.Options{
		Now: s.clock, Random: rand.Reader, MailDomain: "postern.example", Rules: rules,
	})
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
	s.sealer, err = tokens.NewSealer(ring, s.store.ApplianceID(), rand.Reader)
	check(t, err)
	s.openRoom(changes...)
	s.register()
	return s
}

func (s *site) openRoom(changes ...func(*Options)) {
	hasher := password.NewHasher(password.HasherOptions{Parallel: 2, Random: rand.Reader})
	o := Options{Store: s.store, Sealer: s.sealer, Hasher: hasher,
		Now: s.clock, Random: rand.Reader, PasswordMin: 15, Organisation: "Vélo & Co", LoginTries: 5,
		ForgotLimit: web.NewLimiter(limit.Rate{Count: 10, Per: time.Hour}, nil, s.clock)}
	for _, change := range changes {
		change(&o)
	}
	var err error
	s.room, err = New(o)
	check(s.t, err)
	s.security = web.NewSecurityLog()
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(s.t.Output()).Level(zerolog.WarnLevel),
		Random: rand.Reader, Look: page.Look{Organisation: o.Organisation, Contact: "fiets@example.com",
			PrivacyURL: "https://example.com/privacy"},
		PublicOrigin: "http://postern.example", Security: s.security})
	check(s.t, err)
	routes := append(s.room.Routes(), middleware.Files()...)
	s.Handler = apitest.Must(s.t, routes...).Watch(s.t, middleware.Handler(web.ForNobody, routes))
}

func (s *site) register() {
	ctx := s.t.Context()
	_, err := s.store.AddPlan(ctx, store.Plan{Code: "SYN-NL-GNT-01", Client: "Synthetische Bierbrouwerij", Language: "nl"})
	check(s.t, err)
	_, err = s.store.AddPartner(ctx, store.PartnerInput{Name: "Payroll", Token: store.PartnerToken{Last: "abcd"}})
	check(s.t, err)
	person := func(first, last, email, language string) store.Candidate {
		return store.Candidate{Email: email, Said: email, BikerData: store.BikerData{
			BikePlanCode: "SYN-NL-GNT-01", FirstName: first, LastName: last, Language: language,
			ContractType: "worker", EmployeeID: "SYN009-" + language, PersonnelNumber: "0007"}}
	}
	_, err = s.store.RegisterBikers(ctx, store.BikerList{Partner: "Payroll", People: []store.Candidate{
		person("Zoë", "Claes", zoe, "nl"), person("Émilie", "Dubois", emilie, "fr")}})
	check(s.t, err)
}

func (s *site) biker(email string) store.Biker {
	s.t.Helper()
	biker, err := s.store.BikerByEmail(email)
	check(s.t, err)
	return biker
}

// link is the token of a letter that is sent now.
func (s *site) link(purpose tokens.Purpose, email string) string {
	s.t.Helper()
	biker := s.biker(email)
	token, err := s.sealer.Seal(purpose, tokens.Claims{Subject: biker.ID, Email: tokens.EmailHash(biker.Email),
		Generation: biker.LinkGeneration, IssuedAt: s.clock(), ExpiresAt: s.clock().Add(time.Hour)})
	check(s.t, err)
	return token
}

// hashes are made once: hashing is slow on purpose.
var hashes sync.Map

// setPassword gives a biker a password, as a link's use does, and the browser that is logged in by it.
func (s *site) setPassword(email, typed string) *browser {
	s.t.Helper()
	hash, made := hashes.Load(typed)
	if !made {
		phc, err := s.room.Hasher.Hash(s.t.Context(), password.Turn{}, typed)
		check(s.t, err)
		hash, _ = hashes.LoadOrStore(typed, phc)
	}
	secret, err := s.room.newSecret()
	check(s.t, err)
	link, err := s.room.link(s.link(tokens.Invitation, email))
	check(s.t, err)
	set := store.NewPassword{Link: link, Hash: hash.(string), Secret: secret.hash()}
	biker, begun, err := s.store.SetPassword(s.t.Context(), set)
	check(s.t, err)
	known, err := s.sealer.Seal(tokens.Browser, tokens.Claims{Subject: biker.ID, Email: tokens.EmailHash(email),
		Generation: biker.PasswordGeneration, IssuedAt: s.clock(), ExpiresAt: s.clock().Add(BrowserLife)})
	check(s.t, err)
	b := s.browser()
	b.cookies["postern"], b.cookies["postern-browser"] = writeSession(begun.ID, secret), known
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

// browser keeps cookies and asks in a language.
type browser struct {
	s        *site
	cookies  webtest.Cookies
	language string
	address  string
	header   http.Header
}

func (s *site) browser() *browser {
	return &browser{s: s, cookies: make(webtest.Cookies), address: "192.0.2.1:1234", header: make(http.Header)}
}

// copied is a browser with the same cookies: a thief's, or the same one a moment ago.
func (b *browser) copied() *browser {
	c := b.s.browser()
	for name, value := range b.cookies {
		c.cookies[name] = value
	}
	return c
}

func (b *browser) do(method, path string, form url.Values) webtest.Answer {
	r := httptest.NewRequest(method, "http://postern.example"+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.address
	r.Header = b.header.Clone()
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", b.language)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.cookies.Ask(b.s.t, b.s, r)
}

func (b *browser) get(path string) webtest.Answer { return b.do("GET", path, nil) }

// post sends a form of names and values.
func (b *browser) post(path string, fields ...string) webtest.Answer {
	return b.do("POST", path, webtest.Form(fields...))
}

func (b *browser) logIn(email, password string) webtest.Answer {
	return b.post("/biker/login", "email", email, "password", password)
}

// loggedIn reports whether the account opens.
func (b *browser) loggedIn() bool { return b.get("/biker").Code == http.StatusOK }
