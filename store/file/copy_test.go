package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"postern/store/refuse"
)

// TestCopyBesideWriters copies while two keys are always written together.
func TestCopyBesideWriters(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	var writer sync.WaitGroup
	stop := make(chan struct{})
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			err := submit(f, func(t *Tx) error {
				value := fmt.Appendf(make([]byte, 5000), "%d", i)
				return errors.Join(t.Put(scratch, []byte("a"), value), t.Put(scratch, []byte("b"), value))
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	for i := range 5 {
		dir := t.TempDir()
		must(t, f.Copy(DataFile(dir)))
		if about, _ := os.Stat(DataFile(dir)); about.Mode() != 0o600 {
			t.Errorf("mode %v", about.Mode())
		}
		copied := openTestIn(t, dir)
		same, err := read(copied, func(t *Tx) (bool, error) {
			return string(t.Get(scratch, []byte("a"))) == string(t.Get(scratch, []byte("b"))), nil
		})
		if err != nil || !same {
			t.Errorf("copy %d is of half a transaction: %v", i, err)
		}
	}
	close(stop)
	writer.Wait()
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	free := uint64(1 << 40)
	f := openTest(t, func(o *Options) { o.Free = func(string) (uint64, uint64, error) { return free, 1 << 40, nil } })
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	must(t, os.WriteFile(there, []byte("mine"), 0o600))
	if err := f.Copy(there); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if data, _ := os.ReadFile(there); string(data) != "mine" {
		t.Error("the file that was there is lost")
	}
	free = 64 << 20 // the reserve, and nothing for the copy
	if err := f.Copy(filepath.Join(dir, "new")); !refuse.Is(err, refuse.Unavailable) ||
		!strings.Contains(err.Error(), "no room") {
		t.Errorf("without room: %v", err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}
