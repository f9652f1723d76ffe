package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// openAt opens a directory with made-up migrations and closes it again.
func openAt(t *testing.T, dir string, steps ...migration) error {
	t.Helper()
	s, err := open(dir, testOptions(), steps)
	if err != nil {
		checkUnlocked(t, dir)
		return err
	}
	return s.Close()
}

// schemaOf reads a file's schema and what the scratch bucket holds.
func schemaOf(t *testing.T, path string) (schema int, keys string) {
	t.Helper()
	bolt, err := openBolt(path, true)
	must(t, err)
	defer bolt.Close()
	must(t, bolt.View(func(bolt *bbolt.Tx) error {
		about, _, err := metas.get(&tx{bolt: bolt}, metaKey)
		schema = about.Schema
		if bucket := bolt.Bucket(scratch); bucket != nil {
			_ = bucket.ForEach(func(key, _ []byte) error { keys += string(key); return nil })
		}
		return err
	}))
	return schema, keys
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	make2 := func(t *tx) error {
		_, err := t.bolt.CreateBucket(scratch)
		return errors.Join(err, t.put(scratch, []byte("2"), nil))
	}
	make3 := func(t *tx) error { return t.put(scratch, []byte("3"), nil) }
	spoilt := errors.New("spoilt")
	fail := func(t *tx) error { return errors.Join(t.put(scratch, []byte("x"), nil), spoilt) }
	collapse := func(*tx) error { panic("collapsed") }
	two, three, failing, collapsing := migration{apply: make2}, migration{apply: make3}, migration{apply: fail}, migration{apply: collapse}
	unready := migration{prepare: func(*Store) error { return spoilt }, apply: make3}
	tests := []struct {
		name   string
		steps  []migration
		err    string
		schema int
		keys   string
		copies string
	}{
		{"none", nil, "", 1, "", ""},
		{"one", []migration{two}, "", 2, "2", "1"},
		{"the same again", []migration{two}, "", 2, "2", "1"},
		{"a copy cannot be kept from an interrupted one", []migration{two, failing}, "still has the former: spoilt", 2, "2", "12"},
		{"what prepares it fails", []migration{two, unready}, "still has the former: spoilt", 2, "2", "12"},
		{"a panic", []migration{two, collapsing}, "not what Postern wrote", 2, "2", "12"},
		{"mended", []migration{two, three}, "", 3, "23", "12"},
		{"older than the file", []migration{two}, "schema 3, and this Postern knows schemas up to 2: use the newer", 3, "23", "12"},
		{"three at once", []migration{two, three, three, three, three}, "", 6, "23", "123"},
	}
	dir := t.TempDir()
	for _, test := range tests { // one after the other: each finds the file that the one before left
		err := openAt(t, dir, test.steps...)
		if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v", test.name, err)
		}
		if schema, keys := schemaOf(t, DataFile(dir)); schema != test.schema || keys != test.keys {
			t.Errorf("%s: schema %d with %q", test.name, schema, keys)
		}
		copies, _ := filepath.Glob(filepath.Join(dir, "*.bak*"))
		if len(copies) != len(test.copies) {
			t.Errorf("%s: copies %q", test.name, copies)
		}
		for i, path := range copies {
			if schema, _ := schemaOf(t, path); schema != i+1 || !strings.HasSuffix(path, string(test.copies[i])+".bak") {
				t.Errorf("%s: %s has schema %d", test.name, path, schema)
			}
		}
	}
	if _, err := CheckFile(DataFile(dir)); err == nil || !strings.Contains(err.Error(), "newer Postern") {
		t.Errorf("the check of a newer schema: %v", err)
	}
}

// TestMigrationWithoutRoom holds that nothing is migrated that could not be copied.
func TestMigrationWithoutRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, openAt(t, dir))
	o := testOptions(func(o *Options) { o.Free = func(string) (uint64, uint64, error) { return 1 << 20, 1 << 40, nil } })
	_, err := open(dir, o, []migration{{apply: func(*tx) error { return nil }}})
	if err == nil || !strings.Contains(err.Error(), "could not be copied before its migration") {
		t.Errorf("migrated: %v", err)
	}
	if schema, _ := schemaOf(t, DataFile(dir)); schema != 1 {
		t.Errorf("schema %d", schema)
	}
	if names, _ := os.ReadDir(dir); len(names) != 2 {
		t.Errorf("left: %v", names)
	}
}
