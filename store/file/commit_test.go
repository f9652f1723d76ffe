package file

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"postern/store/refuse"
)

// together runs functions in this order as one queue: the committer is held up until all of them wait.
func together(f *File, fns ...work) []error {
	running, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = submit(f, func(*Tx) error { close(running); <-release; return nil })
	})
	<-running
	errs := make([]error, len(fns))
	for i, fn := range fns {
		all.Go(func() { errs[i] = submit(f, fn) })
		for f.committer.queued() != i+1 {
			runtime.Gosched()
		}
	}
	close(release)
	all.Wait()
	return errs
}

// countCommits makes the store count its commits.
func countCommits(f *File) *int {
	count := new(int)
	f.committer.commit = func(tx *bbolt.Tx) error { *count++; return tx.Commit() }
	return count
}

func TestGroup(t *testing.T) {
	t.Parallel()
	refusal := refuse.New(refuse.Conflict, "not now")
	refuse := func(t *Tx) error { t.Signal(1); return refusal }
	spoil := func(t *Tx) error {
		t.Signal(1)
		_ = t.Put(scratch, []byte("spoilt"), nil)
		return refusal
	}
	collapse := func(t *Tx) error {
		_ = t.Put(scratch, []byte("spoilt"), nil)
		panic("collapsed")
	}
	tests := []struct {
		name    string
		fns     []work
		keys    string // what is there afterwards
		failed  []int  // whose answer is an error
		commits int
	}{
		{"all write", []work{puts("a"), puts("b"), puts("c")}, "a b c", nil, 1},
		{"nobody writes", []work{refuse, refuse}, "", []int{0, 1}, 0},
		{"an error before a write harms nobody", []work{puts("a"), refuse, puts("c")}, "a c", []int{1}, 1},
		{"an error after a write harms nobody else", []work{puts("a"), spoil, puts("c")}, "a c", []int{1}, 1},
		{"a panic harms nobody else", []work{puts("a"), collapse, puts("c")}, "a c", []int{1}, 1},
		{"several culprits", []work{spoil, puts("a"), collapse, refuse, spoil}, "a", []int{0, 2, 3, 4}, 1},
		{"culprits alone", []work{spoil, collapse}, "", []int{0, 1}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var signals uint8
			f := openTest(t, func(o *Options) { o.Signal = func(who uint8) { signals |= who } })
			commits := countCommits(f)
			errs := together(f, test.fns...)
			for i, err := range errs {
				if (err != nil) != slices.Contains(test.failed, i) {
					t.Errorf("function %d: %v", i, err)
				}
			}
			if keys := strings.Join(keysOf(t, f), " "); keys != test.keys {
				t.Errorf("keys %q, want %q", keys, test.keys)
			}
			if *commits != test.commits {
				t.Errorf("%d commits, want %d", *commits, test.commits)
			}
			if signals != 0 {
				t.Error("a signal of a function that failed went out")
			}
		})
	}
}

func TestGroupOrder(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	const count = 50
	var fns []work
	for i := range count {
		fns = append(fns, func(t *Tx) error {
			last, _ := t.Cursor(scratch).Last()
			if before := len(last); before != i {
				return fmt.Errorf("sees %d, not what the one before it wrote", before)
			}
			return t.Put(scratch, make([]byte, i+1), nil)
		})
	}
	for i, err := range together(f, fns...) {
		if err != nil {
			t.Errorf("function %d: %v", i, err)
		}
	}
}

func TestPanicBecomesError(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	cause := errors.New("the cause")
	collapse := func(*Tx) error { panic(cause) }
	readErr := f.Read(collapse)
	for what, err := range map[string]error{"write": submit(f, collapse), "read": readErr} {
		var refusal *refuse.Refusal
		if !errors.Is(err, cause) || errors.As(err, &refusal) {
			t.Errorf("%s: %v", what, err)
		}
		var panicked *panicError
		if !errors.As(err, &panicked) {
			t.Fatalf("%s: %v", what, err)
		}
		if !strings.HasPrefix(panicked.Detail(), "the cause, in postern/store/file.TestPanicBecomesError") {
			t.Errorf("%s: where it was is lost: %q", what, panicked.Detail())
		}
		if said := err.Error(); !strings.Contains(said, "run postern check") || strings.Contains(said, "the cause") {
			t.Errorf("%s: %s", what, said)
		}
	}
	if err := submit(f, puts("after")); err != nil {
		t.Error(err)
	}
}

func TestGroupCaps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                                string
		functions, records, octets, commits int
	}{
		{"records", 25, 100, 0, 3},
		{"octets", 9, 1, 1 << 20, 3},
		{"one alone may be larger", 2, 1500, 0, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := openTest(t)
			commits := countCommits(f)
			var fns []work
			for i := range test.functions {
				fns = append(fns, func(t *Tx) error {
					for j := range test.records {
						if err := t.Put(scratch, fmt.Appendf(nil, "%04d.%04d", i, j),
							make([]byte, test.octets)); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for _, err := range together(f, fns...) {
				if err != nil {
					t.Error(err)
				}
			}
			if *commits != test.commits {
				t.Errorf("%d commits, want %d", *commits, test.commits)
			}
			if keys := len(keysOf(t, f)); keys != test.functions*test.records {
				t.Errorf("%d keys are there", keys)
			}
		})
	}
}

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 64, 20
	dir := t.TempDir()
	f := openTestIn(t, dir)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				key := binary.BigEndian.AppendUint32(nil, uint32(i*writers+w))
				if err := submit(f, puts(string(key))); err != nil {
					t.Error(err)
				}
				found, err := read(f, func(t *Tx) (bool, error) { return t.Has(scratch, key), nil })
				if err != nil || !found {
					t.Errorf("acknowledged, and not to be read: %v", err)
				}
			}
		})
	}
	all.Wait()
	closeTest(t, f)
	if keys := keysOf(t, openTestIn(t, dir)); len(keys) != writers*each {
		t.Errorf("%d of %d keys are there after opening again", len(keys), writers*each)
	}
}

// errFullDisk is how bbolt reports one.
var errFullDisk = fmt.Errorf("write: %w", syscall.ENOSPC)

func TestCommitFaults(t *testing.T) {
	t.Parallel()
	early, late := errors.New("early"), errors.New("late")
	tests := []struct {
		name   string
		commit func(*bbolt.Tx) error
		fatal  bool
		keys   string // afterwards, with one more write
	}{
		{"an error of the disk", func(*bbolt.Tx) error { return syscall.EIO }, true, ""},
		{"an error though it is on disk", func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) },
			true, "a b"},
		{"a panic", func(*bbolt.Tx) error { panic("page 4 already freed") }, true, ""},
		{"a full disk", func(*bbolt.Tx) error { return errFullDisk }, false, "after"},
		{"a used-up quota", func(tx *bbolt.Tx) error { return syscall.EDQUOT }, false, "after"},
		{"a file that may not grow", func(*bbolt.Tx) error {
			return fmt.Errorf("file resize error: %s", error(&syscallError{"truncate", syscall.EFBIG}))
		}, false, "after"},
		{"a full disk though it is on disk", func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), errFullDisk) },
			true, "a b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var signals uint8
			f := openTest(t, func(o *Options) { o.Signal = func(who uint8) { signals |= who } })
			f.committer.commit = func(tx *bbolt.Tx) error {
				f.committer.commit = (*bbolt.Tx).Commit
				return test.commit(tx)
			}
			fail := func(err error) work { return func(*Tx) error { return err } }
			owed := func(t *Tx) error { t.Signal(1); return t.Put(scratch, []byte("b"), nil) }
			errs := together(f, fail(early), puts("a"), owed, fail(late))
			if errs[0] != early {
				t.Errorf("an error that owes nothing to the group became %v", errs[0])
			}
			for i, err := range errs[1:] {
				if !refuse.Is(err, refuse.Unavailable) || errors.Is(err, late) {
					t.Errorf("function %d: %v", i+1, err)
				}
			}
			checkAfterFault(t, f, test.fatal)
			if keys := strings.Join(keysOf(t, f), " "); keys != test.keys {
				t.Errorf("keys %q, want %q", keys, test.keys)
			}
			if signals != 0 {
				t.Error("a signal went out")
			}
		})
	}
}

type syscallError struct {
	call string
	err  syscall.Errno
}

func (e *syscallError) Error() string { return e.call + ": " + e.err.Error() }

// checkAfterFault looks whether the store goes on, or says that it can't.
func checkAfterFault(t *testing.T, f *File, fatal bool) {
	t.Helper()
	closed := false
	select {
	case <-f.Fatal():
		closed = true
	default:
	}
	ready, later := f.Ready(), submit(f, puts("after"))
	if closed != fatal || (ready != nil) != fatal || (later != nil) != fatal {
		t.Errorf("fatal %t, want %t; ready: %v; a later write: %v", closed, fatal, ready, later)
	}
	if fatal && !refuse.Is(later, refuse.Unavailable) {
		t.Errorf("a later write: %v", later)
	}
}

func TestRefusedBeforeQueueing(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	over, end := context.WithCancel(context.Background())
	end()
	for _, try := range []func(context.Context, work) error{f.Write, f.WriteVital} {
		if err := try(over, puts("a")); !refuse.Is(err, refuse.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that is over: %v", err)
		}
	}
	if keys := keysOf(t, f); len(keys) != 0 {
		t.Errorf("written: %q", keys)
	}
	closeTest(t, f)
	readErr := f.Read(puts("a"))
	for _, err := range []error{submit(f, puts("a")), readErr} {
		if !refuse.Is(err, refuse.Unavailable) {
			t.Errorf("after closing: %v", err)
		}
	}
	if f.Ready() == nil {
		t.Error("ready after closing")
	}
}

// TestCloseWritesTheAccepted closes while writes wait.
func TestCloseWritesTheAccepted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := openTestIn(t, dir)
	closing := make(chan error, 1)
	begin := func(t *Tx) error {
		go func() { closing <- f.Close() }()
		return t.Put(scratch, []byte("a"), nil)
	}
	for i, err := range together(f, begin, puts("b"), puts("c")) {
		if err != nil {
			t.Errorf("function %d: %v", i, err)
		}
	}
	if err := <-closing; err != nil {
		t.Fatal(err)
	}
	if keys := strings.Join(keysOf(t, openTestIn(t, dir)), " "); keys != "a b c" {
		t.Errorf("keys %q", keys)
	}
}

// TestSignals holds that signals and what is to be done after wait for the commit, and that what a function that fails
// asks to be done after is done all the same.
func TestSignals(t *testing.T) {
	t.Parallel()
	var signals []uint8
	after := 0
	f := openTest(t, func(o *Options) { o.Signal = func(who uint8) { signals = append(signals, who) } })
	signal := func(who uint8) work {
		return func(t *Tx) error {
			t.Signal(who)
			t.After(func() { after++ })
			if len(signals) != 0 || after != 0 {
				return errors.New("told before the commit")
			}
			return t.Put(scratch, []byte("a"), nil)
		}
	}
	refused := errors.New("refused")
	refuse := func(t *Tx) error {
		t.Signal(8)
		t.After(func() { after += 10 })
		return refused
	}
	errs := together(f, signal(1), refuse, signal(4))
	if errs[0] != nil || errs[1] != refused || errs[2] != nil {
		t.Errorf("%v", errs)
	}
	if len(signals) != 1 || signals[0] != 5 || after != 12 {
		t.Errorf("signals %v, after %d", signals, after)
	}
}

// TestCommitted holds that each commit is told once, with how many functions shared it; one that wrote nothing is none.
func TestCommitted(t *testing.T) {
	var shared []int
	f := openTest(t, func(o *Options) {
		o.Committed = func(took time.Duration, functions int) {
			if took <= 0 {
				t.Errorf("a commit took %s", took)
			}
			shared = append(shared, functions)
		}
	})
	must(t, submit(f, puts("a")))
	must(t, submit(f, func(*Tx) error { return nil }))
	if len(shared) != 1 || shared[0] != 1 {
		t.Errorf("%v", shared)
	}
}
