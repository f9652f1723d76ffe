package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

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

// TestGlance holds that an open file and one that nobody has open tell the same, and that the latter stays as it was.
func TestGlance(t *testing.T) {
	c, dir := newClock(), t.TempDir()
	s := openTestIn(t, dir, at(c))
	if seen, err := s.Glance(); err != nil || seen.People || !seen.LastEvent.IsZero() || seen.Schema != seen.Current {
		t.Errorf("an empty file: %+v, %v", seen, err)
	}
	register(t, s, "jan@example.com")
	letter := claim(t, s, 1)
	record(t, s, letter[0], AttemptPermanent)
	must(t, s.PauseSending(ctx, true))
	seen, err := s.Glance()
	if err != nil || !seen.People || !seen.Paused || !seen.LastEvent.Equal(c.Now()) || seen.FailedLastDay != 1 {
		t.Errorf("%+v, %v", seen, err)
	}
	closeTest(t, s)
	before, err := os.ReadFile(s.file.Path())
	must(t, err)
	again, err := GlanceAt(s.file.Path(), c.Now())
	if err != nil || !reflect.DeepEqual(again, seen) {
		t.Errorf("of a closed file: %+v, %v; open: %+v", again, err, seen)
	}
	if after, err := os.ReadFile(s.file.Path()); err != nil || !bytes.Equal(before, after) {
		t.Errorf("looking at it has changed the file: %v", err)
	}
	must(t, os.WriteFile(s.file.Path(), before[:8<<10], 0o600))
	if _, err := GlanceAt(s.file.Path(), c.Now()); err == nil {
		t.Error("the beginning of a file is looked at as if it were whole")
	}
	must(t, os.WriteFile(s.file.Path(), before, 0o600))
}

// TestObserved holds that commits and events are told once they are on disk, and that people are counted in stretches.
func TestObserved(t *testing.T) {
	commits, writes := 0, 0
	told := map[string]int{}
	s := openTest(t, func(o *Options) {
		o.Committed = func(took time.Duration, n int) { commits, writes = commits+1, writes+n }
		o.Told = func(event string) { told[event]++ }
	})
	commits, writes = 0, 0
	for i := range 3 {
		register(t, s, fmt.Sprintf("jan%d@example.com", i))
	}
	if commits != 3 || writes != 3 || told["user.registered"] != 3 {
		t.Errorf("%d commits of %d writes, events %v", commits, writes, told)
	}
	if bikers, users, err := s.CountPeople(ctx); err != nil || bikers != 0 || users != 3 {
		t.Errorf("%d bikers, %d users, %v", bikers, users, err)
	}
	must(t, submit(s, func(t tx) error {
		for i := range 2*countedAtOnce + 1 {
			if err := t.Put(bikerAddressBucket, fmt.Appendf(nil, "a%09d@example.com", i), []byte{1}); err != nil {
				return err
			}
		}
		return nil
	}))
	if bikers, _, err := s.CountPeople(ctx); err != nil || bikers != 2*countedAtOnce+1 {
		t.Errorf("%d bikers, %v", bikers, err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, _, err := s.CountPeople(stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("counting goes on for nobody: %v", err)
	}
	must(t, submit(s, func(t tx) error { // the file must be sound at its end
		for i := range 2*countedAtOnce + 1 {
			if err := t.Delete(bikerAddressBucket, fmt.Appendf(nil, "a%09d@example.com", i)); err != nil {
				return err
			}
		}
		return nil
	}))
}
