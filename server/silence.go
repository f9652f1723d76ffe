package server

import (
	"context"
	"sync"
	"time"

	"postern/store"
)

// A partner that posts every few minutes and stops is a fault that nobody sees otherwise: people register there, and never
// get their mail. Calls are noted in memory alone, as most of them write nothing; after a start all partners have called
// just now.

// silentAfter is how many expected calls a partner may miss.
const silentAfter = 3

// attendance notes when each partner called last. It is safe for concurrent use.
type attendance struct {
	now   func() time.Time
	since time.Time

	mu   sync.Mutex
	seen map[string]time.Time // by name; guarded by mu
}

func newAttendance(now func() time.Time) *attendance {
	return &attendance{now: now, since: now(), seen: make(map[string]time.Time)}
}

// note is told of every call of a partner.
func (a *attendance) note(partner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[partner] = a.now()
}

// absentPartner is one that has been silent for three of its intervals.
type absentPartner struct {
	Name   string    `json:"name"`
	SeenAt time.Time `json:"seenAt"` // its last call; if none since the appliance started, that start
}

// absent lists those partners of whom calls are expected and do not come.
func (a *attendance) absent(partners []store.Partner) (list []absentPartner) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, partner := range partners {
		seen := later(later(a.seen[partner.Name], a.since), partner.AddedAt)
		expected := silentAfter * time.Duration(partner.ExpectEvery)
		if expected > 0 && partner.RevokedAt.IsZero() && a.now().Sub(seen) >= expected {
			list = append(list, absentPartner{partner.Name, seen.UTC()})
		}
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// attendanceEvery is how often absent partners are looked for.
const attendanceEvery = 10 * time.Second

// watchPartners logs who has become silent, and who is back.
func (a *App) watchPartners(ctx context.Context) error {
	tick := time.NewTicker(attendanceEvery)
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
	partners, err := a.store.Partners()
	if err != nil {
		a.log.Error().Err(err).Msg("partners cannot be read")
		return before
	}
	now = make(map[string]bool)
	for _, partner := range a.attendance.absent(partners) {
		now[partner.Name] = true
		if !before[partner.Name] {
			a.log.Warn().Str("partner", partner.Name).Time("seenAt", partner.SeenAt).Msg("a partner that should call has been silent for three intervals")
		}
	}
	for name := range before {
		if !now[name] {
			a.log.Info().Str("partner", name).Msg("a silent partner calls again, or is no longer expected to")
		}
	}
	return now
}
