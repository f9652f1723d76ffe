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
	"syscall"
	"time"
	"unicode/utf8"

	"postern/store/private"
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

// openRegular opens a file in a directory that others may write to: no link, which could lead to anywhere, and nothing
// that reading would wait for.
func openRegular(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, errors.Join(err, fmt.Errorf("%s is no regular file", path))
	}
	return file, nil
}

// longestName is how many bytes a file's name may have (NAME_MAX on Linux).
const longestName = 255

// fitting returns the name stem+end, its stem cut so that it is not too long. It is cut between characters, as some
// file systems refuse a name that is not UTF-8.
func fitting(stem, end string) string {
	room := max(longestName-len(end), 0)
	if len(stem) > room {
		for stem = stem[:room]; stem != "" && !utf8.ValidString(stem); {
			stem = stem[:len(stem)-1]
		}
	}
	return stem + end
}

// SaveFailures writes a failures file beside the others in a directory: at once and for good, and never in place of
// another one; where there is one it is numbered, NAME.failed-2.csv. Where one of them has the same content already,
// nothing is written, and there is true. It returns the file's path.
func SaveFailures(dir string, f *File, failures []Failure) (path string, there bool, err error) {
	content := f.Failures(failures)
	ext := "." + f.failuresFormat()
	stem := strings.TrimSuffix(f.FailuresName(), ext)
	for n := 1; ; n++ {
		end := ext
		if n > 1 {
			end = fmt.Sprintf("-%d%s", n, ext)
		}
		path = filepath.Join(dir, fitting(stem, end))
		if isSameContent(path, content) {
			return path, true, nil
		}
		if err = private.Create(path, unfinished+"*", content); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", false, fmt.Errorf("who failed could not be kept: %w", err)
	}
	return path, false, nil
}

// isSameContent reports whether a regular file has this content.
func isSameContent(path string, content []byte) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return false
	}
	old, err := os.ReadFile(path)
	return err == nil && bytes.Equal(old, content)
}

// leaving is a file that goes from a directory into one below it, with a file beside it that says why, if anything is
// to be said of it.
type leaving struct {
	dir, name string
	below     string
	beside    string // the end of the other file's name; empty: there is none
	content   []byte // of the other file
}

// move gives the file a name that is free in its new place, the time added where its own is not. The file that says why
// goes first; where one is there with the same content, of a crash in between or of the same file pushed before, that
// one stays. It returns both paths, from dir.
func (l leaving) move(now time.Time) (moved, why string, err error) {
	target := filepath.Join(l.dir, l.below)
	if l.beside != "" {
		why = l.saidBefore(target)
	}
	known := why != ""
	ext := filepath.Ext(l.name)
	stem := strings.TrimSuffix(l.name, ext)
	for n := 0; ; n++ {
		mark := ""
		if n > 0 {
			mark = now.UTC().Format("-20060102T150405Z")
		}
		if n > 1 {
			mark += fmt.Sprintf("-%d", n)
		}
		moved = fitting(stem, mark+ext)
		if l.beside != "" && !known {
			why = fitting(stem, mark+l.beside)
		}
		err = l.settle(target, moved, why, known)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", "", err
	}
	if why != "" {
		why = filepath.Join(l.below, why)
	}
	return filepath.Join(l.below, moved), why, errors.Join(private.Sync(target), private.Sync(l.dir))
}

// saidBefore finds a file of this one's that says the same.
func (l leaving) saidBefore(target string) string {
	stem := strings.TrimSuffix(l.name, filepath.Ext(l.name))
	const longestMark = "-20060102T150405Z-99"
	begins := strings.TrimSuffix(fitting(stem, longestMark+l.beside), longestMark+l.beside)
	entries, _ := os.ReadDir(target) // where it can't be read, the move says so
	for _, entry := range entries {
		name := entry.Name()
		isBeside := strings.HasPrefix(name, begins) && strings.HasSuffix(name, l.beside)
		if isBeside && isSameContent(filepath.Join(target, name), l.content) {
			return name
		}
	}
	return ""
}

// settle puts what is to be said of a file beside its new place, and moves it there; fs.ErrExist where one of the names
// is taken. Looking and moving are two steps: the directory's lock is held, so that no other watcher comes in between.
func (l leaving) settle(target, moved, why string, known bool) error {
	to := filepath.Join(target, moved)
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	if why != "" && !known {
		if err := private.Create(filepath.Join(target, why), unfinished+"*", l.content); err != nil {
			return err
		}
	}
	return private.Rename(filepath.Join(l.dir, l.name), to)
}
