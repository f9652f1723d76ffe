// Package backups keeps a directory of backups: one file each, named for the time of the state that it has, so that
// their order is that of their names; the newest few are kept. A file gets its name when it is whole and on the disk.
// What else lies in the directory is left alone.
package backups

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postern/store/private"
)

const (
	before, after = "postern-", ".db"
	form          = "20060102T150405Z"
	unfinished    = ".new" // behind the name of a file that is not whole
)

// Dir is a directory of backups.
type Dir struct {
	Path string
	Keep int // how many of the newest are kept; at least 1
}

// nameOf is the name of the backup of a moment.
func nameOf(at time.Time) string { return before + at.UTC().Format(form) + after }

// timeOf is the moment that a name tells of.
func timeOf(name string) (time.Time, bool) {
	text, is := strings.CutPrefix(name, before)
	text, whole := strings.CutSuffix(text, after)
	at, err := time.Parse(form, text)
	return at, is && whole && err == nil
}

// names lists the backups, the newest first.
func (d Dir) names() ([]string, error) {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if _, is := timeOf(entry.Name()); is && entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(b, a) })
	return names, nil
}

// Newest returns the moment whose state the newest backup has; zero: there is none.
func (d Dir) Newest() (time.Time, error) {
	names, err := d.names()
	if err != nil || len(names) == 0 {
		return time.Time{}, err
	}
	at, _ := timeOf(names[0])
	return at, nil
}

// Next returns when the next backup is due, where one is made so often. A clock that was ahead when the newest was made
// keeps none from being made.
func (d Dir) Next(every time.Duration, now time.Time) (time.Time, error) {
	newest, err := d.Newest()
	if due := newest.Add(every); err == nil && due.After(now) && !newest.After(now) {
		return due, nil
	}
	return now, err
}

// Add puts a backup there, and then removes those that are not among the newest any more. path is where it is; an error
// beside a path is one of removing.
func (d Dir) Add(from io.Reader, size int64, at time.Time) (path string, err error) {
	path = filepath.Join(d.Path, nameOf(at))
	if err := Write(path, from, size); err != nil {
		return "", err
	}
	return path, d.prune()
}

// prune removes the backups that are too many, and those that were never finished. The directory is read rather than
// matched by a pattern: its own name may look like one, and lead elsewhere.
func (d Dir) prune() error {
	names, err := d.names()
	entries, readErr := os.ReadDir(d.Path)
	faults := []error{err, readErr}
	surplus := names[min(len(names), max(1, d.Keep)):]
	for _, entry := range entries {
		name, isUnfinished := strings.CutSuffix(entry.Name(), unfinished)
		if _, isBackup := timeOf(name); isUnfinished && isBackup {
			surplus = append(surplus, entry.Name())
		}
	}
	for _, name := range surplus {
		faults = append(faults, os.Remove(filepath.Join(d.Path, name)))
	}
	return errors.Join(faults...)
}

// Write makes a file of mode 0600 of so many bytes, in place of one that is there: until it is whole and on the disk
// the former one keeps the name. A file that cannot be a backup of Postern is not replaced.
func Write(path string, from io.Reader, size int64) (err error) {
	if err := replaceable(path); err != nil {
		return err
	}
	made := path + unfinished
	if err := os.Remove(made); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := private.OpenFile(made, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the backup cannot be written: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(made)
		}
	}()
	n, err := io.Copy(private.Patient{File: file}, struct{ io.Reader }{from})
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("the backup %s could not be written: %w", path, err)
	}
	if err := os.Rename(made, path); err != nil {
		return err
	}
	return private.Sync(filepath.Dir(path))
}

// replaceable reports, as an error, why a backup may not take the place of what is at a path: somebody has mistaken one
// name for another.
func replaceable(path string) error {
	about, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case about.IsDir():
		return fmt.Errorf("%s is a directory: name a file in it, or say --every to fill it with backups", path)
	case !about.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: name another one, or - for standard output", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	// The data file is bbolt's: behind the header of its first page stands this magic number, in the machine's order.
	head := make([]byte, 20)
	if _, err := io.ReadFull(file, head); about.Size() > 0 && (err != nil || !slices.Equal(head[16:], magic[:]) &&
		!slices.Equal(head[16:], swapped[:])) {
		return fmt.Errorf("%s is no backup of Postern, and is not replaced: name another file", path)
	}
	return nil
}

var magic, swapped = [4]byte{0xed, 0xda, 0x0c, 0xed}, [4]byte{0xed, 0x0c, 0xda, 0xed}
