package biker

import (
	"context"
	"sync"
	"time"

	"postern/tokens/password"
)

// turnPatience is how long somebody waits for a turn: many tries wait for the hasher only where that is busy.
const turnPatience = 10 * time.Second

// turns have tries of one account, or of one browser that is known to it, run one after the other (a mutex by key): a
// try counts as wrong until its password has been looked at, and others at the same moment are not to be refused for
// that. The zero value is ready for use; it is safe for concurrent use.
type turns struct {
	mu  sync.Mutex
	all map[[32]byte]*turn // guarded by mu; those that somebody has or waits for
}

// turn is one key's.
type turn struct {
	taken chan struct{} // holds a value while somebody has it
	users int           // who have it or wait for it
}

// take waits for the turn of a key. Who got it calls end, once. It refuses with password.ErrBusy where that takes too
// long; another error is that of ctx, which ended first.
func (t *turns) take(ctx context.Context, key [32]byte) (end func(), err error) {
	own := t.join(key)
	patience := time.NewTimer(turnPatience)
	defer patience.Stop()
	select {
	case own.taken <- struct{}{}:
		return func() { <-own.taken; t.leave(key) }, nil
	case <-patience.C:
		err = password.ErrBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.leave(key)
	return nil, err
}

func (t *turns) join(key [32]byte) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	own, some := t.all[key]
	if !some {
		if t.all == nil {
			t.all = make(map[[32]byte]*turn)
		}
		own = &turn{taken: make(chan struct{}, 1)}
		t.all[key] = own
	}
	own.users++
	return own
}

func (t *turns) leave(key [32]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own := t.all[key]; own.users == 1 {
		delete(t.all, key)
	} else {
		own.users--
	}
}
