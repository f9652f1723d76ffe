// Package mail brings the letters that the store owes to the smarthost, or to the built-in inbox where none is set.
//
// The courier is one scheduler with a few workers and a recorder. The scheduler claims due letters some way ahead and
// gives them to whichever worker is free; a worker composes a letter, which mints its tokens, and hands it over on its
// own kept connection; the recorder writes down how attempts ended, each commit taking what came while the one before ran.
package mail

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"postern/mail/letters"
	"postern/store"
)

// Options is what a courier is made of.
type Options struct {
	Store       *store.Store
	Composer    *letters.Composer
	Transport   Transport
	Connections int           // letters that are handed over at the same time, at least 1
	PerMinute   int           // letters that are handed over in any minute, spread evenly; 0: no limit
	Grace       time.Duration // how long Run waits, once told to stop, for letters that are being handed over; 0: 15 s
	Log         zerolog.Logger
	Observer    Observer         // nil: nobody
	Now         func() time.Time // nil: time.Now
}

// Observer is told how sending goes, for metrics. Its methods are called by two goroutines of the courier's, and hold up
// letters while they run.
type Observer interface {
	// Attempted tells of an attempt that was recorded, and of the state that the letter is in since. Waited is the
	// time from owing the letter to now where that state is sent, else 0.
	Attempted(kind store.LetterKind, a store.Attempt, state store.LetterState, waited time.Duration)

	// Paused tells that sending pauses because the smarthost is at fault, at the beginning of each pause, or that the
	// smarthost takes letters again.
	Paused(bool)
}

// nobody is the observer where there is none.
type noObserver struct{}

func (noObserver) Attempted(store.LetterKind, store.Attempt, store.LetterState, time.Duration) {}
func (noObserver) Paused(bool)                                                                 {}

// defaultGrace leaves the rest of the 20 s that CONTRACT section 9 gives a shutdown for recording and closing.
const defaultGrace = 15 * time.Second

// Courier brings letters away, as long as Run runs.
type Courier struct {
	options Options
	store   *store.Store
	log     zerolog.Logger

	mu     sync.Mutex
	status Status
}

// Status is how sending goes, for the operator.
type Status struct {
	PausedUntil time.Time     // while the smarthost is at fault: when it is tried again; zero: it is not
	Fault       store.Attempt // the smarthost's last fault, also when it is over; Class is empty where there was none
	Connections int           // open at this moment
}

// New makes a courier; it does nothing before Run.
func New(o Options) *Courier {
	o.Connections = max(1, o.Connections)
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	return &Courier{options: o, store: o.Store, log: o.Log}
}

// Status tells how sending goes.
func (c *Courier) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := c.status
	status.Connections = c.options.Transport.Connections()
	return status
}

// Run sends letters until ctx ends or the store has to be opened anew. Then it takes up no more, waits up to Grace for
// those of which something was said already, records everything, and returns. Its error is the store's, where not even
// the claims of an earlier process could be recovered.
func (c *Courier) Run(ctx context.Context) error {
	recovered, damaged, err := c.store.RecoverClaims(ctx)
	if err != nil {
		return err
	}
	c.unreadable(damaged)
	if recovered > 0 {
		c.log.Info().Int("letters", recovered).Msg("letters recovered that were in hand when the appliance ended")
	}
	stop, halt := context.WithCancel(ctx)
	defer halt()
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()

	s := newScheduler(c, hard)
	var owned sync.WaitGroup
	for range c.options.Connections {
		conn := c.options.Transport.Conn(hard)
		owned.Go(func() { c.work(stop, conn, s.work, s.tried) })
	}
	owned.Go(func() { c.record(s.reports, s.recorded) })
	s.run(stop, halt, cut)
	owned.Wait()
	return nil
}

// unreadable tells the operator of letters that the courier passes over.
func (c *Courier) unreadable(letters int) {
	if letters > 0 {
		c.log.Error().Int("letters", letters).Msg("letters that can't be read are put off; postern check names them")
	}
}

// begin notes a pause of sending as a whole.
func (c *Courier) pauseBegan(pause time.Duration, fault store.Attempt) {
	c.mu.Lock()
	c.status.PausedUntil, c.status.Fault = c.options.Now().Add(pause), fault
	c.mu.Unlock()
	c.options.Observer.Paused(true)
	line := c.log.Warn().Str("class", string(fault.Class)).Str("phase", fault.Phase).Int("code", fault.Code).
		Str("enhanced", fault.Enhanced).Dur("pause", pause)
	if fault.Code == 0 {
		line.Str("cause", fault.Text) // our own words; a server's may repeat an address
	}
	line.Msg("the smarthost is at fault: sending pauses")
}

// end notes that the smarthost takes letters again.
func (c *Courier) pauseEnded() {
	c.mu.Lock()
	c.status.PausedUntil = time.Time{}
	c.mu.Unlock()
	c.options.Observer.Paused(false)
	c.log.Info().Msg("the smarthost takes letters again")
}
