package server

import (
	"context"
	"sync"
	"time"

	"postern/store"
)

// A partner that posts every few minutes and stops is a fault that nobody sees otherwise: people register there, and
// never get their mail. Calls are noted in memory alone, as most of them write nothing; after a start all partners
// have called just now.

// silentAfter is how many expected calls a partner may miss: one may be lost, and the next is late where a list was
// long.
const silentAfter = 3

// silenceWatch notes when each partner called last. It is safe for concurrent use.
type silenceWatch struct {
	now   func() time.Time
	since time.Time

	mu   sync.Mutex
	seen map[string]time.Time // by name, of partners who proved who they are: it grows no further; guarded by mu
}

func newSilenceWatch(now func() time.Time) *silenceWatch {
	return &silenceWatch{now: now, since: now(), seen: make(map[string]time.Time)}
}

// note is told of every call of a partner.
func (w *silenceWatch) note(partner string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[partner] = w.now()
}

// last tells when a partner called last; zero: not since the start.
func (w *silenceWatch) last(partner string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[partner]
}

// absentPartner is one that has been silent for three of its intervals.
type absentPartner struct {
	Name        string    `json:"name"`
	SilentSince time.Time `json:"silentSince"` // its last call; if none since the appliance started, that start
}

// absent lists those partners of whom calls are expected and do not come.
func (w *silenceWatch) absent(partners []store.Partner) (list []absentPartner) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, partner := range partners {
		seen := later(later(w.seen[partner.Name], w.since), partner.AddedAt)
		expected := silentAfter * time.Duration(partner.ExpectEvery)
		if expected > 0 && partner.RevokedAt.IsZero() && w.now().Sub(seen) >= expected {
			list = append(list, absentPartner{partner.Name, seen.UTC()})
		}
	}
	return list
}

// absent lists the partners of whom calls are expected and do not come.
func (a *App) absent() ([]absentPartner, error) {
	partners, err := a.store.Partners()
	if err != nil {
		return nil, err
	}
	return a.silence.absent(partners), nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// silenceEvery is how often absent partners are looked for: often enough for an interval of a second, as it costs one
// read of a table with a handful of records.
const silenceEvery = time.Second

// watchPartners logs who has become silent, and who is back.
func (a *App) watchPartners(ctx context.Context) error {
	tick := time.NewTicker(silenceEvery)
	defer tick.Stop()
	missing := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			missing = a.logAbsent(missing)
		}
	}
}

func (a *App) logAbsent(before map[string]bool) (now map[string]bool) {
	absent, err := a.absent()
	if err != nil {
		a.fault(err).Msg("partners cannot be read")
		return before
	}
	now = make(map[string]bool)
	for _, partner := range absent {
		now[partner.Name] = true
		if !before[partner.Name] {
			a.log.Warn().Str("partner", partner.Name).Time("silentSince", partner.SilentSince).
				Msg("a partner that should call has been silent for three intervals")
		}
	}
	for name := range before {
		if !now[name] {
			a.log.Info().Str("partner", name).Msg("a silent partner calls again, or is no longer expected to")
		}
	}
	return now
}
