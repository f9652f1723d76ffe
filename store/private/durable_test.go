package private_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"postern/store/private"
)

// TestCreate holds that a file is never replaced, and that nothing is left beside it.
func TestCreate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := private.Create(path, "key.new-*", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := private.Create(path, "key.new-*", []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if err := private.Rename(path, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a rename over a file: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "first" {
		t.Errorf("%q, %v", content, err)
	}
	entries, _ := os.ReadDir(dir)
	if info, err := os.Stat(path); len(entries) != 1 || err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v, %v", entries, info.Mode(), err)
	}
}
