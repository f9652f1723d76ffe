package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"postern/store/file"
	"postern/store/guid"
	"postern/store/keyed"
	"postern/store/migrate"
)

// fileOf2 is a data directory whose file has schema 2, with what add adds to it.
func fileOf2(t *testing.T, add func(tx) error) (dir string) {
	t.Helper()
	dir = t.TempDir()
	unpack(t, "testdata/schema-2.db.gz", file.DataFile(dir))
	o := testOptions()
	s := &Store{options: o, hashes: keyed.New(testAddressKey)}
	schema := s.schema(func(keyed func([]byte) []byte) []file.Migration { return migrate.Steps(keyed)[:1] })
	schema.Buckets = nil // of later schemas
	f, err := file.Open(dir, file.Options{Schema: schema, Now: o.Now, Random: o.Random, Free: o.Free})
	must(t, err)
	must(t, errors.Join(f.Write(ctx, func(t *file.Tx) error { return add(tx{t, s}) }), f.Close()))
	return dir
}

// TestKeyHashes holds what becomes of what schema 2 remembers of addresses: limits go on counting, and nothing of it is
// found under a bare hash any more.
func TestKeyHashes(t *testing.T) {
	c := newClock()
	c.Advance(time.Hour)
	old := file.Table[map[string]any]{Bucket: addressBucket}
	link := func(kind LetterKind, generation int) map[string]any {
		return map[string]any{"at": c.Now().Add(-time.Minute), "kind": kind, "generation": generation}
	}
	put := func(t tx, email string, record map[string]any) error { return old.Put(t.Tx, addressSum(email), record) }
	erased := Letter{ID: guid.ID{1}, Kind: LetterUnregistered, Person: nobody("gone@example.com"), State: LetterFailed,
		OwedAt: c.Now(), DoneAt: c.Now(), Reason: "refused"}
	dir := fileOf2(t, func(t tx) error {
		for email, record := range map[string]map[string]any{
			"void@example.com":  {"void": map[string]any{"at": c.Now(), "text": "no such user void@example.com"}},
			"owner@example.com": {"disownedUntil": c.Now().Add(time.Hour)},
			"mixed@example.com": {"unproven": 3, "links": []any{link("activate", 1), link("activate", 1), link("recover", 0),
				link("recover", 2)}},
		} {
			if err := put(t, email, record); err != nil {
				return err
			}
		}
		at := binary.BigEndian.AppendUint64(nil, uint64(c.Now().UnixMilli()))
		failed := noticeKey(addressSum("told@example.com"), noticeFailed, faultSetOf(bad("", "Language").Faults))
		existing := noticeKey(addressSum("lotte@example.com"), noticeExisting, noFaults)
		for _, key := range [][]byte{failed, heldNoticeKey(existing, "Acme")} {
			if err := t.Put(noticeBucket, key, at); err != nil {
				return err
			}
		}
		if err := logins.Put(t.Tx, addressSum("slow@example.com"), tries{Wrong: 9, LastAt: c.Now()}); err != nil {
			return err
		}
		if err := letters.Put(t.Tx, erased.ID[:], erased); err != nil {
			return err
		}
		if err := t.Put(letterPersonBucket, personKey(erased.Person, erased.ID), nil); err != nil {
			return err
		}
		if err := t.Put(letterDoneBucket, doneKey(erased), nil); err != nil {
			return err
		}
		return t.countLetter(LetterFailed, 1)
	})
	s := openTestIn(t, dir, at(c))
	if a, found, err := readAddress(s, "void@example.com"); err != nil || !found ||
		a.Undeliverable != (undeliverable{}) {
		t.Errorf("void: %+v, %v, %v", a, found, err)
	}
	if user, err := s.RegisterUser(ctx, someone("owner@example.com")); err != nil || !user.ID.IsZero() {
		t.Errorf("an owner who wants nothing gets a letter: %+v, %v", user, err)
	}
	a, _, err := readAddress(s, "mixed@example.com")
	if must(t, err); len(a.Links) != 3 || a.Unproven != (unproven{Activate: 1, Recover: 1}) {
		t.Errorf("mixed: %+v", a)
	}
	if wait, err := s.TakeLogin(ctx, LoginKey("slow@example.com")); err != nil || wait == 0 {
		t.Errorf("a login is no longer slow: %v, %v", wait, err)
	}
	again := post(t, s, "Acme", bad("told@example.com", "Language"), candidate("lotte@example.com"))
	if !again[0].Letter.IsZero() || !again[1].Letter.IsZero() {
		t.Errorf("told again: %+v", again)
	}
	if letter, err := s.Letter(erased.ID); err != nil || !letter.Person.IsZero() {
		t.Errorf("an erased letter: %+v, %v", letter, err)
	}
	if _, answer, err := s.keptResults("Acme", "k"); err != nil || len(answer.Results) != 1 {
		t.Errorf("a kept answer: %+v, %v", answer, err)
	}
	for _, local := range []string{"void", "owner", "gone", "zoe", "failed"} {
		email := local + "@example.com"
		sum := sha256.Sum256([]byte(email))
		for place := range holders(t, s, [][]byte{sum[:16]}) {
			// These are of a letter that names the address.
			if place != "letters.person" && place != "letters" && place != "answers.person" {
				t.Errorf("the bare hash of %s stands in %s", email, place)
			}
		}
	}
}

// TestDamagedAddressIsNotMigrated holds that a record that cannot be read keeps no file from being migrated.
func TestDamagedAddressIsNotMigrated(t *testing.T) {
	dir := fileOf2(t, func(t tx) error { return t.Put(addressBucket, make([]byte, 32), []byte("no record")) })
	s := openTestIn(t, dir)
	if n := countKeys(t, s, addressBucket); n != 2 {
		t.Errorf("%d addresses", n)
	}
}
