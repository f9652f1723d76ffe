package moment

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestIn(t *testing.T) {
	const layout = "02/01/2006 15:04 MST"
	for _, c := range []struct{ zone, at, layout, want string }{
		{"Europe/Brussels", "2025-03-03T07:10:00Z", layout, "03/03/2025 08:10 CET (Europe/Brussels)"},
		{"Europe/Brussels", "2025-07-03T22:10:00Z", layout, "04/07/2025 00:10 CEST (Europe/Brussels)"},
		// The hour that comes twice in October: the abbreviation tells which.
		{"Europe/Brussels", "2025-10-26T00:30:00Z", "15:04 MST", "02:30 CEST (Europe/Brussels)"},
		{"Europe/Brussels", "2025-10-26T01:30:00Z", "15:04 MST", "02:30 CET (Europe/Brussels)"},
		{"Europe/Istanbul", "2025-03-03T07:10:00+01:00", layout, "03/03/2025 09:10 UTC+03 (Europe/Istanbul)"},
		{"UTC", "2025-03-03T07:10:00Z", layout, "03/03/2025 07:10 UTC"},
		{"UTC", "2025-03-03T07:10:00Z", "15:04 (MST), 02-01", "07:10 (UTC), 03-03"},
		{"UTC", "2025-03-03T07:10:00Z", "15:04", "07:10"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := In(zone, at, c.layout); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.at, c.zone, got, c.want)
		}
	}
	if got := In(time.UTC, time.Time{}, layout); got != "" {
		t.Errorf("no time is %q", got)
	}
}

func TestShows(t *testing.T) {
	for layout, want := range map[string]bool{
		"2006-01-02 15:04 MST": true, "02.01.2006, 15:04:05 (MST)": true,
		"2006-01-02 15:04 UTC": false, "2006-01-02 MST": false, "15:04 MST": false, "": false,
		"2006-01-02 3:04 MST": false,
	} {
		if Shows(layout) != want {
			t.Errorf("%q: %t, want %t", layout, !want, want)
		}
	}
}
