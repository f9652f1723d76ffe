package console

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/apitest"
	"postern/server/history"
	"postern/server/operator"
	"postern/server/web"
	"postern/server/web/page"
	"postern/server/web/webtest"
	"postern/store"
	"postern/store/fixture"
	"postern/store/guid"
	"postern/store/series"
	"postern/tokens"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// random is the same in each run, for golden pages; it is safe for concurrent use.
type random struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func (r *random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}

func newRandom(seed byte) *random { return &random{source: rand.NewChaCha8([32]byte{seed})} }

// site is the room on a real store, behind the real frame.
type site struct {
	http.Handler
	t      testing.TB
	room   *Handlers
	store  *store.Store
	acts   *operator.Operator
	time   *fixture.Clock
	status Status
	silent []Silent
	limits []Limit
}

const zoe, jan = "zoe.claes@example.com", "jan@example.org"

// cleaning is the one that there is.
var cleaning = guid.ID{15: 1}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, time: fixture.NewClock()}
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o700))
	keys := filepath.Join(dir, "postern.keys")
	ring, err := tokens.CreateKeyring(keys, newRandom(5), s.time.Now())
	check(t, err)
	s.store, err = store.Open(dir, store.Options{Now: s.time.Now, Random: newRandom(1), MailDomain: "postern.example",
		AddressKey: func(bool) ([32]byte, error) { return ring.AddressKey(), nil },
		Rules: store.Rules{GiveUpAfter: 72 * time.Hour, ReactivateAfter: 720 * time.Hour,
			RepeatLettersAfter: 720 * time.Hour}})
	check(t, err)
	t.Cleanup(func() {
		data := filepath.Join(t.TempDir(), "copy")
		check(t, s.store.Copy(data))
		check(t, s.store.Close())
		if faults, err := store.CheckFile(data); err != nil || len(faults) > 0 {
			t.Errorf("the data file is damaged: %q, %v", faults, err)
		}
	})
	sealer, err := tokens.NewSealer(ring, s.store.ApplianceID(), newRandom(6))
	check(t, err)
	marks, err := tokens.NewMarks(ring)
	check(t, err)
	s.acts, err = operator.New(operator.Options{Store: s.store, Dir: dir, ReactivateAfter: 720 * time.Hour,
		Now: s.time.Now, Random: newRandom(2), Keys: operator.Keyed{File: keys, Sealer: sealer, Marks: marks,
			Lives: operator.Lives{Invitation: 168 * time.Hour, UserToken: 24 * time.Hour, Browser: 9600 * time.Hour,
				Sent: 336 * time.Hour}}})
	check(t, err)
	s.room, err = New(Options{
		Acts: s.acts, History: history.New(history.Options{Store: s.store, Log: zerolog.New(t.Output()), Now: s.time.Now}),
		Status: func() Status { return s.status },
		Silent: func() ([]Silent, error) { return s.silent, nil },
		Limits: func() []Limit { return s.limits },
		Seen: func(partner string) time.Time {
			if partner == "payroll" {
				return s.time.Now().Add(-3 * time.Minute)
			}
			return time.Time{}
		},
		Settings: func() []Setting {
			return []Setting{{"POSTERN_SMTP_URL", "smtp://user:****@mail.example", "built-in inbox", "the smarthost"}}
		},
		PublicURL: &url.URL{Scheme: "https", Host: "gate.example"}, Zone: time.UTC, Now: s.time.Now, Random: newRandom(3),
	})
	check(t, err)
	s.room.patience = time.Minute
	t.Cleanup(func() {
		ended, end := context.WithCancel(context.Background())
		end()
		check(t, s.room.Run(ended))
	})
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(t.Output()).Level(zerolog.WarnLevel),
		Random: newRandom(4), Look: page.Look{Organisation: "Vélo & Co"}, PublicOrigin: "http://postern.example"})
	check(t, err)
	routes := append(s.room.Routes(), middleware.Files()...)
	s.Handler = apitest.Must(t, routes...).Watch(t, middleware.Handler(web.ForAnybody, routes))
	s.fill()
	return s
}

// fill makes one of each: a plan, a partner, a biker with a letter that failed, a user with one that waits, a cleaning.
func (s *site) fill() {
	ctx := s.t.Context()
	_, err := s.acts.AddPlan(ctx, operator.Plan{Code: "ACME-NL", Client: "Acme NV", Language: "NL", Name: "Stadsfiets"})
	check(s.t, err)
	_, err = s.acts.AddPartner(ctx, operator.NewPartner{Name: "payroll", ExpectEvery: 5 * time.Minute})
	check(s.t, err)
	s.registerBiker(zoe, "Zoë", "Claes")
	s.try(store.Attempt{At: s.time.Now(), Took: store.Span(140 * time.Millisecond), Class: store.AttemptPermanent,
		Phase: "rcpt", Code: 550, Enhanced: "5.1.1", Text: "5.1.1 <b>no such mailbox</b>"})
	s.time.Advance(time.Minute)
	_, err = s.store.RegisterUser(ctx, store.Registration{Email: jan, FirstName: "Jan", LastName: "Peeters",
		OrganisationName: "Haven", CleaningID: cleaning, Language: "en"})
	check(s.t, err)
	in := store.CleaningInput{ID: cleaning, CleaningData: store.CleaningData{Number: "SYN-1", Status: store.SignedOff,
		Station: store.Station{Name: "Kaai 9"}, Equipment: store.Equipment{Kind: "silo", Identification: "ZZSU1000016"},
		Compartments: []store.Compartment{{Number: 1, Codes: []string{"P01"}}}}}
	_, err = s.store.PutCleanings(ctx, "", []store.CleaningInput{in})
	check(s.t, err)
	s.time.Advance(time.Minute)
}

func (s *site) registerBiker(email, first, last string) {
	s.t.Helper()
	_, err := s.store.RegisterBikers(s.t.Context(), store.BikerList{Partner: "payroll", People: []store.Candidate{
		{Email: email, Said: email, BikerData: store.BikerData{BikePlanCode: "ACME-NL", FirstName: first, LastName: last,
			Language: "nl", EmployeeID: "E-" + first[:1]}}}})
	check(s.t, err)
}

// try has the letters that are due end so.
func (s *site) try(a store.Attempt) {
	s.t.Helper()
	claimed, _, err := s.store.ClaimLetters(s.t.Context(), 100)
	check(s.t, err)
	for _, letter := range claimed {
		_, err := s.store.RecordAttempts(s.t.Context(), []store.Outcome{{Letter: letter.ID, Attempt: a}})
		check(s.t, err)
	}
}

// month gives the plots something to show: an hour's letters each day at noon.
func (s *site) month() {
	now := s.time.Now().Truncate(24 * time.Hour).Add(-12 * time.Hour)
	var slots []series.Slot
	for day := range 31 {
		slots = append(slots, series.Slot{At: now.AddDate(0, 0, -day), Sent: 10 * (day + 1), Failed: day / 10, Bikers: 20,
			Users: day, Queue: 5, Seen: 1, Commit: series.Delays{0, 5, 3, 1}, Mail: series.Delays{12: 4},
			Wait: series.Delays{20: 4}})
	}
	_, last, err := s.store.KeptEvents()
	check(s.t, err)
	check(s.t, s.store.KeepCounted(s.t.Context(), last, slots, now.Add(-series.Kept)))
}

// letter is the newest to an address.
func (s *site) letter(to string) operator.Letter {
	s.t.Helper()
	found, err := s.acts.Letters(store.LetterFilter{To: to, Limit: 1})
	check(s.t, err)
	return found.Items[0]
}

func (s *site) bikerPath() string {
	s.t.Helper()
	found, err := s.acts.Biker(zoe)
	check(s.t, err)
	return personPath(bikersPath, found.ID)
}

func (s *site) userPath() string {
	s.t.Helper()
	found, err := s.acts.User(jan)
	check(s.t, err)
	return personPath(usersPath, found.ID)
}

// events are the types of the events since a number.
func (s *site) events(after uint64) (types []string, last uint64) {
	s.t.Helper()
	feed, err := s.store.Events(after, 1000)
	check(s.t, err)
	for _, e := range feed.Events {
		types = append(types, e.Type)
	}
	return types, feed.Next
}

// browser keeps cookies, and the word of the forms on the last page.
type browser struct {
	s       *site
	cookies webtest.Cookies
	header  http.Header
	word    string
}

func (s *site) browser() *browser {
	return &browser{s: s, cookies: make(webtest.Cookies), header: make(http.Header)}
}

// entered is a browser that has come in by a link.
func (s *site) entered() *browser {
	s.t.Helper()
	b := s.browser()
	path, _, err := s.room.Link()
	check(s.t, err)
	key, err := url.Parse(path)
	check(s.t, err)
	b.send(enterPath, "key", key.Query().Get("key")).Leads(home)
	b.get(home)
	return b
}

var wordPattern = regexp.MustCompile(`name="word" value="([^"]+)"`)

func (b *browser) do(method, path string, form url.Values) webtest.Answer {
	r := httptest.NewRequest(method, "http://postern.example"+path, strings.NewReader(form.Encode()))
	r.Header = b.header.Clone()
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if r.Header.Get("Origin") == "" {
			r.Header.Set("Origin", "http://postern.example")
		}
	}
	a := b.cookies.Ask(b.s.t, b.s, r)
	if found := wordPattern.FindStringSubmatch(a.Body.String()); found != nil {
		b.word = found[1]
	}
	return a
}

func (b *browser) get(path string) webtest.Answer { return b.do("GET", path, nil) }

// send posts a form of names and values as they are, post with the word of the pages' forms.
func (b *browser) send(path string, fields ...string) webtest.Answer {
	return b.do("POST", path, webtest.Form(fields...))
}

func (b *browser) post(path string, fields ...string) webtest.Answer {
	return b.send(path, append([]string{"word", b.word}, fields...)...)
}

// does posts a form, is led on, and gives the page there.
func (b *browser) does(path string, fields ...string) webtest.Answer {
	b.s.t.Helper()
	a := b.post(path, fields...)
	if a.Code != http.StatusSeeOther {
		b.s.t.Fatalf("%s: %d; %s", path, a.Code, a.Main())
	}
	return b.get(a.Header().Get("Location"))
}

var (
	idPattern      = regexp.MustCompile(` id="([^"]+)"`)
	pointerPattern = regexp.MustCompile(` (?:for="|aria-describedby="|aria-labelledby="|href="#)([^"]+)"`)
	headingPattern = regexp.MustCompile(`<h([1-6])`)
)

// checkMarkup holds what every page owes to assistive technology, and that none runs anything of its own.
func checkMarkup(t testing.TB, name, page string) {
	t.Helper()
	var ids []string
	for _, m := range idPattern.FindAllStringSubmatch(page, -1) {
		if slices.Contains(ids, m[1]) {
			t.Errorf("%s: two elements are called %s", name, m[1])
		}
		ids = append(ids, m[1])
	}
	for _, m := range pointerPattern.FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s: nothing is called %s", name, id)
			}
		}
	}
	last := byte('0')
	for _, m := range headingPattern.FindAllStringSubmatch(page, -1) {
		if m[1][0] > last+1 {
			t.Errorf("%s: h%s follows h%c", name, m[1], last)
		}
		last = m[1][0]
	}
	if strings.Count(page, "<h1>") != 1 {
		t.Errorf("%s: not one first heading", name)
	}
	for _, never := range []string{"<script>", " style=", "onclick", "{{", "ZgotmplZ", "%!", "<b>no such", "<no value>"} {
		if strings.Contains(page, never) {
			t.Errorf("%s holds %s", name, never)
		}
	}
}

func planNamed(code string) operator.Plan { return operator.Plan{Code: code, Client: "Acme SA"} }

// second is the error of an act whose outcome does not matter.
func second[T any](_ T, err error) error { return err }
