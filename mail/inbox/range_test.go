package inbox

import (
	"strings"
	"testing"
	"time"
)

func TestRanges(t *testing.T) {
	came := time.Date(2026, time.January, 31, 12, 0, 0, 5e8, time.UTC)
	c := readLetter("postern@localhost", "ann@example.com",
		[]byte("Subject: before after\r\n\r\n"+strings.Repeat("x", 2048)), came)
	brussels := time.FixedZone("CET", 3600)
	for query, want := range map[string]bool{
		"after:2026-01-31": true, "after:2026/02/01": false, "before:2026-02-01": true, "before:2026-01-31": false,
		"-before:2026-01-31":     true,
		"after:2026-01-31T13:00": true, "after:2026-01-31T13:00:01": false, `after:"2026-01-31 13:00"`: true,
		`after:"1 Feb 2026"`:           false,
		"after:2026-01-31T12:00:00.4Z": true, "after:2026-01-31T12:00:00.6z": false,
		"after:2026-01-31T13:00:00+01:00": true,
		"after:1769860800":                true, "after:1769860801": false,
		"after:1769860800500": true, "after:1769860800501": false,
		"before:1769860800501":               true,
		"after:2026-01-01 before:2026-01-02": false,
		"larger:2k":                          true, "larger:2.5KB": false, "smaller:1m": true, "smaller:1": false,
		"-larger:1mb": true,
		// What makes no sense means no letter, also where it is negated.
		"after:yesterday": false, "-after:yesterday": false, "before:2026-13-01": false, "larger:-1": false,
		"smaller:big": false,
		// A word alone, and a prefix without a value, are as elsewhere.
		"after": true, "before": true, "after:": true, "larger": false,
	} {
		if got := ParseQueryIn(query, brussels).Matches(c); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
	if !ParseQuery("after:2026-01-31T12:00").Matches(c) || ParseQuery("after:2026-01-31T13:00").Matches(c) {
		t.Error("a date without a zone is not in UTC")
	}
	for query, want := range map[string]bool{
		"": true, "to:": true, `""`: true, "after:": true, "after:x": false, "x": false} {
		if got := ParseQuery(query).IsAll(); got != want {
			t.Errorf("%q means all: %v", query, got)
		}
	}
}
