package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"postern/store/file"
	"postern/store/migrate"
)

func TestOpenKeepsTheAppliance(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	s := openTestIn(t, dir)
	first := s.ApplianceID()
	if first.IsZero() {
		t.Error("the appliance has no id")
	}
	closeTest(t, s)
	if again := openTestIn(t, dir).ApplianceID(); again != first {
		t.Errorf("the appliance was %s and is %s", first, again)
	}
}

// TestOpenRefusesForeignFiles holds that a whole file which is none of Postern's gets a sentence and is left as it is.
func TestOpenRefusesForeignFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sentence string
		fill           func(*bbolt.Tx) error
	}{
		{"no tables", "no table meta", func(*bbolt.Tx) error { return nil }},
		{"no record", "which schema", func(bolt *bbolt.Tx) error {
			_, err := bolt.CreateBucket(metaBucket)
			return err
		}},
		{"a damaged record", "checksum does not match", func(bolt *bbolt.Tx) error {
			bucket, _ := bolt.CreateBucket(metaBucket)
			return bucket.Put(metaKey, []byte("abcd{}"))
		}},
		{"a table missing", "the table ", func(bolt *bbolt.Tx) error {
			record, _ := metas.Encode(metaKey, meta{Schema: len(migrate.Steps(nil)) + 1})
			bucket, _ := bolt.CreateBucket(metaBucket)
			return bucket.Put(metaKey, record)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := file.DataFile(dir)
			bolt, err := bbolt.Open(path, 0o600, nil)
			must(t, err)
			must(t, errors.Join(bolt.Update(test.fill), bolt.Close()))
			before, _ := os.ReadFile(path)
			if _, err = Open(dir, testOptions()); err == nil {
				t.Fatal("it was opened")
			}
			var damaged *file.DamagedFile
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), test.sentence) ||
				!strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("the sentence: %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
			faults, err := CheckFile(path)
			if err != nil || len(faults) == 0 || !strings.Contains(strings.Join(faults, "\n"), test.sentence) {
				t.Errorf("the check: %q, %v", faults, err)
			}
		})
	}
}
