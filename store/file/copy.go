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
	return hasRoom(f.options.Free, dir, about.Size())
}

// hasRoom looks whether a disk has room for so many bytes beside the reserve.
func hasRoom(space func(string) (free, total uint64, err error), dir string, size int64) error {
	free, total, err := space(dir)
	if err != nil {
		return fmt.Errorf("the room for a copy in %s cannot be found out: %w", dir, err)
	}
	need := uint64(size) + reserveOf(total)
	if free < need {
		cause := fmt.Errorf("%d MiB are free in %s, and %d MiB are needed", free>>20, dir, need>>20)
		return unavailable("The appliance's disk has no room for a copy of the data file: "+cause.Error()+".",
			retryFull, cause)
	}
	return nil
}

// CopyClosed copies a data file that nobody has open, as its last commit left it, to a new file of mode 0600. The
// copy is on disk when it returns nil, and is not verified.
func CopyClosed(from, to string) error {
	about, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := hasRoom(diskSpace, filepath.Dir(to), about.Size()); err != nil {
		return err
	}
	if err := preflight(from); err != nil {
		return err
	}
	bolt, err := openBolt(from, true)
	if err != nil {
		return err
	}
	defer bolt.Close()
	return copyBolt(bolt, to)
}

// copyBolt writes a consistent copy of an open file. While the read transaction is open no page that it can see is used
// again, and the file grows; so it lasts for the copying alone.
func copyBolt(bolt *bbolt.DB, path string) error {
	return writeNew(path, func(w *os.File) error {
		return bolt.View(func(bolt *bbolt.Tx) error {
			_, err := bolt.WriteTo(private.Patient{File: w})
			return err
		})
	})
}

// copyFile copies a file to a new one of mode 0600, which is on disk when it returns nil.
func copyFile(from io.Reader, path string) error {
	return writeNew(path, func(w *os.File) error {
		_, err := io.Copy(private.Patient{File: w}, struct{ io.Reader }{from})
		return err
	})
}

func writeNew(path string, write func(*os.File) error) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("no copy can be made: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("the copy %s could not be written: %w", path, err)
	}
	return private.Sync(filepath.Dir(path))
}
