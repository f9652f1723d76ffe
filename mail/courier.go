// Package mail brings letters from the store to the smarthost, or to the built-in inbox where none is set.
//
// The store keeps letters in a transactional outbox: a letter is owed by an entry that is written in the same
// transaction as the fact that it tells of, so that neither exists without the other. Delivery is at least once. A
// letter is claimed in a transaction before it is sent (a write-ahead record: the intent is on disk before anything
// leaves), and how the attempt ended is recorded in another one after; what a process had claimed when it died is sent
// by the next one, and may arrive twice, with the same Message-ID.
//
// The Courier has one goroutine that decides (scheduler), a pool of workers with a connection each, and a recorder. The
// scheduler claims due letters some way ahead and gives them to whichever worker is free. A worker composes a letter,
// which mints its tokens, and sends it. The recorder commits in groups: each commit takes what came while the one
// before ran. They talk over channels alone, and all state of sending is the scheduler's, so that none of it has a
// lock: what decides whether a letter may go (claims, rate, breaker, what awaits the disk) is looked at in one place,
// and does not change meanwhile. Run owns all of these goroutines.
//
// Elapsed time, as pauses and the rate, is measured by the monotonic clock; when a letter is due, and what its record
// says, by the wall clock of Options.
//
// What goes wrong is the letter's fault or the smarthost's. A letter at fault is tried again with exponential backoff,
// which the store keeps in its due time, or fails for good. A smarthost at fault opens a circuit breaker, which stops
// sending as a whole and then probes with one letter; suspicion tells the two kinds apart where one attempt cannot. A
// rate limit (rate) throttles sending to what the smarthost allows. Package smtp speaks to the smarthost.
package mail

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"postern/mail/letters"
	"postern/store"
	"postern/store/refuse"
)

// Options is what a courier is made of.
type Options struct {
	Store       *store.Store
	Composer    *letters.Composer
	Transport   Transport
	Connections int           // letters that are sent at the same time, at least 1
	PerMinute   int           // letters that are sent in any minute, spread evenly; 0: no limit
	Grace       time.Duration // how long Run waits at its end for letters that are being sent; 0: 15 s
	Log         zerolog.Logger
	Observer    Observer         // nil: nobody
	Now         func() time.Time // nil: time.Now
}

// Observer counts how sending goes, for metrics. Two goroutines of the courier call its methods, and no letter goes out
// while one runs.
type Observer interface {
	// Attempted is called after an attempt was recorded, with the state that the letter is in since. Waited is the
	// time from owing the letter to now where that state is sent, else 0.
	Attempted(kind store.LetterKind, a store.Attempt, state store.LetterState, waited time.Duration)

	// Paused is called with true at the beginning of each pause, because the smarthost is at fault, and with false
	// when the smarthost takes letters again.
	Paused(bool)
}

// noObserver is the observer where none is set.
type noObserver struct{}

func (noObserver) Attempted(store.LetterKind, store.Attempt, store.LetterState, time.Duration) {}
func (noObserver) Paused(bool)                                                                 {}

// defaultGrace leaves five of the 20 s that a shutdown may take for recording and closing.
const defaultGrace = 15 * time.Second

// Courier sends the letters that are due, as long as Run runs. What is above mu never changes; mu guards status, which
// the scheduler writes and whoever asks reads.
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

// Status returns how sending goes.
func (c *Courier) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := c.status
	status.Connections = c.options.Transport.Connections()
	return status
}

// Run sends letters until ctx ends or the store has to be opened anew. Then it claims no more, waits up to Grace for
// those that are partly sent, records everything, and returns. It owns all goroutines of the courier: none is left when
// it returns. Its error is the store's, where not even the claims of an earlier process could be recovered.
func (c *Courier) Run(ctx context.Context) error {
	// Before anything is claimed: what is claimed now can only be an earlier process's.
	recovered, damaged, err := c.store.RecoverClaims(ctx)
	if err != nil {
		return err
	}
	c.unreadable(damaged)
	if recovered > 0 {
		c.log.Info().Int("letters", recovered).Msg("letters recovered that were in hand when the appliance ended")
	}
	// There are two ways to end: stop keeps workers from beginning another letter, hard breaks off those that they
	// have. Between the two lies the grace: a letter whose body is on the wire may be accepted at any moment, and where
	// its answer is not waited for it goes out again.
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

// fault begins the log line of an error of the store; what only the code's readers understand is for level debug.
func (c *Courier) fault(err error) *zerolog.Event {
	if detail := refuse.Detail(err); detail != "" {
		c.log.Debug().Str("detail", detail).Msg("more of the cause")
	}
	return c.log.Error().Err(err)
}

// unreadable logs letters whose record cannot be read, and that the courier passes over.
func (c *Courier) unreadable(letters int) {
	if letters > 0 {
		c.log.Error().Int("letters", letters).Msg("letters that can't be read are put off; postern check names them")
	}
}

// pauseBegan notes a pause of sending as a whole.
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

// pauseEnded notes that the smarthost takes letters again.
func (c *Courier) pauseEnded() {
	c.mu.Lock()
	c.status.PausedUntil = time.Time{}
	c.mu.Unlock()
	c.options.Observer.Paused(false)
	c.log.Info().Msg("the smarthost takes letters again")
}
