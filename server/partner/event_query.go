package partner

import (
	"errors"
	"net/url"
	"strconv"
	"time"

	"postern/store/refuse"
)

// The bounds of what is given at once. Who asks for more gets so much, and asks again.
const (
	eventsUsual   = 100
	eventsMost    = 500
	eventsLongest = time.Minute // what proxies let a silent request last, as a rule
)

// eventQuery is what a call asks of the feed.
type eventQuery struct {
	after      uint64
	fromOldest bool // no after was given
	limit      int
	wait       time.Duration
}

// askedEvents reads after, limit and wait. Its refusal has what is wrong with each of them.
func askedEvents(u *url.URL) (asked eventQuery, err error) {
	asked = eventQuery{fromOldest: true, limit: eventsUsual}
	faults := make(map[string][]string)
	for _, one := range []struct {
		name string
		read func(text string) (fault string)
	}{{"after", asked.readAfter}, {"limit", asked.readLimit}, {"wait", asked.readWait}} {
		text, given, err := parameter(u, one.name)
		fault := ""
		switch {
		case errors.Is(err, errQuery):
			return eventQuery{}, err
		case err != nil:
			fault = err.Error()
		case given && text != "":
			fault = one.read(text)
		}
		if fault != "" {
			faults[one.name] = []string{fault}
		}
	}
	if len(faults) > 0 {
		return eventQuery{}, &refuse.Refusal{Kind: refuse.Invalid, Fields: faults,
			Reason: "The query is wrong; errors says what, by parameter."}
	}
	return asked, nil
}

func (q *eventQuery) readAfter(text string) (fault string) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return "This must be the number of an event, as next has it, or 0."
	}
	q.after, q.fromOldest = n, false
	return ""
}

func (q *eventQuery) readLimit(text string) (fault string) {
	n, err := strconv.Atoi(text)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < 1 { // out of range it is the largest or least there is
		return "This must be a whole number, 1 or more."
	}
	q.limit = min(n, eventsMost)
	return ""
}

func (q *eventQuery) readWait(text string) (fault string) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return "This must be a time with its unit, as 30s."
	}
	q.wait = min(d, eventsLongest)
	return ""
}
