// Package limit counts events against rates, in windows that can be stored (rate limiting by a sliding window).
//
// A window is a value that knows neither its rate nor the time: both are given with each call, so that it can lie in a
// record, be read after a restart or by a copy with other settings, and be tested without waiting. Whoever holds one
// sees to it that two do not count at once; in the store a transaction does.
package limit

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

// Parse reads a limit as the settings write it: a count and a span, as 20/h, 5/m or 20000/24h; off is no limit.
func Parse(text string) (Rate, error) {
	if text == "off" {
		return Rate{}, nil
	}
	count, span, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if err != nil || span == "" || n < 1 || n > 1_000_000_000 {
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

// String writes the limit as Parse reads it.
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

// slots is into how many parts a rate's span is divided for counting. What was taken counts until the latest of its
// part has left the span, so that no span ever holds more than Count; the price is that the earlier count up to a
// twelfth longer.
const slots = 12

// Window is what has been counted against a Rate, by parts of its span; the zero Window is empty. It does not grow with
// Count. Windows are values: taking from one leaves the old one as it was.
type Window struct {
	Slots []Slot `json:"slots,omitempty"` // oldest first
}

// Slot is one part of a span and how many were taken in it.
type Slot struct {
	Begin time.Time `json:"begin"`
	Last  time.Time `json:"last,omitzero"` // when the latest was taken; zero in records of before this was noted
	Taken int       `json:"taken"`
}

// over is when what was taken in a part has left the span.
func (r Rate) over(s Slot) time.Time {
	if s.Last.IsZero() {
		return s.Begin.Add(r.Per + r.Per/slots)
	}
	return s.Last.Add(r.Per)
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
	return r.Spend(w, 1, now), 0
}

// Spend counts so many against the rate, also more than it has left: for what is known afterwards alone. The rate
// limits.
func (r Rate) Spend(w Window, many int, now time.Time) Window {
	part := now.UTC().Truncate(r.Per / slots)
	next := Window{Slots: slices.Clone(r.live(w, now))}
	last := len(next.Slots) - 1
	if last < 0 || next.Slots[last].Begin.Before(part) {
		next.Slots = append(next.Slots, Slot{Begin: part})
		last++
	}
	slot := &next.Slots[last]
	slot.Taken += many // also where the clock was set back: that revives nothing
	if slot.Last.Before(now) {
		slot.Last = now.UTC()
	}
	return next
}

// Taken returns how many count now.
func (r Rate) Taken(w Window, now time.Time) (taken int) {
	for _, slot := range r.live(w, now) {
		taken += slot.Taken
	}
	return taken
}

// Wait returns how long until one can be taken, without counting.
func (r Rate) Wait(w Window, now time.Time) time.Duration {
	if r.Count == 0 {
		return 0
	}
	taken := r.Taken(w, now)
	for _, slot := range r.live(w, now) {
		if taken < r.Count {
			break
		}
		if taken -= slot.Taken; taken < r.Count {
			return r.over(slot).Sub(now)
		}
	}
	return 0
}

// live are the parts that count now. Those of a clock that was far ahead for a while never would be over: they do not
// count. The rate may be another than the one that the window was counted against.
func (r Rate) live(w Window, now time.Time) []Slot {
	first, end := 0, len(w.Slots)
	for first < end && !r.over(w.Slots[first]).After(now) {
		first++
	}
	for end > first && w.Slots[end-1].Begin.After(now.Add(r.Per)) {
		end--
	}
	return w.Slots[first:end]
}
