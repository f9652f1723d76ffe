package file

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The free-space reserve: below it nothing new is taken, so that there is room left for what must be written about the
// old: letters' outcomes, erasures, pruning. Of a small disk it is a share, as 64 MiB may be all of it.
const (
	reserveBytes   = 64 << 20
	reserveDivisor = 20 // of the whole disk: 5 %, for small ones
	diskLookEvery  = time.Second
)

// disk watches the room on the disk that the data file is on.
type disk struct {
	dir  string
	free func(dir string) (free, total uint64, err error)
	now  func() time.Time

	mu     sync.Mutex
	looked time.Time
	short  error // what it was short of then; nil: there was room
}

// room returns a Refusal where nothing new may be written.
func (d *disk) room() error {
	if err := d.look(); err != nil {
		return unavailable(sentenceNearlyFull, retryFull, err)
	}
	return nil
}

// look asks for the free space, at most once a second. A disk that can't be asked counts as one with room: then a
// commit says what is wrong.
func (d *disk) look() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if since := now.Sub(d.looked); since >= 0 && since < diskLookEvery {
		return d.short
	}
	d.looked, d.short = now, nil
	free, total, err := d.free(d.dir)
	if reserve := reserveOf(total); err == nil && free < reserve {
		d.short = fmt.Errorf(
			"the disk of %s is nearly full: %.1f MiB are free, and %.1f MiB are kept in reserve; make room",
			d.dir, float64(free)/(1<<20), float64(reserve)/(1<<20))
	}
	return d.short
}

// Space is the room on the disk of a data file, and what the file takes of it.
type Space struct {
	Free, Total uint64 // bytes
	Reserve     uint64 // below that nothing new is taken
	File        uint64 // of the data file itself
}

// SpaceOf asks for the room on the disk of a data directory, and for the size of the data file there; 0: there is none.
func SpaceOf(dir string) (Space, error) { return spaceOf(dir, diskSpace) }

// Space asks for the room on the data file's disk.
func (f *File) Space() (Space, error) { return spaceOf(f.dir, f.options.Free) }

func spaceOf(dir string, ask func(string) (free, total uint64, err error)) (Space, error) {
	free, total, err := ask(dir)
	if err != nil {
		return Space{}, err
	}
	s := Space{Free: free, Total: total, Reserve: reserveOf(total)}
	if about, err := os.Stat(DataFile(dir)); err == nil {
		s.File = uint64(about.Size())
	}
	return s, nil
}

func reserveOf(total uint64) uint64 { return min(reserveBytes, total/reserveDivisor) }

// diskSpace is statfs(2): what is free for an ordinary user, of how much in all.
func diskSpace(dir string) (free, total uint64, err error) {
	var about syscall.Statfs_t
	if err := syscall.Statfs(dir, &about); err != nil {
		return 0, 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return about.Bavail * uint64(about.Bsize), about.Blocks * uint64(about.Bsize), nil
}

// isDiskFull reports whether a write failed for want of room: on the disk, in the quota, or below the limit for one
// file. Where bbolt has to make its file longer it keeps the reason's text alone, so that this is looked at, too.
func isDiskFull(err error) bool {
	for _, reason := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, reason) || strings.HasSuffix(err.Error(), ": "+reason.Error()) {
			return true
		}
	}
	return false
}
