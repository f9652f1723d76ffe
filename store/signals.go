package store

import "sync"

// signals wakes those who wait for something in the store. Nothing is lost that way: a signal only says "look again".
type signals struct {
	owed    chan struct{} // one slot
	resumed chan struct{} // one slot

	mu     sync.Mutex
	events chan struct{} // closed and replaced at each commit that made an event or ended a letter
}

func newSignals() *signals {
	return &signals{
		owed: make(chan struct{}, 1), resumed: make(chan struct{}, 1),
		events: make(chan struct{}),
	}
}

// Whom a committed transaction wakes, as bits.
const (
	wakeOwed uint8 = 1 << iota
	wakeResumed
	wakeEvents
)

// signalOwed wakes the courier after the commit.
func (t tx) signalOwed() { t.Signal(wakeOwed) }

// signalResumed tells the courier after the commit that the operator has resumed sending.
func (t tx) signalResumed() { t.Signal(wakeResumed) }

// signalEvents wakes the readers of the feed after the commit.
func (t tx) signalEvents() { t.Signal(wakeEvents) }

// fire wakes whom a committed transaction named.
func (s *signals) fire(who uint8) {
	if who&wakeOwed != 0 {
		tell(s.owed)
	}
	if who&wakeResumed != 0 {
		tell(s.resumed)
	}
	if who&wakeEvents != 0 {
		s.mu.Lock()
		close(s.events)
		s.events = make(chan struct{})
		s.mu.Unlock()
	}
}

// tell wakes whoever waits, or looks next.
func tell(slot chan struct{}) {
	select {
	case slot <- struct{}{}:
	default: // somebody has been told already and has not looked yet
	}
}

// Owed delivers a value after a commit that made a letter due now, or that paused or resumed sending. One value may
// stand for several commits.
func (s *Store) Owed() <-chan struct{} { return s.signals.owed }

// Resumed delivers a value after a commit by which the operator resumed sending. One value may stand for several
// commits.
func (s *Store) Resumed() <-chan struct{} { return s.signals.resumed }

// Watch returns a channel that is closed at the next commit that makes an event or ends a letter. Take it before
// reading the feed: then no event can fall between the two.
func (s *Store) Watch() <-chan struct{} {
	s.signals.mu.Lock()
	defer s.signals.mu.Unlock()
	return s.signals.events
}
