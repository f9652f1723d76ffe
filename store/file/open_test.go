package file

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

func TestOpenMakesEverything(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	f := openTestIn(t, dir)
	closeTest(t, f)
	for name, mode := range map[string]os.FileMode{"": 0o700 | os.ModeDir, dataName: 0o600, lockName: 0o600} {
		about, err := os.Stat(filepath.Join(dir, name))
		if err != nil || about.Mode() != mode {
			t.Errorf("%q: %v, %v", name, about.Mode(), err)
		}
	}
}

// TestInterruptedFirstStart finds what a first start left that was killed before its rename.
func TestInterruptedFirstStart(t *testing.T) {
	t.Parallel()
	for _, left := range []string{"", "half a page"} {
		dir := t.TempDir()
		must(t, os.Chmod(dir, 0o700)) // as a first start makes it
		unfinished := filepath.Join(dir, newName)
		must(t, os.WriteFile(unfinished, []byte(left), 0o600))
		f := openTestIn(t, dir)
		if _, err := os.Stat(unfinished); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("what was left is still there: %v", err)
		}
		closeTest(t, f)
	}
}

// boltFile is a file of bbolt's that Postern did not write.
func boltFile(t *testing.T, fill func(*bbolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bolt.db")
	bolt, err := bbolt.Open(path, 0o600, boltOptions())
	must(t, err)
	must(t, bolt.Update(fill))
	must(t, bolt.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

// TestOpenRefuses holds that a file which cannot be opened gets a sentence and is left as it is.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sentence string
		data           []byte
	}{
		{"empty", "it is empty", nil},
		{"short", "truncated", []byte("x")},
		{"text", "no data file of Postern's", []byte(strings.Repeat("not a data file ", 4096))},
		{"zeros", "no data file of Postern's", make([]byte, 1<<16)},
		{"no tables", "another program", boltFile(t, func(*bbolt.Tx) error { return nil })},
		{"no record", "which schema", boltFile(t, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket(aboutBucket)
			return err
		})},
		{"a damaged record", "checksum does not match", boltFile(t, func(tx *bbolt.Tx) error {
			bucket, _ := tx.CreateBucket(aboutBucket)
			return bucket.Put(aboutBucket, []byte("abcd{}"))
		})},
		{"a table missing", "the table ", boltFile(t, func(bolt *bbolt.Tx) error {
			_, _ = bolt.CreateBucket(aboutBucket)
			return abouts.Put(&Tx{bolt: bolt}, aboutBucket, about{1})
		})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			must(t, os.WriteFile(DataFile(dir), test.data, 0o600))
			f, err := Open(dir, testOptions())
			if f != nil {
				t.Fatal("it was opened")
			}
			var damaged *DamagedFile
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), test.sentence) ||
				!strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("the sentence: %v", err)
			}
			if after, _ := os.ReadFile(DataFile(dir)); string(after) != string(test.data) {
				t.Error("the file was changed")
			}
			faults, err := checkTest(DataFile(dir))
			if err != nil || len(faults) == 0 || !strings.Contains(strings.Join(faults, "\n"), test.sentence) {
				t.Errorf("the check: %q, %v", faults, err)
			}
			checkUnlocked(t, dir)
		})
	}
}

// checkUnlocked holds that nobody has the directory.
func checkUnlocked(t *testing.T, dir string) {
	t.Helper()
	lock, err := lockDir(dir, 0)
	must(t, err)
	must(t, lock.release())
}

func TestOpenRefusesDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	must(t, os.MkdirAll(DataFile(filepath.Join(dir, "odd")), 0o700))
	tests := []struct{ dir, sentence string }{
		{file, "is a file: move it away"},
		{filepath.Join(file, "below"), "cannot be used"},
		{filepath.Join(dir, "odd"), "not a regular file"},
		{"/proc/postern", "cannot be made"},
		{"/proc/1/fd", "cannot be written"},
	}
	for _, test := range tests {
		if _, err := Open(test.dir, testOptions()); err == nil || !strings.Contains(err.Error(), test.sentence) {
			t.Errorf("%s: %v", test.dir, err)
		}
	}
}
