package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"postern/store"
)

// TestWebhook has the receiver refuse, and then take, what happens; and a start without it, which ends its turn.
func TestWebhook(t *testing.T) {
	dir := t.TempDir()
	hook := newHookReceiver(t, dir)
	refused := make(chan struct{}, 100)
	hook.answer = func(w http.ResponseWriter, _ uint64) {
		w.WriteHeader(http.StatusInternalServerError)
		refused <- struct{}{}
	}
	settings := append([]string{"DATA=" + dir}, hook.settings...)
	app := run(t, settings...)
	for n := range 3 {
		status := app.register(t, http.DefaultClient, fmt.Sprintf("p%d@example.com", n))
		if status != http.StatusCreated {
			t.Fatalf("answered %d while the receiver refuses", status)
		}
	}
	<-refused
	<-refused // the first one is noted by then
	_, _, body := get(t, http.DefaultClient, app.url+"/readyz")
	for _, part := range []string{`{"status":"ready"`, `"webhook":{"receiver":"127.0.0.1:`, `"delivered":0,"waiting":`,
		`"fault":"answered 500 Internal Server Error"`} {
		if !strings.Contains(body, part) {
			t.Errorf("readiness: %s, want %s", body, part)
		}
	}
	_, _, body = get(t, http.DefaultClient, app.url+"/metrics")
	if !strings.Contains(body, "postern_webhook_at_fault 1\n") ||
		!strings.Contains(body, `postern_webhook_posts_total{code="500"}`) {
		t.Errorf("metrics: %s", body)
	}
	hook.takeAll()
	hook.await(t, 6) // three registrations, three letters
	app.stop()

	t.Setenv("POSTERN_WEBHOOK_URL", "")
	t.Setenv("POSTERN_WEBHOOK_SECRET_FILE", "")
	app = run(t, settings[0])
	if _, _, body = get(t, http.DefaultClient, app.url+"/readyz"); strings.Contains(body, `"webhook"`) {
		t.Errorf("readiness without one: %s", body)
	}
	app.register(t, http.DefaultClient, "unseen@example.com")
	app.stop()
	s, err := store.Open(dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	_, last, err := s.KeptEvents()
	if _, is, fault := s.Webhook(); is || err != nil || fault != nil || s.Close() != nil {
		t.Errorf("the file knows a webhook: %v, %v, %v", is, err, fault)
	}

	hook.expectAfter(last)
	app = run(t, settings...)
	app.register(t, http.DefaultClient, "again@example.com")
	hook.await(t, last+2)
	if hook.again > 0 {
		t.Errorf("%d events were posted again", hook.again)
	}
}

// hookReceiver takes events over a real connection. It holds them to be in order and signed.
type hookReceiver struct {
	settings []string // of the appliance

	mu      sync.Mutex
	last    uint64 // guarded by mu, like what follows
	again   int
	changed chan struct{}                           // closed and replaced at each event
	answer  func(w http.ResponseWriter, seq uint64) // nil: 204
}

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// newHookReceiver makes one that expects what happens from now on.
func newHookReceiver(t *testing.T, dir string) *hookReceiver {
	t.Helper()
	h := &hookReceiver{changed: make(chan struct{})}
	if s, err := store.Open(dir, store.Options{MailDomain: "example.org"}); err != nil {
		t.Fatal(err)
	} else if _, h.last, err = s.KeptEvents(); err != nil || s.Close() != nil {
		t.Fatal(err)
	}
	judge, err := standardwebhooks.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // killed in the middle of it
		}
		if err := judge.Verify(body, r.Header); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		var message struct {
			Data struct {
				Feed string `json:"feed"`
				Seq  uint64 `json:"seq"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &message); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if id := r.Header.Get("webhook-id"); id != fmt.Sprintf("%s-%d", message.Data.Feed, message.Data.Seq) {
			t.Errorf("event %d is called %s", message.Data.Seq, id)
		}
		h.take(t, w, message.Data.Seq)
	}))
	t.Cleanup(server.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(hookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.settings = []string{"WEBHOOK_URL=" + server.URL + "/hook", "WEBHOOK_SECRET_FILE=" + secret}
	return h
}

func (h *hookReceiver) take(t *testing.T, w http.ResponseWriter, seq uint64) {
	h.mu.Lock()
	answer := h.answer
	h.mu.Unlock()
	if answer != nil {
		answer(w, seq)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case seq <= h.last:
		h.again++
	case seq != h.last+1:
		t.Errorf("event %d was posted after %d", seq, h.last)
	}
	h.last = max(h.last, seq)
	close(h.changed)
	h.changed = make(chan struct{})
	w.WriteHeader(http.StatusNoContent)
}

// await waits until it has an event.
func (h *hookReceiver) await(t *testing.T, seq uint64) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		h.mu.Lock()
		last, changed := h.last, h.changed
		h.mu.Unlock()
		if last >= seq {
			return
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("it has %d, and not %d", last, seq)
		}
	}
}

// takeAll ends the refusing.
func (h *hookReceiver) takeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = nil
}

// expectAfter says which event is the last that it is not to get.
func (h *hookReceiver) expectAfter(seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = seq
}
