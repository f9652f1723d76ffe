package password

import (
	"context"
	"sync"
	"time"
)

// Turn says on whose behalf a password is hashed, and so where a call waits while others are worked off. A flood of
// logins is refused beyond what one client and one network may have waiting, and keeps nobody out who is known.
type Turn struct {
	// Person is somebody who is known already, by a session, a link from the mailbox or a browser that has logged in
	// before: one turn is kept free for such people. Empty: anybody, who may be a stranger.
	Person string
	// Client and Network are where a stranger's call comes from, in any spelling. Empty: it is not counted by that.
	Client, Network string
}

// How many calls wait: in each of the two lines, and of them for one person, client and network. Whoever waits costs a
// goroutine; the memory for hashing is taken only when the turn has come. An office behind one address waits as a
// whole.
const (
	waitingMost      = 256
	waitingOfPerson  = 4
	waitingOfClient  = 64
	waitingOfNetwork = 128
	waitLongest      = 10 * time.Second
)

// line is where calls wait for their turns. It is safe for concurrent use.
type line struct {
	turns    chan struct{} // holds one for each call that works in a turn for everybody
	kept     chan struct{} // holds one while a call works in the turn that is kept for people who are known
	patience time.Duration

	mu      sync.Mutex
	waiting map[share]int // guarded by mu; by what is counted, of each at least one
}

// share is something that calls in line are counted by.
type share struct{ kind, of string }

func newLine(parallel int, patience time.Duration) *line {
	return &line{turns: make(chan struct{}, parallel), kept: make(chan struct{}, 1), patience: patience,
		waiting: make(map[share]int)}
}

// shares are what a waiting call is counted by, each with the most that may wait.
func (t Turn) shares() map[share]int {
	if t.Person != "" {
		return map[share]int{{kind: "known"}: waitingMost, {"person", t.Person}: waitingOfPerson}
	}
	shares := map[share]int{{kind: "anybody"}: waitingMost}
	if t.Client != "" {
		shares[share{"client", t.Client}] = waitingOfClient
	}
	if t.Network != "" {
		shares[share{"network", t.Network}] = waitingOfNetwork
	}
	return shares
}

// take waits for a turn, which is the caller's until give. Waiting senders of a channel are served in their order.
func (l *line) take(ctx context.Context, t Turn) (give func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// A known person takes whichever turn comes first: the kept one alone would make people who are known wait behind
	// each other while others are free.
	kept := l.kept
	if t.Person == "" {
		kept = nil // never ready
	}
	select {
	case l.turns <- struct{}{}:
		return func() { <-l.turns }, nil
	default:
	}
	shares := t.shares()
	if !l.enter(shares) {
		return nil, ErrBusy
	}
	defer l.leave(shares)
	patience := time.NewTimer(l.patience)
	defer patience.Stop()
	select {
	case l.turns <- struct{}{}:
		return func() { <-l.turns }, nil
	case kept <- struct{}{}:
		return func() { <-kept }, nil
	case <-patience.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inLine returns how many calls wait.
func (l *line) inLine() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting[share{kind: "known"}] + l.waiting[share{kind: "anybody"}]
}

// enter counts a call as waiting, where every share has room for it: in one step, so that two calls do not take the
// same last place.
func (l *line) enter(shares map[share]int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s, most := range shares {
		if l.waiting[s] >= most {
			return false
		}
	}
	for s := range shares {
		l.waiting[s]++
	}
	return true
}

func (l *line) leave(shares map[share]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range shares {
		if l.waiting[s]--; l.waiting[s] == 0 {
			delete(l.waiting, s)
		}
	}
}
