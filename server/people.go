package server

import (
	"context"
	"sync"
	"time"
)

// Counting people reads an index as a whole: some microseconds for a few of them, a tenth of a second for a million. So
// it paces itself by what it took the last time: no more than a thousandth of the time is spent on it.
const (
	countShare = 1000
	countQuick = 5 * time.Millisecond // then it is done while somebody waits for the number
)

// peopleCount is how many people are stored, as they were counted last. It is safe for concurrent use.
type peopleCount struct {
	count func(context.Context) (bikers, users int, err error)
	due   chan struct{} // one slot: a new count is due, and takes too long to be waited for

	mu            sync.Mutex // guards what is below; not held while counting
	bikers, users int
	counting      bool
	ended         time.Time     // the last count; zero: there was none
	took          time.Duration // that one
}

func newPeopleCount(count func(context.Context) (bikers, users int, err error)) *peopleCount {
	return &peopleCount{count: count, due: make(chan struct{}, 1)}
}

// get returns how many there are. It waits for a count only where that is quick.
func (p *peopleCount) get() (bikers, users int) {
	p.mu.Lock()
	due, quick := p.isDue(), p.took < countQuick
	p.mu.Unlock()
	switch {
	case due && quick:
		p.again(context.Background())
	case due:
		select {
		case p.due <- struct{}{}:
		default: // it is known already
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bikers, p.users
}

// isDue reports whether to count again. The lock is held.
func (p *peopleCount) isDue() bool {
	return !p.counting && (p.ended.IsZero() || time.Since(p.ended) >= countShare*p.took)
}

// again counts, unless somebody does so already. What cannot be counted stays as it was.
func (p *peopleCount) again(ctx context.Context) {
	p.mu.Lock()
	if p.counting {
		p.mu.Unlock()
		return
	}
	p.counting = true
	p.mu.Unlock()
	began := time.Now()
	bikers, users, err := p.count(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counting, p.ended, p.took = false, time.Now(), time.Since(began)
	if err == nil {
		p.bikers, p.users = bikers, users
	}
}

// run counts once, and again whenever that is due and takes long, until ctx ends.
func (p *peopleCount) run(ctx context.Context) error {
	for {
		p.again(ctx)
		select {
		case <-p.due:
		case <-ctx.Done():
			return nil
		}
	}
}
