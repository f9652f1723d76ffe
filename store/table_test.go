package store

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

type note struct {
	Text string `json:"text"`
}

var notes = table[note]{scratch}

func TestTable(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	key := []byte{0, 0xff}
	check := func(t *tx, want string) {
		if got, found, err := notes.get(t, key); err != nil || found != (want != "") || got.Text != want {
			panic(want + " is not what is there")
		}
	}
	must(t, submit(s, func(t *tx) (int, error) {
		check(t, "")
		err := notes.put(t, key, note{"one"})
		check(t, "one")
		return 0, err
	}))
	must(t, submit(s, func(t *tx) (int, error) {
		check(t, "one")
		err := notes.put(t, key, note{"żółw"})
		check(t, "żółw")
		return 0, err
	}))
	must(t, submit(s, func(t *tx) (int, error) {
		check(t, "żółw")
		err := errors.Join(notes.delete(t, key), notes.delete(t, []byte("never there")))
		check(t, "")
		return 0, err
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEmptyValue is a key of an index: there, in the transaction that wrote it and later.
func TestEmptyValue(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	has := func(t *tx) (bool, error) { return t.has(scratch, []byte("a")), nil }
	must(t, submit(s, func(t *tx) (int, error) {
		err := t.put(scratch, []byte("a"), nil)
		if there, _ := has(t); !there {
			return 0, errors.New("not there yet")
		}
		return 0, err
	}))
	if there, err := read(s, has); err != nil || !there {
		t.Errorf("there: %t, %v", there, err)
	}
}

func TestTableEach(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	must(t, submit(s, func(t *tx) (int, error) {
		for key := range strings.FieldsSeq("a1 b1 b2 b3 c1") {
			if err := notes.put(t, []byte(key), note{key}); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}))
	tests := []struct {
		prefix, from string
		most         int
		want         string
	}{
		{"", "", 9, "a1 b1 b2 b3 c1"},
		{"b", "", 9, "b1 b2 b3"},
		{"b", "b2", 9, "b2 b3"},
		{"b", "b21", 9, "b3"},
		{"b", "a", 9, "b1 b2 b3"},
		{"b", "c", 9, ""},
		{"", "b2", 2, "b2 b3"},
		{"x", "", 9, ""},
	}
	for _, test := range tests {
		got, err := read(s, func(t *tx) (got []string, err error) {
			err = notes.each(t, []byte(test.prefix), []byte(test.from), func(key []byte, value note) (bool, error) {
				if string(key) != value.Text {
					return false, errors.New("another's value")
				}
				got = append(got, value.Text)
				return len(got) < test.most, nil
			})
			return got, err
		})
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("%q from %q: %q, %v", test.prefix, test.from, got, err)
		}
	}
	stop := errors.New("stop")
	_, err := read(s, func(t *tx) (int, error) {
		return 0, notes.each(t, nil, nil, func([]byte, note) (bool, error) { return true, stop })
	})
	if err != stop {
		t.Errorf("fn's error became %v", err)
	}
}

// TestDamagedRecord changes one bit, cuts a record short, and moves it to another key.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	s := openScratch(t)
	key := []byte("a\x00")
	must(t, submit(s, func(t *tx) (int, error) { return 0, notes.put(t, key, note{"hello"}) }))
	whole, _ := read(s, func(t *tx) ([]byte, error) { return bytes.Clone(t.get(scratch, key)), nil })
	check := func(what string, at, raw []byte) {
		must(t, submit(s, func(t *tx) (int, error) { return 0, t.put(scratch, at, raw) }))
		value, err := read(s, func(t *tx) (note, error) {
			value, found, err := notes.get(t, at)
			if found || err == nil {
				err = nil
			}
			return value, err
		})
		var damaged *DamagedRecord
		if !errors.As(err, &damaged) || damaged.Table != "scratch" || !bytes.Equal(damaged.Key, at) || value.Text != "" {
			t.Errorf("%s: %q, %v", what, value.Text, err)
		}
	}
	for i := range whole {
		raw := slices.Clone(whole)
		raw[i] ^= 1 << (i % 8)
		check("a bit", key, raw)
	}
	check("short", key, whole[:3])
	check("empty", key, nil)
	check("moved", []byte("b"), whole)
	if _, err := (table[note]{limitBucket}).decode(key, whole); err == nil {
		t.Error("a record moved to another table is served")
	}
	bad := append(make([]byte, sumSize), `{"text":7}`...)
	sum := notes.sum(key, bad[sumSize:])
	bad[0], bad[1], bad[2], bad[3] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	check("another type", key, bad)
	if err := notes.damaged([]byte{1, 0xab}, errChecksum); !strings.Contains(err.Error(), "table scratch: record 01ab") {
		t.Error(err)
	}
}

// TestRightFill looks whether a bucket that only grows at its end has full pages, and one that grows anywhere does not.
func TestRightFill(t *testing.T) {
	t.Parallel()
	const count = 2000
	pages := func(spread uint32) int {
		s := openScratch(t)
		for half := range uint32(2) {
			must(t, submit(s, func(t *tx) (int, error) {
				for i := range uint32(count / 2) {
					n := (half*count/2 + i) * spread % 2003
					if err := t.put(scratch, []byte{byte(n >> 8), byte(n)}, make([]byte, 100)); err != nil {
						return 0, err
					}
				}
				return 0, nil
			}))
		}
		pages, err := read(s, func(t *tx) (int, error) { return t.bucket(scratch).Stats().LeafPageN, nil })
		must(t, err)
		return pages
	}
	const full = count * (100 + 2 + entrySize) / (4096 - pageHeader)
	if ordered := pages(1); ordered > full*5/4 {
		t.Errorf("in order: %d pages, and full ones would be %d", ordered, full)
	}
	if spread := pages(1009); spread > full*2+2 {
		t.Errorf("spread: %d pages, and full ones would be %d", spread, full)
	}
}
