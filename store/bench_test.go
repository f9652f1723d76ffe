package store

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// benchBuckets take what one registration writes: five records of 300 bytes.
var benchBuckets = [][]byte{[]byte("bench.1"), []byte("bench.2"), []byte("bench.3"), []byte("bench.4"),
	[]byte("bench.5")}

const (
	benchWriters = 64
	benchValue   = 300
)

// benchKeys are time-ordered, as the store's ids are.
type benchKeys struct{ last atomic.Uint64 }

func (k *benchKeys) next() []byte {
	key := make([]byte, 16)
	binary.BigEndian.PutUint64(key, k.last.Add(1))
	binary.BigEndian.PutUint64(key[8:], rand.Uint64())
	return key
}

func benchStore(b *testing.B) *Store {
	s := openTest(b, func(o *Options) { o.Now, o.Free = time.Now, nil })
	must(b, submit(s, func(t tx) error {
		for _, name := range benchBuckets {
			if err := t.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	}))
	return s
}

func benchBolt(b *testing.B) *bbolt.DB {
	bolt, err := bbolt.Open(filepath.Join(b.TempDir(), "bolt.db"), 0o600, &bbolt.Options{
		Timeout: time.Second, FreelistType: bbolt.FreelistMapType, NoStatistics: true, InitialMmapSize: 1 << 30})
	must(b, err)
	b.Cleanup(func() { bolt.Close() })
	must(b, bolt.Update(func(bolt *bbolt.Tx) error {
		for _, name := range benchBuckets {
			if _, err := bolt.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	}))
	return bolt
}

func benchWrite(s *Store, key []byte) error {
	return update(context.Background(), s, func(t tx) error {
		for _, bucket := range benchBuckets {
			if err := t.Put(bucket, key, make([]byte, benchValue)); err != nil {
				return err
			}
		}
		return nil
	})
}

func benchPut(bolt *bbolt.Tx, key []byte) error {
	for _, bucket := range benchBuckets {
		if err := bolt.Bucket(bucket).Put(key, make([]byte, benchValue)); err != nil {
			return err
		}
	}
	return nil
}

// benchParallel lets so many goroutines write until b.N writes are acknowledged.
func benchParallel(b *testing.B, goroutines int, one func(key []byte) error) {
	var keys benchKeys
	var left atomic.Int64
	left.Store(int64(b.N))
	ended := make(chan error, goroutines)
	b.ResetTimer()
	for range goroutines {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = one(keys.next())
			}
			ended <- err
		}()
	}
	for range goroutines {
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

func BenchmarkWrite64(b *testing.B) {
	s := benchStore(b)
	benchParallel(b, benchWriters, func(key []byte) error { return benchWrite(s, key) })
}

// BenchmarkBoltBatch64 is the same bytes by bbolt's own Batch at its best tuning.
func BenchmarkBoltBatch64(b *testing.B) {
	bolt := benchBolt(b)
	bolt.MaxBatchSize, bolt.MaxBatchDelay = benchWriters, time.Millisecond
	benchParallel(b, benchWriters, func(key []byte) error {
		return bolt.Batch(func(tx *bbolt.Tx) error { return benchPut(tx, key) })
	})
}

func BenchmarkWrite1(b *testing.B) {
	s := benchStore(b)
	benchParallel(b, 1, func(key []byte) error { return benchWrite(s, key) })
}

// BenchmarkBoltUpdate1 is the same bytes by one goroutine in bbolt's Update.
func BenchmarkBoltUpdate1(b *testing.B) {
	bolt := benchBolt(b)
	benchParallel(b, 1, func(key []byte) error {
		return bolt.Update(func(tx *bbolt.Tx) error { return benchPut(tx, key) })
	})
}
