package e2e

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"postern/store"
	"postern/store/file"
	"postern/tokens"
)

// benchList is how many people a list may hold.
const benchList = 10_000

// freshPeople are addresses that nobody has.
func freshPeople(n int) []string {
	emails := make([]string, n)
	for i := range emails {
		emails[i] = freshAddress()
	}
	return emails
}

var employees atomic.Int64

// freshEmployee is an id that nobody has, larger than those before, as pay-rolls number their people.
func freshEmployee(string) string {
	employees.CompareAndSwap(0, time.Now().UnixMicro())
	return fmt.Sprintf("E-%d", employees.Add(1))
}

// registerPeople registers people as the first partner's, as listJSON says them.
func registerPeople(s *store.Store, emails []string) error {
	people := make([]store.Candidate, len(emails))
	for i, email := range emails {
		people[i] = store.Candidate{Email: email, Said: email,
			BikerData: store.BikerData{BikePlanCode: loadPlan, FirstName: "Zoë",
				LastName: "Claes", Language: "nl", ContractType: "worker", EmployeeID: freshEmployee(email),
				PersonnelNumber: "M-0007"}}
	}
	answer, err := s.RegisterBikers(context.Background(), store.BikerList{Partner: partnerName(0), People: people})
	for _, result := range answer.Results {
		if result.Outcome != store.BikerCreated {
			return fmt.Errorf("%s is %s: %v", result.Email, result.Outcome, result.Errors)
		}
	}
	return err
}

// seededBikers returns a data directory with so many bikers, each owed a letter, and one partner, whose header it gives
// too. The people are made once, and kept as seeded keeps its own.
func seededBikers(b *testing.B, people int) (dir, bearer string) {
	b.Helper()
	dir = b.TempDir()
	if people > 0 {
		copyFile(b, bikersFile(b, people), file.DataFile(dir))
	}
	if _, err := tokens.CreateKeyring(filepath.Join(dir, "postern.keys"), rand.Reader, time.Now()); err != nil {
		b.Fatal(err)
	}
	if people == 0 {
		return dir, addPartners(b, dir, 1)[0]
	}
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		b.Fatal(err)
	}
	token, err := tokens.NewBearer(rand.Reader)
	hash, _ := tokens.HashBearer(token)
	if err == nil {
		_, err = s.RotatePartner(context.Background(), partnerName(0),
			store.PartnerToken{Hash: hash, Last: token[len(token)-4:]})
	}
	if err := errors.Join(err, s.Close()); err != nil {
		b.Fatal(err)
	}
	return dir, "Bearer " + token
}

func bikersFile(b *testing.B, people int) (path string) {
	b.Helper()
	path = filepath.Join(os.TempDir(), fmt.Sprintf("postern-bench-%s-bikers-%d.db", peopleFingerprint(b), people))
	if about, err := os.Stat(path); err == nil && time.Since(about.ModTime()) < seedAge {
		return path
	}
	dir, err := os.MkdirTemp("", "postern-seed-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	addPartners(b, dir, 1)
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		b.Fatal(err)
	}
	for made := 0; made < people && err == nil; made += benchList {
		err = registerPeople(s, freshPeople(min(benchList, people-made)))
	}
	if err := errors.Join(err, s.Close(), os.Rename(file.DataFile(dir), path)); err != nil {
		b.Fatal(err)
	}
	return path
}

// rawRecord is what bbolt keeps.
type rawRecord struct {
	bucket     string
	key, value []byte
}

// listRecords lets the real store register a list, on a small file of its own, and gives what the file has more of
// then.
func listRecords(b *testing.B, now func() time.Time, emails []string) (added []rawRecord) {
	b.Helper()
	dir := b.TempDir()
	addPartners(b, dir, 1)
	before, err := readAll(file.DataFile(dir))
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(registerPeople(s, emails), s.Close()); err != nil {
		b.Fatal(err)
	}
	after, err := readAll(file.DataFile(dir))
	if err != nil {
		b.Fatal(err)
	}
	for _, place := range slices.Sorted(maps.Keys(after)) {
		if old, was := before[place]; !was || old != after[place] {
			bucket, key, _ := strings.Cut(place, "\x00")
			added = append(added, rawRecord{bucket, []byte(key), []byte(after[place])})
		}
	}
	return added
}

// peopleFingerprint changes with what registering somebody writes.
func peopleFingerprint(b *testing.B) string {
	at := time.Date(2026, 3, 1, 14, 5, 0, 123e6, time.UTC)
	sum := sha256.New()
	for _, r := range listRecords(b, func() time.Time { return at }, freshPeople(1)) {
		fmt.Fprintf(sum, "%s %d %d\n", r.bucket, len(r.key), len(r.value))
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:6])
}

// byPerson puts records into the order in which a list writes them: those of one person together.
func byPerson(records []rawRecord) (all []rawRecord) {
	byBucket := make(map[string][]rawRecord)
	for _, r := range records {
		byBucket[r.bucket] = append(byBucket[r.bucket], r)
	}
	buckets := slices.Sorted(maps.Keys(byBucket))
	for person := 0; len(all) < len(records); person++ {
		for _, bucket := range buckets {
			if of := byBucket[bucket]; person < len(of) {
				all = append(all, of[person])
			}
		}
	}
	return all
}

// putList writes a list's records in one transaction, its events behind those that are there.
func putList(bolt *bbolt.DB, records []rawRecord) error {
	return bolt.Update(func(tx *bbolt.Tx) error {
		events := tx.Bucket([]byte("events"))
		last := events.Sequence()
		for _, r := range records {
			if strings.HasPrefix(r.bucket, "events") {
				seq := r.key[len(r.key)-8:]
				binary.BigEndian.PutUint64(seq, last+binary.BigEndian.Uint64(seq))
			}
			if err := tx.Bucket([]byte(r.bucket)).Put(r.key, r.value); err != nil {
				return err
			}
		}
		return events.SetSequence(last + benchList)
	})
}
