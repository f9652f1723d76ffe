package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Create makes a file of mode 0600 with this content appear at once and for good; fs.ErrExist where there is one. Until
// then it stands beside it under a name after pattern, as for os.CreateTemp. The name is given by a hard link, which
// replaces nothing; where the disk knows none, by a rename after a look.
func Create(path, pattern string, content []byte) error {
	return beside(path, pattern, content, func(made string) error {
		if err := os.Link(made, path); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		return Rename(made, path)
	})
}

// Replace is Create in place of a file that is there: whatever happens, the old content or the new has the name. The
// new file is the old one's owner's. A symbolic link stays, and what it leads to is replaced.
func Replace(path, pattern string, content []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return beside(path, pattern, content, func(made string) error {
		if err := Adopt(made, path); err != nil {
			return err
		}
		return os.Rename(made, path)
	})
}

// beside writes a file next to a path, and has it given that name once it is on the disk.
func beside(path, pattern string, content []byte, name func(made string) error) error {
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
	if err := name(file.Name()); err != nil {
		return err
	}
	return Sync(dir)
}

// Adopt gives a file to the owner of another one, or of a directory, where this process is root: what root makes for
// the user that runs Postern must be that user's.
func Adopt(path, like string) error {
	about, err := os.Stat(like)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	if system, ok := about.Sys().(*syscall.Stat_t); ok {
		return os.Lchown(path, int(system.Uid), int(system.Gid))
	}
	return nil
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
