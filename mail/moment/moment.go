// Package moment writes times for people: in the operator's time zone, with its name, in the order of day, month and
// year that the reader's language has. It is a leaf, for letters, documents and pages alike.
package moment

import (
	"strings"
	"time"
)

// zoneMark is where a layout has the zone, as in package time's own layouts.
const zoneMark = "MST"

// In writes a time by a layout of package time's, whose MST becomes the zone's abbreviation and name, as "CET
// (Europe/Brussels)". A zero time gives nothing.
func In(zone *time.Location, t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zone)
	before, after, found := strings.Cut(layout, zoneMark)
	if !found {
		return t.Format(layout)
	}
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		name = "UTC" + name // zones without an abbreviation have "+03"
	}
	if name != zone.String() {
		name += " (" + zone.String() + ")"
	}
	return t.Format(before) + name + t.Format(after)
}

// Shows reports whether a layout shows a time down to the minute and its zone.
func Shows(layout string) bool {
	at := time.Date(2033, 11, 22, 17, 46, 0, 0, time.UTC)
	text := In(time.FixedZone("ZONE", 0), at, layout)
	for _, part := range []string{"2033", "11", "22", "17", "46", "ZONE"} {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
