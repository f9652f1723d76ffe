package file

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

// TestHeldDirectory is synctest's time: the wait for the lock takes none.
func TestHeldDirectory(t *testing.T) {
	dir := t.TempDir()
	holder := openTestIn(t, dir)
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := Open(dir, testOptions())
		if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
			t.Errorf("held: %v", err)
		}
		if waited := time.Since(begun); waited < lockWait || waited > lockWait+lockPoll {
			t.Errorf("waited %s", waited)
		}
	})
	must(t, submit(holder, func(*Tx) error { return nil }))
}

// TestLetGoInTime holds that a new process waits for one that is stopping.
func TestLetGoInTime(t *testing.T) {
	dir := t.TempDir()
	lock, err := lockDir(dir, 0)
	must(t, err)
	synctest.Test(t, func(t *testing.T) {
		time.AfterFunc(lockWait/2, func() { _ = lock.release() })
		next, err := lockDir(dir, lockWait)
		must(t, err)
		must(t, next.release())
	})
}

// TestHeldFile is a foreign tool that has the data file alone.
func TestHeldFile(t *testing.T) {
	dir := t.TempDir()
	closeTest(t, openTestIn(t, dir))
	foreign, err := bbolt.Open(DataFile(dir), 0o600, boltOptions())
	must(t, err)
	synctest.Test(t, func(t *testing.T) {
		_, err := Open(dir, testOptions())
		if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "another program") {
			t.Errorf("opened: %v", err)
		}
		if _, err := checkTest(DataFile(dir)); !errors.Is(err, ErrInUse) {
			t.Errorf("checked: %v", err)
		}
	})
	checkUnlocked(t, dir)
	must(t, foreign.Close())
}
