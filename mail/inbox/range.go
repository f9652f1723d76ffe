package inbox

import (
	"strconv"
	"strings"
	"time"
)

// comparison makes a condition of its value; nil where that makes no sense. A date without an offset of its own is in
// zone.
type comparison func(value string, zone *time.Location) func(*Letter) bool

// rangeTerms are the prefixes of Mailpit's search that compare.
var rangeTerms = map[string]comparison{
	"after": func(v string, zone *time.Location) func(*Letter) bool {
		at, ok := parseMoment(v, zone)
		return readable(ok, func(c *Letter) bool { return !c.Received.Before(at) })
	},
	"before": func(v string, zone *time.Location) func(*Letter) bool {
		at, ok := parseMoment(v, zone)
		return readable(ok, func(c *Letter) bool { return c.Received.Before(at) })
	},
	"larger": func(v string, _ *time.Location) func(*Letter) bool {
		octets, ok := parseOctets(v)
		return readable(ok, func(c *Letter) bool { return float64(len(c.Raw)) > octets })
	},
	"smaller": func(v string, _ *time.Location) func(*Letter) bool {
		octets, ok := parseOctets(v)
		return readable(ok, func(c *Letter) bool { return float64(len(c.Raw)) < octets })
	},
}

// readable returns the condition where its value could be read, else nil.
func readable(ok bool, holds func(*Letter) bool) func(*Letter) bool {
	if !ok {
		return nil
	}
	return holds
}

// rangeTerm makes a condition of a word as after:2026-01-31. One whose value makes no sense is met by no letter,
// negated or not: to leave it out would widen the search, and a search may be one for what to delete.
func rangeTerm(compare comparison, value string, not bool, zone *time.Location) term {
	holds := compare(value, zone)
	if holds == nil {
		return term{holds: func(*Letter, string) bool { return false }, value: value}
	}
	return term{not: not, holds: func(c *Letter, _ string) bool { return holds(c) }, value: value}
}

// momentLayouts are the dates that a search understands, beside seconds and milliseconds since 1970. A search is in
// lower case by then, and is made upper case for these: their T and Z are, and names of months are read in any case.
var momentLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
	time.DateOnly, "2006/01/02", "2 Jan 2006",
}

// parseMoment reads a date in one of momentLayouts, in zone where it names none, or a number since 1970.
func parseMoment(text string, zone *time.Location) (time.Time, bool) {
	const milliseconds = 1e11 // from here on: as seconds, this would be the year 5138
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n < milliseconds {
			return time.Unix(n, 0), true
		}
		return time.UnixMilli(n), true
	}
	for _, layout := range momentLayouts {
		if at, err := time.ParseInLocation(layout, strings.ToUpper(text), zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// parseOctets reads a size as 500, 20k, 1.5MB: thousands are 1,024, as Mailpit counts.
func parseOctets(text string) (float64, bool) {
	unit := 1.0
	text = strings.TrimSuffix(strings.ToLower(text), "b")
	if short, found := strings.CutSuffix(text, "k"); found {
		text, unit = short, 1<<10
	} else if short, found := strings.CutSuffix(text, "m"); found {
		text, unit = short, 1<<20
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return n * unit, err == nil && n >= 0
}
