package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"postern/store/refuse"
)

func TestReserve(t *testing.T) {
	t.Parallel()
	tests := []struct {
		free, total uint64
		err         error
		refused     bool
	}{
		{64 << 20, 1 << 40, nil, false},
		{64<<20 - 1, 1 << 40, nil, true},
		{51 << 20, 1000 << 20, nil, false}, // 5 % of a small disk
		{49 << 20, 1000 << 20, nil, true},
		{0, 1 << 40, nil, true},
		{0, 0, errors.New("no answer"), false},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d of %d", test.free, test.total), func(t *testing.T) {
			t.Parallel()
			f := openTest(t, func(o *Options) {
				o.Free = func(string) (uint64, uint64, error) { return test.free, test.total, test.err }
			})
			err := submit(f, puts("a"))
			var refusal *refuse.Refusal
			if test.refused && (!errors.As(err, &refusal) || refusal.Kind != refuse.Unavailable ||
				refusal.RetryAfter != 30*time.Second) {
				t.Errorf("a write: %v", err)
			}
			if !test.refused && err != nil {
				t.Errorf("a write: %v", err)
			}
			if ready := f.Ready(); (ready != nil) != test.refused || ready != nil &&
				!strings.Contains(ready.Error(), "nearly full") {
				t.Errorf("ready: %v", ready)
			}
			if err := f.WriteVital(t.Context(), puts("vital")); err != nil {
				t.Errorf("a vital write: %v", err)
			}
		})
	}
}

// TestReserveLooks counts how often the disk is asked.
func TestReserveLooks(t *testing.T) {
	t.Parallel()
	clock, looks, free := newClock(), 0, uint64(1<<40)
	f := openTest(t, func(o *Options) { o.Now = clock.Now }, func(o *Options) {
		o.Free = func(string) (uint64, uint64, error) { looks++; return free, 1 << 40, nil }
	})
	steps := []struct {
		advance time.Duration
		free    uint64
		looks   int
		refused bool
	}{
		{0, 1 << 40, 1, false},
		{999 * time.Millisecond, 0, 1, false},
		{time.Millisecond, 0, 2, true},
		{0, 1 << 40, 2, true},
		{-time.Hour, 1 << 40, 3, false}, // a clock that was set back
	}
	for i, step := range steps {
		clock.Advance(step.advance)
		free = step.free
		if err := submit(f, puts("a")); (err != nil) != step.refused || looks != step.looks {
			t.Errorf("step %d: %d looks, %v", i, looks, err)
		}
	}
}

// TestFullDisk fills a small disk, makes room, and goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	f := openTestIn(t, dir)
	acknowledged := 0
	for {
		err := submit(f, func(tx *Tx) error {
			return tx.Put(scratch, fmt.Appendf(nil, "%08d", acknowledged), make([]byte, 20_000))
		})
		if refuse.Is(err, refuse.Unavailable) {
			break
		}
		must(t, err)
		if acknowledged++; acknowledged > 1000 {
			t.Fatal("the disk is never full")
		}
	}
	if err := f.Ready(); err != nil {
		t.Errorf("a disk that was full once: %v", err)
	}
	if keys := keysOf(t, f); len(keys) != acknowledged || acknowledged == 0 {
		t.Errorf("%d keys of %d acknowledged", len(keys), acknowledged)
	}
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=32m"))
	must(t, submit(f, puts("after")))
}

func TestDiskSpace(t *testing.T) {
	t.Parallel()
	free, total, err := diskSpace(os.TempDir())
	if err != nil || free == 0 || free > total {
		t.Errorf("%d of %d, %v", free, total, err)
	}
	if _, _, err := diskSpace("/nowhere/at/all"); err == nil {
		t.Error("a directory that is not there has room")
	}
}

// TestSpace holds that the room is that of the disk, with the file's size and the reserve.
func TestSpace(t *testing.T) {
	f := openTest(t)
	about, err := os.Stat(f.Path())
	must(t, err)
	space, err := f.Space()
	if want := (Space{Free: 1 << 40, Total: 1 << 41, Reserve: reserveBytes, File: uint64(about.Size())}); err != nil ||
		space != want {
		t.Errorf("%+v, %v", space, err)
	}
	space, err = SpaceOf(filepath.Dir(f.Path()))
	if err != nil || space.Total == 0 || space.File != uint64(about.Size()) {
		t.Errorf("%+v, %v", space, err)
	}
	if _, err := SpaceOf(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a directory that is not there has room")
	}
}
