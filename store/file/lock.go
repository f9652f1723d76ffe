package file

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"postern/store/private"
)

// ErrInUse is what the error of Open is (errors.Is) when another process holds the data directory.
var ErrInUse = errors.New("held by another process")

const (
	lockName = "postern.lock"
	lockWait = 2 * time.Second // a process that has just been told to stop gets so long to let go
	lockPoll = 50 * time.Millisecond
)

// dirLock is an exclusive flock(2) on a file of the directory. The kernel lets go of it when the process ends, however
// it ends; the file stays, and holds the process id of the last holder. bbolt locks its file as well, but only once it
// is there: keys, copies and a first start need the directory before that. A lock file that was removed with its
// process would let two others lock two different files of that name.
type dirLock struct{ file *os.File }

// lockDir takes the lock, or says after wait who has it.
func lockDir(dir string, wait time.Duration) (*dirLock, error) {
	path := filepath.Join(dir, lockName)
	file, err := private.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be written: %w", dir, err)
	}
	for deadline := time.Now().Add(wait); ; time.Sleep(lockPoll) {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			writeHolder(file)
			return &dirLock{file}, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, fmt.Errorf("%s cannot be locked: %w; the data directory must be on a local disk", path, err)
		}
		if !time.Now().Before(deadline) {
			defer file.Close()
			return nil, inUseBy(dir, file)
		}
	}
}

// release lets go of the lock.
func (l *dirLock) release() error { return l.file.Close() }

// writeHolder leaves the process id for the next one's sentence, which is all that it is for: failing, as on a full
// disk, is no harm.
func writeHolder(file *os.File) {
	_ = file.Truncate(0)
	_, _ = file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
}

func inUseBy(dir string, file *os.File) error {
	text, _ := io.ReadAll(io.NewSectionReader(file, 0, 32))
	who := "another process"
	if pid := strings.TrimSpace(string(text)); pid != "" {
		who = "process " + pid
	}
	return &inUseError{fmt.Sprintf(
		"the data directory %s is in use by %s: stop that one first, or use another directory", dir, who)}
}

type inUseError struct{ sentence string }

func (h *inUseError) Error() string        { return h.sentence }
func (h *inUseError) Is(target error) bool { return target == ErrInUse }
