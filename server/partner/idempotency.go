package partner

import (
	"net/http"
	"regexp"
	"sync"
	"time"

	"postern/store/refuse"
)

// idempotencyKey reads the header Idempotency-Key; empty: there is none.
func idempotencyKey(header http.Header) (string, error) {
	given := header["Idempotency-Key"]
	switch {
	case len(given) == 0:
		return "", nil
	case len(given) > 1:
		return "", refuse.New(refuse.Invalid, "The header Idempotency-Key is given twice.")
	case !isKey(given[0]):
		return "", refuse.New(refuse.Invalid,
			"An Idempotency-Key is 1 to 255 visible ASCII characters, without spaces.")
	}
	return given[0], nil
}

// An Idempotency-Key is as long as this at most, and looks like this.
const (
	longestKey = 255
	keyPattern = "^[!-~]+$"
)

var keyForm = regexp.MustCompile(keyPattern)

func isKey(text string) bool { return len(text) <= longestKey && keyForm.MatchString(text) }

// running are the calls with an Idempotency-Key that are under way. They need no store: where a process ends, so do
// they.
type running struct {
	mu   sync.Mutex
	keys map[string]struct{} // guarded by mu
}

var errRunning = &refuse.Refusal{Kind: refuse.Conflict, RetryAfter: 2 * time.Second,
	Reason: "The first call with this Idempotency-Key is still being done; repeat it in a moment for its answer."}

// begin lets one call at a time run for a partner's key. Who has begun calls end.
func (r *running) begin(partner, key string) (end func(), err error) {
	name := partner + "\x00" + key
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.keys[name]; taken {
		return nil, errRunning
	}
	r.keys[name] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.keys, name)
	}, nil
}
