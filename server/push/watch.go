package push

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The directories below the watched one, and its lock.
const (
	doneDir   = "done"
	failedDir = "failed"
	lockName  = ".postern-push.lock"
)

// mostSettle is how long a file must not change before it is taken for whole.
const mostSettle = 10 * time.Second

// WatcherOptions are what a Watcher is made from.
type WatcherOptions struct {
	Dir     string
	Every   time.Duration // from the beginning of one round to that of the next
	SkipBad bool          // send what can be read of a file with faults
	Sender  *Sender
	Now     func() time.Time
	Report  func(f *File, r Result) // is told of each person
	Tell    func(text string)       // is told, in a sentence or a few lines, what became of a file
}

// Watcher sends each file that turns up in a directory once, and moves it to done/ or failed/.
type Watcher struct{ options WatcherOptions }

// NewWatcher makes a Watcher.
func NewWatcher(o WatcherOptions) *Watcher { return &Watcher{o} }

// Run looks for files at once and then every so often, until ctx ends; a call under way is finished. The error is that
// of the directory: it is not there, cannot be written, or another watcher has it.
//
// All that a kill can leave behind is right: a file is moved after it was answered for, so that at worst it is sent again
// with the same keys, and the receiver does nothing twice.
func (w *Watcher) Run(ctx context.Context) error {
	lock, err := w.open()
	if err != nil {
		return err
	}
	defer lock.Close() // lets go of it, as the end of the process does
	ticks := time.NewTicker(w.options.Every)
	defer ticks.Stop()
	for {
		w.round(ctx)
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// open takes the lock and makes ready what is below the directory.
func (w *Watcher) open() (*os.File, error) {
	dir := w.options.Dir
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("the directory to watch is not there: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory", dir)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the directory to watch cannot be written: %w", err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another postern push watches %s: stop that one first, or watch another directory", dir)
	} else if err == nil {
		err = errors.Join(w.below(doneDir), w.below(failedDir))
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return lock, nil
}

// below makes a directory and clears it of what a killed process was still writing.
func (w *Watcher) below(name string) error {
	path := filepath.Join(w.options.Dir, name)
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	left, err := filepath.Glob(filepath.Join(escapeGlob(path), unfinished+"*"))
	for _, file := range left {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// round sends what is there and whole.
func (w *Watcher) round(ctx context.Context) {
	before := w.look()
	if len(before) == 0 {
		return
	}
	rest(ctx, min(mostSettle, w.options.Every/2))
	now := make(map[string]os.FileInfo)
	for _, info := range w.look() {
		now[info.Name()] = info
	}
	for _, info := range before {
		if ctx.Err() != nil {
			return
		}
		if !isSame(info, now[info.Name()]) {
			continue // still being written: the next round looks again
		}
		if goOn := w.file(ctx, info); !goOn {
			return
		}
	}
}

// look gives the files that are to be sent, the oldest first.
func (w *Watcher) look() (found []os.FileInfo) {
	entries, err := os.ReadDir(w.options.Dir)
	if err != nil {
		w.options.Tell(fmt.Sprintf("the directory cannot be read: %v", err))
	}
	for _, entry := range entries {
		_, err := ParseFormat(strings.TrimPrefix(filepath.Ext(entry.Name()), "."))
		if err != nil || strings.HasPrefix(entry.Name(), ".") || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil { // else it has just gone
			found = append(found, info)
		}
	}
	slices.SortStableFunc(found, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	return found
}

// isSame tells whether a file has not changed; nil: it is gone.
func isSame(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// file sends one file and moves it away. goOn is false where the others have to wait, too.
func (w *Watcher) file(ctx context.Context, info os.FileInfo) (goOn bool) {
	f, err := w.readFile(info.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return w.move(info, failedDir, ".reason.txt", []byte(err.Error()+"\n"), "cannot be read")
	}
	tally, err := w.options.Sender.Send(ctx, f, func(r Result) { w.options.Report(f, r) })
	if err != nil {
		w.options.Tell(fmt.Sprintf("%s: %s; the file stays for the next round", f.Name, err))
		var why *unsent
		return errors.As(err, &why) && !why.elsewhere
	}
	if len(tally.Failures) > 0 {
		return w.move(info, failedDir, ".failed."+f.failuresFormat(), f.Failures(tally.Failures), tally.String())
	}
	return w.move(info, doneDir, "", nil, tally.String())
}

func (w *Watcher) readFile(name string) (*File, error) {
	content, err := ReadFile(filepath.Join(w.options.Dir, name))
	if err != nil {
		return nil, err
	}
	f, err := Read(name, content, FormatOf(name, content))
	if err == nil && !w.options.SkipBad {
		err = f.Unreadable()
	}
	return f, err
}

// move moves a file away, if it still is the one that was read.
func (w *Watcher) move(info os.FileInfo, below, beside string, content []byte, what string) (goOn bool) {
	name := info.Name()
	now, err := os.Lstat(filepath.Join(w.options.Dir, name))
	if err != nil || !isSame(info, now) {
		w.options.Tell(fmt.Sprintf("%s: %s; it has changed meanwhile: what is there now is sent in the next round", name, what))
		return true
	}
	moved, err := moveAway(w.options.Dir, name, below, beside, content, w.options.Now())
	if err != nil {
		w.options.Tell(fmt.Sprintf("%s: %s; it cannot be moved to %s/: %v", name, what, below, err))
		return true
	}
	path := filepath.Join(below, moved)
	if beside != "" {
		path += ", why: " + filepath.Join(below, strings.TrimSuffix(moved, filepath.Ext(moved))+beside)
	}
	w.options.Tell(fmt.Sprintf("%s: %s; moved to %s", name, what, path))
	return true
}
