package mail

import (
	"context"
	"time"
)

// clock notices when the wall clock was set back. Timers do not: they count elapsed time, by the monotonic clock.
type clock struct {
	now     func() time.Time
	wall    time.Time // when it was looked at last, by the wall
	elapsed time.Time // and by elapsed time
	setBack bool      // it was set back, and due times are not mended yet
}

// setBackBy is how far a clock must be set back to be noticed: letters wait no longer than that in any case. What NTP
// corrects in ordinary running stays far below it.
const setBackBy = lookAgain

func newClock(now func() time.Time) *clock {
	if now == nil {
		now = time.Now
	}
	return &clock{now: now, wall: now().Round(0), elapsed: time.Now()}
}

// wasSetBack reports whether the clock was set back since due times were mended last.
func (c *clock) wasSetBack() bool {
	wall, elapsed := c.now().Round(0), time.Now() // Round takes the elapsed time out of a Time
	if wall.Sub(c.wall)-elapsed.Sub(c.elapsed) < -setBackBy {
		c.setBack = true
	}
	c.wall, c.elapsed = wall, elapsed
	return c.setBack
}

// mendTimes mends the due times of letters after a clock was set back by far. They were computed on the wrong time, and
// the letters would wait until it comes again. They can be mended while nothing is claimed; until then no more is.
func (s *scheduler) mendTimes() {
	busy := s.claiming || s.writing || s.stopping || s.blocked || s.out+len(s.batch) > 0 || !s.pending.empty()
	if !s.clock.wasSetBack() || !s.due || busy {
		return
	}
	s.clock.setBack, s.claiming = false, true // as a claim: receive takes its answer, and nothing is claimed meanwhile
	go func() {
		err := s.courier.store.MendDueTimes(context.WithoutCancel(s.hard))
		s.claims <- claim{mended: true, err: err}
	}()
}
