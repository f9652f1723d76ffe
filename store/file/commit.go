package file

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"postern/store/refuse"
)

// A group ends when it has written this much; what has queued beyond goes into the next one. One function alone may
// write more. A larger group would save little: the fsync is a small part of it by then, all of its pages are in memory
// until the commit, and everybody in it waits for the whole.
const (
	groupRecords = 1000
	groupBytes   = 4 << 20
)

// The committer yields for goroutines that may be about to queue at most so often and for so long: a small part of
// what the commit takes.
const (
	mostYields = 64
	yieldFor   = 50 * time.Microsecond
)

// Refusals of the committer, as the caller sees them.
const (
	sentenceClosed  = "The appliance is stopping; nothing was changed. Try again in a moment."
	sentenceUnknown = "The appliance could not make sure that this was stored, and restarts. " +
		"Look whether it was before you try again."
	sentenceBroken = "The appliance is about to restart; nothing was changed. Try again in a moment."
	sentenceFull   = "The appliance's disk is full; nothing was changed. Try again later."

	sentenceNearlyFull = "The appliance's disk is nearly full, so that it takes nothing new; nothing was changed. " +
		"Try again later."

	retryClosed = 5 * time.Second
	retryFull   = 30 * time.Second
)

func unavailable(reason string, retry time.Duration, cause error) *refuse.Refusal {
	return &refuse.Refusal{Kind: refuse.Unavailable, Reason: reason, RetryAfter: retry, Cause: cause}
}

// committer owns the one goroutine that writes.
//
// This is a group commit: all that wait at one moment share one transaction and one fsync. There is no timer, so that a
// write that comes alone does not wait for others. (bbolt's own Batch has one, and runs on the caller's goroutine.)
//
// bbolt has no savepoints: of a transaction all is kept or nothing. So a function promises to write nothing where it
// fails, which is checked by counting, and where it breaks that the group is rolled back and run again without it.
//
// mu guards what callers and the goroutine share: the queue and the two reasons to refuse. Everything else, and bbolt's
// write transactions, belong to the goroutine.
type committer struct {
	file   *File
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
	run    func(*Tx) error
	answer chan error // one slot

	err   error // what run said last
	early bool  // and it said so before anybody in the group had written: true whatever becomes of the group
	out   bool  // it failed after a write, and is not run again
}

func startCommitter(f *File) *committer {
	c := &committer{file: f, commit: (*bbolt.Tx).Commit, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go c.loop()
	return c
}

// submit queues run and waits for its answer.
func (c *committer) submit(run func(*Tx) error) error {
	waiting := &job{run: run, answer: make(chan error, 1)}
	c.mu.Lock()
	if err := c.refusal(); err != nil {
		c.mu.Unlock()
		return err
	}
	c.waiting = append(c.waiting, waiting)
	c.mu.Unlock()
	c.rouse()
	return <-waiting.answer // whatever becomes of the caller's context: what has queued may be on disk
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

// rouse wakes the goroutine. Where it has not yet heeded the last time that was done, it will see all that has queued.
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

// group runs jobs in one transaction as far as a group may go, commits it, and answers them. It returns how many. Each
// round of its loop puts one more job out, so that it ends.
func (c *committer) group(jobs []*job) (answered int) {
	if err := c.isBroken(); err != nil {
		return answer(jobs, unavailable(sentenceBroken, retryClosed, err))
	}
	for {
		bolt, err := c.file.bolt.Begin(true)
		if err != nil {
			return answer(jobs, c.fail(fmt.Errorf("no transaction could be begun: %w", err)))
		}
		t := newTx(c.file, bolt)
		answered, ok := runGroup(t, jobs)
		if !ok {
			if err := c.rollback(bolt); err != nil {
				return answer(jobs, c.fail(err))
			}
			continue
		}
		fate := c.finish(t)
		if fate == nil {
			t.conclude()
		}
		return answer(jobs[:answered], fate)
	}
}

// runGroup runs jobs until the group is full. It is not ok when one failed after a write: that one is marked out, and
// the transaction has to be rolled back and begun again.
func runGroup(t *Tx, jobs []*job) (ran int, ok bool) {
	for i, job := range jobs {
		if job.out {
			continue
		}
		records, signals := t.records, t.signals
		var panicked bool
		job.err, panicked = safely(t, job.run)
		if panicked || job.err != nil && t.records != records {
			job.out = true
			return 0, false
		}
		job.early = t.records == 0
		if job.err != nil {
			t.signals = signals
		}
		if t.records >= groupRecords || t.bytes >= groupBytes {
			return i + 1, true
		}
	}
	return len(jobs), true
}

// answer gives everyone an answer: the group's fate, or one's own error. An error may rest on what others in the group
// wrote, so that it stands only if the group does.
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
//
// A commit that fails is not undone by that: bbolt writes the pages, syncs, writes one of two metas, syncs again, and
// an error of the last step leaves a meta that may or may not be on the disk. (There is no write-ahead log: bbolt is
// copy-on-write, and the meta is what makes a transaction so.) Only where the disk was full, and the metas say that the
// transaction before is the last one, is it known that nothing happened. In all other cases the process has to end:
// "failed" could be a lie, and so could "stored".
func (c *committer) finish(t *Tx) error {
	if t.records == 0 {
		if err := c.rollback(t.bolt); err != nil {
			return c.fail(err)
		}
		return nil
	}
	id, begun := t.bolt.ID(), time.Now()
	err, _ := safely(t, func(t *Tx) error { return c.commit(t.bolt) })
	if err == nil {
		if tell := c.file.options.Committed; tell != nil {
			tell(time.Since(begun))
		}
		return nil
	}
	if err := c.rollback(t.bolt); err != nil {
		return c.fail(err)
	}
	if isDiskFull(err) && newestOnDisk(c.file.path) == uint64(id)-1 {
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
		close(c.file.fatal)
	}
	return unavailable(sentenceUnknown, retryClosed, cause)
}

func (c *committer) isBroken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// ready is the committer's part of File.Ready.
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
			err = fmt.Errorf("a transaction could not be rolled back: %w", errorOf(c.file.path, value))
		}
	}()
	_ = bolt.Rollback()
	return nil
}
