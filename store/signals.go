package store

import "sync"

// signals wakes those who wait for something in the store. Nothing is lost that way: a signal only says "look again".
type signals struct {
	owed    chan struct{} // one slot
	resumed chan struct{} // one slot
	fatal   chan struct{} // closed once, by the committer

	mu     sync.Mutex
	events chan struct{} // closed and replaced at each commit that made an event or ended a letter
}

func newSignals() *signals {
	return &signals{
		owed: make(chan struct{}, 1), resumed: make(chan struct{}, 1),
		fatal: make(chan struct{}), events: make(chan struct{}),
	}
}

// fire wakes whom a committed transaction named.
func (s *signals) fire(who wake) {
	if who.owed {
		tell(s.owed)
	}
	if who.resumed {
		tell(s.resumed)
	}
	if who.events {
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

// Watch gives a channel that is closed at the next commit that makes an event or ends a letter. Take it before reading the feed: then no
// event can fall between the two.
func (s *Store) Watch() <-chan struct{} {
	s.signals.mu.Lock()
	defer s.signals.mu.Unlock()
	return s.signals.events
}

// Fatal gives a channel that is closed after a commit whose outcome is unknown. The process must end then, and start
// again on what the disk says; until it has, every write is refused.
func (s *Store) Fatal() <-chan struct{} { return s.signals.fatal }
