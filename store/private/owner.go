package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Denied makes a sentence of an error about a path: where a right is missing, one that names the user who has it. Any
// other error stays as it is.
func Denied(what, path string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		// What may not be looked at is closed by the nearest directory above it that may.
		about, missing := os.Stat(at)
		switch {
		case missing == nil && !mayUse(about):
			return foreign(what, about)
		case missing == nil || at == filepath.Dir(at):
			return err
		}
	}
}

// Foreign reports the owner of a path where that is another user than this process's: root may use it all the same.
func Foreign(path string) (owner string, is bool) {
	about, err := os.Stat(path)
	if err != nil || ownerOf(about) == os.Geteuid() {
		return "", false
	}
	return nameOf(ownerOf(about)), true
}

// Unopened makes a sentence of the error of opening a single file that this user must be able to read. Any other
// error than a missing right stays as it is.
func Unopened(what, path string, err error) error {
	if about, missing := os.Stat(path); errors.Is(err, fs.ErrPermission) && missing == nil && !mayUse(about) {
		return anothers(what, path, about)
	}
	return err
}

// anothers says that a file is another user's, and its directory is not.
func anothers(what, path string, about fs.FileInfo) error {
	name := nameOf(os.Geteuid())
	return fmt.Errorf("%s %s belongs to %s, and this is %s: run chown %[4]s %[2]s as root",
		what, path, nameOf(ownerOf(about)), name)
}

// foreign says that something is another user's.
func foreign(what string, about fs.FileInfo) error {
	id := ownerOf(about)
	name, shell := nameOf(id), nameOf(id)
	if name == strconv.Itoa(id) {
		name, shell = "user "+name, "'#"+name+"'" // sudo's way to say a number
	}
	return fmt.Errorf("%s belongs to %s, and this is %s: run this as %s (sudo -u %s …)",
		what, name, nameOf(os.Geteuid()), name, shell)
}

// mayUse reports whether something belongs to this process's user, or that one is root.
func mayUse(about fs.FileInfo) bool {
	return os.Geteuid() == 0 || ownerOf(about) == os.Geteuid()
}

func ownerOf(about fs.FileInfo) int {
	if system, ok := about.Sys().(*syscall.Stat_t); ok {
		return int(system.Uid)
	}
	return os.Geteuid()
}

// nameOf is a user's name, or the number where it has none.
func nameOf(id int) string {
	if account, err := user.LookupId(strconv.Itoa(id)); err == nil && account.Username != "" {
		return account.Username
	}
	return strconv.Itoa(id)
}
