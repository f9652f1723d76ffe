package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"postern/store/private"
)

// Copy writes the data file, as the last commit left it, to a new file of mode 0600; writes go on meanwhile. When it
// returns nil the copy is on disk. It refuses (Unavailable) where the copy would eat into the free-space reserve. A
// copy is not verified: run Check on it before relying on it.
func (f *File) Copy(path string) error {
	if err := f.roomFor(filepath.Dir(path)); err != nil {
		return err
	}
	return copyBolt(f.bolt, path)
}

// replaceCopy is Copy in place of whatever an interrupted one left. It is written under another name and then renamed,
// so that what has the name is whole.
func (f *File) replaceCopy(path string) error {
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.Copy(unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return err
	}
	return private.Sync(filepath.Dir(path))
}

// roomFor looks whether a disk has room for one more data file beside the reserve. A copy that fills the disk would
// stop the writes of a running appliance, and be of no use itself.
func (f *File) roomFor(dir string) error {
	about, err := os.Stat(f.bolt.Path())
	if err != nil {
		return err
	}
	free, total, err := f.options.Free(dir)
	if err != nil {
		return fmt.Errorf("the room for a copy in %s cannot be found out: %w", dir, err)
	}
	need := uint64(about.Size()) + reserveOf(total)
	if free < need {
		cause := fmt.Errorf("%d MiB are free in %s, and %d MiB are needed", free>>20, dir, need>>20)
		return unavailable("The appliance's disk has no room for a copy of the data file: "+cause.Error()+".",
			retryFull, cause)
	}
	return nil
}

// copyBolt writes a consistent copy of an open file. The read transaction lasts for the reading alone, not for the
// slower making durable: while it is open, no page that it can see is used again, and the file grows.
func copyBolt(bolt *bbolt.DB, path string) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("no copy can be made: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	err = bolt.View(func(bolt *bbolt.Tx) error {
		_, err := bolt.WriteTo(wideWriter{file})
		return err
	})
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("the copy %s could not be written: %w", path, err)
	}
	return private.Sync(filepath.Dir(path))
}

// wideWriter writes what it is given to read in large pieces: io.Copy's own are of 32 KiB.
type wideWriter struct{ *os.File }

// ReadFrom is what io.Copy uses.
func (w wideWriter) ReadFrom(from io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w.File}, from, make([]byte, 1<<20))
}
