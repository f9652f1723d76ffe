package password

import (
	"crypto/rand"
	"errors"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

// newHasher makes one that costs next to nothing.
func newHasher(parallel int) *Hasher {
	h := NewHasher(HasherOptions{Parallel: parallel, Random: rand.Reader})
	h.cost = cost{memory: 64, passes: 1, threads: 1}
	return h
}

func TestHasher(t *testing.T) {
	h := newHasher(1)
	long := strings.Repeat("0123456789", 25) + "abcdef" // 256 code points
	for _, c := range []struct {
		name, set, typed string
		right            bool
	}{
		{"the same", "fiets lamp water", "fiets lamp water", true},
		{"NFC and NFD", "p\u00e9rip\u00e9tie \u1ec7", "pe\u0301ripe\u0301tie e\u0323\u0302", true},
		{"NFD and NFC", "pe\u0301ripe\u0301tie", "p\u00e9rip\u00e9tie", true},
		{"full-width", "\uff30\uff32\uff33", "PRS", true},
		{"long", long, long, true},
		{"without the accent", "p\u00e9rip\u00e9tie", "peripetie", false},
		{"another case", "Fiets", "fiets", false},
		{"a space after", "fiets ", "fiets", false},
		{"a space before", "fiets", " fiets", false},
		{"code point 100", strings.Repeat("a", 99) + "b", strings.Repeat("a", 99) + "c", false},
		{"code point 256", long, long[:255] + "x", false},
		{"a code point more", long, long + "x", false},
		{"after a NUL", "fiets\x00lamp", "fiets\x00", false},
		{"empty", "fiets", "", false},
		{"too long, and an empty one", "", strings.Repeat("a", 257), false},
	} {
		stored, err := h.Hash(t.Context(), Turn{}, c.set)
		check(t, err)
		right, rehash, err := h.Verify(t.Context(), Turn{}, c.typed, stored)
		if err != nil || right != c.right || rehash != "" {
			t.Errorf("%s: %v, %q, %v", c.name, right, rehash, err)
		}
		if right, rehash, err := h.Verify(t.Context(), Turn{}, c.set, ""); right || rehash != "" || err != nil {
			t.Errorf("%s is nobody's password: %v, %q, %v", c.name, right, rehash, err)
		}
	}
	one, err := h.Hash(t.Context(), Turn{}, "fiets")
	check(t, err)
	if two, err := h.Hash(t.Context(), Turn{}, "fiets"); err != nil || one == two {
		t.Errorf("without salt: %s, %v", two, err)
	}
	for _, tooLong := range []string{long + "x", strings.Repeat("\U0001f6b2", 257), strings.Repeat("a", 1<<20)} {
		if stored, err := h.Hash(t.Context(), Turn{}, tooLong); err == nil || errors.Is(err, ErrBusy) ||
			strings.Contains(err.Error(), "aaa") {
			t.Errorf("%d octets: %q, %v", len(tooLong), stored, err)
		}
	}
}

func TestRehash(t *testing.T) {
	was := newHasher(1)
	now := newHasher(1)
	now.cost.passes = 2
	old, err := was.Hash(t.Context(), Turn{}, "fiets")
	check(t, err)
	right, fresh, err := now.Verify(t.Context(), Turn{}, "fiets", old)
	if err != nil || !right || !strings.HasPrefix(fresh, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Fatalf("%v, %q, %v", right, fresh, err)
	}
	if right, again, err := now.Verify(t.Context(), Turn{}, "fiets", fresh); err != nil || !right || again != "" {
		t.Errorf("the new one: %v, %q, %v", right, again, err)
	}
	if right, again, err := now.Verify(t.Context(), Turn{}, "lamp", old); err != nil || right || again != "" {
		t.Errorf("a wrong password: %v, %q, %v", right, again, err)
	}
	if right, back, err := was.Verify(t.Context(), Turn{}, "fiets", fresh); err != nil || !right || back != "" {
		t.Errorf("a step back: %v, %q, %v", right, back, err)
	}
	now.random = strings.NewReader("short")
	if right, fresh, err := now.Verify(t.Context(), Turn{}, "fiets", old); err == nil || fresh != "" {
		t.Errorf("without randomness: %v, %q, %v", right, fresh, err)
	}
	if stored, err := now.Hash(t.Context(), Turn{}, "fiets"); err == nil || stored != "" {
		t.Errorf("without randomness: %q, %v", stored, err)
	}
}

// TestDamaged holds that a record that asks for too much is an error before anything is taken.
func TestDamaged(t *testing.T) {
	h := newHasher(1)
	_, err := h.line.take(t.Context(), Turn{}) // nobody else gets a turn
	check(t, err)
	for _, text := range []string{"fiets", strings.Replace(goodPHC, "m=19456",
		"m=4194304", 1), strings.Replace(goodPHC, "t=2", "t=4000000000", 1)} {
		if right, rehash, err := h.Verify(t.Context(), Turn{}, "fiets", text); right || rehash != "" ||
			!errors.Is(err, errPHC) {
			t.Errorf("%s: %v, %q, %v", text, right, rehash, err)
		}
	}
}

// TestCurrent holds the parameters that are promised.
func TestCurrent(t *testing.T) {
	h := NewHasher(HasherOptions{Random: rand.Reader})
	stored, err := h.Hash(t.Context(), Turn{}, "fiets")
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") || len(stored) != len(goodPHC) {
		t.Errorf("%q, %v", stored, err)
	}
	if parallel := cap(h.line.turns); parallel != max(1, runtime.GOMAXPROCS(0)/2) {
		t.Errorf("%d at once", parallel)
	}
}

// TestFlood lets 24 log in at once, with the memory settings of serve: they take turns with what memory there is.
func TestFlood(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	h := NewHasher(HasherOptions{Parallel: 2, Random: rand.Reader})
	h.cost.passes = 1 // as much memory, in less time
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			if _, _, err := h.Verify(t.Context(), Turn{}, "fiets", ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("HeapSys %d MiB, Sys %d MiB", m.HeapSys>>20, m.Sys>>20)
	if m.Sys > 400<<20 {
		t.Errorf("%d MiB", m.Sys>>20)
	}
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(HasherOptions{Random: rand.Reader})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Hash(b.Context(), Turn{}, "fiets lamp water stoel"); err != nil {
			b.Fatal(err)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestObserve holds that each password is told, with the wait for its turn, and each that is refused as such.
func TestObserve(t *testing.T) {
	hashed, refused := 0, 0
	h := NewHasher(HasherOptions{Parallel: 1, Patience: time.Millisecond, Random: rand.Reader,
		Observe: func(took time.Duration, busy bool) {
			if busy {
				refused++
			} else if hashed++; took <= 0 {
				t.Errorf("it took %s", took)
			}
		}})
	h.cost = cost{memory: 64, passes: 1, threads: 1}
	phc, err := h.Hash(t.Context(), Turn{}, "fiets lamp water")
	if right, _, verr := h.Verify(t.Context(), Turn{}, "fiets lamp water", phc); err != nil || verr != nil || !right {
		t.Error(right, err, verr)
	}
	give, err := h.line.take(t.Context(), Turn{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Hash(t.Context(), Turn{}, "x"); !errors.Is(err, ErrBusy) || h.Waiting() != 0 {
		t.Errorf("%v, %d wait", err, h.Waiting())
	}
	give()
	if hashed != 2 || refused != 1 {
		t.Errorf("%d hashed, %d refused", hashed, refused)
	}
}
