package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes a file of mode 0600 with this content appear at once and for good; fs.ErrExist where there is one. Until
// then it stands beside it under a name after pattern, as for os.CreateTemp. The name is given by a hard link, which
// replaces nothing; where the disk knows none, by a rename after a look.
func Create(path, pattern string, content []byte) (err error) {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err = os.Link(file.Name(), path); errors.Is(err, fs.ErrExist) {
		return err
	} else if err != nil {
		if err = Rename(file.Name(), path); err != nil {
			return err
		}
	}
	return Sync(dir)
}

// Rename moves a file where there is none; fs.ErrExist where there is. Between the look and the move another process
// could put one there: a lock of the caller keeps it from that.
func Rename(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

// Sync puts a file, or a directory's names, on the disk: syncing a file does not do that for its name (fsync(2)).
// Without it a file that was made or renamed may be gone after a power cut, though its content was safe.
func Sync(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
