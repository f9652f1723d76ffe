package partner

import (
	"sync"

	"postern/store"
)

// places are those of the few lists that are read and done at once.
type places struct {
	mu    sync.Mutex
	all   int
	taken map[string]int // by partner; those who have none are not there
}

// place is a call's place, taken at most once.
type place struct {
	among   *places
	partner string
	has     bool
}

var errBusy = store.Refuse(store.Unavailable, "As many lists as can be done at once are being done; send this one again in a moment.")

func (p *place) take() error {
	if p.has {
		return nil
	}
	p.among.mu.Lock()
	defer p.among.mu.Unlock()
	if p.among.all >= listsAtOnce || p.among.taken[p.partner] >= listsOfOne {
		return errBusy
	}
	p.among.all++
	p.among.taken[p.partner]++
	p.has = true
	return nil
}

func (p *place) leave() {
	if !p.has {
		return
	}
	p.among.mu.Lock()
	defer p.among.mu.Unlock()
	p.among.all--
	if p.among.taken[p.partner]--; p.among.taken[p.partner] == 0 {
		delete(p.among.taken, p.partner)
	}
}
