package file

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"go.etcd.io/bbolt"

	"postern/store/guid"
)

// Tx is one transaction. In a write it is shared by a whole group (see committer), so that a function sees what those
// before it in the group wrote. Slices that it hands out are the file's own memory: read only, and gone when the
// transaction ends.
type Tx struct {
	bolt *bbolt.Tx
	file *File
	now  time.Time

	ends    map[string][]byte // last keys of the buckets, before the first put
	records int               // written so far: puts and deletes
	bytes   int               // their keys and values
	signals uint8             // of the functions that ended well
	after   []func()          // whatever becomes of the functions that asked for it
}

func newTx(f *File, bolt *bbolt.Tx) *Tx {
	return &Tx{bolt: bolt, file: f, now: f.Now().UTC().Truncate(time.Millisecond)}
}

// Now returns the time of the transaction, which is fixed: UTC, in whole milliseconds.
func (t *Tx) Now() time.Time { return t.now }

// Written returns the number of bytes of keys and values that the transaction has put and deleted so far.
func (t *Tx) Written() int { return t.bytes }

// Signal adds to what Options.Signal is told after the commit, unless the function that runs returns an error.
func (t *Tx) Signal(who uint8) { t.signals |= who }

// After has fn called once the transaction has ended well, also if the function that asks for it returns an error. fn
// must be quick: the next commit waits for it. In a read transaction it is not called.
func (t *Tx) After(fn func()) { t.after = append(t.after, fn) }

// conclude tells what a transaction that has ended well had to tell.
func (t *Tx) conclude() {
	if t.signals != 0 && t.file.options.Signal != nil {
		t.file.options.Signal(t.signals)
	}
	for _, fn := range t.after {
		fn()
	}
}

// Put writes one value. The value must not be changed afterwards: it is read when the transaction commits. Every write
// is counted, since that is how the committer knows whether a function that failed has kept its promise (see
// File.Write).
func (t *Tx) Put(bucket, key, value []byte) error {
	if value == nil {
		value = []byte{} // a nil would look like a missing key until the commit
	}
	into := t.Bucket(bucket)
	t.fill(bucket, into, key)
	if err := into.Put(key, value); err != nil {
		return fmt.Errorf("table %s: key %x: %w", bucket, key, err)
	}
	t.records++
	t.bytes += len(key) + len(value)
	return nil
}

// RightFill is how full bbolt leaves the pages of a bucket to which only larger keys were added: nobody will insert
// into them any more, and with its ordinary half-full ones the file would be twice as large.
const RightFill = 0.9

// fill decides how full the pages of a bucket become in this transaction. A first put looks where the bucket ended
// before.
func (t *Tx) fill(name []byte, bucket *bbolt.Bucket, key []byte) {
	end, known := t.ends[string(name)]
	if !known {
		if t.ends == nil {
			t.ends = make(map[string][]byte)
		}
		end = bytes.Clone(lastKey(bucket))
		t.ends[string(name)] = end
		bucket.FillPercent = RightFill
	}
	if bytes.Compare(key, end) <= 0 {
		bucket.FillPercent = bbolt.DefaultFillPercent
	}
}

// lastKey returns the last key of a bucket, or nil. bbolt's Cursor.Last never returns where this transaction has
// deleted all keys of a bucket of several pages; First passes over emptied pages, and so tells.
func lastKey(bucket *bbolt.Bucket) []byte {
	c := bucket.Cursor()
	if first, _ := c.First(); first == nil {
		return nil
	}
	last, _ := c.Last()
	return last
}

// Delete removes a key; one that is not there is no error.
func (t *Tx) Delete(bucket, key []byte) error {
	if err := t.Bucket(bucket).Delete(key); err != nil {
		return fmt.Errorf("table %s: key %x: %w", bucket, key, err)
	}
	t.records++
	t.bytes += len(key)
	return nil
}

// Get returns the value, or nil where there is none.
func (t *Tx) Get(bucket, key []byte) []byte { return t.Bucket(bucket).Get(key) }

// Has reports whether the key is there.
func (t *Tx) Has(bucket, key []byte) bool { return t.Get(bucket, key) != nil }

// Cursor returns a cursor over a bucket. It is for reading alone: what it deleted would not be counted, and after a
// write to the bucket its place is no longer sure.
func (t *Tx) Cursor(bucket []byte) *Cursor { return &Cursor{bolt: t.Bucket(bucket).Cursor()} }

// NewID returns a new ID, larger than every one that this process made before.
func (t *Tx) NewID() guid.ID { return t.file.ids.Next(t.now, t.file.options.Random) }

// Random returns the randomness of Options.
func (t *Tx) Random() io.Reader { return t.file.options.Random }

// Bucket returns a bucket of the schema, for reading. Open has seen all of them, so that a missing one is a mistake of
// the code.
func (t *Tx) Bucket(name []byte) *bbolt.Bucket {
	bucket := t.bolt.Bucket(name)
	if bucket == nil {
		panic(fmt.Sprintf("file: no bucket %q in the data file", bytes.Clone(name)))
	}
	return bucket
}

// HasBucket reports whether there is a bucket, which another schema may lack.
func (t *Tx) HasBucket(name []byte) bool { return t.bolt.Bucket(name) != nil }

// CreateBucket makes a bucket that is not there yet. It is for migrations, as are the two below.
func (t *Tx) CreateBucket(name []byte) error {
	t.records++
	_, err := t.bolt.CreateBucket(name)
	return err
}

// DeleteBucket removes a bucket and all that is in it.
func (t *Tx) DeleteBucket(name []byte) error {
	t.records++
	return t.bolt.DeleteBucket(name)
}

// LiftBucket moves a bucket that lies within another one to the top.
func (t *Tx) LiftBucket(name, from []byte) error {
	t.records++
	return t.bolt.MoveBucket(name, t.Bucket(from), nil)
}
