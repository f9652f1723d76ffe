package server

import (
	"bytes"
	"time"

	"postern/server/metrics"
	"postern/server/web"
	"postern/store"
)

var metricsDoc = web.Doc{
	ID: "getMetrics", Summary: "Read what is counted", Text: "Prometheus's text format, without personal data.",
	Out: []web.Answer{web.ReturnsFile("text/plain", "The metrics.")},
}

// writeMetrics answers /metrics in Prometheus's text format.
func (a *App) writeMetrics(c *web.Call) error {
	var text bytes.Buffer
	if err := a.metrics.Write(&text); err != nil {
		return err
	}
	return c.Bytes("text/plain; version=0.0.4; charset=utf-8", text.Bytes())
}

// observed returns what counts the answers of a route.
func (a *App) observed(method, pattern string) web.Observed { return a.metrics.Route(method, pattern) }

// measured is what the metrics ask for when they are written. What the store does not answer counts as not being so:
// one number that cannot be had must not cost a scraper all the others.
func (a *App) measured() metrics.Source {
	return metrics.Source{
		Queue: func() (store.QueueStats, error) { return a.store.QueueStats() },
		Failed: func() int {
			failed, _ := a.store.FailedLastDay()
			return failed
		},
		Connections: func() int { return a.courier.Status().Connections },
		Breaker:     func() bool { return !a.courier.Status().PausedUntil.IsZero() },
		Paused:      func() bool { paused, err := a.store.SendingPaused(); return err == nil && paused },
		Ready:       func() bool { return a.store.Ready() == nil && a.draining.Err() == nil },
		Silent: func() int {
			absent, _ := a.absent()
			return len(absent)
		},
		People:      func() (int, int) { return a.people.get() }, // the count is made after the metrics
		Space:       a.spaceMeasured,
		Hashing:     func() int { return a.hasher.Waiting() },
		Certificate: a.certificateUntil,
		Security: func() map[string]uint64 {
			counts := make(map[string]uint64)
			for _, event := range web.SecurityEvents {
				counts[string(event)] = a.security.Count(event)
			}
			return counts
		},
		Limits:  a.limits.each,
		Webhook: a.webhookMeasured,
		Backup:  a.backupMeasured,
		Now:     a.now,
	}
}

func (a *App) spaceMeasured() (metrics.Space, error) {
	space, err := a.store.Space()
	return metrics.Space(space), err
}

// certificateUntil is when the certificate of TLS_CERT ends; zero: there is none.
func (a *App) certificateUntil() time.Time {
	if a.certificate == nil {
		return time.Time{}
	}
	return a.certificate.Until()
}
