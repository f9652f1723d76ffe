package store

import "sync"

// signals wakes those who wait for something in the store. Nothing is lost that way: a signal only says "look again".
type signals struct {
	owed    chan struct{} // one slot
	resumed chan struct{} // one slot

	mu       sync.Mutex
	events   chan struct{}            // closed and replaced at each commit that made an event or ended a letter
	partners map[string]chan struct{} // of those somebody waits for, by name; closed and removed by wakePartner
}

func newSignals() *signals {
	return &signals{
		owed: make(chan struct{}, 1), resumed: make(chan struct{}, 1),
		events: make(chan struct{}), partners: make(map[string]chan struct{}),
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

// signalPartner wakes, after the commit, the readers of one partner's feed and nobody else's: a hundred that wait must
// not all read again for each event of one of them.
func (t tx) signalPartner(name string) { t.After(func() { t.store.signals.wakePartner(name) }) }

// wakePartner wakes the readers of a partner's feed.
func (s *signals) wakePartner(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if news, awaited := s.partners[name]; awaited {
		close(news)
		delete(s.partners, name)
	}
}

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

// WatchPartner returns a channel that is closed at the next commit that makes an event for a partner, or that changes
// the partner itself: it may be revoked. Take it before reading, as Watch.
func (s *Store) WatchPartner(name string) <-chan struct{} {
	s.signals.mu.Lock()
	defer s.signals.mu.Unlock()
	news, awaited := s.signals.partners[name]
	if !awaited {
		news = make(chan struct{})
		s.signals.partners[name] = news
	}
	return news
}
