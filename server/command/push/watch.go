package push

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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

// A file must not change for so long before it is taken for whole: half of the time between two rounds, within these
// bounds. Renaming it into its place when it is whole is the sure way, which the help recommends; this is for programs
// that cannot.
const leastSettle, mostSettle = 2 * time.Second, 10 * time.Second

// WatcherOptions are what a Watcher is made from.
type WatcherOptions struct {
	Dir      string
	Every    time.Duration // from the beginning of one round to that of the next
	SkipBad  bool          // send what can be read of a file with faults
	Encoding Encoding      // of all files; empty: as each shows
	Sender   *Sender
	Now      func() time.Time
	Report   func(f *File, r Result) // is told of each person
	Tell     func(text string)       // is told, in a sentence or a few lines, what became of a file
}

// Watcher sends each file that turns up in a directory once, and moves it to done/ or failed/. It polls: inotify(7)
// does not see what another machine writes into a shared directory. Everything in it belongs to the goroutine of Run.
type Watcher struct {
	options WatcherOptions
	told    map[string]string // why files are left alone, by name, as far as it has been told
	// the content whose notes have been told, by the name of a file that is still there
	noted map[string][sha256.Size]byte
}

// NewWatcher makes a Watcher.
func NewWatcher(o WatcherOptions) *Watcher {
	return &Watcher{options: o, told: make(map[string]string), noted: make(map[string][sha256.Size]byte)}
}

// Run looks for files at once and then every so often, until ctx ends; a call under way is finished. The error is that
// of the directory: it is not there, cannot be written, or another watcher has it.
//
// All that a kill can leave behind is right: a file is moved after it was answered for, so that at worst it is sent
// again with the same keys, and the receiver does nothing twice.
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
	// The lock stays as a file, for the reason that the data directory's does: who removed it would let two others lock
	// two different files.
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

// round sends what is there and whole, and tells what it leaves alone.
func (w *Watcher) round(ctx context.Context) {
	before, leftBefore := w.look()
	if len(before) == 0 && len(leftBefore) == 0 {
		return
	}
	rest(ctx, min(max(w.options.Every/2, leastSettle), mostSettle))
	after, left := w.look()
	w.tellLeft(leftBefore, left)
	now := make(map[string]os.FileInfo)
	for _, info := range after {
		now[info.Name()] = info
	}
	maps.DeleteFunc(w.noted, func(name string, _ [sha256.Size]byte) bool { return now[name] == nil })
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

// look returns the files that are to be sent, the oldest first, and why the others are left alone.
func (w *Watcher) look() (found []os.FileInfo, left map[string]string) {
	entries, err := os.ReadDir(w.options.Dir)
	if err != nil {
		w.options.Tell(fmt.Sprintf("the directory cannot be read: %v", err))
	}
	left = make(map[string]string)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue // it has just gone
		}
		switch why, ours := leftAlone(info); {
		case ours:
		case why != "":
			left[entry.Name()] = why
		default:
			found = append(found, info)
		}
	}
	slices.SortStableFunc(found, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	return found, left
}

// leftAlone says why a file is not sent; empty: it is. ours: it is the watcher's own or hidden, and no word is lost
// about it.
func leftAlone(info os.FileInfo) (why string, ours bool) {
	name := info.Name()
	ext := strings.ToLower(filepath.Ext(name))
	_, err := ParseFormat(strings.TrimPrefix(ext, "."))
	switch {
	case name == lockName || info.IsDir() && (name == doneDir || name == failedDir) || strings.HasPrefix(name,
		unfinished):
		return "", true
	case info.IsDir():
		return "it is a directory: put the files themselves here", false
	case info.Mode()&fs.ModeSymlink != 0:
		return "it is a symbolic link: put the file itself here", false
	case info.Mode()&fs.ModeNamedPipe != 0:
		return "it is a named pipe (FIFO): put a file here", false
	case !info.Mode().IsRegular():
		return "it is no regular file", false
	case strings.HasPrefix(name, ".") && err != nil:
		return "", true // of desktops and other programs
	case strings.HasPrefix(name, "."):
		return "its name begins with a dot: rename it", false
	case slices.Contains([]string{".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers"}, ext):
		return "it is a workbook: save its sheet as CSV (in Excel 'CSV UTF-8')", false
	case err != nil:
		return "its name ends neither in .csv nor in .json or .jsonl: rename it once it is whole", false
	case info.Size() == 0:
		return "it is empty: it is sent once something is in it", false
	}
	return "", false
}

// tellLeft tells once why a file is left alone, where two looks agree about it: what is just being written has another
// name soon.
func (w *Watcher) tellLeft(before, now map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if why := now[name]; before[name] == why && w.told[name] != why {
			w.told[name] = why
			w.options.Tell(fmt.Sprintf("%s is left alone: %s", name, why))
		}
	}
	maps.DeleteFunc(w.told, func(name, _ string) bool { return now[name] == "" })
}

// isSame reports whether a file has not changed; nil: it is gone. Another file of the same name, size and time is
// another one.
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
	w.tellNotes(info.Name(), f)
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

// tellNotes tells a file's notes once, though it may be tried again and again.
func (w *Watcher) tellNotes(name string, f *File) {
	if w.noted[name] == f.hash {
		return
	}
	w.noted[name] = f.hash
	for _, line := range f.NotesText() {
		w.options.Tell(line)
	}
}

func (w *Watcher) readFile(name string) (*File, error) {
	file, err := openRegular(filepath.Join(w.options.Dir, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := ReadInput(file)
	if err != nil {
		return nil, err
	}
	f, err := Read(name, content, FormatOf(name, content), w.options.Encoding)
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
		w.options.Tell(fmt.Sprintf("%s: %s; it has changed meanwhile: what is there now is sent in the next round",
			name, what))
		return true
	}
	moved, why, err := leaving{w.options.Dir, name, below, beside, content}.move(w.options.Now())
	if err != nil {
		w.options.Tell(fmt.Sprintf("%s: %s; it cannot be moved to %s/: %v", name, what, below, err))
		return true
	}
	delete(w.noted, name)
	if why != "" {
		moved += ", why: " + why
	}
	w.options.Tell(fmt.Sprintf("%s: %s; moved to %s", name, what, moved))
	return true
}
