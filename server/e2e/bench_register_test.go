package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"postern/store"
	"postern/store/guid"
)

// BenchmarkRegister registers people over HTTP, in turn with bbolt alone writing the same bytes into a copy of the
// same file: with 64 connections against 64 goroutines in its Batch, with one against its Update.
func BenchmarkRegister(b *testing.B) {
	forEachSize(b, func(b *testing.B, people int) {
		dir, _ := seededDir(b, people)
		app := run(b, benchSettings(dir, silentSmarthost(b))...)
		bare := openBare(b, people, takeSpecimen(b))
		for _, connections := range []int{64, 1} {
			perRound := 100 * max(4, connections)
			b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
				took := newTimes(connections)
				register := registering(rawClients(b, app.Addr().String(), connections))
				ours := side{"registrations/s", func(worker int) error {
					began := time.Now()
					err := register(worker)
					took.add(worker, time.Since(began))
					return err
				}}
				theirs := side{"bbolt/s", func(int) error { return bare.Update(bare.fact()) }}
				if connections > 1 {
					theirs.one = func(int) error { return bare.Batch(bare.fact()) }
				}
				duel(b, connections, perRound, ours, theirs)
				b.ReportMetric(took.quantile(0.50), "p50-ms")
				b.ReportMetric(took.quantile(0.99), "p99-ms")
			})
		}
	})
}

// written is one thing that a fact writes.
type written struct {
	bucket string
	key    func(*freshKeys, *bbolt.Bucket) ([]byte, error)
	value  []byte
}

// specimen is all that one fact writes, as one registration.
type specimen struct {
	writes      []written
	fingerprint string // changes with what is written
}

// freshKeys are the parts of the keys of one fact that nobody has made yet.
type freshKeys struct {
	user, letter [16]byte
	cleaning     guid.ID
	millis       [8]byte
	address      string
}

// keys makes keys of the kinds that the store makes.
func (d *bareBolt) keys() *freshKeys {
	k := &freshKeys{user: d.nextID(), letter: d.nextID(), cleaning: freshID(), address: freshAddress()}
	binary.BigEndian.PutUint64(k.millis[:], uint64(time.Now().UnixMilli()))
	return k
}

// nextID is larger than those before, and begins with the time.
func (d *bareBolt) nextID() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:], d.lastID.Add(1))
	_, _ = rand.Read(id[8:])
	return id
}

// benchKeys make a key of a bucket. A bucket that is missing here and that a registration writes into ends the
// benchmark.
var benchKeys = keyMakers{
	"users":         func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) { return k.user[:], nil },
	"users.address": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) { return []byte(k.address), nil },
	"users.pending": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) {
		return slices.Concat(k.millis[:], k.user[:]), nil
	},
	"letters": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) { return k.letter[:], nil },
	"letters.due": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) {
		return slices.Concat(k.millis[:], k.letter[:]), nil
	},
	"letters.person": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) {
		return slices.Concat(k.user[:], k.letter[:]), nil
	},
	"letters.reference": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) {
		return fmt.Appendf(nil, "%012x%.20s", k.millis[2:], rand.Text()), nil
	},
	"letters.count": func(*freshKeys, *bbolt.Bucket) ([]byte, error) { return []byte("queued"), nil },
	"addresses": func(k *freshKeys, _ *bbolt.Bucket) ([]byte, error) {
		sum := sha256.Sum256([]byte(k.address))
		return sum[:], nil
	},
	"events": func(_ *freshKeys, events *bbolt.Bucket) ([]byte, error) {
		seq, err := events.NextSequence()
		return binary.BigEndian.AppendUint64(nil, seq), err
	},
	"events.person": func(k *freshKeys, events *bbolt.Bucket) ([]byte, error) {
		seq := events.Tx().Bucket([]byte("events")).Sequence() // of the event written just before
		return binary.BigEndian.AppendUint64(bytes.Clone(k.user[:]), seq), nil
	},
}

// takeSpecimen lets the real store register two people, and looks what the second one added to the file.
func takeSpecimen(b *testing.B) specimen {
	b.Helper()
	made, err := makeSpecimen(b.TempDir(), benchKeys, func(s *store.Store) error {
		_, err := s.RegisterUser(context.Background(), benchRegistration(freshAddress()))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return made
}

// keyMakers make keys, by bucket.
type keyMakers map[string]func(*freshKeys, *bbolt.Bucket) ([]byte, error)

// makeSpecimen does a fact twice, and looks what the second one added to the file.
func makeSpecimen(dir string, keys keyMakers, fact func(*store.Store) error) (made specimen, err error) {
	at := time.Date(2026, 3, 1, 14, 5, 0, 123e6, time.UTC)
	var before, after map[string]string
	for _, content := range []*map[string]string{&before, &after} {
		s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain, Now: func() time.Time { return at }})
		if err != nil {
			return made, err
		}
		if err = errors.Join(fact(s), s.Close()); err != nil {
			return made, err
		}
		if *content, err = readAll(filepath.Join(dir, "postern.db")); err != nil {
			return made, err
		}
	}
	sum := sha256.New()
	for _, place := range slices.Sorted(maps.Keys(after)) {
		value := after[place]
		bucket, key, _ := bytes.Cut([]byte(place), []byte{0})
		if old, was := before[place]; was && old == value {
			continue
		}
		fresh, known := keys[string(bucket)]
		if !known {
			return made, fmt.Errorf("the fact writes into the table %s, and no kind of key is known for it", bucket)
		}
		fmt.Fprintf(sum, "%s %d %d\n", bucket, len(key), len(value))
		made.writes = append(made.writes, written{string(bucket), fresh, []byte(value)})
	}
	made.fingerprint = fmt.Sprintf("%x", sum.Sum(nil)[:6])
	return made, nil
}

// readAll returns the values of a file by table, zero octet and key.
func readAll(path string) (map[string]string, error) {
	all := make(map[string]string)
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return nil, err
	}
	err = bolt.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			return bucket.ForEach(func(key, value []byte) error {
				all[string(name)+"\x00"+string(key)] = string(value)
				return nil
			})
		})
	})
	return all, errors.Join(err, bolt.Close())
}

// bareBolt is bbolt without Postern, on a data file of Postern's.
type bareBolt struct {
	*bbolt.DB
	specimen
	lastID atomic.Uint64 // the first octets of the last key made
}

// openBare opens a copy of the file, with the options that the store has and with Batch as it is fastest here.
func openBare(b *testing.B, people int, fact specimen) *bareBolt {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bare.db")
	copyFile(b, seeded(b, people), path)
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, FreelistType: bbolt.FreelistMapType, NoStatistics: true, InitialMmapSize: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = bolt.Close() })
	bolt.MaxBatchSize, bolt.MaxBatchDelay = 64, time.Millisecond
	bare := &bareBolt{DB: bolt, specimen: fact}
	bare.lastID.Store(uint64(time.Now().UnixMilli()) << 16)
	return bare
}

// fact writes as many and as long keys and values as the store does, into the same tables.
func (d *bareBolt) fact() func(*bbolt.Tx) error {
	keys := d.keys()
	return func(tx *bbolt.Tx) error {
		for i := range d.writes {
			w := &d.writes[i]
			bucket := tx.Bucket([]byte(w.bucket))
			key, err := w.key(keys, bucket)
			if err != nil {
				return err
			}
			if err := bucket.Put(key, w.value); err != nil {
				return err
			}
		}
		return nil
	}
}
