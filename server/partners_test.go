package server

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/config"
	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// side is one of two partners, and all that it has here.
type side struct {
	name, token, email string
	cleaning           guid.ID
	ids                []string // of its people, letters and cleanings
	secrets            []string // words of its data that it alone may read
}

// secret is a word that stands nowhere but in one field of one partner's data.
func (s *side) secret(field string) string {
	word := "secret-" + field + "-of-" + s.name
	s.secrets = append(s.secrets, word)
	return word
}

// partnerCall is a query and a body.
type partnerCall struct{ query, body string }

// partnerCalls are how a partner calls the routes that want its token: queries and bodies, in which {id} is the other's
// cleaning, {email} its biker's address, {biker} and {employee} its ids. A route that is not here fails the test.
var partnerCalls = map[string][]partnerCall{
	"POST /receiver/APIv3/user.create": {
		{"", `{"user":{"BikePlanCode":"P","FirstName":"A","LastName":"B","Email":"{email}","Language":"NL",
			"partner_EmployeeID":"{employee}"}}`},
		{"?dryRun=true", `[{"BikePlanCode":"P","FirstName":"A","LastName":"B","Email":"{email}","Language":"NL"}]`},
	},
	"GET /partner/v1/users": {{"?id={biker}", ""}, {"?partner_EmployeeID={employee}", ""}},
	"PUT /partner/v1/cleanings/:id": {{"", `{"number":"1","station":{"name":"S"},"equipment":{"kind":"silo"},
		"status":"planned"}`}},
	"GET /partner/v1/cleanings/:id":          {{"", ""}},
	"POST /partner/v1/cleanings/:id/reopen":  {{"", `{"Reason":"x"}`}},
	"PUT /partner/v1/cleanings/:id/document": {{"", "%PDF-xref\nstartxref\n5\n%%EOF"}},
	"GET /partner/v1/cleanings/:id/document": {{"", ""}},
	"GET /partner/v1/events":                 {{"?after=0&limit=1000", ""}},
}

// TestPartnersSeeTheirOwn walks the whole route table as each of two partners, and asks for what is the other's:
// nothing of it is answered, and nothing of it has changed.
func TestPartnersSeeTheirOwn(t *testing.T) {
	a, handler := openRoutes(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := a.store.AddPlan(t.Context(), store.Plan{Code: "P", Client: "C"})
	must(err)
	sides := [2]*side{{name: "alpha"}, {name: "beta"}}
	for _, s := range sides {
		must(s.fill(t, a))
	}
	routes, _, err := a.Routes()
	must(err)
	for i, s := range sides {
		other := sides[1-i]
		before, own := other.records(t, a), 0
		for _, route := range routes {
			calls, known := partnerCalls[route.Method+" "+route.Path]
			if len(route.Caller.Scopes) > 0 && !known {
				t.Fatalf("%s %s is not walked", route.Method, route.Path)
			}
			if !known {
				calls = append(calls, partnerCall{"", ""},
					partnerCall{"?id={id}", `{"cleaningId":"{id}","email":"{email}"}`})
			}
			for _, call := range calls {
				s.asks(t, handler, route, call.query, call.body, other)
				if route.Method == http.MethodGet && other.owns(handler, route, call.query) {
					own++
				}
			}
		}
		if own < 4 {
			t.Errorf("%s sees its own data by %d calls", other.name, own)
		}
		if after := other.records(t, a); after != before {
			t.Errorf("%s changed what is %s's:\n%s\n%s", s.name, other.name, before, after)
		}
	}
}

// openRoutes opens an appliance, whose routes are called as from elsewhere: the operator's are not there.
func openRoutes(t *testing.T) (*App, http.Handler) {
	t.Helper()
	settings := config.Settings{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	parsed, err := settings.Parse()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(Options{Config: parsed, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.Nop(), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	routes, err := a.publicRoutes(middleware.Files())
	if err != nil {
		t.Fatal(err)
	}
	return a, middleware.Handler(web.ForNobody, routes)
}

// fill makes the partner, a biker of its own, and a cleaning with a document, whose load a user has decided.
func (s *side) fill(t *testing.T, a *App) error {
	ctx := t.Context()
	var err error
	if s.token, err = tokens.NewBearer(rand.Reader); err != nil {
		return err
	}
	token := store.PartnerToken{Hash: sha256.Sum256([]byte(s.token))}
	_, err = a.store.AddPartner(ctx, store.PartnerInput{Name: s.name, Token: token})
	if err != nil {
		return err
	}
	s.email = s.name + "@example.org"
	person := store.Candidate{Email: s.email, Said: s.email, BikerData: store.BikerData{BikePlanCode: "P",
		Language: "nl", FirstName: s.secret("first-name"), LastName: s.secret("last-name"),
		EmployeeID: "employee-" + s.name}}
	registered, err := a.store.RegisterBikers(ctx, store.BikerList{Partner: s.name, People: []store.Candidate{person}})
	if err != nil {
		return err
	}
	s.cleaning = guid.ID{6: 0x40, 8: 0x80, 15: s.name[0]}
	data := store.CleaningData{Number: "N", Station: store.Station{Name: "S", Phone: s.secret("phone")},
		Status: store.SignedOff, Customer: s.secret("customer"), Comments: s.secret("comments"),
		Equipment: store.Equipment{Kind: "silo"}}
	_, err = a.store.PutCleanings(ctx, s.name, []store.CleaningInput{{ID: s.cleaning, CleaningData: data}})
	if err == nil {
		err = a.store.PutDocument(ctx, s.cleaning, []byte("%PDF-"+s.secret("document")))
	}
	if err != nil {
		return err
	}
	user, err := a.store.RegisterUser(ctx, store.Registration{Email: "user-" + s.email, FirstName: s.secret("user"),
		LastName: "L", OrganisationName: s.secret("organisation"), Language: "nl"})
	if err == nil {
		user, err = a.store.ActivateUser(ctx, store.Confirmation{User: user.ID, Email: tokens.EmailHash(user.Email),
			Generation: user.LinkGeneration, ExpiresAt: time.Now().Add(time.Hour)})
	}
	if err == nil {
		_, err = a.store.DecideLoad(ctx, store.Holder{User: user.ID, Generation: user.TokenGeneration}, s.cleaning,
			store.Decision{Status: store.LoadCompleted, ProductName: s.secret("product"), Comment: s.secret("comment")})
	}
	result := registered.Results[0]
	s.ids = []string{result.Biker.String(), result.Letter.String(), s.cleaning.String()}
	return err
}

// records are what is stored of the partner's.
func (s *side) records(t *testing.T, a *App) string {
	t.Helper()
	biker, err := a.store.BikerByEmail(s.email)
	found, fault := a.store.CleaningOf(s.name, s.cleaning)
	if err != nil || fault != nil {
		t.Fatal(err, fault)
	}
	return fmt.Sprintf("%+v %+v", biker, found)
}

// filled puts the partner's names into a call.
func (s *side) filled(text string) string {
	return strings.NewReplacer("{id}", s.cleaning.String(), ":id", s.cleaning.String(),
		":cleaningActionId", s.cleaning.String(), "{email}", s.email,
		"{biker}", s.ids[0], "{employee}", "employee-"+s.name).Replace(text)
}

func (s *side) call(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(body, "%PDF") {
		r.Header.Set("Content-Type", "application/pdf")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// asks calls a route for what is the other's, and looks whether anything of it comes back but what the call itself has.
func (s *side) asks(t *testing.T, h http.Handler, route web.Route, query, body string, other *side) {
	t.Helper()
	path, body := other.filled(route.Path+query), other.filled(body)
	w := s.call(h, route.Method, path, body)
	answer := fmt.Sprint(w.Header(), w.Body)
	for _, word := range slices.Concat(other.secrets, other.ids) {
		if strings.Contains(answer, word) && !strings.Contains(path+body, word) {
			t.Errorf("%s is answered %s by %s %s: %d %s", s.name, word, route.Method, path, w.Code, answer)
		}
	}
	if len(route.Caller.Scopes) > 0 && strings.Contains(route.Path, ":id") && w.Code != http.StatusNotFound {
		t.Errorf("%s is answered %d by %s %s: %s", s.name, w.Code, route.Method, path, answer)
	}
}

// owns reports whether the partner itself is answered with its data: so that the walk looks where there is something.
func (s *side) owns(h http.Handler, route web.Route, query string) bool {
	w := s.call(h, route.Method, s.filled(route.Path+query), "")
	return w.Code == http.StatusOK && slices.ContainsFunc(slices.Concat(s.secrets, s.ids), func(word string) bool {
		return strings.Contains(w.Body.String(), word) && !strings.Contains(query, word)
	})
}
