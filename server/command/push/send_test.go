package push

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// outcomes is what was reported of each person, in order.
type outcomes []string

func (o *outcomes) report(r Result) {
	*o = append(*o, strings.TrimSpace(fmt.Sprintf("%d %s %s", r.Line, r.Outcome, strings.Join(r.Reasons, " | "))))
}

func TestSendInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		s := senderTo(t, p, nil)
		f := mustRead(t, "people.csv", append(people(1200), "short\nnobody;a;b;NL;P\n"...))
		var got outcomes
		tally, err := s.Send(t.Context(), f, got.report)
		if err != nil || tally.String() != "1200 created, 0 existing, 1 failed, 1 skipped" || len(tally.Failures) != 2 {
			t.Errorf("%v, %s, %d failures", err, tally, len(tally.Failures))
		}
		if want := "1202 skipped number of fields: 1, but the header has 5"; got[0] != want || got[1] != "2 created" ||
			got[1201] != "1203 failed Email: This must be a plain e-mail address." {
			t.Errorf("reported %q, %q … %q", got[0], got[1], got[1201])
		}
		var sizes []int
		var keys []string
		for _, call := range p.calls {
			sizes, keys = append(sizes, len(call.people)), append(keys, call.key)
		}
		if !slices.Equal(sizes, []int{500, 500, 201}) || p.calls[0].people[0]["FirstName"] != "Zoë" {
			t.Errorf("parts of %v, first %v", sizes, p.calls[0].people[0])
		}
		// Another process, another token: the same keys, and nothing is done twice.
		if _, err := s.Send(t.Context(), mustRead(t, "other name.csv",
			append(people(1200), "short\nnobody;a;b;NL;P\n"...)), got.report); err != nil {
			t.Error(err)
		}
		for i, key := range keys {
			if again := p.calls[3+i].key; again != key || len(key) != 69 || slices.Index(keys, key) != i {
				t.Errorf("part %d has key %q, then %q", i, key, again)
			}
		}
		if got[1203] != "2 created" || len(p.made) != 1200 {
			t.Errorf("a repeat reports %q; %d made", got[1203], len(p.made))
		}
		// Another content is another question.
		if _, err := s.Send(t.Context(), mustRead(t, "people.csv", people(1199)), got.report); err != nil ||
			got[2404] != "2 existing" {
			t.Errorf("%v, %q", err, got[2404])
		}
	})
}

// TestTrouble is what becomes of a file of two people, depending on how the first calls are answered.
func TestTrouble(t *testing.T) {
	unavailable := problemAnswer(503, "The disk is full.", "Retry-After", "7")
	for name, test := range map[string]struct {
		script []http.HandlerFunc
		always bool // the script's first goes on for ever
		takes  time.Duration
		calls  int
		err    string // a part of it; empty: both are created
	}{
		"no trouble": {calls: 1},
		"growing pauses": {script: []http.HandlerFunc{broken, broken, broken, problemAnswer(409, "Still running.")},
			takes: 15 * time.Second, calls: 5},
		"passing": {script: []http.HandlerFunc{plainAnswer(502, "text/html", "<html>"), plainAnswer(504, "", ""),
			problemAnswer(408, "Slow.")}, takes: 7 * time.Second, calls: 4},
		"Retry-After": {script: []http.HandlerFunc{unavailable, problemAnswer(429, "Too many.", "Retry-After",
			"Sat, 01 Jan 2000 00:00:30 GMT")}, takes: 30 * time.Second, calls: 3},
		"Retry-After is too long": {script: []http.HandlerFunc{problemAnswer(429, "Too many.", "Retry-After", "3600")},
			calls: 1,
			err: "localhost answered 429 Too Many Requests: Too many. (traceId t1); " +
				"push the same file again in 1h0m0s, nothing is done twice"},
		"never there": {script: []http.HandlerFunc{broken}, always: true, takes: 111 * time.Second, calls: 10,
			err: "localhost does not answer (EOF); push the same file again later"},
		"a slow one": {script: []http.HandlerFunc{func(_ http.ResponseWriter,
			r *http.Request) {
			<-r.Context().Done()
		}}, takes: 61 * time.Second, calls: 2},
		"a proxy's page": {script: []http.HandlerFunc{plainAnswer(200, "text/html; charset=utf-8",
			"<html>Welcome</html>")}, calls: 1,
			err: `but that is no answer of user.create: it is "text/html" instead of JSON. ` +
				`Is http://localhost/receiver/APIv3/user.create the right address? Nobody counts as registered`},
		"other JSON": {script: []http.HandlerFunc{plainAnswer(200, "application/json", `[]`)}, calls: 1,
			err: "its JSON is another one"},
		"too few results": {script: []http.HandlerFunc{plainAnswer(200, "application/json",
			`{"results":[{"index":0,"outcome":"created"}]}`)}, calls: 1, err: "results for 1 people, and 2 were sent"},
		"another order": {script: []http.HandlerFunc{plainAnswer(200, "application/json",
			`{"results":[{"index":1,"outcome":"created"},{"index":0,"outcome":"created"}]}`)}, calls: 1,
			err: "its result number 0 is not that of person number 0"},
		"another word": {script: []http.HandlerFunc{plainAnswer(200, "application/json",
			`{"results":[{"index":0,"outcome":"created"},{"index":1,"outcome":"ok"}]}`)}, calls: 1,
			err: `unknown outcome "ok"`},
		"a redirect": {script: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.org/", http.StatusTemporaryRedirect)
		}}, calls: 1, err: `answered 307 Temporary Redirect to "https://example.org/"; push does not follow`},
		"unknown token": {script: []http.HandlerFunc{problemAnswer(401, "The token is unknown.")}, calls: 1,
			err: "answered 401 Unauthorized: The token is unknown. (traceId t1); look at the token"},
		"no right": {script: []http.HandlerFunc{problemAnswer(403, "No.")}, calls: 1,
			err: "; the token may not register people from here"},
		"not there": {script: []http.HandlerFunc{plainAnswer(404, "text/plain", "no")}, calls: 1,
			err: "answered 404 Not Found; is http://localhost/receiver/APIv3/user.create the right address?"},
		"a fault there": {script: []http.HandlerFunc{problemAnswer(500, "Something went wrong.")}, calls: 1,
			err: "500 Internal Server Error: Something went wrong. (traceId t1); nobody in this call counts as registered"},
		"a proxy refuses": {script: []http.HandlerFunc{plainAnswer(413, "text/html", "<html>")}, calls: 1,
			err: "answered 413 Request Entity Too Large; nobody in this call"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPeer(test.script...)
				for test.always && len(p.script) < 50 {
					p.script = append(p.script, test.script[0])
				}
				start := time.Now()
				var got outcomes
				_, err := senderTo(t, p, nil).Send(t.Context(), mustRead(t, "people.csv", people(2)), got.report)
				want := outcomes{"2 created", "3 created"}
				if test.err != "" {
					want = outcomes{"2 unsent", "3 unsent"}
				}
				if !slices.Equal(got, want) || (err == nil) != (test.err == "") ||
					err != nil && !strings.Contains(err.Error(), test.err) {
					t.Errorf("%q, %v; want %q, %q", got, err, want, test.err)
				}
				if took := time.Since(start); took != test.takes || len(p.calls) != test.calls {
					t.Errorf("%d calls in %v, want %d in %v", len(p.calls), took, test.calls, test.takes)
				}
				for _, call := range p.calls {
					if call.key != p.calls[0].key {
						t.Error("another key for another try")
					}
				}
			})
		})
	}
}

func TestRefusedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got outcomes
		tally, err := senderTo(t, newPeer(problemAnswer(413, "Too much.")), nil).Send(t.Context(),
			mustRead(t, "people.csv", people(1)), got.report)
		if want := "2 failed the whole call was refused (413) | Too much. (traceId t1)"; err != nil ||
			len(tally.Failures) != 1 || got[0] != want {
			t.Errorf("%v, %q", err, got)
		}
	})
}

func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		p.script = []http.HandlerFunc{p.lost}
		var got outcomes
		if _, err := senderTo(t, p, nil).Send(t.Context(), mustRead(t, "people.csv", people(1)),
			got.report); err != nil || got[0] != "2 created" || p.made["p0@example.org"] != 1 {
			t.Errorf("%v, %q, made %v", err, got, p.made)
		}
	})
}

func TestDryRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer()
		var got outcomes
		_, err := senderTo(t, p, func(o *SenderOptions) { o.DryRun = true }).Send(t.Context(),
			mustRead(t, "people.csv", people(1)), got.report)
		if call := p.calls[0]; err != nil || got[0] != "2 created" || call.query != "dryRun=true" || call.key != "" ||
			len(p.made) != 0 {
			t.Errorf("%v, %q, %+v", err, got, call)
		}
	})
}

// TestStopped ends a run in the middle of a call: that call counts, the next is not made, and pauses end at once.
func TestStopped(t *testing.T) {
	for name, script := range map[string]http.HandlerFunc{"in a call": nil, "in a pause": broken} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				p := newPeer()
				p.script = []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
					if stop(); script != nil {
						script(w, r)
						return
					}
					w.Header().Set("Content-Type", "application/json")
					_, _ = w.Write(p.answer(p.calls[0].people, false))
				}}
				start := time.Now()
				tally, err := senderTo(t, p, nil).Send(ctx, mustRead(t, "people.csv", people(700)), func(Result) {})
				want := map[string]string{"in a call": "500 created, 0 existing, 0 failed, 200 unsent",
					"in a pause": "0 created, 0 existing, 0 failed, 700 unsent"}[name]
				if err == nil || !strings.Contains(err.Error(), "stopped before everything was sent") ||
					tally.String() != want || len(p.calls) != 1 || time.Since(start) > 0 {
					t.Errorf("%v, %s, %d calls in %v", err, tally, len(p.calls), time.Since(start))
				}
			})
		})
	}
}

// A certificate of nobody known does not become right by waiting, and gets no token.
func TestCertificate(t *testing.T) {
	p := newPeer()
	server := httptest.NewUnstartedServer(p)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	target, err := ParseTarget(server.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSender(SenderOptions{Target: target, Token: func() (string, error) { return testToken, nil },
		Transport: NewTransport(), Now: time.Now})
	_, err = s.Send(t.Context(), mustRead(t, "people.csv", people(1)), func(Result) {})
	if err == nil || !strings.Contains(err.Error(), "has no certificate that can be trusted") || len(p.calls) != 0 {
		t.Error(err)
	}
}

// A part is cut by octets, too; one person that is too large alone still goes.
func TestLargePeople(t *testing.T) {
	large := &Person{body: make([]byte, partBytes+1)}
	small := &Person{body: []byte("{}")}
	f := &File{Format: JSON, People: []*Person{large, small, small, large}}
	var sizes []int
	for left := f.People; len(left) > 0; {
		taken, _ := f.part(left)
		sizes, left = append(sizes, len(taken)), left[len(taken):]
	}
	if !slices.Equal(sizes, []int{1, 2, 1}) {
		t.Error(sizes)
	}
}

// TestTokenIsAskedFor holds that a token which is rotated while a sender lives is taken up with the next call.
func TestTokenIsAskedFor(t *testing.T) {
	var seen []string
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"success":true,"created":1,"existing":0,"failed":0,`+
			`"results":[{"index":0,"outcome":"created","id":null,"letter":null}]}`)
	}))
	defer peer.Close()
	target, err := ParseTarget(peer.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	token := "old"
	s := NewSender(SenderOptions{Target: target, Token: func() (string, error) { return token, nil }, Now: time.Now})
	for _, token = range []string{"old", "new"} {
		person := `{"BikePlanCode":"P","FirstName":"J","LastName":"D","Email":"j@example.org","Language":"NL",` +
			`"partner_EmployeeID":"` + token + `"}`
		file, err := Read("p.jsonl", []byte(person), "jsonl", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), file, func(Result) {}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"Bearer old", "Bearer new"}; !slices.Equal(seen, want) {
		t.Errorf("the peer saw %q", seen)
	}
}
