package file

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOpenJudges holds what others may have been at: a start is refused with what to do, or mends it, and follows no
// link.
func TestOpenJudges(t *testing.T) {
	t.Parallel()
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	must(t, os.WriteFile(elsewhere, []byte("precious"), 0o644))
	link := func(name string) func(string) error {
		return func(dir string) error {
			_ = os.Remove(filepath.Join(dir, name))
			return os.Symlink(elsewhere, filepath.Join(dir, name))
		}
	}
	tests := []struct {
		name  string
		spoil func(dir string) error
		said  []string // none: mended
	}{
		{"others may write", func(dir string) error { return os.Chmod(dir, 0o777) }, []string{"chmod 700 DIR"}},
		{"a group may write", func(dir string) error { return os.Chmod(dir, 0o770) }, []string{"chmod 700 DIR"}},
		{"others may enter", func(dir string) error { return os.Chmod(dir, 0o755) }, nil},
		{"the data file is open", func(dir string) error { return os.Chmod(DataFile(dir), 0o644) },
			[]string{"chmod 600 DIR/postern.db"}},
		{"the data file is a group's", func(dir string) error { return os.Chmod(DataFile(dir), 0o640) },
			[]string{"chmod 600 DIR/postern.db"}},
		{"both", func(dir string) error { _ = os.Chmod(DataFile(dir), 0o666); return os.Chmod(dir, 0o777) },
			[]string{"chmod 700 DIR", "chmod 600 DIR/postern.db"}},
		{"the data file is a link", link(dataName), []string{"postern.db is a symbolic link"}},
		{"the lock file is a link", link(lockName), []string{"postern.lock is a symbolic link"}},
		{"the lock file is a pipe", func(dir string) error {
			_ = os.Remove(filepath.Join(dir, lockName))
			return syscall.Mkfifo(filepath.Join(dir, lockName), 0o600)
		}, []string{"postern.lock is not a regular file"}},
		{"the lock file is open", func(dir string) error { return os.Chmod(filepath.Join(dir, lockName), 0o666) }, nil},
		{"a copy is open", func(dir string) error {
			copied := filepath.Join(dir, "postern.db.schema-1.bak")
			return os.WriteFile(copied, []byte("people"), 0o644)
		}, nil},
		{"a copy is a link", link("postern.db.schema-1.bak"), nil},
		{"an unfinished copy is a link", link(newName), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			f, err := Open(dir, testOptions())
			must(t, err)
			must(t, f.Close())
			must(t, test.spoil(dir))
			f, err = Open(dir, testOptions())
			if err == nil {
				must(t, f.Close())
				checkClosed(t, dir)
			}
			if (err == nil) != (test.said == nil) {
				t.Fatalf("opened: %v", err)
			}
			for _, sentence := range test.said {
				if !strings.Contains(err.Error(), strings.ReplaceAll(sentence, "DIR", dir)) {
					t.Errorf("not said: %s\nin: %v", sentence, err)
				}
			}
			if text, _ := os.ReadFile(elsewhere); string(text) != "precious" {
				t.Errorf("a link was followed, and what it leads to now holds %q", text)
			}
			if about, _ := os.Stat(elsewhere); about.Mode() != 0o644 {
				t.Errorf("a link was followed, and what it leads to has mode %v", about.Mode())
			}
			must(t, os.Chmod(dir, 0o700))
		})
	}
}

// checkClosed holds that nobody else may open a data directory or the files in it.
func checkClosed(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	paths := []string{dir}
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	for _, path := range paths {
		if about, err := os.Stat(path); err != nil || about.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, about.Mode(), err)
		}
	}
}
