package tokens

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"postern/store/private"
)

// keyFileLimit bounds what is read as a key file, in octets: thousands of keys.
const keyFileLimit = 1 << 20

// LoadKeyring reads a key file. Where there is none, the error is fs.ErrNotExist to errors.Is: whether a new one may be
// made depends on what was sealed before, which is not known here. Every other fault is told with what to do, all of
// them at once (errors.Join). A file that group or others may open is refused, as its keys may have been read.
func LoadKeyring(path string) (*Keyring, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe that nobody writes must not hang the start
	if err != nil {
		return nil, fmt.Errorf("the key file can't be opened: %w", private.Unopened("the file", path, err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("the key file can't be looked at: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a file", path)
	}
	content, err := io.ReadAll(io.LimitReader(f, keyFileLimit+1))
	if err != nil {
		return nil, fmt.Errorf("the key file can't be read: %w", err)
	}
	var faults []error
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		faults = append(faults, fmt.Errorf("the key file %s is open to other accounts (mode %04o): run chmod 600 %s",
			path, mode, path))
	}
	if len(content) > keyFileLimit {
		faults = append(faults, fmt.Errorf("the key file %s is over %d octets: it is no keyring", path, keyFileLimit))
		return nil, errors.Join(faults...)
	}
	ring, err := parseKeyring(content)
	if err != nil {
		faults = append(faults, fmt.Errorf("the key file %s can't be used, mend it or put a copy back: %w", path, err))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return ring, nil
}

// CreateKeyring makes a ring of one new primary key and its file, mode 0600, on the disk when it returns. It never
// replaces a file: where there is one, the error is fs.ErrExist to errors.Is. A crash on the way leaves either no key
// file or a whole one, and at worst a temporary file beside it whose key never sealed anything.
func CreateKeyring(path string, random io.Reader, now time.Time) (*Keyring, error) {
	ring, err := NewKeyring(random, now)
	if err == nil {
		err = SaveKeyring(path, ring)
	}
	if err != nil {
		return nil, err
	}
	return ring, nil
}

// NewKeyring makes a ring of one new primary key.
func NewKeyring(random io.Reader, now time.Time) (*Keyring, error) {
	k, err := newKey(random, now)
	if err != nil {
		return nil, err
	}
	return &Keyring{keys: []key{k}}, nil
}

// SaveKeyring writes a ring to a new file; see CreateKeyring.
func SaveKeyring(path string, ring *Keyring) error {
	content, err := ring.format()
	if err == nil {
		err = private.Create(path, filepath.Base(path)+".new-*", content)
	}
	if err != nil {
		return fmt.Errorf("writing the key file %s: %w", path, err)
	}
	return nil
}
