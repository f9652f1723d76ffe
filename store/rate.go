package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rate is a limit: at most Count in any span of length Per. The zero Rate limits nothing.
type Rate struct {
	Count int
	Per   time.Duration
}

// ParseRate reads a limit as the settings write it: a count and a span, as 20/h, 5/m or 20000/24h; off is no limit.
func ParseRate(text string) (Rate, error) {
	if text == "off" {
		return Rate{}, nil
	}
	count, span, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > 1_000_000_000 {
		return Rate{}, fmt.Errorf("%q is not a limit: write a count and a span, as 20/h, or off", text)
	}
	if span != "" && strings.Trim(span, "smh") == "" {
		span = "1" + span
	}
	per, err := time.ParseDuration(span)
	if err != nil || per < time.Second || per > 31*24*time.Hour {
		return Rate{}, fmt.Errorf("%q is not a limit: the span is 1s to 744h, as in 20/h or 20000/24h", text)
	}
	return Rate{Count: n, Per: per}, nil
}

// String writes the limit as ParseRate reads it.
func (r Rate) String() string {
	if r.Count == 0 {
		return "off"
	}
	span := r.Per.String() // as 1h0m0s
	if strings.HasSuffix(span, "m0s") {
		span = strings.TrimSuffix(span, "0s")
	}
	if strings.HasSuffix(span, "h0m") {
		span = strings.TrimSuffix(span, "0m")
	}
	if len(span) == len("1h") {
		span = strings.TrimPrefix(span, "1")
	}
	return strconv.Itoa(r.Count) + "/" + span
}

// slots is into how many parts a rate's span is divided for counting. What was taken counts until its whole part has
// left the span, so that no span ever holds more than Count; the price is that it counts up to a twelfth longer.
const slots = 12

// Window is what has been counted against a Rate, by parts of its span; the zero Window is empty. It does not grow with
// Count. Windows are values: taking from one leaves the old one as it was.
type Window struct {
	Slots []Slot `json:"slots,omitempty"` // oldest first
}

// Slot is one part of a span, numbered since 1970, and how many were taken in it.
type Slot struct {
	Number int64 `json:"number"`
	Taken  int   `json:"taken"`
}

// Take counts one against the rate. A wait of zero means it was taken; otherwise the rate is used up, the window is as
// it was, and the wait says when one can be taken again.
func (r Rate) Take(w Window, now time.Time) (Window, time.Duration) {
	if r.Count == 0 {
		return w, 0
	}
	if wait := r.Wait(w, now); wait > 0 {
		return w, wait
	}
	next := Window{Slots: slices.Clone(w.live(r.slot(now)))}
	last := len(next.Slots) - 1
	if last < 0 || next.Slots[last].Number < r.slot(now) {
		next.Slots = append(next.Slots, Slot{Number: r.slot(now)})
		last++
	}
	next.Slots[last].Taken++ // also where the clock was set back: that revives nothing
	return next, 0
}

// Taken tells how many count now.
func (r Rate) Taken(w Window, now time.Time) (taken int) {
	for _, slot := range w.live(r.slot(now)) {
		taken += slot.Taken
	}
	return taken
}

// Wait tells how long until one can be taken, without counting.
func (r Rate) Wait(w Window, now time.Time) time.Duration {
	if r.Count == 0 {
		return 0
	}
	taken := r.Taken(w, now)
	for _, slot := range w.live(r.slot(now)) {
		if taken < r.Count {
			break
		}
		if taken -= slot.Taken; taken < r.Count {
			return r.start(slot.Number + slots + 1).Sub(now)
		}
	}
	return 0
}

// slot is the number of the part that a moment lies in; start is where a part begins.
func (r Rate) slot(at time.Time) int64 { return at.UnixNano() / int64(r.Per/slots) }

func (r Rate) start(slot int64) time.Time { return time.Unix(0, slot*int64(r.Per/slots)) }

// live are the parts that still count while number is the current one.
func (w Window) live(number int64) []Slot {
	first := 0
	for first < len(w.Slots) && w.Slots[first].Number < number-slots {
		first++
	}
	return w.Slots[first:]
}
