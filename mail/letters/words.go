package letters

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"postern/store"
)

// language is all that is written in one language.
type language struct {
	letters    map[store.LetterKind]*letter
	minutes    plural
	hours      plural
	days       plural
	timeLayout string // as time.Format takes it; says UTC
}

// plural is a word for one and for any other number of something.
type plural struct{ one, other string }

func (p plural) of(n int64) string {
	if n == 1 {
		return "1 " + p.one
	}
	return strconv.FormatInt(n, 10) + " " + p.other
}

// span says a duration in whole units, rounded down so that no link is promised a longer life than it has. Up to two
// days are told in hours: "24 hours" says more exactly than "a day" when a link ends.
func (l *language) span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return l.days.of(int64(d / day))
	case d >= day || d >= time.Hour && d%time.Hour == 0:
		return l.hours.of(int64(d / time.Hour))
	}
	return l.minutes.of(max(1, int64(d/time.Minute))) // what lives for seconds is a trial, not a promise
}

// parseWords reads a words file: "minutes", "hours" and "days", each with its word for one and for more, and "time", the
// layout of a time with "UTC" in it.
func parseWords(file, source string, l *language) error {
	plurals := map[string]*plural{"minutes": &l.minutes, "hours": &l.hours, "days": &l.days}
	for i, line := range strings.Split(source, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		word := plurals[key]
		switch {
		case key == "time" && l.timeLayout == "":
			if l.timeLayout = value; !showsTime(value) {
				return fmt.Errorf("%s:%d: write a layout, as time: 2006-01-02 15:04 UTC", file, i+1)
			}
		case word != nil && *word == plural{}:
			one, other, _ := strings.Cut(value, "|")
			*word = plural{strings.TrimSpace(one), strings.TrimSpace(other)}
			if word.one == "" || word.other == "" {
				return fmt.Errorf("%s:%d: write %s: word for one | word for more", file, i+1, key)
			}
		default:
			return fmt.Errorf("%s:%d: %q is unknown here or stands twice", file, i+1, key)
		}
	}
	if l.timeLayout == "" || l.minutes.one == "" || l.hours.one == "" || l.days.one == "" {
		return fmt.Errorf("%s: it needs all four lines, minutes, hours, days and time", file)
	}
	return nil
}

// showsTime tells whether a layout shows a time down to the minute, and in which zone it is.
func showsTime(layout string) bool {
	at := time.Date(2033, 11, 22, 17, 46, 0, 0, time.UTC)
	text := at.Format(layout)
	for _, part := range []string{"2033", "11", "22", "17", "46", "UTC"} {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
