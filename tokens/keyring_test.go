package tokens

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var madeAt = time.Date(2026, 1, 31, 12, 0, 0, 999, time.FixedZone("CET", 3600))

func TestCreateAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.keys")
	if _, err := LoadKeyring(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading a missing file: %v", err)
	}
	made, err := CreateKeyring(path, rand.Reader, madeAt)
	check(t, err)
	loaded, err := LoadKeyring(path)
	check(t, err)
	token, err := newSealer(t, made, here, rand.Reader).Seal(Confirmation, claims)
	check(t, err)
	if got, err := newSealer(t, loaded, here, rand.Reader).Open(Confirmation, token); err != nil || got != claims {
		t.Errorf("a token of before the restart: %+v, %v", got, err)
	}
	before, err := os.ReadFile(path)
	check(t, err)
	if !strings.Contains(string(before), `"madeAt": "2026-01-31T11:00:00Z"`) {
		t.Errorf("the file is not for human eyes:\n%s", before)
	}
	if _, err := CreateKeyring(path, rand.Reader, madeAt); !errors.Is(err, fs.ErrExist) {
		t.Errorf("making a second one in its place: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the first one is gone: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left beside the key file: %v", entries)
	}
}

// TestCreateAtOnce lets several make the same file: one wins, and its key is the file's.
func TestCreateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.keys")
	rings := make([]*Keyring, 8)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() { rings[i], _ = CreateKeyring(path, rand.Reader, madeAt) })
	}
	wg.Wait()
	loaded, err := LoadKeyring(path)
	check(t, err)
	winners := 0
	for _, ring := range rings {
		if ring != nil {
			winners++
			if *ring.keys[0].secret != *loaded.keys[0].secret {
				t.Error("somebody holds a key that is not in the file")
			}
		}
	}
	if winners != 1 {
		t.Errorf("%d of them made the file", winners)
	}
}

func TestCreateFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := CreateKeyring(filepath.Join(dir, "keys"), strings.NewReader("too short"), madeAt); err == nil {
		t.Error("made a key of nothing")
	}
	if _, err := CreateKeyring(filepath.Join(dir, "no", "keys"), rand.Reader, madeAt); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing directory: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// entry returns one key of a key file, its secret filled with one octet.
func entry(id, state string, fill byte, length int) string {
	secret := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(fill)), length)))
	return fmt.Sprintf(`{"id":%q,"state":%q,"madeAt":"2026-01-31T12:00:00Z","key":%q}`, id, state, secret)
}

func ringOf(entries ...string) string { return `{"keys":[` + strings.Join(entries, ",\n") + `]}` }

func TestLoadRefuses(t *testing.T) {
	good := entry("a1b2c3d4", "primary", 'a', 32)
	for _, c := range []struct {
		name, content string
		mode          fs.FileMode
		want          []string // each must be said
	}{
		{"group may read", ringOf(good), 0o640, []string{"mode 0640", "chmod 600 "}},
		{"others may write", ringOf(good), 0o602, []string{"chmod 600 "}},
		{"both kinds of fault", ringOf(), 0o644, []string{"chmod 600 ", "0 primary keys"}},
		{"empty", "", 0o600, []string{"line 1 is wrong"}},
		{"broken JSON", "{\n\"keys\": [\n{]}", 0o600, []string{"line 3 is wrong"}},
		{"wrong type", "{\n\"keys\": [{\"id\": 5}]}", 0o600, []string{"line 2 is wrong"}},
		{"unknown member", `{"keys":[],"note":""}`, 0o600, []string{"line 1 is wrong"}},
		{"more after it", ringOf(good) + "{}", 0o600, []string{"line 1 is wrong"}},
		{"no primary", ringOf(entry("a1b2c3d4", "accepted", 'a', 32)), 0o600, []string{"0 primary keys"}},
		{"two primaries", ringOf(good, entry("a1b2c3d5", "primary", 'b', 32)), 0o600, []string{"2 primary keys"}},
		{"id twice", ringOf(good, entry("A1B2C3D4", "accepted", 'b', 32)), 0o600,
			[]string{"number 2 has the id a1b2c3d4"}},
		{"key twice", ringOf(good, entry("a1b2c3d5", "accepted", 'a', 32)), 0o600, []string{"the same key"}},
		{"all of an entry", `{"keys":[{"id":"a1b2c3","state":"retired","madeAt":"today","key":"§"}]}`, 0o600,
			[]string{"8 hexadecimal digits", `unknown state "retired"`, "madeAt", "not base64"}},
		{"all entries", ringOf(entry("", "primary", 'a', 31), entry("a1b2c3d4zz", "accepted", 'b', 33)), 0o600,
			[]string{"number 1", "31 octets", "number 2", "33 octets", "8 hexadecimal"}},
		{"address key", strings.TrimSuffix(ringOf(good), "}") + `,"addressKey":"YWFhYWFh"}`, 0o600,
			[]string{"addressKey has 6 octets"}},
		{"address key no base64", strings.TrimSuffix(ringOf(good), "}") + `,"addressKey":"§"}`, 0o600,
			[]string{"addressKey is not base64"}},
		{"far too long", strings.Repeat(" ", keyFileLimit+1), 0o644, []string{"chmod 600 ", "no keyring"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "postern.keys")
			check(t, os.WriteFile(path, []byte(c.content), 0o600))
			check(t, os.Chmod(path, c.mode))
			_, err := LoadKeyring(path)
			if err == nil {
				t.Fatal("was taken")
			}
			for _, want := range append(c.want, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("not said: %s\nin: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "YWFhYWFh") {
				t.Errorf("a key is quoted: %v", err)
			}
		})
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyring(pipe); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a pipe as a key file: %v", err)
	}
	if _, err := LoadKeyring(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a directory: %v", err)
	}
}

// TestPrintedRing holds that a ring or a sealer that ends up in a log message shows no key.
func TestPrintedRing(t *testing.T) {
	ring := &Keyring{address: (*[32]byte)([]byte("0123456789abcdef0123456789abcdef")),
		keys: []key{{keyID{1}, primary, madeAt, (*[32]byte)([]byte("0123456789abcdef0123456789abcdef"))}}}
	s := newSealer(t, ring, here, rand.Reader)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", ring, ring, ring), fmt.Sprintf("%v %+v", s, s.ring.Load())} {
		if strings.Contains(text, "0123456789abcdef") || strings.Contains(text, "48 49 50") ||
			strings.Contains(text, "0x30, 0x31") {
			t.Error(text)
		}
	}
}

// TestAddressKey holds that the key is the oldest one's, derived as Python derives it, and outlives a rotation and the
// oldest key's retirement, since every ring that is written has it.
func TestAddressKey(t *testing.T) {
	parse := func(content []byte) *Keyring {
		ring, err := parseKeyring(content)
		check(t, err)
		return ring
	}
	const want = "719f9e47cf1dd150e11b4f8411386adf7bdba7d99a1d718c80ee960ef41cd55a"
	oldest := entry("a1b2c3d4", "accepted", 'a', 32)
	newer := strings.Replace(entry("a1b2c3d5", "primary", 'b', 32), "2026-01-31", "2026-02-28", 1)
	ring := parse([]byte(ringOf(newer, oldest)))
	if got := fmt.Sprintf("%x", ring.AddressKey()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	content, err := ring.format()
	check(t, err)
	ring = parse(content)
	ring.keys = ring.keys[:1]
	content, err = ring.format()
	check(t, err)
	if got := fmt.Sprintf("%x", parse(content).AddressKey()); got != want {
		t.Errorf("with the oldest retired: %s, want %s", got, want)
	}
	made, err := CreateKeyring(filepath.Join(t.TempDir(), "keys"), rand.Reader, madeAt)
	check(t, err)
	if other, err := CreateKeyring(filepath.Join(t.TempDir(), "keys"), rand.Reader, madeAt); err != nil ||
		made.AddressKey() == other.AddressKey() {
		t.Errorf("two rings have one address key, %v", err)
	}
}

// FuzzKeyring holds that any file is either refused or a ring that works.
func FuzzKeyring(f *testing.F) {
	f.Add([]byte(ringOf(entry("a1b2c3d4", "primary", 'a', 32), entry("a1b2c3d5", "accepted", 'b', 32))))
	f.Add([]byte(`{"keys":[{"id":"é","state":null,"madeAt":"2026-01-31T12:00:00.5+01:00","key":"AA=="}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		ring, err := parseKeyring(content)
		if err != nil {
			return
		}
		s := newSealer(t, ring, here, rand.Reader)
		token, err := s.Seal(UserToken, claims)
		check(t, err)
		if got, err := s.Open(UserToken, token); err != nil || got != claims {
			t.Errorf("%+v, %v", got, err)
		}
		again, err := ring.format()
		check(t, err)
		if _, err := parseKeyring(again); err != nil {
			t.Errorf("written again it is refused: %v", err)
		}
	})
}
