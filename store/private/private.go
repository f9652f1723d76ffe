// Package private judges what only its owner may open: the data directory and the files in it. Each fault is one
// sentence that says what to do.
//
// What is judged is what the kernel will go by: owner and mode. Names are looked at without following a symbolic link
// at their end, as whoever may put one there decides what is opened. Between looking and opening somebody could change
// things, where others may write to the directory; that is why the directory is judged first.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// What others must not have: any right on a file; on a directory the right to put files there or to take them away.
const (
	anyRight   fs.FileMode = 0o077
	writeRight fs.FileMode = 0o022
)

// Own reports, as an error, whose a directory is where it is no directory of this user's. It may be reached through
// symbolic links. A missing one is fs.ErrNotExist to errors.Is.
func Own(dir string) error {
	about, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return Denied("the data directory "+dir, dir, err)
	case err != nil:
		return fmt.Errorf("the data directory %s cannot be used: %w", dir, err)
	case !about.IsDir():
		return fmt.Errorf("the data directory %s is a file: move it away, or use another directory", dir)
	case !mayUse(about):
		return foreign("the data directory "+dir, about)
	case about.Mode().Perm()&0o700 != 0o700 && os.Geteuid() != 0:
		return fmt.Errorf("the data directory %s is closed to its own user (mode %04o): run chmod 700 %[1]s",
			dir, about.Mode().Perm())
	}
	return nil
}

// Dir judges who else may open this user's directory; data is the file that makes it a data directory. Where others
// may write there, what is in it may be theirs. Where they may only enter or list it, it is closed to them (0700):
// what is in it is judged by itself, and supervisors make such directories (systemd's StateDirectory is 0755). One
// that holds other files, as /etc, is left as it is.
func Dir(dir, data string) error {
	about, err := os.Stat(dir)
	if err != nil {
		return err
	}
	mode := about.Mode().Perm()
	_, missing := os.Lstat(data)
	switch {
	case mode&anyRight == 0:
		return nil
	case mode&writeRight == 0 && missing == nil, empty(dir):
		return os.Chmod(dir, mode&^anyRight)
	case missing == nil:
		return fmt.Errorf("the data directory %s is open to other accounts (mode %04o): "+
			"see that all in it is yours, then run chmod 700 %[1]s", dir, mode)
	}
	return fmt.Errorf("the data directory %s is open to other accounts (mode %04o), and other files are in it: "+
		"use one of its own, or run chmod 700 %[1]s", dir, mode)
}

func empty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// File judges a file by its name, without following a symbolic link. A missing one is right.
func File(what, path string) error {
	about, err := regular(what, path)
	if err != nil || about == nil || about.Mode().Perm()&anyRight == 0 {
		return err
	}
	return fmt.Errorf("%s %s is open to other accounts (mode %04o): run chmod 600 %[2]s", what, path,
		about.Mode().Perm())
}

// Mend is File for what holds no secret: others' rights on it are taken away.
func Mend(what, path string) error {
	if about, err := regular(what, path); err != nil || about == nil {
		return err
	}
	return Close(path)
}

// Close takes others' rights on a regular file away. Anything else is left as it is.
func Close(path string) error {
	about, err := os.Lstat(path)
	if err != nil || !about.Mode().IsRegular() || about.Mode().Perm()&anyRight == 0 {
		return err
	}
	file, err := OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(about.Mode().Perm()&^anyRight), file.Close())
}

// regular looks at a file that must be a regular one of this user's. A missing one is nil.
func regular(what, path string) (fs.FileInfo, error) {
	about, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, Denied(what+" "+path, path, err)
	case about.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("%s %s is a symbolic link: put the file itself there, or remove the link", what, path)
	case !about.Mode().IsRegular():
		return nil, fmt.Errorf("%s %s is not a regular file: move it away", what, path)
	case !mayUse(about):
		return nil, anothers(what, path, about)
	}
	return about, nil
}

// Socket judges a Unix socket. A missing one is right.
func Socket(path string) error {
	about, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return Denied(path, path, err)
	case about.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is not the appliance's socket: move it away", path)
	case !mayUse(about):
		return foreign("the appliance behind "+path, about)
	}
	return nil
}

// OpenFile is os.OpenFile, but follows no symbolic link at the end of the name, and waits for no pipe's other end.
func OpenFile(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, flag|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, mode)
}

// Exposed reports whether any account may read a file, and whether any may change it. One that cannot be looked at is
// neither.
func Exposed(path string) (read, write bool) {
	about, err := os.Stat(path)
	if err != nil {
		return false, false
	}
	return about.Mode()&0o004 != 0, about.Mode()&0o002 != 0
}
