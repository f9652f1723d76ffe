// Package history keeps what the console's plots show: per half hour of the last month, how many letters went out and
// failed, who registered, how deep the queue was, and how long commits and the smarthost took.
//
// Nothing of it is on the path of a call. What events tell is read from the feed behind its end, in stretches, and
// stored with the number of the last event that it holds: after a crash the rest is read again, so that these counts
// are exact, as long as the events are kept. What no event tells, delays and the queue's depth, is measured in memory
// and stored once a minute: a crash loses that minute.
package history

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
	"postern/store/series"
)

// Options are the plain values that a History is made of.
type Options struct {
	Store *store.Store
	Log   zerolog.Logger
	Now   func() time.Time
	Every time.Duration // how often it counts; 0: 10 s
	Keep  time.Duration // how often it stores what it has counted; 0: 1 minute
}

// History counts as long as Run runs. It is safe for concurrent use.
type History struct {
	Options

	mu       sync.Mutex
	series   *series.Series // guarded by mu, like what follows
	after    uint64         // the last event that is counted
	isLoaded bool           // what was stored is in series

	delays   sync.Mutex // its own, since commits wait for it; guards measured
	measured series.Slot
}

// New makes a history that knows nothing yet: what was stored comes with Run.
func New(o Options) *History {
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	if o.Keep == 0 {
		o.Keep = time.Minute
	}
	return &History{Options: o, series: series.New(nil)}
}

// Committed notes how long a commit took.
func (h *History) Committed(took time.Duration) {
	h.delays.Lock()
	defer h.delays.Unlock()
	h.measured.Commit.Add(took)
}

// Attempted notes how long the smarthost took over a letter that it has taken, and how long that had waited; it is one
// of the courier's observers.
func (h *History) Attempted(_ store.LetterKind, a store.Attempt, _ store.LetterState, waited time.Duration) {
	if a.Class != store.AttemptSent {
		return
	}
	h.delays.Lock()
	defer h.delays.Unlock()
	h.measured.Mail.Add(time.Duration(a.Took))
	h.measured.Wait.Add(waited)
}

// Paused is the other half of what the courier tells its observers: nothing that is plotted.
func (h *History) Paused(bool) {}

// Between are the slots of a span of time, the oldest first. Events up to now are in them, unless there are so many new
// ones that counting takes longer than a reader should wait.
func (h *History) Between(ctx context.Context, from, to time.Time) []series.Slot {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := h.load(); err == nil {
		_ = h.follow(ctx) // a fault is told by Run, which meets it as well
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.series.Between(from, to)
}

// Run counts until ctx ends, and stores what it has counted then. A failure is logged and no end: it is tried again.
func (h *History) Run(ctx context.Context) error {
	tick := time.NewTicker(h.Every)
	defer tick.Stop()
	kept := h.Now()
	for {
		h.count(ctx)
		if h.Now().Sub(kept) >= h.Keep {
			kept = h.Now()
			h.keep(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			ctx = context.WithoutCancel(ctx)
			h.count(ctx)
			h.keep(ctx)
			return nil
		}
	}
}

// count takes up what has happened since the last time.
func (h *History) count(ctx context.Context) {
	err := h.load()
	if err == nil {
		err = h.follow(ctx)
	}
	var letters map[store.LetterState]int
	if err == nil {
		letters, err = h.Store.LetterCounts()
	}
	if err != nil {
		h.Log.Error().Err(err).Msg("what the plots show could not be counted; it is tried again")
		return
	}
	h.delays.Lock()
	measured := h.measured
	h.measured = series.Slot{}
	h.delays.Unlock()
	measured.Queue = letters[store.LetterQueued] + letters[store.LetterHeld]
	measured.Seen = 1
	h.mu.Lock()
	defer h.mu.Unlock()
	h.series.At(h.Now()).Add(measured)
}

// load reads what was stored. At the very first start it begins with the events of the month before.
func (h *History) load() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isLoaded {
		return nil
	}
	after, kept, err := h.Store.Counted()
	if err == nil && after == 0 {
		after, err = h.Store.LastEventBefore(h.Now().Add(-series.Kept))
	}
	if err != nil {
		return err
	}
	h.series, h.after, h.isLoaded = series.New(kept), after, true
	return nil
}

// stretch is how many events are counted at once: a read that lasts keeps pages from being used again.
const stretch = 2000

// follow counts the events up to the last one, or until ctx ends.
func (h *History) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		h.mu.Lock()
		next, err := h.Store.FollowEvents(h.after, stretch, h.countEvent)
		isEnd := next == h.after
		h.after = next
		h.mu.Unlock()
		if err != nil || isEnd {
			return err
		}
	}
	return nil
}

// countEvent counts one event. The lock is held.
func (h *History) countEvent(kind string, at time.Time) {
	switch kind {
	case "letter.sent":
		h.series.At(at).Sent++
	case "letter.failed":
		h.series.At(at).Failed++
	case "biker.created":
		h.series.At(at).Bikers++
	case "user.registered":
		h.series.At(at).Users++
	}
}

// keep stores what has changed. Where that fails, it is all stored with the next time.
func (h *History) keep(ctx context.Context) {
	h.mu.Lock()
	before := h.Now().Add(-series.Kept)
	h.series.Forget(before)
	changed, after, isLoaded := h.series.Changed(), h.after, h.isLoaded
	h.mu.Unlock()
	if !isLoaded {
		return
	}
	if err := h.Store.KeepCounted(ctx, after, changed, before); err != nil {
		h.Log.Error().Err(err).Msg("what the plots show could not be stored; it is tried again")
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, slot := range changed {
			h.series.At(slot.At)
		}
	}
}
