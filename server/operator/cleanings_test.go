package operator_test

import (
	"crypto/rand"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server/apitest"
	"postern/server/operator"
	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// openRoom makes the operator's handler over a store of its own.
func openRoom(t *testing.T, o store.Options, check operator.Checker) (http.Handler, *store.Store) {
	t.Helper()
	dir := t.TempDir()
	file, err := store.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	acts, err := operator.New(operator.Options{Store: file, Dir: dir, Check: check, Draining: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(t.Output()), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	handler := middleware.Handler(web.ForAnybody, acts.Routes())
	return apitest.Must(t, acts.Routes()...).Watch(t, handler), file
}

func deliver(h http.Handler, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest("POST", operator.Prefix+"/cleanings", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	return w
}

// decide has a driver reject the load of a cleaning.
func decide(t *testing.T, file *store.Store, cleaning string) {
	t.Helper()
	ctx, email := t.Context(), "driver@example.org"
	user, err := file.RegisterUser(ctx, store.Registration{Email: email, FirstName: "A", LastName: "B",
		OrganisationName: "C", Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	letters, err := file.LettersTo(user.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	user, err = file.ActivateUser(ctx, store.Confirmation{User: user.ID, Email: tokens.EmailHash(email),
		Generation: letters[0].Generation, Token: tokens.Hash("token"), ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	named, err := guid.Parse(cleaning)
	if err != nil {
		t.Fatal(err)
	}
	bearer := store.Holder{User: user.ID, Generation: user.TokenGeneration, Proven: true}
	rejected := store.Decision{Status: store.LoadRejected, Comment: "wet"}
	if _, err := file.DecideLoad(ctx, bearer, named, rejected); err != nil {
		t.Fatal(err)
	}
}

// A document for a decided load is refused before anything of the call is stored.
func TestDocumentOfDecidedLoad(t *testing.T) {
	rules := store.Rules{ReactivateAfter: time.Hour, ConfirmationReuse: time.Minute}
	h, file := openRoom(t, store.Options{Rules: rules}, nil)
	if w := deliver(h, item(id, "S-1", "")); w.Code != 200 {
		t.Fatal(w.Body)
	}
	decide(t, file, id)
	other := strings.ReplaceAll(id, "a", "b")
	w := deliver(h, "["+item(other, "S-2", pdf(100))+","+item(id, "S-1", pdf(100))+"]")
	if w.Code != 409 || !strings.Contains(w.Body.String(), `"loadStatus":"rejected"`) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if all, err := file.Cleanings(guid.ID{}, 10); err != nil || len(all) != 1 {
		t.Errorf("the call was refused, and %d cleanings are stored (%v)", len(all), err)
	}
	if w := deliver(h, item(id, "S-1", "")); w.Code != 200 {
		t.Errorf("without a document the same cleaning is answered %d", w.Code)
	}
}

// What cannot be known beforehand is said: the disk fills up between the cleanings and their documents.
func TestDocumentAfterCleanings(t *testing.T) {
	var clock atomic.Int64
	var file *store.Store
	var h http.Handler
	named, _ := guid.Parse(id)
	h, file = openRoom(t, store.Options{
		Now: func() time.Time { return time.Unix(1_800_000_000+2*clock.Add(1), 0) }, // a look at the disk for each write
		Free: func(string) (free, total uint64, err error) {
			if file != nil {
				if _, err := file.Cleaning(named); err == nil {
					return 0, math.MaxUint64, nil
				}
			}
			return math.MaxUint64, math.MaxUint64, nil
		},
	}, nil)
	w := deliver(h, item(id, "S-1", pdf(100)))
	if w.Code != 503 || !strings.Contains(w.Body.String(),
		`"detail":"The cleanings are stored, but the document of `+id+` is not`) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if found, err := file.Cleaning(named); err != nil || found.Document.Size != 0 {
		t.Errorf("stored %+v, %v", found, err)
	}
}

// What the operator takes back is told, to the person's export too, and goes with the person where it names them.
func TestReopen(t *testing.T) {
	rules := store.Rules{ReactivateAfter: time.Hour, ConfirmationReuse: time.Minute}
	h, file := openRoom(t, store.Options{Rules: rules}, nil)
	path, export := "/cleanings/"+id+"/reopen", "/users/export?email=driver@example.org"
	for _, a := range []act{
		{"POST", path, `{"reason":"wrong tank"}`, 404, `There is no cleaning`},
		{"POST", "/cleanings", item(id, "S-1", ""), 200, ``},
		{"POST", path, `{"reason":"wrong tank"}`, 409, `"loadStatus":"open"`},
	} {
		a.check(t, h)
	}
	decide(t, file, id)
	for _, a := range []act{
		{"GET", export, "", 200, `"status":"rejected"` + "\n" + `"comment":"wet"}`},
		{"GET", "/cleanings/" + id, "", 200, `"decidedBy":{"userId":"` + "\n" +
			`"firstName":"A","lastName":"B","organisationName":"C"}`},
		{"POST", path, `{}`, 400, `"reason":["This field is required."]`},
		{"POST", path, `{"reason":"` + strings.Repeat("x", 2001) + `"}`, 400, `"reason":[`},
		{"POST", "/cleanings/1/reopen", `{"reason":"x"}`, 400, `must be a GUID`},
		{"POST", path, `{"Reason":"driver@example.org took another tank"}`, 200,
			`"load":{"status":"open","reopened":{"at":"` + "\n" + `another tank"}},"reopened":{"at":"` + "\n" +
				`"reason":"driver@example.org took another tank"`},
		{"POST", path, `{"reason":"again"}`, 409, `"loadStatus":"open"`},
		{"GET", export, "", 200,
			`"decisions":[{"cleaningActionId":"` + id + `","takenBack":{"at":"` + "\n" + `took another tank"}}]`},
		{"GET", "/events", "", 200, `"type":"load.rejected"` + "\n" + `"type":"load.reopened"`},
		{"DELETE", "/users?email=driver@example.org", "", 204, ``},
		{"GET", "/cleanings/" + id, "", 200, `"reopened":{"at":"` + "\n" + `Z","decider":"`},
	} {
		a.check(t, h)
	}
}
