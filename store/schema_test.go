package store

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/store/file"
	"postern/store/fixture"
	"postern/store/guid"
	"postern/store/migrate"
)

// released is the file of the newest schema in testdata. The flag -update writes it, before that schema is released:
// then its file is never made again.
const released = "testdata/schema-6.db.gz"

// TestReleasedSchemas opens the data file of every schema that was ever released: it is migrated, sound, and knows what
// it knew.
func TestReleasedSchemas(t *testing.T) {
	if *fixture.Update {
		writeReleased(t)
	}
	files, err := filepath.Glob("testdata/schema-*.db.gz")
	if schemas := len(migrate.Steps(nil)) + 1; err != nil || len(files) != schemas {
		t.Fatalf("%d files for %d schemas: %v", len(files), schemas, err)
	}
	for _, packed := range files {
		t.Run(filepath.Base(packed), func(t *testing.T) {
			dir := t.TempDir()
			unpack(t, packed, file.DataFile(dir))
			later := newClock()
			later.Advance(time.Hour) // with the time and the randomness of the file, its ids would be made once more
			s := openTestIn(t, dir, at(later))
			user, err := s.UserByEmail("zoe@example.com")
			if err != nil || user.LastName != "D’hooghe" || user.ActivatedAt.IsZero() {
				t.Errorf("%+v, %v", user, err)
			}
			if letters := lettersOf(t, s, user); len(letters) != 3 || letters[2].State != LetterSent {
				t.Errorf("letters: %+v", letters)
			}
			// Those of before schema 5 have a Message-ID that everybody can make of their ids.
			sent, referred := lettersOf(t, s, user)[2], packed >= "testdata/schema-5."
			if _, found, err := s.ReturnedLetter(Clues{MessageIDs: []string{sent.MessageID}}); err != nil || found != referred {
				t.Errorf("found by its Message-ID: %v, %v", found, err)
			}
			if _, found, err := s.ReturnedLetter(Clues{Letter: sent.ID}); err != nil || !found {
				t.Errorf("found by its code: %v, %v", found, err)
			}
			if c, err := s.Cleaning(cleaningID(1)); err != nil || c.Load.By != user.ID ||
				c.Load.Status != LoadRejected {
				t.Errorf("%+v, %v", c, err)
			}
			if decided, err := s.DecidedBy(user.ID, guid.ID{}, 2); err != nil || len(decided) != 1 ||
				decided[0].ID != cleaningID(1) {
				t.Errorf("decided: %+v, %v", decided, err)
			}
			if pdf, err := uploaded(s, cleaningID(1)); err != nil || string(pdf) != "%PDF-1.7" {
				t.Errorf("%q, %v", pdf, err)
			}
			if feed, err := s.Events(0, 100); err != nil || len(feed.Events) < 8 {
				t.Errorf("%d events, %v", len(feed.Events), err)
			}
			if about, err := s.EventsOf(user.ID, 0, 100); err != nil || len(about) < 4 ||
				about[len(about)-1].Type != "user.registered" {
				t.Errorf("of a user: %+v, %v", about, err)
			}
			register(t, s, "new@example.com")
			biker, err := s.BikerByEmail("lotte@example.com")
			old := strings.Contains(packed, "schema-1.") // of before there were bikers
			if known := !old; known != (err == nil) || known && biker.Password == "" {
				t.Errorf("%+v, %v", biker, err)
			}
			if old {
				addPartner(t, s, "Acme")
			}
			created(t, s, "Acme", "sofie@example.com")
			known, found, err := readAddress(s, "pending@example.com")
			if err != nil || !found || len(known.Links) != 1 || known.Unproven.Activate != 1 {
				t.Errorf("of an address: %+v, %v, %v", known, found, err)
			}
		})
	}
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	packed, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	unzip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeReleased makes a file that holds something in every table.
func writeReleased(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	s := openTestIn(t, dir)
	user := activated(t, s, "zoe@example.com")
	register(t, s, "pending@example.com")
	record(t, s, claim(t, s, 2)[0], AttemptSent)
	addCleaning(t, s, 1, SignedOff)
	if err := s.PutDocument(ctx, cleaningID(1), []byte("%PDF-1.7")); err != nil {
		t.Fatal(err)
	}
	if err := s.MailCleaning(ctx, holder(user), cleaningID(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DecideLoad(ctx, holder(user), cleaningID(1), Decision{LoadRejected, "", "no"}); err != nil {
		t.Fatal(err)
	}
	addPartner(t, s, "Acme")
	people := []Candidate{candidate("lotte@example.com")}
	if _, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: "k", People: people}); err != nil {
		t.Fatal(err)
	}
	lotte, err := s.BikerByEmail("lotte@example.com")
	if err != nil {
		t.Fatal(err)
	}
	setPassword(t, s, lotte, 1)
	post(t, s, "Acme", bad("failed@example.com", "Language"))
	closeTest(t, s)
	content, err := os.ReadFile(file.DataFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(content); err != nil || zip.Close() != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(released, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
