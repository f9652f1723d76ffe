package smtp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// Wrong passwords must not hammer: smarthosts lock accounts, and ban addresses, for that. How many they allow is not
// known here, so it is few; a password that has been mended need not wait, since the operator's check and resume lift
// it.
const (
	refusedMost = 3 // refused logins in any refusedIn, over all connections
	refusedIn   = 15 * time.Minute

	// refusedPause is how long a refusal stands for all who come after it.
	refusedPause = 5 * time.Second
)

// logins is a semaphore and a throttle over logins. Whatever becomes of those that are under way, no more than
// refusedMost are refused in any refusedIn, unless the operator has more of them tried. While the last was refused, or
// none has been accepted yet, one tries for all, and the others wait for how that ends.
type logins struct {
	mu       sync.Mutex
	out      int           // under way
	accepted bool          // the last that ended was accepted
	refused  []time.Time   // when, oldest first
	refusal  *fault        // the last
	fault    *fault        // why the last that failed did, whatever it was
	failures int           // that failed
	ended    chan struct{} // closed when one ends
}

func newLogins() *logins { return &logins{ended: make(chan struct{})} }

// begin waits until a login may be tried; the caller says with end how it went. It returns the fault of another login
// where that came to nothing meanwhile, or where too many were refused: then nothing is to be tried.
func (l *logins) begin(ctx context.Context) *fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	failures := l.failures
	for {
		now := time.Now()
		switch free, wait := l.free(now); {
		case l.failures != failures:
			return l.fault
		case wait > 0:
			return l.lastRefusal(wait)
		case l.out < free && (l.accepted || l.out == 0):
			l.out++
			return nil
		}
		if err := l.wait(ctx); err != nil {
			return &fault{phase: PhaseAuth, err: err}
		}
	}
}

// wait gives up the lock until a login ends.
func (l *logins) wait(ctx context.Context) error {
	ended := l.ended
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// free returns how many logins might be refused before there are too many, and how long none may be tried: a refusal
// stands for those that come right after it as well.
func (l *logins) free(now time.Time) (free int, wait time.Duration) {
	for len(l.refused) > 0 && now.Sub(l.refused[0]) >= refusedIn {
		l.refused = l.refused[1:]
	}
	switch n := len(l.refused); {
	case n >= refusedMost:
		return 0, refusedIn - now.Sub(l.refused[n-refusedMost])
	case n > 0 && !l.accepted:
		wait = refusedPause - now.Sub(l.refused[n-1])
	}
	return refusedMost - len(l.refused), wait
}

// beginForced is begin for the operator, whose login is tried whatever became of others.
func (l *logins) beginForced() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out++
}

// forgive forgets what was refused up to now: the operator says that it is mended, or a login has shown it.
func (l *logins) forgive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = nil
}

// end notes how a login went; nil: it was accepted. One that its own caller cut off decides nothing for the others.
func (l *logins) end(fail *fault, cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out--
	switch {
	case fail == nil:
		l.accepted = true
	case fail.login:
		l.accepted, l.refusal = false, fail
		l.refused = append(l.refused, time.Now())
	}
	if fail != nil && !cut {
		l.fault = fail
		l.failures++
	}
	close(l.ended) // all who wait look again; one of them may go
	l.ended = make(chan struct{})
}

// lastRefusal returns the last refusal again, with how long no other login will be tried.
func (l *logins) lastRefusal(wait time.Duration) *fault {
	last := *l.refusal
	said := fmt.Sprintf("refused logins of late: %d; the next is tried in %s: ", len(l.refused),
		wait.Round(time.Second))
	if reply, ok := errors.AsType[*gosmtp.SMTPError](last.err); ok {
		last.err = &gosmtp.SMTPError{Code: reply.Code, EnhancedCode: reply.EnhancedCode,
			Message: said + reply.Message}
	} else {
		last.err = errors.New(said + causeOf(last.err))
	}
	return &last
}
