package push

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// unfinished begins the names of files that are still being written. They are hidden, so that no watcher takes them up.
const unfinished = ".postern-push-"

// ReadFile reads a file whole, but no more than is needed to see that it is over MaxFile.
func ReadFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadInput(file)
}

// ReadInput reads as ReadFile does.
func ReadInput(in io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(in, MaxFile+1)) }

// SaveFailures writes a failures file beside the others in a directory: at once and for good, and never in place of another
// one; where there is one it is numbered, NAME.failed-2.csv. It returns its path.
func SaveFailures(dir string, f *File, failures []Failure) (path string, err error) {
	content := f.Failures(failures)
	first := filepath.Join(dir, f.FailuresName())
	ext := filepath.Ext(first)
	for n := 1; ; n++ {
		path = first
		if n > 1 {
			path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(first, ext), n, ext)
		}
		if err = createFile(path, content); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", fmt.Errorf("who failed could not be kept: %w", err)
	}
	return path, nil
}

// createFile makes a file with this content appear at once and for good; fs.ErrExist where there is one. The name is given
// by a hard link, which replaces nothing; where the disk knows none, by a rename after a look.
func createFile(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, unfinished+"*") // mode 0600: it holds people
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
		if err = rename(file.Name(), path); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// rename moves a file where there is none; fs.ErrExist where there is. Between the look and the move another process could
// put one there, which the watcher's lock keeps other watchers from.
func rename(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

// syncDir puts a directory's names on the disk: syncing a file does not do that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// moveAway moves dir/name into a directory below it under a name that is free there, the time added where it is not. Beside
// it, and before, goes a file with what is to be said of it, if anything: its name is that one's stem and beside. A repeat after a
// crash in between finds that file there already and keeps it.
func moveAway(dir, name, below, beside string, content []byte, now time.Time) (moved string, err error) {
	target := filepath.Join(dir, below)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := 0; ; n++ {
		moved = name
		if n > 0 {
			moved = stem + now.UTC().Format("-20060102T150405Z") + ext
		}
		if n > 1 {
			moved = fmt.Sprintf("%s%s-%d%s", stem, now.UTC().Format("-20060102T150405Z"), n, ext)
		}
		err = settle(filepath.Join(dir, name), filepath.Join(target, moved), beside, content)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	return moved, errors.Join(syncDir(target), syncDir(dir))
}

// settle puts what is to be said of a file beside its new place, and moves it there; fs.ErrExist where one of the names is taken.
func settle(from, to, beside string, content []byte) error {
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	if beside != "" {
		path := strings.TrimSuffix(to, filepath.Ext(to)) + beside
		if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, content) {
			if err := createFile(path, content); err != nil {
				return err
			}
		}
	}
	return rename(from, to)
}
