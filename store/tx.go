package store

import (
	"bytes"
	"fmt"
	"postern/store/guid"
	"time"

	"go.etcd.io/bbolt"
)

// tx is one transaction as the facts see it. In a write it is shared by a whole group (see commit.go), so that a function
// sees what those before it in the group wrote. Slices that it hands out are the file's own memory: read only, and
// gone when the transaction ends.
type tx struct {
	bolt  *bbolt.Tx
	now   time.Time // fixed for the transaction; UTC, whole milliseconds
	store *Store

	ends    map[string][]byte // last keys of the buckets, before the first put
	records int               // written so far: puts and deletes
	octets  int               // their keys and values
	wake    wake
	limited []overLimit // whatever becomes of the functions that found it
}

// wake is who has to be woken once the transaction is on disk.
type wake struct{ owed, resumed, events bool }

func newTx(s *Store, bolt *bbolt.Tx) *tx {
	return &tx{bolt: bolt, store: s, now: s.options.Now().UTC().Truncate(time.Millisecond)}
}

// put writes one value. The value must not be changed afterwards: it is read when the transaction commits.
func (t *tx) put(bucket, key, value []byte) error {
	if value == nil {
		value = []byte{} // a nil would look like a missing key until the commit
	}
	into := t.bucket(bucket)
	t.fill(bucket, into, key)
	if err := into.Put(key, value); err != nil {
		return fmt.Errorf("table %s: key %x: %w", bucket, key, err)
	}
	t.records++
	t.octets += len(key) + len(value)
	return nil
}

// rightFill is how full bbolt leaves the pages of a bucket to which only larger keys were added: nobody will insert into
// them any more, and with its ordinary half-full ones the file would be twice as large.
const rightFill = 0.9

// fill decides how full the pages of a bucket become in this transaction. A first put looks where the bucket ended before.
func (t *tx) fill(name []byte, bucket *bbolt.Bucket, key []byte) {
	end, known := t.ends[string(name)]
	if !known {
		if t.ends == nil {
			t.ends = make(map[string][]byte)
		}
		end = bytes.Clone(lastKey(bucket))
		t.ends[string(name)] = end
		bucket.FillPercent = rightFill
	}
	if bytes.Compare(key, end) <= 0 {
		bucket.FillPercent = bbolt.DefaultFillPercent
	}
}

// lastKey is the last key of a bucket, or nil. bbolt's Cursor.Last never returns where this transaction has deleted all keys
// of a bucket of several pages; First passes over emptied pages, and so tells.
func lastKey(bucket *bbolt.Bucket) []byte {
	c := bucket.Cursor()
	if first, _ := c.First(); first == nil {
		return nil
	}
	last, _ := c.Last()
	return last
}

// delete removes a key; one that is not there is no error.
func (t *tx) delete(bucket, key []byte) error {
	if err := t.bucket(bucket).Delete(key); err != nil {
		return fmt.Errorf("table %s: key %x: %w", bucket, key, err)
	}
	t.records++
	t.octets += len(key)
	return nil
}

// get gives the value, or nil where there is none.
func (t *tx) get(bucket, key []byte) []byte { return t.bucket(bucket).Get(key) }

// has tells whether the key is there.
func (t *tx) has(bucket, key []byte) bool { return t.get(bucket, key) != nil }

// cursor walks a bucket. It is for reading alone: what it deleted would not be counted, and after a write to the bucket
// its place is no longer sure.
func (t *tx) cursor(bucket []byte) *bbolt.Cursor { return t.bucket(bucket).Cursor() }

// newID makes an ID, larger than every one that this process made before.
func (t *tx) newID() guid.ID { return t.store.ids.Next(t.now, t.store.options.Random) }

// signalOwed wakes the courier after the commit.
func (t *tx) signalOwed() { t.wake.owed = true }

// signalResumed tells the courier after the commit that the operator has resumed sending.
func (t *tx) signalResumed() { t.wake.resumed = true }

// signalEvents wakes the readers of the feed after the commit.
func (t *tx) signalEvents() { t.wake.events = true }

// bucket finds a bucket of the schema. Open has seen all of them, so that a missing one is a mistake of the code.
func (t *tx) bucket(name []byte) *bbolt.Bucket {
	bucket := t.bolt.Bucket(name)
	if bucket == nil {
		panic(fmt.Sprintf("store: no bucket %q in the data file", bytes.Clone(name)))
	}
	return bucket
}
