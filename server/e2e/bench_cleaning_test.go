package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"postern/store"
	"postern/store/guid"
)

// BenchmarkCleanings stores new cleanings, by the store alone and as a partner delivers them over HTTP, in turn with
// bbolt writing the same bytes into a copy of the same file: 64 at once against 64 goroutines in its Batch, one after
// the other against its Update. Of the numbers of people it takes the first.
func BenchmarkCleanings(b *testing.B) {
	people := benchPeople(b)[0]
	cleaning := demoCleaning(b)
	against := func(name string, ours func(b *testing.B, workers int) func(worker int) error) {
		for _, workers := range []int{64, 1} {
			b.Run(fmt.Sprintf("%s/at-once=%d", name, workers), func(b *testing.B) {
				bare := openBare(b, people, cleaningSpecimen(b, cleaning))
				theirs := side{"bbolt/s", func(int) error { return bare.Update(bare.fact()) }}
				if workers > 1 {
					theirs.one = func(int) error { return bare.Batch(bare.fact()) }
				}
				duel(b, workers, 100*max(4, workers), side{"cleanings/s", ours(b, workers)}, theirs)
			})
		}
	}
	against("store", func(b *testing.B, _ int) func(int) error {
		dir, _ := seededDir(b, people)
		s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return func(int) error {
			fresh := store.CleaningInput{ID: freshID(), CleaningData: cleaning.CleaningData}
			_, err := s.PutCleanings(context.Background(), "partner-0", []store.CleaningInput{fresh})
			return err
		}
	})
	against("http", func(b *testing.B, connections int) func(int) error {
		dir, _ := seededDir(b, people)
		bearer := addPartners(b, dir, 1)[0]
		app := run(b, benchSettings(dir, silentSmarthost(b))...)
		return delivering(b, rawClients(b, app.Addr().String(), connections), bearer, cleaning.CleaningData)
	})
}

// delivering lets clients put fresh cleanings. Each has its own request, in which only the GUID changes.
func delivering(b *testing.B, clients []*rawClient, bearer string, cleaning store.CleaningData) func(worker int) error {
	b.Helper()
	body, err := json.Marshal(cleaning)
	if err != nil {
		b.Fatal(err)
	}
	const before = "PUT /partner/v1/cleanings/"
	requests := make([][]byte, len(clients))
	for i := range clients {
		requests[i] = fmt.Appendf(nil, "%s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n"+
			"Content-Length: %d\r\n\r\n%s", before, guid.ID{}, bearer, len(body), body)
	}
	return func(worker int) error {
		copy(requests[worker][len(before):], freshID().String())
		return clients[worker].ask(requests[worker], 201)
	}
}

// freshID is a GUID as systems of others make them, at a random place among those that there are.
func freshID() (id guid.ID) {
	_, _ = rand.Read(id[:])
	return id
}

// cleaningKeys make the keys that a new cleaning has.
var cleaningKeys = keyMakers{
	"cleanings": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) { return k.cleaning[:], nil },
	"cleanings.changed": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) {
		return slices.Concat(k.millis[:], k.cleaning[:]), nil
	},
	"events": benchKeys["events"],
	"events.partner": func(_ *freshKeys, events *bbolt.Bucket) ([]byte, error) {
		seq := events.Tx().Bucket([]byte("events")).Sequence() // of the event written just before
		return binary.BigEndian.AppendUint64([]byte("partner-0\x00"), seq), nil
	},
}

// cleaningSpecimen is what the store writes of a new cleaning.
func cleaningSpecimen(b *testing.B, cleaning store.CleaningInput) specimen {
	b.Helper()
	made, err := makeSpecimen(b.TempDir(), cleaningKeys, func(s *store.Store) error {
		cleaning.ID = freshID()
		_, err := s.PutCleanings(context.Background(), "partner-0", []store.CleaningInput{cleaning})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if !slices.ContainsFunc(made.writes, func(w written) bool {
		return bytes.Contains(w.value, []byte(cleaning.Number))
	}) {
		b.Fatal("the specimen holds no cleaning")
	}
	return made
}
