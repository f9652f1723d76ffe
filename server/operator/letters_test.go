package operator_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rs/zerolog"

	"postern/mail/smtp"
	"postern/server/apitest"
	"postern/server/operator"
	"postern/server/web"
	"postern/store"
	"postern/store/file"
)

// lettersRoom is an operator's room on a store of its own, whose letters the test sends itself.
type lettersRoom struct {
	t       *testing.T
	store   *store.Store
	handler http.Handler
}

func newLettersRoom(t *testing.T, check operator.SmarthostChecker) lettersRoom {
	t.Helper()
	dir := t.TempDir()
	kept, err := store.Open(dir, store.Options{MailDomain: "kaai9.example", Rules: store.Rules{GiveUpAfter: 72 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
		if faults, err := store.CheckFile(file.DataFile(dir)); err != nil || len(faults) > 0 {
			t.Errorf("the data file afterwards: %q, %v", faults, err)
		}
	})
	acts, err := operator.New(operator.Options{Store: kept, Dir: dir, CheckSmarthost: check, Draining: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(t.Output()), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	handler := middleware.Handler(web.ForAnybody, acts.Routes())
	return lettersRoom{t, kept, apitest.Must(t, acts.Routes()...).Watch(t, handler)}
}

// call returns the answer, which must have a status and hold some words.
func (r lettersRoom) call(status int, want, method, path, body string) []byte {
	r.t.Helper()
	request := httptest.NewRequest(method, operator.Prefix+path, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request)
	if w.Code != status || !strings.Contains(w.Body.String(), want) {
		r.t.Errorf("%s %s %s:\n got %d %s\nwant %d …%s…", method, path, body, w.Code, w.Body, status, want)
	}
	return w.Body.Bytes()
}

// owe has a test letter owed.
func (r lettersRoom) owe(body string) (letter operator.Letter) {
	r.t.Helper()
	if err := json.Unmarshal(r.call(200, `"kind":"test"`, "POST", "/sending/test", body), &letter); err != nil {
		r.t.Fatal(err)
	}
	return letter
}

// try does what the courier does with all that is due.
func (r lettersRoom) try(attempt store.Attempt) {
	r.t.Helper()
	claimed, _, err := r.store.ClaimLetters(r.t.Context(), 10)
	if err != nil || len(claimed) == 0 {
		r.t.Errorf("%d letters are due, %v", len(claimed), err)
	}
	for _, letter := range claimed {
		if _, err := r.store.RecordAttempts(r.t.Context(), []store.Outcome{{Letter: letter.ID, Attempt: attempt}}); err != nil {
			r.t.Error(err)
		}
	}
}

const jan = `{"email":"Jan@Example.org"}`

func TestTestLetter(t *testing.T) {
	r := newLettersRoom(t, nil)
	if l := r.owe(jan); l.To != "Jan@example.org" || l.Language != "en" || l.State != store.LetterQueued {
		t.Errorf("owed: %+v", l)
	}
	if l := r.owe(`{"email":"jan@example.org","language":"NL"}`); l.Language != "nl" {
		t.Errorf("owed in %q", l.Language)
	}
	r.call(400, `"errors":{"email":["This must be`, "POST", "/sending/test", `{"email":"jan","language":"Dutch"}`)
	r.call(400, `"language":["A language is written`, "POST", "/sending/test", `{"email":"jan","language":"Dutch"}`)
	r.call(400, `The body is empty`, "POST", "/sending/test", "")
}

// TestHoldAndCancel: what an operator can do to a letter in each state, and why it cannot.
func TestHoldAndCancel(t *testing.T) {
	r := newLettersRoom(t, nil)
	path := "/letters/" + r.owe(jan).ID.String()
	r.call(200, `"state":"held"`, "POST", path+"/hold", "")
	r.call(200, `"reason":"held by the operator"`, "GET", path, "")
	r.call(200, `"state":"held"`, "GET", path+"?wait=30s", "") // nothing to wait for
	r.call(200, `"state":"queued"`, "POST", path+"/release", "")
	r.call(409, `not held`, "POST", path+"/release", "")
	r.call(200, `"reason":"cancelled by the operator"`, "POST", path+"/cancel", "")
	r.call(409, `is cancelled already`, "POST", path+"/cancel", "")
	r.call(409, `only a queued one can be held`, "POST", path+"/hold", "")
	r.call(409, `only a failed, held or queued one`, "POST", path+"/retry", "")
	for _, act := range []string{"hold", "cancel"} {
		r.call(404, `There is no letter`, "POST", "/letters/"+id+"/"+act, "")
		r.call(400, `must be a GUID`, "POST", "/letters/x/"+act, "")
	}
	r.call(200, `"type":"operator.letter_cancelled"`, "GET", "/events", "")
}

// TestLetterTold: everything that is known of a letter's attempts is told, and waiting ends with the letter.
func TestLetterTold(t *testing.T) { synctest.Test(t, testLetterTold) }

func testLetterTold(t *testing.T) {
	r := newLettersRoom(t, nil)
	path := "/letters/" + r.owe(jan).ID.String()
	at := time.Date(2025, 3, 3, 8, 30, 0, 0, time.UTC)
	r.try(store.Attempt{At: at, Took: store.Span(1234 * time.Millisecond), Class: store.AttemptTemporary, Phase: "rcpt", Code: 450,
		Enhanced: "4.7.1", Text: "greylisted, queued as X"})
	told := string(r.call(200, `"attempts":[{"at":"2025-03-03T08:30:00Z","milliseconds":1234,"class":"temporary","phase":"rcpt",`+
		`"code":450,"enhanced":"4.7.1","text":"greylisted, queued as X"}]`, "GET", path, ""))
	if !regexp.MustCompile(`"dueAt":"20.*"tries":1,"waited":"(2[4-9]|3[0-6])\.?\d*s"`).MatchString(told) {
		t.Errorf("no next try in %s", told)
	}
	r.call(200, `"state":"queued"`, "GET", path+"?wait=1ms", "")
	r.call(400, `"wait":["This must be a duration`, "GET", path+"?wait=soon", "")

	r.call(200, `"tries":1`, "POST", path+"/retry", "") // the schedule begins anew, what was tried stays
	waited, began := make(chan []byte), time.Now()
	go func() { waited <- r.call(200, `"state":"sent"`, "GET", path+"?wait=30s", "") }()
	r.try(store.Attempt{At: at, Class: store.AttemptSent, Phase: "dot", Code: 250, Enhanced: "2.0.0", Text: "Ok: queued as 4bX1yz"})
	if answer := string(<-waited); !strings.Contains(answer, `"queueId":"4bX1yz","text":"Ok: queued as 4bX1yz"`) {
		t.Errorf("no queue id in %s", answer)
	}
	r.call(200, `"tries":2`, "GET", path+"?wait=30s", "")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("waiting went on for %s, though the letter was sent", took)
	}

	path = "/letters/" + r.owe(jan).ID.String()
	r.try(store.Attempt{At: at, Class: store.AttemptPermanent, Phase: "data", Code: 554, Text: "no"})
	r.call(200, `"reason":"data: 554 no"`, "GET", path+"?wait=30s", "")
}

func TestCheckSmarthost(t *testing.T) {
	newLettersRoom(t, nil).call(200, `{"inbox":true,"steps":[]}`, "POST", "/sending/check", "")
	r := newLettersRoom(t, func(context.Context) ([]smtp.Step, error) {
		return []smtp.Step{{Name: "connect", Detail: "192.0.2.1:587"}, {Name: "tls", Fault: "expired"}}, nil
	})
	r.call(200, `{"inbox":false,"steps":[{"name":"connect","detail":"192.0.2.1:587"},{"name":"tls","fault":"expired"}]}`,
		"POST", "/sending/check", "")
	newLettersRoom(t, func(context.Context) ([]smtp.Step, error) { return nil, errors.New("s3cret") }).
		call(500, `"status":500`, "POST", "/sending/check", "")
}
