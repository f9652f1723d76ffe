package file

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	key := []byte{0, 0xff}
	check := func(t *Tx, want string) {
		if got, found, err := notes.Get(t, key); err != nil || found != (want != "") || got.Text != want {
			panic(want + " is not what is there")
		}
	}
	must(t, submit(f, func(t *Tx) error {
		check(t, "")
		err := notes.Put(t, key, note{"one"})
		check(t, "one")
		return err
	}))
	must(t, submit(f, func(t *Tx) error {
		check(t, "one")
		err := notes.Put(t, key, note{"żółw"})
		check(t, "żółw")
		return err
	}))
	must(t, submit(f, func(t *Tx) error {
		check(t, "żółw")
		err := errors.Join(notes.Delete(t, key), notes.Delete(t, []byte("never there")))
		check(t, "")
		return err
	}))
}

// TestEmptyValue is a key of an index: there, in the transaction that wrote it and later.
func TestEmptyValue(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	has := func(t *Tx) (bool, error) { return t.Has(scratch, []byte("a")), nil }
	must(t, submit(f, func(t *Tx) error {
		err := t.Put(scratch, []byte("a"), nil)
		if there, _ := has(t); !there {
			return errors.New("not there yet")
		}
		return err
	}))
	if there, err := read(f, has); err != nil || !there {
		t.Errorf("there: %t, %v", there, err)
	}
}

func TestTableEach(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	must(t, submit(f, func(t *Tx) error {
		for key := range strings.FieldsSeq("a1 b1 b2 b3 c1") {
			if err := notes.Put(t, []byte(key), note{key}); err != nil {
				return err
			}
		}
		return nil
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
		got, err := read(f, func(t *Tx) (got []string, err error) {
			err = notes.Each(t, []byte(test.prefix), []byte(test.from), func(key []byte, value note) (bool, error) {
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
	err := f.Read(func(t *Tx) error {
		return notes.Each(t, nil, nil, func([]byte, note) (bool, error) { return true, stop })
	})
	if err != stop {
		t.Errorf("fn's error became %v", err)
	}
}

// TestDamagedRecord changes one bit, cuts a record short, and moves it to another key.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	f := openTest(t)
	key := []byte("a\x00")
	must(t, submit(f, func(t *Tx) error { return notes.Put(t, key, note{"hello"}) }))
	whole, _ := read(f, func(t *Tx) ([]byte, error) { return bytes.Clone(t.Get(scratch, key)), nil })
	check := func(what string, at, raw []byte) {
		must(t, submit(f, func(t *Tx) error { return t.Put(scratch, at, raw) }))
		value, err := read(f, func(t *Tx) (note, error) {
			value, found, err := notes.Get(t, at)
			if found || err == nil {
				err = nil
			}
			return value, err
		})
		var damaged *DamagedRecord
		if !errors.As(err, &damaged) || damaged.Table != "scratch" || !bytes.Equal(damaged.Key, at) ||
			value.Text != "" {
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
	if _, err := (Table[note]{aboutBucket}).Decode(key, whole); err == nil {
		t.Error("a record moved to another table is served")
	}
	bad := append(make([]byte, sumSize), `{"text":7}`...)
	sum := notes.sum(key, bad[sumSize:])
	bad[0], bad[1], bad[2], bad[3] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	check("another type", key, bad)
	if err := notes.damaged([]byte{1, 0xab}, errChecksum); !strings.Contains(err.Error(),
		"table scratch: record 01ab") {
		t.Error(err)
	}
}

// TestRightFill looks whether a bucket that only grows at its end has full pages, and one that grows anywhere does not.
func TestRightFill(t *testing.T) {
	t.Parallel()
	const count = 2000
	pages := func(spread uint32) int {
		f := openTest(t)
		for half := range uint32(2) {
			must(t, submit(f, func(t *Tx) error {
				for i := range uint32(count / 2) {
					n := (half*count/2 + i) * spread % 2003
					if err := t.Put(scratch, []byte{byte(n >> 8), byte(n)}, make([]byte, 100)); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		pages, err := read(f, func(t *Tx) (int, error) { return t.Bucket(scratch).Stats().LeafPageN, nil })
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
