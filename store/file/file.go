// Package file is the engine under the records: one bbolt file in one data directory that one process holds. It commits
// in groups, gives typed access to the buckets, takes and guards the directory, looks at a file's pages before bbolt
// does, copies it, checks it and migrates it. What stands in the file it learns from a Schema; it knows no record.
//
// What it promises: a write that has returned nil is on disk, whatever happens to the process or the power a moment
// later; one that has returned an error has changed nothing, but for the one error that says it is unknown, after which
// the process must end. A record that is not what was written is never served (table.go). A file that is not what was
// written, or of a newer schema, is refused and left as it is.
//
// There are three goroutines' worth of state: the committer's own (commit.go), what callers share under its lock, and
// bbolt's, which serves any number of readers beside the one writer. Readers see the last commit, and hold up nobody
// but the reuse of pages.
package file

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"postern/store/guid"
)

// Options is what a file is told once, when it is opened.
type Options struct {
	Schema Schema
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand; used by one goroutine at a time

	// Before is called once the directory is locked and the file is known to be of this or an older schema, before
	// anything in it is changed; look runs a function in a read transaction. nil: nothing.
	Before func(look Runner) error

	// Signal is told after each commit which bits its functions gave to Tx.Signal. It must be quick. nil: nobody.
	Signal func(who uint8)

	// Committed is told how long each commit took. It must be quick. nil: nobody.
	Committed func(took time.Duration)

	// Free tells how many bytes a directory's disk has in all, and how many this process may still use. nil: statfs(2).
	Free func(dir string) (free, total uint64, err error)
}

// File is an open data file. It may be used by many goroutines.
type File struct {
	options Options
	dir     string
	path    string
	lock    *dirLock
	bolt    *bbolt.DB
	disk    *disk
	ids     guid.Source
	fatal   chan struct{} // closed once, by the committer

	committer *committer // started by Open, ended by Close

	closing sync.Once
	closed  error
}

// newFile returns a File whose data file is not open yet.
func newFile(dir string, o Options) *File {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Free == nil {
		o.Free = diskSpace
	}
	return &File{options: o, dir: dir, path: DataFile(dir), fatal: make(chan struct{}),
		disk: &disk{dir: dir, free: o.Free, now: o.Now}}
}

// Write runs fn in a write transaction and returns when what it wrote is on disk. One transaction is shared by all that
// wait at that moment: one commit for everybody, and no timer.
//
// fn returns nil, and what it wrote is committed, or an error, which promises that it has written nothing. An error
// after a write, and a panic, roll the group back, and the others run again without it. So fn may run more than once,
// and must change nothing outside its Tx but what its last run decides.
//
// A ctx that is done refuses before fn has queued; from then on the write is waited for. Below the free-space reserve,
// after Close and after a commit of unknown outcome the error is a Refusal of kind Unavailable.
func (f *File) Write(ctx context.Context, fn func(*Tx) error) error {
	if err := f.disk.room(); err != nil {
		return err
	}
	return f.WriteVital(ctx, fn)
}

// WriteVital is Write for what frees space or records what has happened already: it runs below the free-space reserve
// too.
func (f *File) WriteVital(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable("The request had ended before it could be stored; nothing was changed.", 0, err)
	}
	return f.committer.submit(fn)
}

// Read runs fn in a read transaction: a view of the file as the last commit left it. fn must be quick and must neither
// write nor wait for anybody, as the pages that it sees can't be used again until it returns. A panic becomes an error.
func (f *File) Read(fn func(*Tx) error) error {
	bolt, err := f.bolt.Begin(false)
	if err != nil {
		return unavailable(sentenceClosed, retryClosed, err)
	}
	defer bolt.Rollback()
	err, _ = safely(newTx(f, bolt), fn)
	return err
}

// Close refuses what comes, writes what has been accepted, waits for reads to end, and lets go of the directory.
func (f *File) Close() error {
	f.closing.Do(func() {
		f.committer.stop()
		if f.committer.stuck { // bbolt's Close would wait for ever
			f.closed = errors.New("the data file stays open until the process ends")
			return
		}
		f.closed = errors.Join(f.bolt.Close(), f.lock.release())
	})
	return f.closed
}

// Ready returns nil where writes are accepted. Otherwise its error says in one sentence, for the operator, why not: the
// disk is nearly full, the outcome of a commit is unknown, or the file is closed.
func (f *File) Ready() error {
	if err := f.committer.ready(); err != nil {
		return err
	}
	return f.disk.look()
}

// Fatal returns a channel that is closed after a commit whose outcome is unknown. The process must end then, and start
// again on what the disk says; until it has, every write is refused.
func (f *File) Fatal() <-chan struct{} { return f.fatal }

// Now returns the time by the clock of Options.
func (f *File) Now() time.Time { return f.options.Now() }

// Path returns where the data file lies.
func (f *File) Path() string { return f.path }
