package metrics

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"postern/store"
)

// TestWrite holds names, labels and values.
func TestWrite(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	m := New(Source{
		Queue: func() (store.QueueStats, error) {
			return store.QueueStats{Counts: map[store.LetterState]int{store.LetterQueued: 3, store.LetterHeld: 1}, Oldest: now.Add(-90 * time.Second)}, nil
		},
		Failed: func() int { return 4 }, Connections: func() int { return 2 }, Breaker: func() bool { return true }, Paused: func() bool { return false },
		Ready: func() bool { return true }, Silent: func() int { return 1 },
		Security: func() map[string]uint64 { return map[string]uint64{"over_limit": 7} }, Now: func() time.Time { return now },
		Limits: func(each func(limit, outcome string, count uint64)) { each("sign_in", "refused", 3) },
	})
	sent := store.Attempt{Class: store.AttemptSent, Phase: "dot", Code: 250}
	m.Attempted(store.LetterWelcome, sent, store.LetterSent, 700*time.Millisecond)
	m.Attempted(store.LetterWelcome, sent, store.LetterSent, 2*time.Minute)
	m.Attempted(store.LetterActivate, store.Attempt{Class: store.AttemptUncertain, Phase: "dot"}, store.LetterQueued, 0)
	m.Paused(true)
	m.Paused(false)
	var out bytes.Buffer
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`postern_letters{state="queued"} 3`, `postern_letters{state="held"} 1`, `postern_letters{state="failed"} 0`, `postern_letters_failed_last_day 4`,
		`postern_oldest_due_letter_seconds 90`, `postern_smarthost_connections 2`, `postern_smarthost_at_fault 1`,
		`postern_sending_paused 0`, `postern_ready 1`, `postern_silent_partners 1`, `postern_security_events_total{event="over_limit"} 7`, `postern_smarthost_pauses_total 1`,
		`postern_letter_attempts_total{class="sent",phase="dot",code="250"} 2`,
		`postern_letter_attempts_total{class="uncertain",phase="dot",code="none"} 1`,
		`postern_letter_outcomes_total{kind="welcome",state="sent"} 2`,
		`postern_letter_sent_seconds_bucket{le="0.5"} 0`, `postern_letter_sent_seconds_bucket{le="1"} 1`,
		`postern_letter_sent_seconds_bucket{le="300"} 2`, `postern_letter_sent_seconds_bucket{le="+Inf"} 2`,
		`postern_letter_sent_seconds_sum 120.7`, `postern_letter_sent_seconds_count 2`,
	} {
		if !strings.Contains("\n"+out.String(), "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if !strings.Contains(out.String(), "\nprocess_resident_memory_anon_bytes ") {
		t.Error("nothing about the process")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

// TestUnreadable holds that nothing half is written where the store does not answer.
func TestUnreadable(t *testing.T) {
	broken := errors.New("broken")
	m := New(Source{Queue: func() (store.QueueStats, error) { return store.QueueStats{}, broken }})
	var out bytes.Buffer
	if err := m.Write(&out); !errors.Is(err, broken) || out.Len() > 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}
