package metrics

import (
	"bytes"
	"errors"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/store"
)

// written returns the text of metrics that count something of everything.
func written(t *testing.T) string {
	t.Helper()
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	m := New(Source{
		Queue: func() (store.QueueStats, error) {
			return store.QueueStats{Counts: map[store.LetterState]int{store.LetterQueued: 3, store.LetterHeld: 1},
				Oldest: now.Add(-90 * time.Second)}, nil
		},
		Failed: func() int { return 4 }, Connections: func() int { return 2 },
		Breaker: func() bool { return true }, Paused: func() bool { return false },
		Ready: func() bool { return true }, Silent: func() int { return 1 },
		People: func() (int, int) { return 7, 8 },
		Space: func() (Space, error) {
			return Space{Free: 1 << 30, Total: 1 << 40, Reserve: 64 << 20, File: 1 << 20}, nil
		},
		Hashing:     func() int { return 2 },
		Certificate: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Security:    func() map[string]uint64 { return map[string]uint64{"over_limit": 7, "odd \"\\\n": 1} },
		Now:         func() time.Time { return now },
		Limits:      func(each func(limit, outcome string, count uint64)) { each("sign_in", "refused", 3) },
		Backup:      func() (Backup, bool) { return Backup{At: now.Add(-2 * time.Hour), Failed: 5}, true },
		Webhook: func() (Webhook, bool) {
			return Webhook{Waiting: 12, Oldest: now.Add(-time.Hour), Lost: 2, LastStatus: 503, AtFault: true}, true
		},
	}, Build{Version: "v1.2.3", Commit: "abc"})
	sent := store.Attempt{Class: store.AttemptSent, Phase: "dot", Code: 250}
	m.Attempted(store.LetterWelcome, sent, store.LetterSent, 700*time.Millisecond)
	m.Attempted(store.LetterWelcome, sent, store.LetterSent, 2*time.Minute)
	m.Attempted(store.LetterActivate, store.Attempt{Class: store.AttemptUncertain, Phase: "dot"}, store.LetterQueued, 0)
	m.WebhookPosted(204)
	m.WebhookPosted(0)
	m.WebhookPosted(7777)
	m.Paused(true)
	m.Paused(false)
	m.Committed(3*time.Millisecond, 40)
	m.Told("biker.created")
	m.Hashed(30*time.Millisecond, false)
	m.Hashed(0, true)
	m.Route("GET", "/partner/v1/cleanings/:id")(200, 2*time.Millisecond)
	m.Route("GET", "/partner/v1/cleanings/:id")(404, time.Minute)
	m.Route("", "")(404, 0)
	m.Route("GET", "/never/called")
	var out bytes.Buffer
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestWrite holds names, labels and values.
func TestWrite(t *testing.T) {
	out := written(t)
	for _, line := range []string{
		`postern_letters{state="queued"} 3`, `postern_letters{state="held"} 1`, `postern_letters{state="failed"} 0`,
		`postern_letters_failed_last_day 4`,
		`postern_oldest_due_letter_seconds 90`, `postern_smarthost_connections 2`, `postern_smarthost_at_fault 1`,
		`postern_sending_paused 0`, `postern_ready 1`, `postern_silent_partners 1`,
		`postern_security_events_total{event="over_limit"} 7`,
		`postern_security_events_total{event="odd \"\\\n"} 1`, `postern_smarthost_pauses_total 1`,
		`postern_letter_attempts_total{class="sent",phase="dot",code="250"} 2`,
		`postern_letter_attempts_total{class="uncertain",phase="dot",code="none"} 1`,
		`postern_letter_outcomes_total{kind="welcome",state="sent"} 2`,
		`postern_letter_sent_seconds_bucket{le="0.5"} 0`, `postern_letter_sent_seconds_bucket{le="1"} 1`,
		`postern_letter_sent_seconds_bucket{le="300"} 2`, `postern_letter_sent_seconds_bucket{le="+Inf"} 2`,
		`postern_webhook_waiting_events 12`, `postern_webhook_oldest_waiting_seconds 3600`,
		`postern_webhook_lost_events_total 2`,
		`postern_webhook_at_fault 1`, `postern_webhook_last_status 503`, `postern_webhook_posts_total{code="204"} 1`,
		`postern_webhook_posts_total{code="none"} 2`,
		`postern_people{kind="biker"} 7`, `postern_people{kind="user"} 8`, `postern_events_total{type="biker.created"} 1`,
		`postern_commit_seconds_bucket{le="0.0025"} 0`, `postern_commit_seconds_bucket{le="0.005"} 1`,
		`postern_commit_writes_sum 40`,
		`postern_disk_free_bytes 1073741824`, `postern_disk_reserve_bytes 67108864`, `postern_data_file_bytes 1048576`,
		`postern_disk_size_bytes 1099511627776`, `postern_password_waiting 2`, `postern_password_seconds_count 1`,
		`postern_password_refused_total 1`, `postern_certificate_expiry_timestamp_seconds 1800000000`,
		`postern_build_info{version="v1.2.3",commit="abc",go_version="` + runtime.Version() + `"} 1`,
		`postern_http_requests_total{method="GET",route="/partner/v1/cleanings/:id",status="200"} 1`,
		`postern_http_requests_total{method="GET",route="/partner/v1/cleanings/:id",status="404"} 1`,
		`postern_http_requests_total{method="other",route="none",status="404"} 1`,
		`postern_http_request_seconds_bucket{method="GET",route="/partner/v1/cleanings/:id",le="0.0025"} 1`,
		`postern_http_request_seconds_count{method="GET",route="/partner/v1/cleanings/:id"} 2`,
		`postern_backup_age_seconds 7200`, `postern_backup_failures_total 5`,
		`postern_letter_sent_seconds_sum 120.7`, `postern_letter_sent_seconds_count 2`,
	} {
		if !strings.Contains("\n"+out, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, name := range []string{"process_resident_memory_anon_bytes", "process_cpu_seconds_total", "process_open_fds",
		"process_start_time_seconds", "go_goroutines"} {
		if !strings.Contains(out, "\n"+name+" ") {
			t.Errorf("nothing about %s", name)
		}
	}
	if strings.Contains(out, "/never/called") {
		t.Error("a route that nobody has called has samples")
	}
	if t.Failed() {
		t.Log(out)
	}
}

// TestFormat holds that every name has its HELP and TYPE, once and before its samples, which stand together, and that
// a histogram's buckets are in order and hold one another.
func TestFormat(t *testing.T) {
	sample := regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? (\S+)$`)
	known := make(map[string]bool)
	name, kind, series := "", "", ""
	bound, count := math.Inf(-1), 0.0
	for line := range strings.Lines(written(t)) {
		line = strings.TrimSuffix(line, "\n")
		words := strings.SplitN(line, " ", 4)
		if words[0] == "#" {
			switch {
			case len(words) < 4 || words[3] == "" || words[1] == "TYPE" && words[2] != name:
				t.Errorf("wrong: %s", line)
			case words[1] == "HELP" && known[words[2]]:
				t.Errorf("twice: %s", line)
			case words[1] == "HELP":
				name, known[words[2]], bound, count = words[2], true, math.Inf(-1), 0
			case words[1] == "TYPE" && !slices.Contains([]string{counter, gauge, histogram}, words[3]):
				t.Errorf("no type: %s", line)
			case words[3] == counter && !strings.HasSuffix(name, "_total"):
				t.Errorf("a counter must be called so: %s", line)
			}
			kind = words[3]
			continue
		}
		parts := sample.FindStringSubmatch(line)
		if parts == nil || parts[1] != name && !(kind == histogram && strings.HasPrefix(parts[1], name+"_")) {
			t.Errorf("of no family, or not among its own: %s", line)
			continue
		}
		value, err := strconv.ParseFloat(parts[3], 64)
		if err != nil {
			t.Errorf("no number: %s", line)
		}
		if others, le, is := strings.Cut(parts[2], `le="`); is {
			if others != series {
				series, bound, count = others, math.Inf(-1), 0
			}
			upper, err := strconv.ParseFloat(strings.TrimSuffix(le, `"`), 64)
			if err != nil || upper <= bound || value < count {
				t.Errorf("out of order: %s", line)
			}
			bound, count = upper, value
		}
	}
	if len(known) < 20 {
		t.Errorf("%d families", len(known))
	}
}

// TestUnreadable holds that nothing half is written where the store does not answer.
func TestUnreadable(t *testing.T) {
	broken := errors.New("broken")
	m := New(Source{Queue: func() (store.QueueStats, error) { return store.QueueStats{}, broken }}, Build{})
	var out bytes.Buffer
	if err := m.Write(&out); !errors.Is(err, broken) || out.Len() > 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}
