package partner

import (
	"sync"
	"time"

	"postern/server/web"
	"postern/store/refuse"
)

// How many calls may wait for events at once: each holds a connection and some 20 KiB.
const (
	waitersInAll = 1000
	waitersOfOne = 32
)

// waiters counts the calls that wait for events.
type waiters struct {
	mu    sync.Mutex
	tally web.Tally // guarded by mu; by partner
}

const retryWaiting = 5 * time.Second

var (
	errManyWait = &refuse.Refusal{Kind: refuse.TooMany, RetryAfter: retryWaiting,
		Reason: "As many of your calls as may wait for events do so already: let one reader wait, or ask without wait."}
	errAllWait = &refuse.Refusal{Kind: refuse.Unavailable, RetryAfter: retryWaiting,
		Reason: "As many calls as may wait for events do so already; ask again in a moment, or without wait."}
)

// take lets one more call of a partner wait, until leave is called.
func (w *waiters) take(partner string) (leave func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.tally.Of(partner) >= waitersOfOne:
		return nil, errManyWait
	case w.tally.All >= waitersInAll:
		return nil, errAllWait
	}
	w.tally.Count(partner, 1)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tally.Count(partner, -1)
	}, nil
}
