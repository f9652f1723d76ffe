package server

import (
	"bytes"
	"net/http"
	"time"

	"postern/server/metrics"
	"postern/server/web"
	"postern/store"
)

// alive answers /healthz. It looks at nothing: whoever restarts what is not alive must not do so because a disk is full
// or a smarthost is down, which a restart does not mend.
type alive struct {
	Status string `json:"status" doc:"Always ok: whoever can answer, lives."`
}

var healthzDoc = web.Doc{
	ID: "getHealth", Summary: "Ask whether the appliance lives",
	Out: []web.Answer{web.Returns[alive](http.StatusOK, "It lives.")},
}

func (a *App) healthz(c *web.Call) error { return c.JSON(http.StatusOK, alive{"ok"}) }

// readiness answers /readyz. The details are the operator's alone: they name partners, and repeat a smarthost's words.
type readiness struct {
	Status  string           `json:"status" doc:"ready, or not ready."`
	Details *readinessDetail `json:"details,omitempty"`
}

type readinessDetail struct {
	Store   string                    `json:"store" doc:"ok, or why no write is accepted."`
	Sending sendingDetail             `json:"sending"`
	Letters map[store.LetterState]int `json:"letters"`
	Failed  int                       `json:"failedLastDay" doc:"Letters that failed in the last day."`
	Silent  []absentPartner           `json:"silentPartners,omitempty" doc:"Whose calls are expected, and do not come."`
	Limits  []limitInForce            `json:"limits,omitempty" doc:"That something went over within an hour."`
	Webhook *webhookDetail            `json:"webhook,omitempty" doc:"A receiver that is down makes nothing unready."`
	Backup  *backupDetail             `json:"backup,omitempty" doc:"One that cannot be made makes nothing unready."`
	Bounces *bouncesDetail            `json:"bounces" doc:"How mail comes back; its ways make nothing unready."`
}

type sendingDetail struct {
	Paused      bool      `json:"paused" doc:"Whether the operator has paused it."`
	PausedUntil time.Time `json:"pausedUntil,omitzero" doc:"The smarthost is at fault; tried again then."`
	Fault       string    `json:"fault,omitzero" doc:"Its last one: phase and words."`
	Connections int       `json:"connections"`
}

var readyzDoc = web.Doc{
	ID: "getReadiness", Summary: "Ask whether writes are taken",
	Text: "Details are there for the operator alone.",
	Out: []web.Answer{
		web.Returns[readiness](http.StatusOK, "Writes are taken."),
		web.Returns[readiness](http.StatusServiceUnavailable, "No writes are taken now, or the appliance is stopping."),
	},
}

// readyz says whether writes are taken. A smarthost that is down makes nothing unready: letters wait.
func (a *App) readyz(c *web.Call) error {
	fault := a.store.Ready()
	answer, status := readiness{Status: "ready"}, http.StatusOK
	if fault != nil || a.draining.Err() != nil {
		answer.Status, status = "not ready", http.StatusServiceUnavailable
		c.W.Header().Set("Retry-After", "30")
	}
	if c.Operator() {
		var err error
		if answer.Details, err = a.readinessDetail(fault); err != nil {
			return err
		}
	}
	return c.JSON(status, answer)
}

func (a *App) readinessDetail(fault error) (*readinessDetail, error) {
	detail := &readinessDetail{Store: "ok"}
	if fault != nil {
		detail.Store = fault.Error()
	}
	if a.draining.Err() != nil {
		detail.Store = "the appliance is stopping"
	}
	var err error
	if detail.Letters, err = a.store.LetterCounts(); err != nil {
		return nil, err
	}
	if detail.Failed, err = a.failedLastDay(); err != nil {
		return nil, err
	}
	if detail.Sending.Paused, err = a.store.SendingPaused(); err != nil {
		return nil, err
	}
	if detail.Webhook, err = a.webhookDetail(); err != nil {
		return nil, err
	}
	if detail.Backup, err = a.backupDetail(); err != nil {
		return nil, err
	}
	partners, err := a.store.Partners()
	if err != nil {
		return nil, err
	}
	detail.Silent = a.silence.absent(partners)
	detail.Limits, detail.Bounces = a.limits.inForce(), a.bouncesDetail()
	status := a.courier.Status()
	detail.Sending.PausedUntil, detail.Sending.Connections = status.PausedUntil, status.Connections
	if !status.PausedUntil.IsZero() {
		detail.Sending.Fault = status.Fault.Phase + ": " + status.Fault.Text
	}
	return detail, nil
}

// failedLastDay counts the letters that failed in the last 24 hours.
func (a *App) failedLastDay() (int, error) { return a.store.FailedSince(a.now().Add(-24 * time.Hour)) }

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

// measured is what the metrics ask for when they are written. What the store does not answer counts as not being so:
// one number that cannot be had must not cost a scraper all the others.
func (a *App) measured() metrics.Source {
	return metrics.Source{
		Queue: func() (store.QueueStats, error) { return a.store.QueueStats() },
		Failed: func() int {
			failed, _ := a.failedLastDay()
			return failed
		},
		Connections: func() int { return a.courier.Status().Connections },
		Breaker:     func() bool { return !a.courier.Status().PausedUntil.IsZero() },
		Paused:      func() bool { paused, err := a.store.SendingPaused(); return err == nil && paused },
		Ready:       func() bool { return a.store.Ready() == nil && a.draining.Err() == nil },
		Silent: func() int {
			partners, _ := a.store.Partners()
			return len(a.silence.absent(partners))
		},
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
