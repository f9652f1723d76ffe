package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// event is one thing that has happened, as feed and webhook tell it.
type event struct {
	Seq              int
	Type             string
	CleaningActionID string
}

// aboutCleaning reports whether it says what has become of that cleaning.
func (e event) aboutCleaning(id string) bool {
	return e.CleaningActionID == id && (strings.HasPrefix(e.Type, "cleaning.") || strings.HasPrefix(e.Type, "load."))
}

// receiver is an operator's system to which an appliance posts its events. It takes none whose signature the library
// of Standard Webhooks does not.
type receiver struct {
	server   *httptest.Server
	secret   string // in a file
	verifier *standardwebhooks.Webhook

	mu      sync.Mutex
	got     []event
	faults  []error
	changed chan struct{} // closed by the next event
}

func newReceiver(dir string) (*receiver, error) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr" // of nobody
	r := &receiver{secret: filepath.Join(dir, "webhook.secret"), changed: make(chan struct{})}
	var err error
	if r.verifier, err = standardwebhooks.NewWebhook(secret); err != nil {
		return nil, err
	}
	if err := os.WriteFile(r.secret, []byte(secret+"\n"), 0o600); err != nil {
		return nil, err
	}
	r.server = httptest.NewServer(r)
	return r, nil
}

// settings have an appliance post its events here.
func (r *receiver) settings() []string {
	return []string{"WEBHOOK_URL=" + r.server.URL, "WEBHOOK_SECRET_FILE=" + r.secret}
}

// ServeHTTP takes one event.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = r.verifier.Verify(body, request.Header)
	}
	var posted struct{ Data event }
	if err == nil {
		err = json.Unmarshal(body, &posted)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.faults = append(r.faults, fmt.Errorf("the webhook: %w: %s", err, body))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.got = append(r.got, posted.Data)
	close(r.changed)
	r.changed = make(chan struct{})
}

// stop ends it, and tells what was posted wrongly.
func (r *receiver) stop() error {
	r.server.Close()
	return errors.Join(r.faults...)
}

// about are the types of the events of that cleaning so far, and a channel that the next event closes.
func (r *receiver) about(id string) (types []string, next <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.got {
		if e.aboutCleaning(id) {
			types = append(types, e.Type)
		}
	}
	return types, r.changed
}

// wantsEvents waits until the webhook's receiver and the partner, by the feed, have been told of the cleaning of that
// page what is wanted, in that order and nothing else.
func wantsEvents(t *testing.T, page string, want ...string) {
	t.Helper()
	late := time.After(patience)
	for {
		types, next := hooks.about(path.Base(page))
		if slices.Equal(types, want) {
			break
		}
		select {
		case <-next:
		case <-late:
			t.Fatalf("the webhook has told of %q, not of %q", types, want)
		}
	}
	if types := postern.feed(t, path.Base(page), len(want)); !slices.Equal(types, want) {
		t.Errorf("the partner's feed tells of %q, not of %q", types, want)
	}
}

// feed reads the partner's feed up to so many events about a cleaning, and gives their types.
func (a *appliance) feed(t *testing.T, id string, most int) (types []string) {
	t.Helper()
	var answer struct {
		Events []event
		Next   int
	}
	for len(types) < most {
		query := url.Values{"after": {fmt.Sprint(answer.Next)}, "limit": {"500"}, "wait": {"5s"}}
		answer.Events = nil
		a.json(t, http.MethodGet, "/partner/v1/events?"+query.Encode(), nil, &answer,
			"Authorization", "Bearer "+a.token)
		if len(answer.Events) == 0 {
			break
		}
		for _, e := range answer.Events {
			if e.aboutCleaning(id) {
				types = append(types, e.Type)
			}
		}
	}
	return types
}
