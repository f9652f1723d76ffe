package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/go-json-experiment/json"
)

// Table is typed access to a bucket of records. A value is four bytes of CRC-32C (RFC 3720 §12.1, big endian) over
// bucket name, key and JSON, and then the JSON. The name and the key are in the sum, so that a record which a fault
// moved to another place is noticed too.
type Table[T any] struct{ Bucket []byte }

// sumSize is the length of the checksum in front of each record. CRC-32C finds every fault of up to 32 bits in a row,
// as a flipped one, and processors compute it; it is no guard against whoever means to alter a record.
const sumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// DamagedRecord says that a record is not what was written. It is never served.
type DamagedRecord struct {
	Table string
	Key   []byte
	Cause error
}

// Error names the table and, in hexadecimal, the key.
func (d *DamagedRecord) Error() string {
	return fmt.Sprintf("table %s: record %x is damaged: %v", d.Table, d.Key, d.Cause)
}

// Unwrap returns the cause.
func (d *DamagedRecord) Unwrap() error { return d.Cause }

var errChecksum = errors.New("its checksum does not match")

// Get reads one record. Where there is none, found is false; a damaged one is a *DamagedRecord.
func (t Table[T]) Get(tx *Tx, key []byte) (value T, found bool, err error) {
	raw := tx.Get(t.Bucket, key)
	if raw == nil {
		return value, false, nil
	}
	value, err = t.Decode(key, raw)
	return value, err == nil, err
}

// Put writes one record in place of what was there.
func (t Table[T]) Put(tx *Tx, key []byte, value T) error {
	record, err := t.Encode(key, value)
	if err != nil {
		return err
	}
	return tx.Put(t.Bucket, key, record)
}

// Encode returns a record with its checksum. Most records fit into the buffer that it begins with.
func (t Table[T]) Encode(key []byte, value T) ([]byte, error) {
	raw := bytes.NewBuffer(make([]byte, sumSize, 512))
	if err := json.MarshalWrite(raw, value); err != nil {
		return nil, fmt.Errorf("table %s: record %x cannot be written as JSON: %w", t.Bucket, key, err)
	}
	record := raw.Bytes()
	binary.BigEndian.PutUint32(record, t.sum(key, record[sumSize:]))
	return record, nil
}

// Delete removes a record; one that is not there is no error.
func (t Table[T]) Delete(tx *Tx, key []byte) error { return tx.Delete(t.Bucket, key) }

// Each hands out, in the order of keys, the records whose key begins with prefix and is not below from, until fn wants
// no more. fn must not write, and must not keep the key. A damaged record ends the walk with a *DamagedRecord; who
// wants the rest goes on after its Key.
func (t Table[T]) Each(tx *Tx, prefix, from []byte, fn func(key []byte, value T) (more bool, err error)) error {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	cursor := tx.Cursor(t.Bucket)
	for key, raw := cursor.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, raw = cursor.Next() {
		value, err := t.Decode(key, raw)
		if err != nil {
			return err
		}
		if more, err := fn(key, value); err != nil || !more {
			return err
		}
	}
	return nil
}

// Decode reads a record whose checksum fits; another one is a *DamagedRecord.
func (t Table[T]) Decode(key, raw []byte) (value T, err error) {
	if len(raw) < sumSize || binary.BigEndian.Uint32(raw) != t.sum(key, raw[sumSize:]) {
		return value, t.damaged(key, errChecksum)
	}
	if err := json.Unmarshal(raw[sumSize:], &value); err != nil {
		var none T
		return none, t.damaged(key, err)
	}
	return value, nil
}

func (t Table[T]) sum(key, text []byte) uint32 { return Sum(t.Bucket, key, text) }

// Sum is the checksum of a value that is no JSON, as those of a Table have it.
func Sum(bucket, key, value []byte) uint32 {
	sum := crc32.Checksum(bucket, castagnoli)
	return crc32.Update(crc32.Update(sum, castagnoli, key), castagnoli, value)
}

func (t Table[T]) damaged(key []byte, cause error) error {
	return &DamagedRecord{Table: string(t.Bucket), Key: bytes.Clone(key), Cause: cause}
}
