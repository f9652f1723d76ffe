package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"postern/store/private"
)

const (
	dataName = "postern.db"
	newName  = "postern.db.new" // a data file that is not whole yet

	fileWait = 3 * time.Second // for bbolt's lock on the file, which only a foreign tool can hold
)

// DataFile is where the data file of a data directory lies.
func DataFile(dir string) string { return filepath.Join(dir, dataName) }

// Open takes a data directory and opens the data file in it; it makes what is missing, and migrates a file of an older
// schema after a copy of it. Everything that stands in the way is one sentence that says what to do: another process
// that holds the directory (ErrInUse), a missing right, a damaged file (*DamagedFile), a newer schema. A file that
// cannot be opened is left as it is.
func Open(dir string, o Options) (*File, error) {
	if err := prepareDir(dir); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir, lockWait)
	if err != nil {
		return nil, err
	}
	f := newFile(dir, o)
	f.lock = lock
	if err := f.open(); err != nil {
		if f.bolt != nil {
			_ = f.bolt.Close()
		}
		_ = lock.release()
		return nil, err
	}
	f.committer = startCommitter(f)
	return f, nil
}

// open opens the data file, and makes it where there is none. The lock is held. The order goes from what cannot end the
// process to what can: our own look at the pages, bbolt, the schema's number, and only then what changes the file.
func (f *File) open() error {
	if err := os.Remove(filepath.Join(f.dir, newName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what an interrupted first start left cannot be removed: %w; remove it", err)
	}
	if err := removeStage(f.dir); err != nil {
		return err
	}
	if _, err := os.Lstat(f.path); errors.Is(err, fs.ErrNotExist) {
		if err := f.create(); err != nil {
			return fmt.Errorf("no data file could be made in %s: %w", f.dir, err)
		}
	}
	if err := preflight(f.path); err != nil {
		return err
	}
	var err error
	if f.bolt, err = openBolt(f.path, false); err != nil {
		return err
	}
	if err := f.look(func(t *Tx) error { _, err := f.readSchema(t); return err }); err != nil {
		return err
	}
	if f.options.Before != nil {
		if err := f.options.Before(f.look); err != nil {
			return err
		}
	}
	return Guard(f.path, func() error {
		if err := f.migrate(); err != nil {
			return err
		}
		return f.look(f.checkSchema)
	})
}

// create makes the data file under another name first: where a first start is interrupted, the next one begins anew.
func (f *File) create() (err error) {
	path := filepath.Join(f.dir, newName)
	bolt, err := bbolt.Open(path, 0o600, boltOptions())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	err = bolt.Update(func(bolt *bbolt.Tx) error {
		for _, name := range f.options.Schema.Buckets {
			if _, err := bolt.CreateBucket(name); err != nil {
				return err
			}
		}
		return f.options.Schema.Fill(newTx(f, bolt), f.options.Schema.number())
	})
	if err := errors.Join(err, bolt.Close()); err != nil {
		return err
	}
	if err := private.Sync(path); err != nil { // before the rename: a name must not outlive what it stands for
		return err
	}
	if err := os.Rename(path, f.path); err != nil {
		return err
	}
	return private.Sync(f.dir)
}

// boltOptions are bbolt's for a file that is written. The freelist is kept in the file: rebuilding it from a large file
// takes a start too long (measured with a million people: 1.6 s, against 5 to 17 ms). Nobody reads the statistics.
func boltOptions() *bbolt.Options {
	return &bbolt.Options{Timeout: fileWait, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		OpenFile: private.OpenFile}
}

// openBolt opens an existing file after its preflight.
func openBolt(path string, readOnly bool) (bolt *bbolt.DB, err error) {
	options := boltOptions()
	options.ReadOnly = readOnly
	if strconv.IntSize == 64 && !readOnly {
		// Address space alone; a file that outgrows its map makes a write wait for all reads.
		options.InitialMmapSize = 1 << 30
	}
	err = Guard(path, func() error {
		bolt, err = bbolt.Open(path, 0o600, options)
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, &inUseError{fmt.Sprintf(
			"the data file %s is in use by another program: stop that one first, or use a copy", path)}
	case err != nil:
		return nil, fmt.Errorf("the data file %s cannot be opened: %w", path, err)
	}
	return bolt, nil
}
