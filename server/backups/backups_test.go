package backups

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// whole looks like a data file.
func whole(text string) []byte {
	return append([]byte("0123456789abcdef\xed\xda\x0c\xed"), text...)
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// TestAdd fills a directory that holds other things, too.
func TestAdd(t *testing.T) {
	dir := Dir{t.TempDir(), 3}
	others := []string{"notes.txt", "postern-20260101.db", "postern-20260101T000000Z.db.old", "postern-x.db"}
	for _, name := range append(others, "postern-20260102T000000Z.db.new") {
		if err := os.WriteFile(filepath.Join(dir.Path, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := dir.Newest(); err != nil || !at.IsZero() {
		t.Errorf("of none: %v, %v", at, err)
	}
	for days := range 6 {
		content := whole(strings.Repeat("x", 1<<20+days))
		path, err := dir.Add(bytes.NewReader(content), int64(len(content)), noon.AddDate(0, 0, days))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, %v", path, len(got), err)
		}
		if about, err := os.Stat(path); err != nil || about.Mode() != 0o600 {
			t.Errorf("%v, %v", about.Mode(), err)
		}
	}
	want := append(slices.Clone(others), "postern-20261129T120000Z.db", "postern-20261130T120000Z.db",
		"postern-20261201T120000Z.db")
	slices.Sort(want)
	if got := namesIn(t, dir.Path); !slices.Equal(got, want) {
		t.Errorf("kept: %v", got)
	}
	if at, err := dir.Newest(); err != nil || !at.Equal(noon.AddDate(0, 0, 5)) {
		t.Errorf("newest: %v, %v", at, err)
	}
}

// TestPruneLeavesOthers holds that a directory whose name is a pattern has nothing removed elsewhere, and that what is
// no backup's unfinished file stays.
func TestPruneLeavesOthers(t *testing.T) {
	root := t.TempDir()
	dir, beside := Dir{filepath.Join(root, "[ab]"), 1}, filepath.Join(root, "a")
	left := filepath.Join(dir.Path, "postern-20260102T000000Z.db.new")
	foreign := filepath.Join(beside, "postern-20260102T000000Z.db.new")
	mine := filepath.Join(dir.Path, "postern-mine.db.new")
	for _, path := range []string{left, foreign, mine} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dir.Add(bytes.NewReader(whole("")), int64(len(whole(""))), noon); err != nil {
		t.Fatal(err)
	}
	for path, stays := range map[string]bool{left: false, foreign: true, mine: true} {
		if _, err := os.Lstat(path); (err == nil) != stays {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestNext holds when a backup is due.
func TestNext(t *testing.T) {
	dir := Dir{t.TempDir(), 3}
	due := func(now time.Time) time.Duration {
		at, err := dir.Next(24*time.Hour, now)
		if err != nil {
			t.Fatal(err)
		}
		return at.Sub(now)
	}
	if wait := due(noon); wait != 0 {
		t.Errorf("with none: %v", wait)
	}
	if _, err := dir.Add(bytes.NewReader(whole("")), 20, noon); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]time.Duration{
		0: 24 * time.Hour, 23 * time.Hour: time.Hour, 24 * time.Hour: 0, 100 * time.Hour: 0,
		-time.Hour: 0, // the clock was ahead then
	} {
		if wait := due(noon.Add(after)); wait != want {
			t.Errorf("%v after: %v", after, wait)
		}
	}
	if _, err := (Dir{filepath.Join(dir.Path, "none"), 3}).Next(time.Hour, noon); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of no directory: %v", err)
	}
}

// TestWrite holds what is replaced, and that only what is whole replaces it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	write := func(content []byte, size int64) error { return Write(path, bytes.NewReader(content), size) }
	first, second := whole("first"), whole("second")
	if err := errors.Join(write(first, int64(len(first))), write(second, int64(len(second)))); err != nil {
		t.Fatal(err)
	}
	if err := write(first, int64(len(first))+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("one that breaks off: %v", err)
	}
	broken := io.MultiReader(bytes.NewReader(first), failing{})
	if err := Write(path, broken, 1<<20); !errors.Is(err, errBroken) {
		t.Errorf("one that fails: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, second) {
		t.Errorf("left: %q, %v", got, err)
	}
	if names := namesIn(t, dir); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
	for name, put := range map[string]func(string) error{
		"text": func(p string) error { return os.WriteFile(p, []byte("somebody's only copy of a text"), 0o600) },
		"tiny": func(p string) error { return os.WriteFile(p, []byte("x"), 0o600) },
		"dir":  func(p string) error { return os.Mkdir(p, 0o700) },
		"link": func(p string) error { return os.Symlink(path, p) },
	} {
		other := filepath.Join(dir, name)
		if err := put(other); err != nil {
			t.Fatal(err)
		}
		before, _ := os.Lstat(other)
		err := Write(other, bytes.NewReader(first), int64(len(first)))
		after, _ := os.Lstat(other)
		if err == nil || !strings.Contains(err.Error(), other) || after.Size() != before.Size() ||
			after.Mode() != before.Mode() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errBroken = errors.New("broken")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }
