package metrics

import (
	"strconv"
	"time"
)

// Webhook is how posting events goes.
type Webhook struct {
	Waiting    uint64    // events that the receiver has not taken
	Oldest     time.Time // when the first of them happened; zero: none waits
	Lost       uint64    // events that were past their time before it took them
	LastStatus int       // of its last answer; 0: none came
	AtFault    bool      // the last try came to nothing
}

// WebhookPosted counts a try to post an event; 0 is no answer.
func (m *Metrics) WebhookPosted(status int) {
	code := "none"
	if status >= 100 && status <= 599 {
		code = strconv.Itoa(status)
	}
	m.webhookTries.add(labelled("code", code))
}

// writeWebhook writes how posting events goes, where there is a receiver.
func (m *Metrics) writeWebhook(t *text) {
	hook, is := m.source.Webhook()
	if !is {
		return
	}
	age := 0.0
	if !hook.Oldest.IsZero() {
		age = max(0, m.source.Now().Sub(hook.Oldest).Seconds())
	}
	t.single("postern_webhook_waiting_events", gauge, "Events that the webhook's receiver has not taken.",
		float64(hook.Waiting))
	t.single("postern_webhook_oldest_waiting_seconds", gauge, "Seconds since the first of those happened.", age)
	t.single("postern_webhook_lost_events_total", counter,
		"Events that were past KEEP_EVENTS before the webhook's receiver took them.", float64(hook.Lost))
	t.single("postern_webhook_at_fault", gauge, "1 while the webhook's receiver does not take an event.",
		one(hook.AtFault))
	t.single("postern_webhook_last_status", gauge, "Status of the webhook's receiver's last answer, 0 where none came.",
		float64(hook.LastStatus))
	m.webhookTries.write(t, "postern_webhook_posts_total", "Tries to post an event, by the answer's status.")
}
