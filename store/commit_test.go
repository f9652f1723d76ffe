package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"postern/store/refuse"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"
)

// scratch is a bucket that no fact knows.
var scratch = []byte("scratch")

// openScratch opens a store with the scratch bucket.
func openScratch(t testing.TB, changes ...func(*Options)) *Store {
	t.Helper()
	s := openTest(t, changes...)
	makeScratch(t, s)
	return s
}

func makeScratch(t testing.TB, s *Store) {
	t.Helper()
	err := s.bolt.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(scratch)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

type work = func(*tx) (int, error)

// puts is a function that writes one key.
func puts(key string) work {
	return func(t *tx) (int, error) { return len(key), t.put(scratch, []byte(key), []byte("value")) }
}

func submit(s *Store, fn work) error {
	_, err := write(context.Background(), s, fn)
	return err
}

// together runs functions in this order as one queue: the committer is held up until all of them wait.
func together(s *Store, fns ...work) []error {
	running, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = submit(s, func(*tx) (int, error) { close(running); <-release; return 0, nil })
	})
	<-running
	errs := make([]error, len(fns))
	for i, fn := range fns {
		all.Go(func() { errs[i] = submit(s, fn) })
		for s.committer.queued() != i+1 {
			runtime.Gosched()
		}
	}
	close(release)
	all.Wait()
	return errs
}

// keysOf lists what the scratch bucket holds.
func keysOf(t testing.TB, s *Store) []string {
	t.Helper()
	keys, err := read(s, func(t *tx) (keys []string, err error) {
		cursor := t.cursor(scratch)
		for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
			keys = append(keys, string(key))
		}
		return keys, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// countCommits makes the store count its commits.
func countCommits(s *Store) *int {
	count := new(int)
	s.committer.commit = func(tx *bbolt.Tx) error { *count++; return tx.Commit() }
	return count
}

func TestGroup(t *testing.T) {
	t.Parallel()
	refusal := refuse.New(refuse.Conflict, "not now")
	refuse := func(t *tx) (int, error) { t.signalEvents(); return 0, refusal }
	spoil := func(t *tx) (int, error) {
		t.signalEvents()
		_ = t.put(scratch, []byte("spoilt"), nil)
		return 0, refusal
	}
	collapse := func(t *tx) (int, error) {
		_ = t.put(scratch, []byte("spoilt"), nil)
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
			s := openScratch(t)
			commits, watch := countCommits(s), s.Watch()
			errs := together(s, test.fns...)
			for i, err := range errs {
				if (err != nil) != slices.Contains(test.failed, i) {
					t.Errorf("function %d: %v", i, err)
				}
			}
			if keys := strings.Join(keysOf(t, s), " "); keys != test.keys {
				t.Errorf("keys %q, want %q", keys, test.keys)
			}
			if *commits != test.commits {
				t.Errorf("%d commits, want %d", *commits, test.commits)
			}
			select {
			case <-watch:
				t.Error("a signal of a function that failed went out")
			default:
			}
		})
	}
}

func TestGroupOrder(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	const count = 50
	var fns []work
	for i := range count {
		fns = append(fns, func(t *tx) (int, error) {
			last, _ := t.cursor(scratch).Last()
			if before := len(last); before != i {
				return 0, fmt.Errorf("sees %d, not what the one before it wrote", before)
			}
			return i, t.put(scratch, make([]byte, i+1), nil)
		})
	}
	for i, err := range together(s, fns...) {
		if err != nil {
			t.Errorf("function %d: %v", i, err)
		}
	}
}

func TestPanicBecomesError(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	cause := errors.New("the cause")
	collapse := func(*tx) (int, error) { panic(cause) }
	_, readErr := read(s, collapse)
	for what, err := range map[string]error{"write": submit(s, collapse), "read": readErr} {
		var refusal *refuse.Refusal
		if !errors.Is(err, cause) || errors.As(err, &refusal) {
			t.Errorf("%s: %v", what, err)
		}
		var panicked *panicError
		if !errors.As(err, &panicked) || !strings.Contains(panicked.Unwrap()[0].Error(), "TestPanicBecomesError") {
			t.Errorf("%s: the stack is lost: %v", what, err)
		}
	}
	if err := submit(s, puts("after")); err != nil {
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
			s := openScratch(t)
			commits := countCommits(s)
			var fns []work
			for i := range test.functions {
				fns = append(fns, func(t *tx) (int, error) {
					for j := range test.records {
						if err := t.put(scratch, fmt.Appendf(nil, "%04d.%04d", i, j), make([]byte, test.octets)); err != nil {
							return 0, err
						}
					}
					return 0, nil
				})
			}
			for _, err := range together(s, fns...) {
				if err != nil {
					t.Error(err)
				}
			}
			if *commits != test.commits {
				t.Errorf("%d commits, want %d", *commits, test.commits)
			}
			if keys := len(keysOf(t, s)); keys != test.functions*test.records {
				t.Errorf("%d keys are there", keys)
			}
		})
	}
}

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 64, 20
	dir := t.TempDir()
	s := openTestIn(t, dir)
	makeScratch(t, s)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				key := binary.BigEndian.AppendUint32(nil, uint32(i*writers+w))
				if err := submit(s, puts(string(key))); err != nil {
					t.Error(err)
				}
				found, err := read(s, func(t *tx) (bool, error) { return t.has(scratch, key), nil })
				if err != nil || !found {
					t.Errorf("acknowledged, and not to be read: %v", err)
				}
			}
		})
	}
	all.Wait()
	closeTest(t, s)
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
		{"an error though it is on disk", func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), syscall.EIO) }, true, "a b"},
		{"a panic", func(*bbolt.Tx) error { panic("page 4 already freed") }, true, ""},
		{"a full disk", func(*bbolt.Tx) error { return errFullDisk }, false, "after"},
		{"a used-up quota", func(tx *bbolt.Tx) error { return syscall.EDQUOT }, false, "after"},
		{"a file that may not grow", func(*bbolt.Tx) error {
			return fmt.Errorf("file resize error: %s", error(&syscallError{"truncate", syscall.EFBIG}))
		}, false, "after"},
		{"a full disk though it is on disk", func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), errFullDisk) }, true, "a b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := openScratch(t)
			s.committer.commit = func(tx *bbolt.Tx) error {
				s.committer.commit = (*bbolt.Tx).Commit
				return test.commit(tx)
			}
			fail := func(err error) work { return func(*tx) (int, error) { return 0, err } }
			owed := func(t *tx) (int, error) { t.signalOwed(); return 0, t.put(scratch, []byte("b"), nil) }
			errs := together(s, fail(early), puts("a"), owed, fail(late))
			if errs[0] != early {
				t.Errorf("an error that owes nothing to the group became %v", errs[0])
			}
			for i, err := range errs[1:] {
				if !refuse.Is(err, refuse.Unavailable) || errors.Is(err, late) {
					t.Errorf("function %d: %v", i+1, err)
				}
			}
			checkAfterFault(t, s, test.fatal)
			if keys := strings.Join(keysOf(t, s), " "); keys != test.keys {
				t.Errorf("keys %q, want %q", keys, test.keys)
			}
			if len(s.Owed()) != 0 {
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
func checkAfterFault(t *testing.T, s *Store, fatal bool) {
	t.Helper()
	closed := false
	select {
	case <-s.Fatal():
		closed = true
	default:
	}
	ready, later := s.Ready(), submit(s, puts("after"))
	if closed != fatal || (ready != nil) != fatal || (later != nil) != fatal {
		t.Errorf("fatal %t, want %t; ready: %v; a later write: %v", closed, fatal, ready, later)
	}
	if fatal && !refuse.Is(later, refuse.Unavailable) {
		t.Errorf("a later write: %v", later)
	}
}

func TestRefusedBeforeQueueing(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	over, end := context.WithCancel(context.Background())
	end()
	for _, try := range []func(context.Context, *Store, work) (int, error){write[int], writeVital[int]} {
		if _, err := try(over, s, puts("a")); !refuse.Is(err, refuse.Unavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that is over: %v", err)
		}
	}
	if keys := keysOf(t, s); len(keys) != 0 {
		t.Errorf("written: %q", keys)
	}
	closeTest(t, s)
	_, readErr := read(s, puts("a"))
	for _, err := range []error{submit(s, puts("a")), readErr} {
		if !refuse.Is(err, refuse.Unavailable) {
			t.Errorf("after closing: %v", err)
		}
	}
	if s.Ready() == nil {
		t.Error("ready after closing")
	}
}

// TestCloseWritesTheAccepted closes while writes wait.
func TestCloseWritesTheAccepted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openTestIn(t, dir)
	makeScratch(t, s)
	closing := make(chan error, 1)
	begin := func(t *tx) (int, error) {
		go func() { closing <- s.Close() }()
		return 0, t.put(scratch, []byte("a"), nil)
	}
	for i, err := range together(s, begin, puts("b"), puts("c")) {
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

func TestSignals(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	watch := s.Watch()
	signal := func(t *tx) (int, error) {
		t.signalOwed()
		t.signalEvents()
		if len(s.Owed()) != 0 {
			return 0, errors.New("woken before the commit")
		}
		return 0, t.put(scratch, []byte("a"), nil)
	}
	for i, err := range together(s, signal, signal) {
		if err != nil {
			t.Errorf("function %d: %v", i, err)
		}
	}
	<-watch
	if len(s.Owed()) != 1 {
		t.Error("nobody was told of what is owed")
	}
	select {
	case <-s.Watch():
		t.Error("a new watch is closed without an event")
	default:
	}
}
