package operator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"postern/store/file"
)

// Backup is a copy of the data file that has been checked. It has no name on the disk any more, so that nothing of it
// is left when whoever has it closes it, or dies.
type Backup struct {
	*os.File
	Size int64
	At   time.Time // whose state it has
}

// Backup copies the data file, as the last commit left it, and checks the copy, while the appliance goes on. It is the
// caller's to hand out and to close, and to say by BackedUp that it has arrived.
func (o *Operator) Backup(ctx context.Context) (*Backup, error) {
	o.checking.Lock()
	defer o.checking.Unlock()
	at := o.Now()
	return makeBackup(ctx, o.copyName(), at, o.Check, o.Store.Copy)
}

// BackedUp notes that a backup has been handed out whole.
func (o *Operator) BackedUp(ctx context.Context, b *Backup) error {
	return o.Store.NoteBackup(ctx, b.At)
}

// BackupStopped is Backup for the data directory of a stopped appliance; nil: CheckInChild. No appliance can start
// while the copy is made. A file of an older schema stays one, and of it the pages alone are checked.
func BackupStopped(ctx context.Context, dir string, now time.Time, check Checker) (*Backup, error) {
	held, err := file.Hold(dir, nil)
	if err != nil {
		return nil, err
	}
	copied := copyName(dir)
	if err = removeLeft(copied); err == nil {
		err = file.CopyClosed(file.DataFile(dir), copied)
	}
	if err = errors.Join(err, held.Release()); err != nil {
		return nil, err
	}
	if check == nil {
		check = CheckInChild
	}
	return makeBackup(ctx, copied, now, check, func(string) error { return nil })
}

// makeBackup makes a copy, checks it, and takes its name away.
func makeBackup(ctx context.Context, path string, at time.Time, check Checker, make func(path string) error) (
	*Backup, error) {
	defer os.Remove(path)
	if err := make(path); err != nil {
		return nil, err
	}
	faults, err := check(ctx, path)
	if err != nil && !errors.Is(err, file.ErrOlderSchema) {
		return nil, err
	}
	if len(faults) > 0 {
		return nil, damaged("the data file", faults, restoreIt)
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	about, err := opened.Stat()
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &Backup{File: opened, Size: about.Size(), At: at}, nil
}

// restoreIt is what to do about a damaged data file.
const restoreIt = "run postern check, and restore a backup"

// damaged says that a file is of no use, why, and what to do.
func damaged(what string, faults []string, todo string) error {
	more := ""
	if n := len(faults) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Errorf("%s is damaged: %s%s; %s", what, strings.TrimSuffix(faults[0], "."), more, todo)
}

func removeLeft(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
