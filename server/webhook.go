package server

import (
	"context"
	"time"

	"postern/server/metrics"
	"postern/server/webhook"
)

// newWebhook makes the sender of the settings; nil where there is no receiver.
func (a *App) newWebhook() *webhook.Sender {
	if a.config.Webhook == nil {
		return nil
	}
	return webhook.New(webhook.Options{Store: a.store, URL: a.config.Webhook.URL, Secrets: a.config.Webhook.Secrets,
		Log: a.log, Now: a.now, Posted: a.metrics.WebhookPosted})
}

// settleWebhook keeps or forgets from where events are posted, before anything can happen: the first call that is
// answered has its event posted. Where the file takes no writes now, the sender begins later, and says why.
func (a *App) settleWebhook(ctx context.Context) {
	if a.webhook == nil {
		a.forgetWebhook(ctx)
		return
	}
	_, _ = a.store.BeginWebhook(ctx)
}

// forgetWebhook ends what an appliance with a receiver has begun: one that is named again is there from then on.
func (a *App) forgetWebhook(ctx context.Context) {
	switch was, left, err := a.store.EndWebhook(ctx); {
	case err != nil:
		a.log.Error().Err(err).Msg("how far a former webhook has got cannot be forgotten")
	case was:
		a.log.Warn().Uint64("events", left).Msg("POSTERN_WEBHOOK_URL is no longer set: events that its receiver has " +
			"not taken are not posted any more")
	}
}

// webhookDetail is what readiness tells the operator of the webhook.
type webhookDetail struct {
	Receiver   string    `json:"receiver"`            // host
	Delivered  uint64    `json:"delivered"`           // number of the last event that it took
	Waiting    uint64    `json:"waiting"`             // events that it has not taken
	OldestAt   time.Time `json:"oldestAt,omitzero"`   // when the first of them happened
	LastStatus int       `json:"lastStatus,omitzero"` // of its last answer
	Fault      string    `json:"fault,omitzero"`      // why the last try came to nothing
	Since      time.Time `json:"faultSince,omitzero"`
	NextTry    time.Time `json:"nextTry,omitzero"`
	Lost       uint64    `json:"lost,omitzero"` // events that were past KEEP_EVENTS before it took them
}

// webhookDetail is nil where there is no receiver.
func (a *App) webhookDetail() (*webhookDetail, error) {
	if a.webhook == nil {
		return nil, nil
	}
	backlog, _, err := a.store.Webhook()
	if err != nil {
		return nil, err
	}
	s := a.webhook.Status()
	return &webhookDetail{Receiver: a.config.Webhook.URL.Host, Delivered: backlog.After, Waiting: backlog.Waiting,
		OldestAt: backlog.Oldest, LastStatus: s.LastStatus, Fault: s.Fault, Since: s.Since.UTC(),
		NextTry: s.NextTry.UTC(), Lost: backlog.Lost}, nil
}

// webhookMeasured is what the metrics tell of the webhook; is tells whether there is one.
func (a *App) webhookMeasured() (m metrics.Webhook, is bool) {
	if a.webhook == nil {
		return metrics.Webhook{}, false
	}
	backlog, _, err := a.store.Webhook()
	if err != nil {
		return metrics.Webhook{}, false
	}
	s := a.webhook.Status()
	return metrics.Webhook{Waiting: backlog.Waiting, Oldest: backlog.Oldest, Lost: backlog.Lost,
		LastStatus: s.LastStatus, AtFault: s.Fault != ""}, true
}
