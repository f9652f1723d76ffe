package mail

import (
	"context"
	"slices"
	"time"

	"postern/store"
)

// claim is what came of a claim.
type claim struct {
	letters []store.Letter
	damaged int  // letters that the store could not read, and put off
	limit   int  // how many were asked for
	mended  bool // nothing was claimed: due times that a wrong clock had set were mended
	err     error
}

// claimMore claims letters in a goroutine of its own, while the workers are busy with what there is: a claim is a
// commit, and waits for the disk. There is one at a time, and the scheduler waits for it before it ends.
func (s *scheduler) claimMore() {
	if s.claiming || s.stopping || s.blocked || !s.due || s.clock.setBack || !s.breaker.ready() ||
		len(s.batch) > s.lowWater() || !s.allowed() {
		return
	}
	s.adjustAhead()
	s.claiming, s.signal = true, false
	n := min(s.ahead, s.rate.ahead()) + len(s.suspicion.excused) // so that there are others to try before those
	go func() {
		// Not cut short: only the answer tells what is claimed.
		letters, damaged, err := s.courier.store.ClaimLetters(context.WithoutCancel(s.hard), n)
		s.claims <- claim{letters: letters, damaged: len(damaged), limit: n, err: err}
	}()
}

// allowed reports whether the rate limit lets a letter go now; else it sets the timer for when it does.
func (s *scheduler) allowed() bool {
	wait := s.rate.wait(time.Now())
	if wait > 0 {
		s.slot.Reset(wait)
	}
	return wait <= 0
}

// checkPaused looks whether the operator has stopped sending, or started it again. Claims return nothing meanwhile;
// what is claimed already goes back.
func (s *scheduler) checkPaused() {
	paused, err := s.courier.store.SendingPaused()
	if err != nil {
		return // claiming meets the same fault, and logs it; paused letters are not claimed, whatever is believed here
	}
	if paused {
		s.release()
	}
	s.paused = paused
}

// resumed follows the operator who has resumed sending, which also says that what was wrong with the smarthost is
// mended.
func (s *scheduler) resumed() {
	s.checkPaused()
	s.due = true
	s.courier.options.Transport.ForgetFaults()
	s.breaker.endPause()
}

// lowWater returns the number of claimed letters at or below which more are claimed.
func (s *scheduler) lowWater() int {
	if s.breaker.open {
		return 0 // the probe goes out alone
	}
	return min(s.ahead, s.rate.ahead()) / 2
}

// adjustAhead claims further ahead where letters go fast, and less where they are slow: 8 letters in a quarter of a
// second are 32 a second, at which the commits of such small claims would be what takes the time. The operator cannot
// get at what is claimed, and newer letters come after it, so that no more than some seconds' worth should be.
func (s *scheduler) adjustAhead() {
	switch last := time.Since(s.claimed); {
	case last < 250*time.Millisecond:
		s.ahead = min(2*s.ahead, mostAhead)
	case last > 2*time.Second:
		s.ahead = max(s.ahead/2, leastAhead)
	}
	s.claimed = time.Now()
}

// receive takes the claimed letters, or gives them back where they cannot be sent now.
func (s *scheduler) receive(c claim) {
	s.claiming = false
	s.batch = append(s.batch, c.letters...)
	if c.err != nil {
		s.clock.setBack = s.clock.setBack || c.mended // due times are still to be mended
		s.courier.fault(c.err).Msg("due letters cannot be claimed")
		s.due = false
		s.next.Reset(afterFail)
		return
	}
	s.courier.unreadable(c.damaged)
	// Between the claim and its answer everything may have changed, so that each reason not to send is looked at again.
	if s.stopping || !s.breaker.ready() {
		s.release()
		return
	}
	if s.paused { // since they were claimed
		s.release()
	}
	s.order()
	// Fewer than asked for: these were all that is due. A signal since says that there are others.
	if !c.mended && len(c.letters) < c.limit && !s.signal {
		s.due = false
		s.setAlarm()
	}
}

// order puts letters that may be at fault themselves after all others.
func (s *scheduler) order() {
	slices.SortStableFunc(s.batch, func(a, b store.Letter) int {
		return rank(s.suspicion.triedLast(a.ID)) - rank(s.suspicion.triedLast(b.ID))
	})
}

// rank orders letters: those to be tried last come after the others.
func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}

// setAlarm sets the timer for the next due letter. It rings after lookAgain at the latest: the timer counts elapsed
// time, and due times are by a clock that may be set forward meanwhile.
func (s *scheduler) setAlarm() {
	at, some, err := s.courier.store.NextDue()
	wait := lookAgain
	switch {
	case err != nil:
		s.courier.fault(err).Msg("the next due letter cannot be found")
	case some:
		wait = min(max(at.Sub(s.courier.options.Now()), time.Millisecond), lookAgain)
	}
	s.next.Reset(wait)
}
