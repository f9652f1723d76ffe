package partner

import (
	"sync"

	"postern/store/refuse"
)

// places are those of the few lists that are read and done at once. They also know of the answers to lists that are being
// written: each is in memory until its caller has read it.
type places struct {
	mu      sync.Mutex
	all     int
	taken   map[string]int // by partner; those who have none are not there
	bytes   int            // of all answers
	writing map[string]int // bytes, by partner; those of whom none is being written are not there
}

func newPlaces() places { return places{taken: make(map[string]int), writing: make(map[string]int)} }

// place is a call's place, taken at most once.
type place struct {
	among   *places
	partner string
	has     bool
}

var (
	errBusy = refuse.New(refuse.Unavailable, "As many lists as can be done at once are being done; send this one again in a moment.")
	errFull = refuse.New(refuse.Unavailable, "Too many answers to lists are still waiting to be read; read those, and send this list again in a moment.")
)

func (p *place) take() error {
	if p.has {
		return nil
	}
	p.among.mu.Lock()
	defer p.among.mu.Unlock()
	if p.among.all >= listsAtOnce || p.among.taken[p.partner] >= listsOfOne {
		return errBusy
	}
	if p.among.bytes >= bytesAtOnce || p.among.writing[p.partner] >= bytesOfOne {
		return errFull
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
	p.has = false
	p.among.all--
	if p.among.taken[p.partner]--; p.among.taken[p.partner] == 0 {
		delete(p.among.taken, p.partner)
	}
}

// write counts an answer as being written until written is called. A list that was let in is answered, however long that
// gets; the next one may have to wait.
func (p *places) write(partner string, length int) (written func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += length
	p.writing[partner] += length
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bytes -= length
		if p.writing[partner] -= length; p.writing[partner] == 0 {
			delete(p.writing, partner)
		}
	}
}
