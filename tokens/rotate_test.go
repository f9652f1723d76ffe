package tokens

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// TestRotate takes a key file through two rotations and a retirement, as a process does that seals meanwhile.
func TestRotate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "postern.keys")
	link := filepath.Join(dir, "link")
	check(t, os.Symlink(path, link))
	ring, err := CreateKeyring(path, rand.Reader, madeAt)
	check(t, err)
	sealer := newSealer(t, ring, here, rand.Reader)
	address, first := ring.AddressKey(), ring.Keys()[0]
	old, err := sealer.Seal(UserToken, claims)
	check(t, err)
	for days := 1; days <= 2; days++ {
		ring, err = ring.Rotated(rand.Reader, madeAt.AddDate(0, 0, days))
		check(t, err)
		check(t, ReplaceKeyring(link, ring))
		ring, err = LoadKeyring(link)
		check(t, err)
		check(t, sealer.Use(ring))
	}
	if about, err := os.Lstat(link); err != nil || about.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link to the key file is gone: %v, %v", about.Mode(), err)
	}
	if about, err := os.Lstat(path); err != nil || about.Mode() != 0o600 {
		t.Errorf("%v, %v", about.Mode(), err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("left beside the key file: %v", entries)
	}
	keys := ring.Keys()
	var shown strings.Builder
	for _, k := range keys {
		fmt.Fprintln(&shown, k.Primary, k.MadeAt.Format(time.DateTime), k.SealedUntil.Format(time.DateTime))
	}
	const want = "true 2026-02-02 11:00:00 0001-01-01 00:00:00\n" +
		"false 2026-02-01 11:00:00 2026-02-02 11:00:00\n" +
		"false 2026-01-31 11:00:00 2026-02-01 11:00:00\n"
	if shown.String() != want || keys[2].ID != first.ID || keys[2].Print != first.Print {
		t.Errorf("%s%+v", shown.String(), keys)
	}
	if len(first.Print) != 16 || keys[0].Print == first.Print {
		t.Errorf("fingerprints: %q %q", keys[0].Print, first.Print)
	}
	if _, err := sealer.Open(UserToken, old); err != nil {
		t.Errorf("of before the rotations: %v", err)
	}
	if kept := ring.Without(keys[0].ID); len(kept.Keys()) != 3 {
		t.Error("the primary key is gone")
	}
	ring = ring.Without(first.ID)
	check(t, ReplaceKeyring(path, ring))
	ring, err = LoadKeyring(path)
	check(t, err)
	check(t, sealer.Use(ring))
	if _, err := sealer.Open(UserToken, old); !errors.Is(err, ErrUnreadable) {
		t.Errorf("under a retired key: %v", err)
	}
	if ring.AddressKey() != address {
		t.Error("the address key has changed")
	}
	if _, err := ring.Rotated(iotest.ErrReader(io.ErrUnexpectedEOF), madeAt); err == nil {
		t.Error("a key without randomness")
	}
	if err := ReplaceKeyring(filepath.Join(dir, "none"), ring); err == nil {
		t.Error("a key file that was not there is replaced")
	}
}

// TestPrint freezes the fingerprints, which stand in data files, as Python derives them.
func TestPrint(t *testing.T) {
	if got := (key{secret: (*[32]byte)([]byte(strings.Repeat("a", 32)))}).print(); got != "8f7d94d8ccc41a93" {
		t.Error(got)
	}
}
