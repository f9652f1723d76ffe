package mail

import (
	"time"

	"postern/store"
	"postern/store/guid"
)

// The pauses after a fault of the smarthost.
const (
	firstPause = 5 * time.Second
	maxPause   = 5 * time.Minute

	// talkingPause bounds the pause where the smarthost takes MAIL and refuses what comes then, while other letters
	// wait: it may be about the few letters that it was offered, as those to strangers.
	talkingPause = 20 * time.Second
)

// breaker is a circuit breaker over the smarthost. While the smarthost is at fault it is open: nothing is sent for a
// pause that doubles with each probe that fails (exponential backoff). After the pause it is half-open: one letter goes
// out alone, the probe, and how that ends closes the breaker or opens it for longer. There is no jitter: one appliance
// alone probes its smarthost. It belongs to the scheduler's goroutine. Its timer counts elapsed time, so that a clock
// that is set back does not lengthen a pause.
type breaker struct {
	open  bool
	probe guid.ID // the letter that tries the smarthost after a pause; zero: none is out
	pause time.Duration
	timer *time.Timer
	over  bool // the pause is over: the next letter is the probe

	began   time.Time // of the pause
	talking bool      // the smarthost took MAIL, and refused what came then
}

func newBreaker() *breaker {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &breaker{timer: timer}
}

// trip opens the breaker or, where the probe failed, opens it for longer. Faults of letters that were under way already
// do neither. It reports whether a pause began.
func (b *breaker) trip(letter guid.ID, a store.Attempt) bool {
	if b.open && letter != b.probe {
		return false
	}
	b.pause = min(max(firstPause, 2*b.pause), maxPause)
	b.open, b.over, b.probe = true, false, guid.ID{}
	b.began, b.talking = time.Now(), turnedAway(a)
	b.timer.Reset(b.pause)
	return true
}

// shorten bounds a pause for the sake of other letters than those that were refused.
func (b *breaker) shorten() {
	if b.open && b.talking && !b.over && b.pause > talkingPause {
		b.timer.Reset(max(0, talkingPause-time.Since(b.began)))
	}
}

// endPause ends the pause: the next letter is the probe. The timer may still go off, and changes nothing then.
func (b *breaker) endPause() { b.over = b.open }

// ready reports whether a letter may go out now.
func (b *breaker) ready() bool { return !b.open || b.over && b.probe.IsZero() }

// dispatched notes that a letter has gone to a worker.
func (b *breaker) dispatched(letter guid.ID) {
	if b.open {
		b.probe = letter
	}
}

// ended notes how a letter ended. It reports whether the breaker closed or, after a probe that proved nothing, opened
// anew. Any answer of the smarthost's to the probe that is not its own fault closes it, a refusal of the letter too: it
// answers.
func (b *breaker) ended(letter guid.ID, a store.Attempt) (changed bool) {
	switch {
	case !b.open || letter != b.probe:
		return false
	case a.Class == store.AttemptOvertaken || a.Class == store.AttemptPermanent && a.Code == 0:
		b.probe = guid.ID{} // the smarthost was not asked; the next letter is the probe
		return false
	case a.Code == 0 && a.Class != store.AttemptSent:
		return b.trip(letter, a) // a broken connection does not show that the smarthost is well
	}
	b.open, b.over, b.probe, b.pause = false, false, guid.ID{}, 0
	return true
}

// untried notes that a letter came back without an attempt.
func (b *breaker) untried(letter guid.ID) {
	if letter == b.probe {
		b.probe = guid.ID{}
	}
}
