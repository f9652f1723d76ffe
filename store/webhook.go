package store

import (
	"context"
	"time"
)

// WebhookCursor says how far the webhook's receiver has got in the operator's feed. It is written after the receiver
// has taken events, so that those since the last write are posted again after a crash: at least once, and in order.
type WebhookCursor struct {
	After uint64 `json:"after"`         // the last event that it took, or need not take
	Lost  uint64 `json:"lost,omitzero"` // events that were past their time before it took them
}

// BeginWebhook returns the cursor, which is made where there is none: at the end of the feed, as a receiver that is
// named today is not there for what happened before.
func (s *Store) BeginWebhook(ctx context.Context) (WebhookCursor, error) {
	return writeVital(ctx, s, func(t tx) (WebhookCursor, error) {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil || file.Webhook != nil {
			return valueOf(file.Webhook), err
		}
		file.Webhook = &WebhookCursor{After: t.lastEvent()}
		return *file.Webhook, metas.Put(t.Tx, metaKey, file)
	})
}

func valueOf[T any](pointer *T) (value T) {
	if pointer != nil {
		value = *pointer
	}
	return value
}

// MoveWebhook writes how far the receiver has got.
func (s *Store) MoveWebhook(ctx context.Context, to WebhookCursor) error {
	return updateVital(ctx, s, func(t tx) error {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil {
			return err
		}
		file.Webhook = &to
		return metas.Put(t.Tx, metaKey, file)
	})
}

// EndWebhook forgets the cursor, and tells whether there was one and how many events its receiver has not taken.
func (s *Store) EndWebhook(ctx context.Context) (was bool, left uint64, err error) {
	backlog, was, err := s.Webhook()
	if err != nil || !was {
		return false, 0, err
	}
	return true, backlog.Waiting, updateVital(ctx, s, func(t tx) error {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil {
			return err
		}
		file.Webhook = nil
		return metas.Put(t.Tx, metaKey, file)
	})
}

// WebhookBacklog is what the webhook's receiver has still to take.
type WebhookBacklog struct {
	WebhookCursor
	Waiting uint64    // events
	Oldest  time.Time // when the first of them happened; zero: none waits
}

// Webhook looks where the webhook stands; is tells whether there is one.
func (s *Store) Webhook() (backlog WebhookBacklog, is bool, err error) {
	backlog, err = read(s, func(t tx) (WebhookBacklog, error) {
		file, _, err := metas.Get(t.Tx, metaKey)
		if is = file.Webhook != nil; err != nil || !is {
			return WebhookBacklog{}, err
		}
		b := WebhookBacklog{WebhookCursor: *file.Webhook, Waiting: t.lastEvent() - file.Webhook.After}
		first, found, err := events.Get(t.Tx, seqKey(max(b.After+1, t.oldestEvent())))
		if found {
			b.Oldest = first.At
		}
		return b, err
	})
	return backlog, is, err
}
