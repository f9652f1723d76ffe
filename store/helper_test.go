package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"postern/store/fixture"
	"postern/store/limit"
)

// clock is the time that a test store sees.
type clock = fixture.Clock

func newClock() *clock { return fixture.NewClock() }

// at makes a store see this clock: openTest(t, at(clock)).
func at(c *clock) func(*Options) { return func(o *Options) { o.Now = c.Now } }

// testAddressKey is the key of the hashes of addresses in every test's file.
var testAddressKey = [32]byte{0: 1, 31: 2}

// testOptions are the same in every run: a clock that stands still, randomness from a fixed seed, a disk with room.
func testOptions(changes ...func(*Options)) Options {
	o := Options{
		Now: newClock().Now, Random: rand.NewChaCha8([32]byte{1}), MailDomain: "postern.example",
		Rules: Rules{ConfirmationReuse: 10 * time.Minute, ReactivateAfter: 365 * 24 * time.Hour,
			GiveUpAfter:        72 * time.Hour,
			RepeatLettersAfter: 30 * 24 * time.Hour, LoginTries: 5,
			PartnerLetters:  limit.Rate{Count: 20000, Per: 24 * time.Hour},
			StrangerLetters: limit.Rate{Count: 20000, Per: 24 * time.Hour},
			AddressLetters:  limit.Rate{Count: 20, Per: 24 * time.Hour}},
		AddressKey: func(bool) ([32]byte, error) { return testAddressKey, nil },
		Free:       func(string) (uint64, uint64, error) { return 1 << 40, 1 << 41, nil },
	}
	for _, change := range changes {
		change(&o)
	}
	return o
}

// openTest opens a store in a directory of the test's own. At the end of the test it is closed and its file checked.
func openTest(t testing.TB, changes ...func(*Options)) *Store {
	t.Helper()
	return openTestIn(t, t.TempDir(), changes...)
}

// openTestIn is openTest in a given directory, for a test that opens the same file twice.
func openTestIn(t testing.TB, dir string, changes ...func(*Options)) *Store {
	t.Helper()
	s, err := Open(dir, testOptions(changes...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTest(t, s) })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// submit runs fn in a write transaction.
func submit(s *Store, fn func(tx) error) error {
	err := update(ctx, s, func(t tx) error { return fn(t) })
	return err
}

// closeTest closes a store and checks its file; a second time it does nothing new.
func closeTest(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	faults, err := CheckFile(s.file.Path())
	if err != nil {
		t.Errorf("checking: %v", err)
	}
	for _, fault := range faults {
		t.Errorf("the file is not consistent: %s", fault)
	}
}
