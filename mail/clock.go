package mail

import (
	"context"
	"time"
)

// clock notices that the wall clock was set back, which timers do not: they count elapsed time.
type clock struct {
	now     func() time.Time
	wall    time.Time // when it was looked at last, by the wall
	elapsed time.Time // and by elapsed time
	setBack bool      // it was set back, and what follows from that is still to be done
}

// setBackBy is how far a clock must be set back to be noticed: letters wait no longer than that in any case.
const setBackBy = lookAgain

func newClock(now func() time.Time) *clock {
	if now == nil {
		now = time.Now
	}
	return &clock{now: now, wall: now().Round(0), elapsed: time.Now()}
}

// look tells whether the clock was set back since the last time that something was done about it.
func (c *clock) wasSetBack() bool {
	wall, elapsed := c.now().Round(0), time.Now() // Round takes the elapsed time out of a Time
	if wall.Sub(c.wall)-elapsed.Sub(c.elapsed) < -setBackBy {
		c.setBack = true
	}
	c.wall, c.elapsed = wall, elapsed
	return c.setBack
}

// mendTimes follows a clock that was set back by far: letters were put off on the wrong time, and would wait until it comes
// again. Their due times can be mended while nothing is in hand; until then no more is claimed.
func (s *scheduler) mendTimes() {
	if !s.clock.wasSetBack() || !s.due || s.claiming || s.writing || s.stopping || s.blocked || s.out+len(s.batch) > 0 || !s.pending.empty() {
		return
	}
	s.clock.setBack, s.claiming = false, true
	go func() {
		_, damaged, err := s.courier.store.RecoverClaims(context.WithoutCancel(s.hard))
		s.claims <- claim{damaged: damaged, mended: true, err: err}
	}()
}
