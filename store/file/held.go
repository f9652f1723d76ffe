package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"postern/store/private"
)

// stageName is the directory, within the data directory, in which a file is made that is to take the data file's place.
// A file in it never was the data file: the next start removes it.
const stageName = dataName + ".staged"

// Held is a data directory that no appliance runs on, and none can until it is released. Its data file is not open: it
// is there to be replaced.
//
// The data file is replaced by one rename(2), of a file that is whole, checked and on the disk. Whatever ends the
// process, and the power too, leaves the old file or the new one.
type Held struct {
	dir  string
	lock *dirLock
	step func(string)
}

// Hold takes a data directory, which is made where it is missing. Its error is ErrInUse to errors.Is where a process
// holds it. step, unless nil, is told before each step that changes something on the disk.
func Hold(dir string, step func(string)) (*Held, error) {
	if step == nil {
		step = func(string) {}
	}
	if err := prepareDir(dir); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir, lockWait)
	if err != nil {
		return nil, err
	}
	return &Held{dir: dir, lock: lock, step: step}, nil
}

// Release lets go of the directory, and removes what was made and did not become the data file.
func (h *Held) Release() error {
	return errors.Join(removeStage(h.dir), h.lock.release())
}

// Stage returns an empty directory for the file that is to come. That one has the name that DataFile gives it there.
func (h *Held) Stage() (dir string, err error) {
	if err := removeStage(h.dir); err != nil {
		return "", err
	}
	h.step("stage")
	dir = filepath.Join(h.dir, stageName)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("no new data file can be made: %w", err)
	}
	return dir, nil
}

// removeStage removes what an interrupted replacement has left.
func removeStage(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, stageName)); err != nil {
		return fmt.Errorf("what an interrupted restore or compact left cannot be removed: %w; remove it", err)
	}
	return nil
}

// Fetch copies a file into the stage, as the data file to be. Nothing is said of what is in it.
func (h *Held) Fetch(stage, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	about, err := source.Stat()
	if err != nil {
		return err
	}
	if !about.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", from)
	}
	if err := hasRoom(diskSpace, stage, about.Size()); err != nil {
		return err
	}
	h.step("fetch")
	return copyFile(source, DataFile(stage))
}

// Swap puts the staged file in the data file's place. With a reason the former one is kept beside it, and kept is its
// path: named for the reason and the time. Whoever owns the directory gets the new file.
func (h *Held) Swap(stage, reason string, now time.Time) (kept string, err error) {
	staged, path := DataFile(stage), DataFile(h.dir)
	h.step("sync")
	if err := errors.Join(private.Adopt(staged, h.dir), private.Sync(staged), private.Sync(stage)); err != nil {
		return "", fmt.Errorf("the new data file cannot be put on the disk: %w", err)
	}
	if _, err := os.Lstat(path); err == nil && reason != "" {
		h.step("keep")
		if kept, err = h.keep(path, reason, now); err != nil {
			return "", fmt.Errorf("the former data file cannot be kept beside the new one: %w", err)
		}
	}
	h.step("rename")
	if err := os.Rename(staged, path); err != nil {
		return "", fmt.Errorf("the new data file cannot be put in its place: %w", err)
	}
	h.step("renamed")
	return kept, private.Sync(h.dir)
}

// keep gives the data file a second name (link(2)), so that there is one under the first at every moment; on a disk
// that knows no hard links it is copied.
func (h *Held) keep(path, reason string, now time.Time) (kept string, err error) {
	stem := path + "." + reason + "-" + now.UTC().Format("20060102T150405Z")
	for n := 1; ; n++ {
		if kept = stem; n > 1 {
			kept = fmt.Sprintf("%s-%d", stem, n)
		}
		if err = os.Link(path, kept); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err == nil {
		return kept, private.Sync(h.dir)
	}
	source, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer source.Close()
	return kept, errors.Join(copyFile(source, kept), private.Adopt(kept, h.dir))
}

// Older lists the files beside the data file that hold an older state of it, with people who were erased since.
func Older(dir string) (paths []string) {
	for _, pattern := range []string{".schema-*", ".before-*"} {
		found, _ := filepath.Glob(filepath.Join(dir, dataName+pattern))
		paths = append(paths, found...)
	}
	return paths
}
