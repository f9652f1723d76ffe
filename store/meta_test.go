package store

import (
	"strings"
	"testing"
	"time"
)

// TestWebhookCursor follows the cursor from its making, at the end of the feed, to its end.
func TestWebhookCursor(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	s := openTestIn(t, dir, at(c))
	register(t, s, "before@example.com")
	if _, is, err := s.Webhook(); is || err != nil {
		t.Errorf("one that nobody has begun: %v", err)
	}
	if was, _, err := s.EndWebhook(ctx); was || err != nil {
		t.Errorf("ended, and never begun: %v", err)
	}
	if cursor, err := s.BeginWebhook(ctx); err != nil || cursor != (WebhookCursor{After: 1}) {
		t.Errorf("begins with %+v, %v", cursor, err)
	}
	c.Advance(time.Hour)
	want := c.Now()
	register(t, s, "second@example.com")
	c.Advance(time.Hour)
	register(t, s, "third@example.com")
	closeTest(t, s)
	s = openTestIn(t, dir, at(c))
	if cursor, err := s.BeginWebhook(ctx); err != nil || cursor != (WebhookCursor{After: 1}) {
		t.Errorf("goes on with %+v, %v", cursor, err)
	}
	if b, is, err := s.Webhook(); !is || err != nil || b.Waiting != 2 || !b.Oldest.Equal(want) {
		t.Errorf("%+v, %v", b, err)
	}
	must(t, s.MoveWebhook(ctx, WebhookCursor{After: 2, Lost: 1}))
	if b, _, err := s.Webhook(); err != nil || b.Waiting != 1 || b.Lost != 1 || !b.Oldest.Equal(c.Now()) {
		t.Errorf("moved: %+v, %v", b, err)
	}
	c.Advance(years)
	_, err := s.Prune(ctx, Keep{Unconfirmed: years * 2, Sent: years, Events: time.Hour, Cleanings: years})
	must(t, err)
	if b, _, err := s.Webhook(); err != nil || b.Waiting != 1 || !b.Oldest.IsZero() {
		t.Errorf("pruned: %+v, %v", b, err)
	}
	must(t, s.PauseSending(ctx, true)) // which writes the same record
	if was, left, err := s.EndWebhook(ctx); !was || err != nil || left != 2 {
		t.Errorf("ended: %v with %d left, %v", was, left, err)
	}
	if cursor, err := s.BeginWebhook(ctx); err != nil || cursor.After != 4 {
		t.Errorf("begun anew with %+v, %v", cursor, err)
	}
}

// TestWebhookBeyondTheEnd holds that the check of the file sees a cursor that no event has.
func TestWebhookBeyondTheEnd(t *testing.T) {
	s, err := Open(t.TempDir(), testOptions())
	must(t, err)
	must(t, s.MoveWebhook(ctx, WebhookCursor{After: 7}))
	must(t, s.Close())
	faults, err := CheckFile(s.file.Path())
	if err != nil || len(faults) != 1 || !strings.Contains(faults[0], "taken event 7") {
		t.Errorf("%q, %v", faults, err)
	}
}
