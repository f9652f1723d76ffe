package letters

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"postern/mail/moment"
	"postern/store"
)

// language is all that is written in one language.
type language struct {
	letters    map[store.LetterKind]*letter
	minutes    plural
	hours      plural
	days       plural
	timeLayout string // as package moment takes it
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

// parseWords reads a words file: "minutes", "hours" and "days", each with its word for one and for more, and "time",
// the layout of a time with its zone. Its error names every line that is wrong.
func parseWords(file textFile, l *language) error {
	plurals := map[string]*plural{"minutes": &l.minutes, "hours": &l.hours, "days": &l.days}
	given := map[string]bool{}
	var faults []error
	for i, line := range strings.Split(file.content, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		word, wrong := plurals[key], ""
		switch {
		case !utf8.ValidString(line) || strings.ContainsFunc(line, unwanted):
			wrong = "it is not UTF-8 text, or there is a control character in it"
		case given[key] || word == nil && key != "time":
			wrong = strconv.Quote(key) + " is unknown here or stands twice"
		case key == "time":
			if l.timeLayout = value; !moment.Shows(value) {
				wrong = "write a layout, as time: 2006-01-02 15:04 MST, in which MST stands for the zone"
			}
		default:
			one, other, _ := strings.Cut(value, "|")
			*word = plural{strings.TrimSpace(one), strings.TrimSpace(other)}
			if word.one == "" || word.other == "" {
				wrong = "write " + key + ": word for one | word for more"
			}
		}
		given[key] = true
		if wrong != "" {
			faults = append(faults, fmt.Errorf("%s:%d: %s", file.name, i+1, wrong))
		}
	}
	if !given["time"] || !given["minutes"] || !given["hours"] || !given["days"] {
		faults = append(faults, fmt.Errorf("%s: it needs all four lines, minutes, hours, days and time", file.name))
	}
	return errors.Join(faults...)
}
