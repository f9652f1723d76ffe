package store

import (
	"context"
	"errors"
	"fmt"
	"postern/store/refuse"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// A group ends when it has written this much; what has queued beyond goes into the next one. One function alone may
// write more.
const (
	groupRecords = 1000
	groupOctets  = 4 << 20
)

// The committer yields for goroutines that may be about to queue at most so often and for so long: a small part of
// what the commit takes.
const (
	mostYields = 64
	yieldFor   = 50 * time.Microsecond
)

// write runs fn in a write transaction and answers when what it wrote is on disk. One transaction is shared by all that
// wait at that moment: one commit for everybody, and no timer.
//
// fn returns either an outcome, which is committed, or an error, which promises that it has written nothing. An error
// after a write, and a panic, roll the group back, and the others run again without it. So fn may run more than once, and must touch
// nothing outside its tx.
//
// A ctx that is done refuses before fn has queued; from then on the write is waited for. Below the free-space reserve, after
// Close and after a commit of unknown outcome the answer is a Refusal of kind Unavailable.
func write[T any](ctx context.Context, s *Store, fn func(*tx) (T, error)) (T, error) {
	if err := s.disk.room(); err != nil {
		var none T
		return none, err
	}
	return writeVital(ctx, s, fn)
}

// writeVital is write for what frees space or records what has happened already: it runs below the free-space reserve too.
func writeVital[T any](ctx context.Context, s *Store, fn func(*tx) (T, error)) (T, error) {
	var outcome, none T
	if err := ctx.Err(); err != nil {
		return none, unavailable("The request had ended before it could be stored; nothing was changed.", 0, err)
	}
	err := s.committer.submit(func(t *tx) (err error) {
		outcome, err = fn(t)
		return err
	})
	if err != nil {
		return none, err
	}
	return outcome, nil
}

// read runs fn in a read transaction: a view of the file as the last commit left it. fn must be quick and must neither
// write nor wait for anybody, as the pages that it sees can't be used again until it returns. A panic becomes an error.
func read[T any](s *Store, fn func(*tx) (T, error)) (T, error) {
	var outcome, none T
	bolt, err := s.bolt.Begin(false)
	if err != nil {
		return none, unavailable(sentenceClosed, retryClosed, err)
	}
	defer bolt.Rollback()
	err, _ = safely(newTx(s, bolt), func(t *tx) (err error) {
		outcome, err = fn(t)
		return err
	})
	if err != nil {
		return none, err
	}
	return outcome, nil
}

// Refusals of the committer, as the caller sees them.
const (
	sentenceClosed  = "The appliance is stopping; nothing was changed. Try again in a moment."
	sentenceUnknown = "The appliance could not make sure that this was stored, and restarts. Look whether it was before you try again."
	sentenceBroken  = "The appliance is about to restart; nothing was changed. Try again in a moment."
	sentenceFull    = "The appliance's disk is full; nothing was changed. Try again later."

	sentenceNearlyFull = "The appliance's disk is nearly full, so that it takes nothing new; nothing was changed. Try again later."

	retryClosed = 5 * time.Second
	retryFull   = 30 * time.Second
)

func unavailable(reason string, retry time.Duration, cause error) *refuse.Refusal {
	return &refuse.Refusal{Kind: refuse.Unavailable, Reason: reason, RetryAfter: retry, Cause: cause}
}

// committer owns the one goroutine that writes.
type committer struct {
	store  *Store
	commit func(*bbolt.Tx) error // a field, so that a test can make it fail
	wake   chan struct{}         // one slot: something has queued, or the end
	done   chan struct{}         // closed when the goroutine has ended

	stuck bool // bbolt's lock will never be free again; the goroutine's own until done is closed

	mu      sync.Mutex
	waiting []*job
	closed  bool
	broken  error // why a commit's outcome is unknown
}

// job is one function that waits to be run, and then for its answer.
type job struct {
	run    func(*tx) error
	answer chan error // one slot

	err   error // what run said last
	early bool  // and it said so before anybody in the group had written: true whatever becomes of the group
	out   bool  // it failed after a write, and is not run again
}

func startCommitter(s *Store) *committer {
	c := &committer{store: s, commit: (*bbolt.Tx).Commit, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go c.loop()
	return c
}

// submit queues run and waits for its answer.
func (c *committer) submit(run func(*tx) error) error {
	waiting := &job{run: run, answer: make(chan error, 1)}
	c.mu.Lock()
	if err := c.refusal(); err != nil {
		c.mu.Unlock()
		return err
	}
	c.waiting = append(c.waiting, waiting)
	c.mu.Unlock()
	c.rouse()
	return <-waiting.answer
}

// refusal tells why nothing is accepted any more. The lock is held.
func (c *committer) refusal() error {
	switch {
	case c.broken != nil:
		return unavailable(sentenceBroken, retryClosed, c.broken)
	case c.closed:
		return unavailable(sentenceClosed, retryClosed, nil)
	}
	return nil
}

func (c *committer) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// stop refuses what comes, writes what has queued, and waits until that is done.
func (c *committer) stop() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.rouse()
	<-c.done
}

func (c *committer) loop() {
	defer close(c.done)
	debug.SetPanicOnFault(true) // a page that can't be read is this transaction's error, not the process's end
	for {
		jobs, closed := c.take()
		last := len(jobs)
		for len(jobs) > 0 {
			jobs = jobs[c.group(jobs):]
		}
		if closed {
			return
		}
		<-c.wake
		c.gather(last)
	}
}

// gather lets those who are about to queue do so: after a group's answers as many goroutines are ready to run, and
// those that write again at once get in with the next group. It yields while they come, and never waits.
func (c *committer) gather(expected int) {
	begun := time.Now()
	for yields := 0; c.queued() < expected && yields < mostYields && time.Since(begun) < yieldFor; yields++ {
		runtime.Gosched()
	}
}

func (c *committer) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

// take empties the queue. Once it is closed nothing comes after what it takes.
func (c *committer) take() (jobs []*job, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	jobs, c.waiting = c.waiting, nil
	return jobs, c.closed
}

// group runs jobs in one transaction as far as a group may go, commits it, and answers them. It returns how many.
func (c *committer) group(jobs []*job) (answered int) {
	if err := c.isBroken(); err != nil {
		return answer(jobs, unavailable(sentenceBroken, retryClosed, err))
	}
	for {
		bolt, err := c.store.bolt.Begin(true)
		if err != nil {
			return answer(jobs, c.fail(fmt.Errorf("no transaction could be begun: %w", err)))
		}
		t := newTx(c.store, bolt)
		answered, ok := runGroup(t, jobs)
		if !ok {
			if err := c.rollback(bolt); err != nil {
				return answer(jobs, c.fail(err))
			}
			continue
		}
		fate := c.finish(t)
		if fate == nil {
			c.store.signals.fire(t.wake)
			c.store.tellLimits(t.limited)
		}
		return answer(jobs[:answered], fate)
	}
}

// runGroup runs jobs until the group is full. It is not ok when one failed after a write: that one is marked out, and the
// transaction has to be rolled back and begun again.
func runGroup(t *tx, jobs []*job) (ran int, ok bool) {
	for i, job := range jobs {
		if job.out {
			continue
		}
		records, wake := t.records, t.wake
		var panicked bool
		job.err, panicked = safely(t, job.run)
		if panicked || job.err != nil && t.records != records {
			job.out = true
			return 0, false
		}
		job.early = t.records == 0
		if job.err != nil {
			t.wake = wake
		}
		if t.records >= groupRecords || t.octets >= groupOctets {
			return i + 1, true
		}
	}
	return len(jobs), true
}

// answer gives everyone an answer: the group's fate, or one's own error. An error may rest on what others in the group wrote, so that
// it stands only if the group does.
func answer(jobs []*job, fate error) int {
	for _, job := range jobs {
		if job.err != nil && (fate == nil || job.early) {
			job.answer <- job.err
		} else {
			job.answer <- fate
		}
	}
	return len(jobs)
}

// finish commits a transaction in which something was written, and says what became of it.
func (c *committer) finish(t *tx) error {
	if t.records == 0 {
		if err := c.rollback(t.bolt); err != nil {
			return c.fail(err)
		}
		return nil
	}
	id := t.bolt.ID()
	err, _ := safely(t, func(t *tx) error { return c.commit(t.bolt) })
	if err == nil {
		return nil
	}
	if err := c.rollback(t.bolt); err != nil {
		return c.fail(err)
	}
	if isDiskFull(err) && newestOnDisk(DataFile(c.store.dir)) == uint64(id)-1 {
		return unavailable(sentenceFull, retryFull, err)
	}
	return c.fail(fmt.Errorf("the outcome of a commit is unknown: %w", err))
}

// fail ends all writing: what the disk says is not known, and only a new start can find out.
func (c *committer) fail(cause error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = cause
		close(c.store.signals.fatal)
	}
	return unavailable(sentenceUnknown, retryClosed, cause)
}

func (c *committer) isBroken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// ready is the committer's part of Store.Ready.
func (c *committer) ready() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.broken != nil:
		return fmt.Errorf("no write is accepted until the process has restarted: %w", c.broken)
	case c.closed:
		return errors.New("no write is accepted: the store is closed")
	}
	return nil
}

// rollback ends a transaction that has not been committed; one that bbolt has ended itself already is left alone. Where
// bbolt panics over it, it has kept its lock, so that nobody may wait for that any more.
func (c *committer) rollback(bolt *bbolt.Tx) (err error) {
	defer func() {
		if value := recover(); value != nil {
			c.stuck = true
			err = fmt.Errorf("a transaction could not be rolled back: %v", value)
		}
	}()
	_ = bolt.Rollback()
	return nil
}
