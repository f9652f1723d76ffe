package store

import (
	"postern/store/series"
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

// TestCounted: what is counted is there again after a start, with the event up to which it is; old slots are dropped.
func TestCounted(t *testing.T) {
	c, dir := newClock(), t.TempDir()
	s, err := Open(dir, testOptions(at(c)))
	must(t, err)
	addPartner(t, s, "Acme")
	created(t, s, "Acme", "zoe@example.com")
	var seen []string
	next, err := s.FollowEvents(0, 2, func(kind string, at time.Time) { seen = append(seen, kind) })
	must(t, err)
	next, err = s.FollowEvents(next, 9, func(kind string, _ time.Time) { seen = append(seen, kind) })
	const want = "operator.plan_added operator.partner_added biker.created"
	if err != nil || next != 4 || strings.Join(seen[1:], " ") != want {
		t.Errorf("%q up to %d, %v", seen, next, err)
	}
	if again, err := s.FollowEvents(next, 9, nil); err != nil || again != next {
		t.Errorf("behind the last: %d, %v", again, err)
	}
	now := c.Now().Truncate(series.Span)
	slots := []series.Slot{{At: now.Add(-series.Span), Sent: 1}, {At: now, Bikers: 1, Commit: series.Delays{1, 2}}}
	must(t, s.KeepCounted(ctx, next, slots, now.Add(-series.Kept)))
	must(t, s.Close())
	s = openTestIn(t, dir, at(c))
	after, kept, err := s.Counted()
	if err != nil || after != next || len(kept) != 2 || kept[1].Commit.Count() != 3 || !kept[1].At.Equal(now) {
		t.Errorf("%d %+v, %v", after, kept, err)
	}
	slots[1].Bikers = 2
	must(t, s.KeepCounted(ctx, next, slots[1:], now))
	if _, kept, err = s.Counted(); err != nil || len(kept) != 1 || kept[0].Bikers != 2 {
		t.Errorf("%+v, %v", kept, err)
	}
}
