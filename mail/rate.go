package mail

import (
	"math"
	"time"
)

// rate is a rate limit: it throttles sending, and spreads letters evenly, so that no more than so many are sent in any
// minute. A letter that must wait for it stays in the scheduler's batch: that is no attempt, and nobody's fault. Only
// letters for which MAIL was sent count. It belongs to the scheduler's goroutine.
//
// Smarthosts count in windows of their own that nobody knows. So it is a sliding log, which holds for whatever minute
// one looks at; a token bucket would let twice as many through around the end of a window.
type rate struct {
	most int           // in any minute; 0: no limit
	gap  time.Duration // from one letter to the next
	next time.Time     // not before
	out  int           // with workers
	said []time.Time   // when letters came back for which MAIL was sent, oldest first, of the last minute
}

func newRate(perMinute int) *rate {
	r := &rate{most: max(0, perMinute)}
	if r.most > 0 {
		r.gap = time.Minute / time.Duration(r.most)
	}
	return r
}

// wait returns how long the next letter has to wait; 0: it may go.
func (r *rate) wait(now time.Time) time.Duration {
	if r.most == 0 {
		return 0
	}
	for len(r.said) > 0 && now.Sub(r.said[0]) >= time.Minute {
		r.said = r.said[1:]
	}
	wait := max(0, r.next.Sub(now))
	// MAIL may be sent at any moment for those with workers, and was sent before they came back for the others: so this
	// holds for any minute, however long a letter takes.
	switch full := r.out+len(r.said) >= r.most; {
	case full && len(r.said) > 0:
		return max(wait, time.Minute-now.Sub(r.said[0]))
	case full:
		return max(wait, r.gap) // until one comes back
	}
	return wait
}

// dispatched notes that a letter went to a worker.
func (r *rate) dispatched(now time.Time) {
	r.out++
	if r.next.Before(now) {
		r.next = now
	}
	r.next = r.next.Add(r.gap)
}

// ended notes that a letter came back, and whether MAIL was sent for it. What it did not use is the next one's.
func (r *rate) ended(now time.Time, said bool) {
	r.out--
	switch {
	case r.most == 0:
	case said:
		r.said = append(r.said, now)
	default:
		r.next = r.next.Add(-r.gap)
	}
}

// rateAhead is how far ahead letters are claimed: an operator cannot get at what is claimed, and newer letters come
// after it.
const rateAhead = 5 * time.Second

// ahead returns how many letters are worth claiming at once: enough for a few that are new among the oldest.
func (r *rate) ahead() int {
	if r.most == 0 {
		return math.MaxInt
	}
	return max(leastAhead/2, int(rateAhead/r.gap))
}
