package file

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// openAt opens a directory with made-up migrations and closes it again.
func openAt(t *testing.T, dir string, steps ...Migration) error {
	t.Helper()
	f, err := Open(dir, testOptions(func(o *Options) { o.Schema = testSchema(steps...) }))
	if err != nil {
		checkUnlocked(t, dir)
		return err
	}
	return f.Close()
}

// schemaOf reads a file's schema and what the scratch bucket holds.
func schemaOf(t *testing.T, path string) (schema int, keys string) {
	t.Helper()
	bolt, err := openBolt(path, true)
	must(t, err)
	defer bolt.Close()
	must(t, bolt.View(func(bolt *bbolt.Tx) error {
		about, _, err := abouts.Get(&Tx{bolt: bolt}, aboutBucket)
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
	make2 := func(t *Tx) error {
		return t.Put(scratch, []byte("2"), nil)
	}
	make3 := func(t *Tx) error { return t.Put(scratch, []byte("3"), nil) }
	spoilt := errors.New("spoilt")
	fail := func(t *Tx) error { return errors.Join(t.Put(scratch, []byte("x"), nil), spoilt) }
	collapse := func(*Tx) error { panic("collapsed") }
	two, three, failing, collapsing := Migration{Apply: make2}, Migration{Apply: make3}, Migration{Apply: fail},
		Migration{Apply: collapse}
	unready := Migration{Prepare: func(Runner) error { return spoilt }, Apply: make3}
	tests := []struct {
		name   string
		steps  []Migration
		err    string
		schema int
		keys   string
		copies string
	}{
		{"none", nil, "", 1, "", ""},
		{"one", []Migration{two}, "", 2, "2", "1"},
		{"the same again", []Migration{two}, "", 2, "2", "1"},
		{"a copy cannot be kept from an interrupted one", []Migration{two, failing}, "still has the former: spoilt", 2,
			"2", "12"},
		{"what prepares it fails", []Migration{two, unready}, "still has the former: spoilt", 2, "2", "12"},
		{"a panic", []Migration{two, collapsing}, "not what Postern wrote", 2, "2", "12"},
		{"mended", []Migration{two, three}, "", 3, "23", "12"},
		{"older than the file", []Migration{two}, "schema 3, and this Postern knows schemas up to 2: use the newer", 3,
			"23", "12"},
		{"three at once", []Migration{two, three, three, three, three}, "", 6, "23", "123"},
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
			if schema, _ := schemaOf(t, path); schema != i+1 ||
				!strings.HasSuffix(path, string(test.copies[i])+".bak") {
				t.Errorf("%s: %s has schema %d", test.name, path, schema)
			}
		}
	}
	if _, err := checkTest(DataFile(dir)); err == nil || !strings.Contains(err.Error(), "newer Postern") {
		t.Errorf("the check of a newer schema: %v", err)
	}
}

// TestMigrationWithoutRoom holds that nothing is migrated that could not be copied.
func TestMigrationWithoutRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, openAt(t, dir))
	o := testOptions(func(o *Options) {
		o.Free = func(string) (uint64, uint64, error) {
			return 1 << 20, 1 << 40,
				nil
		}
	})
	o.Schema = testSchema(Migration{Apply: func(*Tx) error { return nil }})
	_, err := Open(dir, o)
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
