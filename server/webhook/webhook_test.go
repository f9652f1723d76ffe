package webhook

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
)

// TestInOrder holds that each event since the setting is posted once, in order, as Standard Webhooks says, and nothing
// of before.
func TestInOrder(t *testing.T) {
	inBubble(t, func(h *hook) {
		h.happen(3)
		h.start()
		h.happen(250)
		synctest.Wait()
		if len(h.all) != 250 {
			t.Fatalf("%d arrived", len(h.all))
		}
		feed, err := h.store.Events(3, 1)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for i, m := range h.all {
			if ids[m.id] = true; m.seq != uint64(i+4) || m.kind != "operator.plan_added" {
				t.Fatalf("%d: %+v", i, m)
			}
		}
		if !ids[feed.ID.String()+"-4"] || len(ids) != 250 {
			t.Errorf("%d different ids, as %s", len(ids), h.all[0].id)
		}
		want := `{"type":"operator.plan_added","timestamp":"2000-01-01T00:00:00Z","data":{"feed":"` + feed.ID.String() +
			`","seq":4,"type":"operator.plan_added","at":"2000-01-01T00:00:00Z","about":"SYN-3"}}`
		if h.all[0].body != want {
			t.Errorf("got  %s\nwant %s", h.all[0].body, want)
		}
		if h.backlog() != (store.WebhookBacklog{WebhookCursor: store.WebhookCursor{After: 253}}) {
			t.Errorf("%+v", h.backlog())
		}
		if s := h.sender.Status(); s != (Status{LastStatus: 204}) || h.log.Len() > 0 {
			t.Errorf("%+v, log %s", s, &h.log)
		}
	})
}

// TestDownForAWeek holds that a receiver which comes back gets everything, and that a week of tries (two days with
// -short) is not a flood.
func TestDownForAWeek(t *testing.T) {
	hours := 7 * 24
	if testing.Short() {
		hours = 2 * 24
	}
	inBubble(t, func(h *hook) {
		begun := time.Now()
		h.down = func() bool { return time.Since(begun) < time.Duration(hours)*time.Hour }
		h.start()
		for range hours {
			h.happen(2)
			time.Sleep(time.Hour)
		}
		synctest.Wait()
		tries := len(h.tries)
		if b := h.backlog(); b.Waiting != uint64(2*hours) || !b.Oldest.Equal(begun.UTC()) ||
			tries > hours*12+10 || tries < hours*12 {
			t.Errorf("%+v after %d tries", b, tries)
		}
		if s := h.sender.Status(); s.Fault != "no answer: connection refused" ||
			!s.Since.Equal(begun) || s.NextTry.IsZero() {
			t.Errorf("%+v", s)
		}
		time.Sleep(doubledRest)
		synctest.Wait()
		if len(h.all) != 2*hours || h.all[0].seq != 1 || h.all[len(h.all)-1].seq != uint64(2*hours) {
			t.Fatalf("%d arrived: %s", len(h.all), h.numbers())
		}
		if n := strings.Count(h.log.String(), "\n"); n != 2 || strings.Contains(h.log.String(), "hidden") {
			t.Errorf("%d lines: %s", n, &h.log)
		}
	})
}

// TestAnswers holds what becomes of an event by what the receiver does with it first, and when it is tried again.
func TestAnswers(t *testing.T) {
	status := func(status int, header ...string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
		}
	}
	for _, test := range []struct {
		name  string
		times int // that the receiver does so
		does  func(http.ResponseWriter)
		tries string // from the event to the first, from that to the second…
		fault string
	}{
		{"200", 1, status(200), "0s", ""},
		{"299", 1, status(299), "0s", ""},
		{"500 often", 11, status(500), "0s 1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 5m0s 5m0s",
			"answered 500 Internal Server Error"},
		{"a redirect", 1, status(302, "Location", "https://elsewhere.example"), "0s 1s",
			"answered 302 Found: redirects are not followed; set POSTERN_WEBHOOK_URL to where it is now"},
		{"400", 1, status(400), "0s 1s", "answered 400 Bad Request"},
		{"gone", 2, status(410), "0s 1h0m0s 1h0m0s",
			"answered 410 Gone: it wants no more events; unset POSTERN_WEBHOOK_URL, or mend it"},
		{"too many", 1, status(429, "Retry-After", "90"), "0s 1m30s", "answered 429 Too Many Requests"},
		{"busy until", 1, status(503, "Retry-After", "Sat, 01 Jan 2000 00:00:20 GMT"), "0s 20s",
			"answered 503 Service Unavailable"},
		{"busy for years", 1, status(503, "Retry-After", "99999999"), "0s 1h0m0s", "answered 503 Service Unavailable"},
		{"busy for a time that makes no sense", 1, status(503, "Retry-After", "soon"), "0s 1s",
			"answered 503 Service Unavailable"},
		{"breaks off", 2, func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "0s 1s 2s", "no answer: EOF"},
		{"says nothing", 1, func(w http.ResponseWriter) { <-w.(*noted).gone }, "0s 31s",
			"no answer: none came within 30s"},
		{"an endless body", 1, func(w http.ResponseWriter) {
			w.WriteHeader(500)
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 1<<10))
			}
		}, "0s 1s", "answered 500 Internal Server Error"},
		{"an endless body, all the same taken", 1, func(w http.ResponseWriter) {
			w.WriteHeader(200)
			for err := error(nil); err == nil; {
				_, err = w.Write(make([]byte, 1<<10))
			}
		}, "0s", ""},
		{"a body by and by", 1, func(w http.ResponseWriter) {
			w.WriteHeader(200)
			for n := w.(*noted); ; {
				_, _ = n.Write([]byte("."))
				_ = http.NewResponseController(n.ResponseWriter).Flush()
				select {
				case <-n.gone:
					return
				case <-time.After(time.Second):
				}
			}
		}, "0s", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(h *hook) {
				h.script = func(n int, w http.ResponseWriter, _ *http.Request) {
					if n <= test.times {
						test.does(w)
					}
				}
				h.start()
				begun := time.Now()
				h.happen(1)
				fault := ""
				for h.backlog().Waiting > 0 {
					time.Sleep(500 * time.Millisecond)
					synctest.Wait()
					if s := h.sender.Status(); s.Fault != "" {
						fault = s.Fault
					}
				}
				if got := h.gaps(begun); got != test.tries || fault != test.fault {
					t.Errorf("tries %s; %q; want %s; %q", got, fault, test.tries, test.fault)
				}
				if s := h.sender.Status(); s.Fault != "" || s.LastStatus < 200 || s.LastStatus > 299 {
					t.Errorf("in the end %+v", s)
				}
			})
		})
	}
}

// TestSlow holds that a slow receiver keeps nobody else waiting, and gets all in order.
func TestSlow(t *testing.T) {
	inBubble(t, func(h *hook) {
		h.script = func(int, http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Second) }
		h.start()
		begun := time.Now()
		h.happen(10)
		if took := time.Since(begun); took > 0 {
			t.Errorf("others waited for %s", took)
		}
		time.Sleep(65 * time.Second)
		synctest.Wait()
		if b := h.backlog(); b.After != 3 || b.Waiting != 7 {
			t.Errorf("a minute later %+v", b)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := h.numbers(); got != "1 2 3 4 5 6 7 8 9 10" {
			t.Errorf("arrived: %s", got)
		}
	})
}

// TestLost holds that what is past its time before the receiver takes it is counted, and said.
func TestLost(t *testing.T) {
	inBubble(t, func(h *hook) {
		begun := time.Now()
		h.down = func() bool { return time.Since(begun) < 49*time.Hour }
		h.start()
		for range 4 {
			h.happen(1)
			time.Sleep(12 * time.Hour)
		}
		keep := store.Keep{Unconfirmed: 1e18, Sent: 1e18, Cleanings: 1e18, Events: 30 * time.Hour}
		if n, err := h.store.Prune(t.Context(), keep); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := h.numbers(); got != "3 4" {
			t.Errorf("arrived: %s", got)
		}
		if b := h.backlog(); b.Lost != 2 || b.Waiting != 0 ||
			!strings.Contains(h.log.String(), `"events":2,"from":1,"to":2`) {
			t.Errorf("%+v, log %s", b, &h.log)
		}
	})
}

// TestStop holds how a sender ends, and where the next one begins.
func TestStop(t *testing.T) {
	for _, test := range []struct {
		name    string
		takes   time.Duration // of the receiver, for event 2
		ends    time.Duration // from stopping to the end
		arrived string
	}{
		{"at rest", 0, 0, "1 2 3"},
		{"with a request under way", 4 * time.Second, 3 * time.Second, "1 2 3"},
		{"with one that does not end", time.Hour, drainWithin, "1 2 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(h *hook) {
				first := true
				h.script = func(n int, _ http.ResponseWriter, r *http.Request) {
					if n == 2 && first {
						first = false
						select {
						case <-time.After(test.takes):
						case <-r.Context().Done():
							panic(http.ErrAbortHandler)
						}
					}
				}
				h.start()
				h.happen(2)
				time.Sleep(time.Second)
				begun := time.Now()
				h.stop()
				if took := time.Since(begun); took != test.ends {
					t.Errorf("ended after %s", took)
				}
				h.happen(1)
				h.make(h.sender.Transport)
				h.start()
				if got := h.numbers(); got != test.arrived || h.backlog().After != 3 {
					t.Errorf("arrived: %s; %+v", got, h.backlog())
				}
			})
		})
	}
}

// TestErased holds that an event which waits names nobody any more once the person is erased.
func TestErased(t *testing.T) {
	inBubble(t, func(h *hook) {
		begun := time.Now()
		h.down = func() bool { return time.Since(begun) < time.Hour }
		h.start()
		h.employee("zoe@example.com", "E-ZOE")
		time.Sleep(30 * time.Minute)
		if err := h.store.EraseBiker(t.Context(), "zoe@example.com"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := h.numbers(); got != "1 2 3 4" || h.all[2].kind != "biker.created" {
			t.Errorf("arrived: %s", got)
		}
		for _, m := range h.all {
			if strings.Contains(m.body, "E-ZOE") {
				t.Errorf("an erased person: %s", m.body)
			}
		}
	})
}

// TestSlowErased holds the same where the receiver is slow: what was read of the feed is not kept for long.
func TestSlowErased(t *testing.T) {
	inBubble(t, func(h *hook) {
		h.script = func(int, http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Second) }
		h.start()
		h.happen(5)
		h.employee("zoe@example.com", "E-ZOE")
		time.Sleep(time.Minute)
		if err := h.store.EraseBiker(t.Context(), "zoe@example.com"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for _, m := range h.all {
			if len(h.all) != 9 || strings.Contains(m.body, "E-ZOE") {
				t.Errorf("%d arrived, %s", len(h.all), m.body)
			}
		}
	})
}
