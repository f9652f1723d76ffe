package partner

import (
	"sync"

	"postern/server/web"
	"postern/store/refuse"
)

// places are those of the few lists that are read and done at once. They also know of the answers to lists that are
// being written: each is in memory until its caller has read it.
type places struct {
	mu      sync.Mutex
	lists   web.Tally // guarded by mu; places taken, by partner
	writing web.Tally // guarded by mu; bytes of answers, by partner
}

// place is a call's place, taken at most once.
type place struct {
	among   *places
	partner string
	has     bool
}

var (
	errBusy = refuse.New(refuse.Unavailable,
		"As many lists as can be done at once are being done; send this one again in a moment.")
	errFull = refuse.New(refuse.Unavailable,
		"Too many answers to lists are still waiting to be read; read those, and send this list again in a moment.")
)

func (p *place) take() error {
	if p.has {
		return nil
	}
	p.among.mu.Lock()
	defer p.among.mu.Unlock()
	if p.among.lists.Full(p.partner, listsAtOnce, listsOfOne) {
		return errBusy
	}
	if p.among.writing.Full(p.partner, bytesAtOnce, bytesOfOne) {
		return errFull
	}
	p.among.lists.Count(p.partner, 1)
	p.has = true
	return nil
}

func (p *place) leave() {
	if !p.has {
		return
	}
	p.among.mu.Lock()
	defer p.among.mu.Unlock()
	p.has = false
	p.among.lists.Count(p.partner, -1)
}

// write counts an answer as being written until written is called. A list that was let in is answered, however long
// that gets; the next one may have to wait.
func (p *places) write(partner string, length int) (written func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing.Count(partner, length)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.writing.Count(partner, -length)
	}
}
