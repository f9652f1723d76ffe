package partner

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/store/refuse"
)

// TestIdempotencyKey holds that the first answer comes back octet for octet, the traceId of a problem included.
func TestIdempotencyKey(t *testing.T) {
	s := open(t)
	paye, other := s.add(t, store.PartnerInput{Name: "paye"}), s.add(t, store.PartnerInput{Name: "other"})
	for i, test := range []struct {
		name, body string
		status     int
	}{
		{"created", `{"user":` + jane + `}`, 201},
		{"existing", `{"user":` + changed("Johansson", "Claes") + `,"x":1}`, 200},
		{"failed", `{"user":` + changed("jane@", "jan@", `"FR"`, `"XX"`) + `}`, 422},
		{"list", `{"users":[` + jane + `,7,` + changed("jane@", "eva@", "FR-LIE", "XX") + `],"y":1}`, 200},
		{"empty list", `[]`, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := strings.Repeat("k", i+1)
			status, first := s.post(t, paye, "", test.body, "Idempotency-Key", key)
			again, header, second := s.call(t, "POST", create, strings.NewReader(test.body), "Authorization",
				"Bearer "+paye, "Idempotency-Key", key, "X-Request-Id", "another")
			if header.Get("Idempotent-Replayed") != "true" || header.Get("X-Request-Id") != "another" {
				t.Errorf("the kept answer's header: %v", header)
			}
			if status != test.status || again != test.status {
				t.Errorf("%d, then %d", status, again)
			}
			same(t, "second answer", second, first)
			if status, body := s.post(t, paye, "", test.body+" ", "Idempotency-Key", key); status != 422 ||
				!strings.Contains(body, "another body") || strings.Contains(body, "outcome") {
				t.Errorf("another body: %d %s", status, body)
			}
			if status, body := s.post(t, other, "", `[]`, "Idempotency-Key", key); status != 200 {
				t.Errorf("another partner's same key: %d %s", status, body)
			}
		})
	}
	for i, want := range []string{"", "true"} {
		_, header, _ := s.call(t, "POST", create, strings.NewReader(`[]`), "Authorization", "Bearer "+paye,
			"Idempotency-Key", "replayed")
		if got := header.Get("Idempotent-Replayed"); got != want {
			t.Errorf("call %d says %q, want %q", i+1, got, want)
		}
	}
	if status, body := s.post(t, paye, "", `{"user":5}`, "Idempotency-Key", "wrong"); status != 400 {
		t.Errorf("%d %s", status, body)
	}
	if status, body := s.post(t, paye, "", `[]`, "Idempotency-Key", "wrong"); status != 200 {
		t.Errorf("a 400 was kept: %d %s", status, body)
	}
}

// TestErased holds that a kept answer names nobody who has been erased since.
func TestErased(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	bodies := []string{`{"user":` + jane + `}`, `[` + changed("jane@", "jan@", "ABC123", "1") + `,` + jane + `]`}
	for i, body := range bodies {
		s.post(t, paye, "", body, "Idempotency-Key", bodies[i][:1])
	}
	if err := s.EraseBiker(context.Background(), "jane@example.org"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"success":true,"result":"User was created.","outcome":"created"}`,
		`{"success":true,"created":1,"existing":1,"failed":0,"results":[` +
			`{"index":0,"outcome":"created","id":ID,"Email":"jan@example.org","partner_EmployeeID":"1","letter":ID},` +
			`{"index":1,"outcome":"existing"}]}`} {
		_, answer := s.post(t, paye, "", bodies[i], "Idempotency-Key", bodies[i][:1])
		same(t, "kept", masked(answer), want)
	}
}

func TestKeyHeader(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []string
		ok     bool
	}{
		{"none", nil, true}, {"shortest", []string{"k"}, true}, {"longest", []string{strings.Repeat("~", 255)}, true},
		{"quoted", []string{`"8e03978e-40d5"`}, true},
		{"empty", []string{""}, false}, {"too long", []string{strings.Repeat("k", 256)}, false},
		{"space within", []string{"a b"}, false},
		{"tab", []string{"a\tb"}, false}, {"delete", []string{"a\x7f"}, false}, {"beyond ASCII", []string{"é"}, false},
		{"twice", []string{"k", "k"}, false},
	} {
		key, err := idempotencyKey(http.Header{"Idempotency-Key": test.values})
		if (err == nil) != test.ok || test.ok && len(test.values) > 0 && key != test.values[0] ||
			err != nil && !refuse.Is(err, refuse.Invalid) {
			t.Errorf("%s: %q, %v", test.name, key, err)
		}
	}
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	for _, query := range []string{"", "?dryRun=true"} {
		if status, body := s.post(t, paye, query, `[]`, "Idempotency-Key", "a", "Idempotency-Key", "b"); status != 400 {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

// TestRunning holds that a key's second call is told to wait while the first is being done, and no other call is.
func TestRunning(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	end, err := s.room.running.begin("paye", "k")
	if err != nil {
		t.Fatal(err)
	}
	status, header, body := s.call(t, "POST", create, strings.NewReader(`[]`), "Authorization", "Bearer "+paye,
		"Idempotency-Key", "k")
	if status != 409 || header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s", status, header, body)
	}
	for _, key := range []string{"K", "kk"} {
		if status, body := s.post(t, paye, "", `[]`, "Idempotency-Key", key); status != 200 {
			t.Errorf("%s: %d %s", key, status, body)
		}
	}
	end()
	if status, body := s.post(t, paye, "", `[]`, "Idempotency-Key", "k"); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}

// TestAtOnce posts one list from many callers with one key: the person is made once, and whoever gets an answer gets
// the same.
func TestAtOnce(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := make(map[string]int)
	for range 16 {
		all.Go(func() {
			status, body := s.post(t, paye, "", `{"user":`+jane+`}`, "Idempotency-Key", "k")
			mu.Lock()
			defer mu.Unlock()
			if status != 409 {
				answers[body]++
			}
		})
	}
	all.Wait()
	if _, kept := s.post(t, paye, "", `{"user":`+jane+`}`, "Idempotency-Key", "k"); len(answers) != 1 ||
		answers[kept] == 0 || !strings.Contains(kept, `"outcome":"created"`) {
		t.Errorf("%v, and now %s", answers, kept)
	}
}

// TestListsAtOnce holds that so many lists are done at once and no more, one partner's fewer, and that people alone
// need not wait for them.
func TestListsAtOnce(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	flex := s.add(t, store.PartnerInput{Name: "flex"})
	var all sync.WaitGroup
	var open []*io.PipeWriter
	defer func() {
		for _, in := range open {
			_ = in.Close()
		}
		all.Wait()
	}()
	slow := func(token string, places int) {
		body, in := io.Pipe() // of a length that nobody knows
		open = append(open, in)
		all.Go(func() {
			if status, _, text := s.call(t, "POST", create, body, "Authorization", "Bearer "+token); status != 200 {
				t.Errorf("a list that had its place: %d %s", status, text)
			}
		})
		for late := time.Now().Add(10 * time.Second); s.room.lists.count() < places; runtime.Gosched() {
			if time.Now().After(late) {
				t.Fatal("lists of unknown length take no places")
			}
		}
	}
	for i := range listsOfOne {
		slow(paye, i+1)
	}
	if status, body := s.post(t, paye, "", `[]`); status != 503 {
		t.Errorf("one list more of one partner: %d %s", status, body)
	}
	if status, body := s.post(t, flex, "", `[]`); status != 200 {
		t.Errorf("another partner's: %d %s", status, body)
	}
	slow(flex, listsAtOnce)
	for _, test := range []struct {
		name   string
		body   io.Reader
		status int
	}{
		{"a small list", strings.NewReader(`[` + jane + `]`), 503},
		{"a large body", strings.NewReader(`{"user":` + jane + `,"x":"` + strings.Repeat("x", smallBody) + `"}`), 503},
		{"a body of unknown length", io.MultiReader(strings.NewReader(`{"user":` + jane + `}`)), 503},
		{"a person", strings.NewReader(`{"user":` + jane + `}`), 201},
		{"an unreadable body", strings.NewReader(`[`), 400},
	} {
		status, header, body := s.call(t, "POST", create, test.body, "Authorization", "Bearer "+paye)
		if status != test.status || (header.Get("Retry-After") != "") != (status == 503) {
			t.Errorf("%s: %d %s, want %d", test.name, status, body, test.status)
		}
	}
	for _, in := range open {
		_, _ = io.WriteString(in, `[]`)
		_ = in.Close()
	}
	all.Wait()
	if status, body := s.post(t, paye, "", `[]`); status != 200 || s.room.lists.count() != 0 {
		t.Errorf("afterwards: %d %s, %d places taken", status, body, s.room.lists.count())
	}
}

// count tells how many are taken.
func (p *places) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lists.All
}
