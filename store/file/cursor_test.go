package file

import (
	"bytes"
	"os"
	"testing"
)

// TestCursorOrder holds that a walk over keys that are out of order ends with an error, and does not go round.
func TestCursorOrder(t *testing.T) {
	dir := t.TempDir()
	f := openTestIn(t, dir)
	must(t, f.Write(t.Context(), func(tx *Tx) error {
		for _, key := range []string{"key-1", "key-2", "key-3"} {
			must(t, tx.Put(scratch, []byte(key), nil))
		}
		return nil
	}))
	must(t, f.Close())
	content, err := os.ReadFile(DataFile(dir))
	must(t, err)
	must(t, os.WriteFile(DataFile(dir), bytes.ReplaceAll(content, []byte("key-2"), []byte("key-9")), 0o600))

	f, err = Open(dir, testOptions())
	must(t, err)
	defer f.Close()
	for name, walk := range map[string]func(*Cursor){
		"forward": func(c *Cursor) {
			for key, _ := c.First(); key != nil; key, _ = c.Next() {
			}
		},
		"back": func(c *Cursor) {
			for key, _ := c.Last(); key != nil; key, _ = c.Prev() {
			}
		},
	} {
		if err := f.Read(func(tx *Tx) error { walk(tx.Cursor(scratch)); return nil }); Advice(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSeekBefore holds that the walk back begins with the last key below the end.
func TestSeekBefore(t *testing.T) {
	f := openTest(t)
	must(t, f.Write(t.Context(), func(tx *Tx) error {
		for _, key := range []string{"b", "d"} {
			must(t, tx.Put(scratch, []byte(key), nil))
		}
		return nil
	}))
	for end, want := range map[string]string{"a": "", "b": "", "c": "b", "d": "b", "e": "d"} {
		must(t, f.Read(func(tx *Tx) error {
			if key, _ := tx.Cursor(scratch).SeekBefore([]byte(end)); string(key) != want {
				t.Errorf("before %s: %q, not %q", end, key, want)
			}
			return nil
		}))
	}
}
