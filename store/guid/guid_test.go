package guid

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	steps := []time.Duration{0, 0, 0, time.Millisecond, -time.Hour, 0, time.Hour + time.Second, 0}
	var source Source
	random := rand.NewChaCha8([32]byte{})
	var last ID
	now := start
	for _, step := range steps {
		now = now.Add(step)
		id := source.Next(now, random)
		if bytes.Compare(id[:], last[:]) <= 0 {
			t.Errorf("%s after %s", id, last)
		}
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Errorf("%s is not of version 7 and the RFC's variant", id)
		}
		last = id
	}
	if millis := int64(source.millis); millis != now.UnixMilli() {
		t.Errorf("the time in the id is %d, want %d", millis, now.UnixMilli())
	}
}

// TestNewIDCarries looks at the last random part of a millisecond.
// TestParseID holds the spellings of a GUID that are one, and that it is answered in one spelling.
func TestParseID(t *testing.T) {
	const want = "0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f"
	for _, text := range []string{want, strings.ToUpper(want), "{" + want + "}", "0190A6F25C1E7D3A9B443F2A1C0D9E8F",
		"{0190a6f25c1e7d3a9b443f2a1c0d9e8f}"} {
		if id, err := Parse(text); err != nil || id.String() != want {
			t.Errorf("%s: %v, %v", text, id, err)
		}
	}
	for _, text := range []string{"", "{}", "{", "{" + want, want + "}", "{{" + want + "}}", "(" + want + ")",
		"0190a6f2-5c1e7d3a9b443f2a1c0d9e8f", want[:35], want + "0",
		"0190a6f25c1e7d3a9b443f2a1c0d9e8g", "0190a6f2_5c1e_7d3a_9b44_3f2a1c0d9e8f", " " + want,
		"-0190a6f25c1e7d3a9b443f2a1c0d9e8f---"} {
		if id, err := Parse(text); err == nil {
			t.Errorf("%s: %v", text, id)
		}
	}
}

func TestShort(t *testing.T) {
	id, err := Parse("0190A6F2-5c1e-7d3a-9b44-3f2a1c0d9e8f")
	if err != nil || id.Short() != "1c0d9e8f" {
		t.Errorf("%s, %v", id.Short(), err)
	}
	for text, want := range map[string]bool{"1c0d9e8f": true, "1C0D9E8F": true, "": false, "1c0d9e8": false,
		"1c0d9e8g": false, id.String(): false} {
		if IsShort(text) != want {
			t.Errorf("%q is short: %t", text, !want)
		}
	}
}

func TestNewIDCarries(t *testing.T) {
	t.Parallel()
	source := Source{millis: 1 << 44, high: highMask, low: lowMask}
	before := source.Id()
	after := source.Next(time.UnixMilli(5), rand.NewChaCha8([32]byte{}))
	if bytes.Compare(after[:], before[:]) <= 0 || source.millis != 1<<44+1 {
		t.Errorf("%s after %s", after, before)
	}
}

func TestNewIDConcurrently(t *testing.T) {
	t.Parallel()
	var source Source
	var seen sync.Map
	var all sync.WaitGroup
	for seed := range byte(8) {
		all.Go(func() {
			random := rand.NewChaCha8([32]byte{seed})
			for range 1000 {
				if id := source.Next(time.UnixMilli(1), random); !isNew(&seen, id) {
					t.Errorf("%s came twice", id)
				}
			}
		})
	}
	all.Wait()
}

func isNew(seen *sync.Map, id ID) bool {
	_, known := seen.LoadOrStore(id, true)
	return !known
}
