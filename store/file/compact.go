package file

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"postern/store/private"
)

// compactBytes is how much one transaction of compact copies: all of its pages are in memory until it commits.
const compactBytes = 16 << 20

// Compact writes into the stage what the records of the data file are, and nothing else: no freed page, and no freed
// part of a page. The data file must be one that Check finds sound.
func (h *Held) Compact(stage string) error {
	path := DataFile(h.dir)
	about, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := hasRoom(diskSpace, stage, about.Size()); err != nil {
		return err
	}
	h.step("compact")
	return compact(path, DataFile(stage))
}

func compact(from, to string) (err error) {
	about, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := preflight(from); err != nil {
		return err
	}
	source, err := openBolt(from, true)
	if err != nil {
		return err
	}
	defer source.Close()
	options := boltOptions()
	options.NoSync = true // all of it is synced once, at the end: until then the file is of no use
	options.InitialMmapSize = int(about.Size())
	target, err := bbolt.Open(to, 0o600, options)
	if err != nil {
		return fmt.Errorf("the new data file cannot be made: %w", err)
	}
	// The walk over the source runs in this goroutine, so that a damaged page comes back as an error.
	err = Guard(from, func() error { return bbolt.Compact(target, source, compactBytes) })
	if err := errors.Join(err, target.Sync(), target.Close()); err != nil {
		return fmt.Errorf("the records cannot be copied: %w", err)
	}
	return trim(to)
}

// trim takes away what bbolt has made a file longer by than its pages are, up to 16 MiB.
func trim(path string) error {
	pages, err := openPages(path)
	if err != nil {
		return err
	}
	pages.close()
	if err := os.Truncate(path, int64(pages.meta.high*pages.meta.pageSize)); err != nil {
		return err
	}
	return private.Sync(path)
}
