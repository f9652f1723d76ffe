package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"postern/server/input"
)

// What syncing a small file may take: a commit takes about as long, and everybody who writes waits for one. A disk
// that has come to need a second for it is about to fail, or shared by too many.
const (
	syncSlow = 100 * time.Millisecond
	syncBad  = time.Second
)

// disk looks at the room on the data file's disk, at its kind, and at how fast it is.
func (e *examination) disk(context.Context) []Finding {
	const check = "disk"
	space, err := e.Space(e.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // told by files
	case err != nil:
		return []Finding{warn(check, "", "The room on the disk of %s is not known: %s.", e.Dir, err)}
	case space.Free < space.Reserve:
		return []Finding{must(check, "Make room.",
			"The disk of %s is nearly full: %s are free, and below %s nothing new is taken.", e.Dir, size(space.Free),
			size(space.Reserve))}
	}
	// Copies, as for a check or a backup, need the room of the data file once more.
	if want := max(4*space.Reserve, 2*space.File); space.Free < want {
		return append(e.speed(), warn(check, "Make room; below "+size(space.Reserve)+" nothing new is taken.",
			"%s are free on the disk of %s, of %s; a check or a backup needs room for a copy of the data file (%s).",
			size(space.Free), e.Dir, size(space.Total), size(space.File)))
	}
	return append(append(e.kind(), e.speed()...), fine(check, "%s of %s are free on the disk of %s.", size(space.Free),
		size(space.Total), e.Dir))
}

// speed looks at how long a commit takes.
func (e *examination) speed() []Finding {
	const check = "disk"
	took, err := e.Sync(e.Dir)
	switch {
	case err != nil:
		return []Finding{must(check, "See that the disk is not mounted read-only, and whose the directory is.",
			"Nothing can be written to %s: %s.", e.Dir, err)}
	case took >= syncBad:
		return []Finding{must(check, "Look whether the disk is failing; move POSTERN_DATA to another one.",
			"Syncing 4 KiB takes %s on the disk of %s: every registration waits so long, and callers give up.",
			round(took), e.Dir)}
	case took >= syncSlow:
		return []Finding{warn(check, "Look at what else uses the disk, and whether it is failing.",
			"Syncing 4 KiB takes %s on the disk of %s: every registration waits at least as long.", round(took), e.Dir)}
	}
	return []Finding{fine(check, "Syncing 4 KiB takes %s.", round(took))}
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(100 * time.Millisecond)
}

// syncTime writes a block to a file of its own and syncs it, some times, and returns the median.
func syncTime(dir string) (time.Duration, error) {
	file, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	block := make([]byte, 4096)
	took := make([]time.Duration, 5)
	for i := range took {
		began := time.Now()
		if _, err = file.Write(block); err == nil {
			err = file.Sync()
		}
		if err != nil {
			return 0, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// The kinds of file systems that a data file should not lie on, by statfs(2)'s magic numbers.
var kinds = map[int64]struct{ name, means string }{
	0x01021994: {"tmpfs", "it is in memory alone, and gone with the next start of the machine"},
	0x858458f6: {"ramfs", "it is in memory alone, and gone with the next start of the machine"},
	0x6969:     {"NFS", "locks and syncing depend on another machine"},
	0xff534d42: {"SMB", "locks and syncing depend on another machine"},
	0xfe534d42: {"SMB", "locks and syncing depend on another machine"},
}

// kind warns of a file system that does not keep what it was given.
func (e *examination) kind() []Finding {
	var about syscall.Statfs_t
	if syscall.Statfs(e.Dir, &about) != nil {
		return nil
	}
	kind, odd := kinds[int64(uint32(about.Type))]
	if !odd {
		return nil
	}
	mend := "Set POSTERN_DATA to a directory on a disk of this machine."
	inMemory := kind.name == "tmpfs" || kind.name == "ramfs"
	if inMemory && e.Smarthost != nil && e.PublicURL != nil && !input.IsLoopback(e.PublicURL.Hostname()) {
		return []Finding{must("disk", mend, "The data directory %s lies on %s: %s.", e.Dir, kind.name, kind.means)}
	}
	return []Finding{warn("disk", mend, "The data directory %s lies on %s: %s.", e.Dir, kind.name, kind.means)}
}

// size writes bytes as people read them.
func size(bytes uint64) string {
	value, unit := float64(bytes), "bytes"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if unit == "bytes" {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
