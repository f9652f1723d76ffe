package file

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"postern/store/fixture"
)

// clock is the time that a test's file sees.
type clock = fixture.Clock

func newClock() *clock { return fixture.NewClock() }

// The schema of the tests: a record that holds the schema's number, and a bucket to write in.
var (
	aboutBucket = []byte("about")
	scratch     = []byte("scratch")
	abouts      = Table[about]{aboutBucket}
	notes       = Table[note]{scratch}
)

type about struct {
	Schema int `json:"schema"`
}

type note struct {
	Text string `json:"text"`
}

// testSchema is that of the tests with more migrations.
func testSchema(steps ...Migration) Schema {
	put := func(t *Tx, number int) error { return abouts.Put(t, aboutBucket, about{number}) }
	return Schema{
		Buckets: [][]byte{aboutBucket, scratch},
		Fill:    put,
		Raise:   put,
		Number: func(t *Tx) (int, error) {
			if !t.HasBucket(aboutBucket) {
				return 0, errors.New("it is another program's")
			}
			about, found, err := abouts.Get(t, aboutBucket)
			if err == nil && !found {
				err = errors.New("it does not say which schema it has")
			}
			return about.Schema, err
		},
		Migrations: steps,
	}
}

// testOptions are the same in every run: a clock that stands still, randomness from a fixed seed, a disk with room.
func testOptions(changes ...func(*Options)) Options {
	o := Options{Schema: testSchema(), Now: newClock().Now, Random: rand.NewChaCha8([32]byte{1}),
		Free: func(string) (uint64, uint64, error) { return 1 << 40, 1 << 41, nil }}
	for _, change := range changes {
		change(&o)
	}
	return o
}

// openTest opens a file in a directory of the test's own. At the end of the test it is closed and checked.
func openTest(t testing.TB, changes ...func(*Options)) *File {
	t.Helper()
	return openTestIn(t, t.TempDir(), changes...)
}

// openTestIn is openTest in a given directory, for a test that opens the same file twice.
func openTestIn(t testing.TB, dir string, changes ...func(*Options)) *File {
	t.Helper()
	f, err := Open(dir, testOptions(changes...))
	must(t, err)
	t.Cleanup(func() { closeTest(t, f) })
	return f
}

// closeTest closes a file and checks it; a second time it does nothing new.
func closeTest(t testing.TB, f *File) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	faults, err := Check(f.path, f.options.Schema, noRecords)
	if err != nil || len(faults) > 0 {
		t.Errorf("the file is not consistent: %q, %v", faults, err)
	}
}

// checkTest checks a file of the tests' schema.
func checkTest(path string) ([]string, error) { return Check(path, testSchema(), noRecords) }

func noRecords(*Tx) []string { return nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type work = func(*Tx) error

// puts is a function that writes one key.
func puts(key string) work {
	return func(t *Tx) error { return t.Put(scratch, []byte(key), []byte("value")) }
}

func submit(f *File, fn work) error { return f.Write(context.Background(), fn) }

// read returns what fn finds in a read transaction.
func read[T any](f *File, fn func(*Tx) (T, error)) (found T, err error) {
	err = f.Read(func(t *Tx) (err error) {
		found, err = fn(t)
		return err
	})
	return found, err
}

// keysOf lists what the scratch bucket holds.
func keysOf(t testing.TB, f *File) []string {
	t.Helper()
	keys, err := read(f, func(t *Tx) (keys []string, err error) {
		cursor := t.Cursor(scratch)
		for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
			keys = append(keys, string(key))
		}
		return keys, nil
	})
	must(t, err)
	return keys
}
