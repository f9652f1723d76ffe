package partner

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// clean stores a cleaning of a partner, which makes an event; none is the operator.
func (s *site) clean(t testing.TB, partner string, n byte) {
	t.Helper()
	in := store.CleaningInput{ID: guid.ID{6: 0x40, 8: 0x80, 15: n}}
	in.Number, in.Station.Name, in.Status = fmt.Sprint(n), "Kaai 9", store.Planned
	if _, err := s.PutCleanings(context.Background(), partner, []store.CleaningInput{in}); err != nil {
		t.Fatal(err)
	}
}

// follow asks for events without a network, so that time may stand still.
func (s *site) follow(token, query string) (status int, body string) {
	r := httptest.NewRequest("GET", "/partner/v1/events"+query, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Request-Id", "trace")
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, r)
	return answer.Code, strings.TrimSuffix(answer.Body.String(), "\n")
}

// numbers are those of the events in an answer, and the next one.
func numbers(body string) string {
	var all []string
	for _, part := range strings.Split(body, `{"seq":`)[1:] {
		number, _, _ := strings.Cut(part, ",")
		all = append(all, number)
	}
	_, next, _ := strings.Cut(body, `"next":`)
	return strings.Join(all, " ") + " then " + strings.TrimSuffix(next, "}")
}

// TestEvents reads what is there. The plans and partners of the set-up are events 1 to 4.
func TestEvents(t *testing.T) {
	s := openSilent(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	other := s.add(t, store.PartnerInput{Name: "other", Scopes: []store.Scope{store.ScopeEvents}})
	users := s.add(t, store.PartnerInput{Name: "users", Scopes: []store.Scope{store.ScopeUsers}})
	s.clean(t, "paye", 1) // 6
	s.clean(t, "", 2)
	s.clean(t, "other", 3)
	s.clean(t, "paye", 4) // 9
	s.clean(t, "other", 5)
	for _, test := range []struct {
		token, query string
		status       int
		want         string
	}{
		{paye, "", 200, "6 9 then 10"},
		{paye, "?after=0", 200, "6 9 then 10"},
		{paye, "?AFTER=6", 200, "9 then 10"},
		{paye, "?after=5&limit=1", 200, "6 then 6"},
		{paye, "?after=9&wait=", 200, " then 10"},
		{paye, "?after=10&unknown=1", 200, " then 10"},
		{other, "?limit=500&wait=60s", 200, "8 10 then 10"},
		{other, "?limit=501&wait=61s", 200, "8 10 then 10"},
		{other, "?limit=99999999999999999999&wait=9999h", 200, "8 10 then 10"},
		{users, "", 403, ""},
		{"pstp_nothing", "", 401, ""},
		{paye, "?after=11", 409, `"detail":"There is no event 11 yet; the last one is 10.","traceId":"trace","feed":"`},
		{paye, "?after=18446744073709551615", 409, `"last":10`},
		{paye, "?after=-1&limit=0&wait=-2m", 400,
			`"errors":{"after":["This must be the number of an event, as next has it, or 0."],` +
				`"limit":["This must be a whole number, 1 or more."],` +
				`"wait":["This must be a time with its unit, as 30s."]}`},
		{paye, "?after=1&After=2&limit=-99999999999999999999&wait=30", 400,
			`"errors":{"after":["The parameter after is given twice."],"limit":["This must be`},
		{paye, "?after=18446744073709551616&limit=x&wait=-1s", 400, `"errors":{"after":`},
		{paye, "?after=%zz&limit=x", 400, "percent-encode"},
	} {
		status, body := s.follow(test.token, test.query)
		got := body
		if status == 200 {
			got = numbers(body)
		}
		if status != test.status || !strings.Contains(got, test.want) {
			t.Errorf("%s: %d %s, want %d with %s", test.query, status, body, test.status, test.want)
		}
	}
	_, body := s.follow(other, "?after=9")
	feed, _, _ := strings.Cut(strings.TrimPrefix(body, `{"feed":"`), `"`)
	same(t, "one event", body, `{"feed":"`+feed+`","events":[{"seq":10,"type":"cleaning.stored",`+
		`"at":"2026-03-02T08:00:00Z","cleaningActionId":"00000000-0000-4000-8000-000000000005"}],"next":10}`)

	s.clock.Advance(24 * time.Hour)
	s.clean(t, "paye", 6) // 11
	keep := store.Keep{Unconfirmed: 1e18, Sent: 1e18, Events: time.Hour, Cleanings: 1e18}
	if _, err := s.Prune(context.Background(), keep); err != nil {
		t.Fatal(err)
	}
	if status, body := s.follow(paye, "?after=9"); status != 410 || !strings.Contains(body, `"oldest":11`) {
		t.Errorf("no longer kept: %d %s", status, body)
	}
	if status, body := s.follow(paye, "?wait=1s"); status != 200 || numbers(body) != "11 then 11" {
		t.Errorf("from the oldest: %d %s", status, body)
	}
}

// TestAwaitEvents holds what ends the waiting, and when.
func TestAwaitEvents(t *testing.T) {
	for _, test := range []struct {
		name string
		act  func(t *testing.T, s *site) // ten seconds after the call
		took time.Duration
		want string
	}{
		{"nothing", func(*testing.T, *site) {}, 30 * time.Second, "200  then 4"},
		{"others' events", func(t *testing.T, s *site) { s.clean(t, "other", 1); s.clean(t, "", 2) },
			30 * time.Second, "200  then 6"},
		{"one of its own", func(t *testing.T, s *site) { s.clean(t, "other", 1); s.clean(t, "paye", 2) },
			10 * time.Second, "200 6 then 6"},
		{"the end of the appliance", func(_ *testing.T, s *site) { s.drain() }, 10 * time.Second, "200  then 4"},
		{"revoked", func(t *testing.T, s *site) {
			if _, err := s.RevokePartner(t.Context(), "PAYE"); err != nil {
				t.Error(err)
			}
		}, 10 * time.Second, "401"},
		{"another one revoked", func(t *testing.T, s *site) {
			if _, err := s.RevokePartner(t.Context(), "other"); err != nil {
				t.Error(err)
			}
		}, 30 * time.Second, "200  then 5"},
		{"a second token", func(t *testing.T, s *site) { s.rotate(t, "paye") }, 30 * time.Second, "200  then 5"},
		{"replaced by it", func(t *testing.T, s *site) {
			s.rotate(t, "paye")
			if _, err := s.FinishRotation(t.Context(), "paye"); err != nil {
				t.Error(err)
			}
			s.clean(t, "paye", 1) // which it may not see any more
		}, 10 * time.Second, "401"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openSilent(t)
				token := s.add(t, store.PartnerInput{Name: "paye"})
				s.add(t, store.PartnerInput{Name: "other"})
				begun := time.Now()
				var all sync.WaitGroup
				all.Go(func() {
					status, body := s.follow(token, "?after=4&wait=30s")
					got := fmt.Sprint(status)
					if status == 200 {
						got += " " + numbers(body)
					}
					if took := time.Since(begun); got != test.want || took != test.took {
						t.Errorf("%s after %s: %s, want %s after %s", got, took, body, test.want, test.took)
					}
				})
				time.Sleep(10 * time.Second)
				test.act(t, s)
				all.Wait()
			})
		})
	}
}

// rotate gives a partner a second token.
func (s *site) rotate(t *testing.T, name string) {
	t.Helper()
	fresh, err := tokens.NewBearer(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := tokens.HashBearer(fresh)
	if _, err := s.RotatePartner(t.Context(), name, store.PartnerToken{Hash: hash, Last: "last"}); err != nil {
		t.Fatal(err)
	}
}

// TestWaiters holds how many may wait: of one partner, and that those who have ended make room.
func TestWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSilent(t)
		paye, other := s.add(t, store.PartnerInput{Name: "paye"}), s.add(t, store.PartnerInput{Name: "other"})
		var all sync.WaitGroup
		for range waitersOfOne {
			all.Go(func() { s.follow(paye, "?wait=20s") })
		}
		synctest.Wait()
		if status, body := s.follow(paye, "?wait=20s"); status != 429 {
			t.Errorf("one more of its own: %d %s", status, body)
		}
		if status, body := s.follow(paye, "?after=0"); status != 200 {
			t.Errorf("one that does not wait: %d %s", status, body)
		}
		if status, body := s.follow(other, "?wait=1s"); status != 200 {
			t.Errorf("another's: %d %s", status, body)
		}
		all.Wait()
		if status, _ := s.follow(paye, "?wait=1s"); status != 200 {
			t.Errorf("after those have ended: %d", status)
		}
	})
	var w waiters
	var leave func()
	for n := range waitersInAll {
		var err error
		if leave, err = w.take(fmt.Sprint("partner", n/waitersOfOne)); err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := w.take("one more"); err != errAllWait {
		t.Errorf("in all: %v", err)
	}
	leave()
	if _, err := w.take("one more"); err != nil {
		t.Errorf("once one has ended: %v", err)
	}
}
