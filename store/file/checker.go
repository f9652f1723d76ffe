package file

import (
	"errors"
	"fmt"
	"slices"
)

// Checker compares keys with the records that they stand for, and collects what does not fit. What fits is for the
// schema's owner to know.
type Checker struct {
	Tx     *Tx
	Faults []string
}

// Fault notes a sentence. A file with more faults than are listed is to be restored, not mended.
func (c *Checker) Fault(format string, args ...any) {
	if len(c.Faults) < faultsListed {
		c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
	}
}

// Part runs one part of a check. Where it comes upon a page that cannot be read it breaks off, and the others go on.
func (c *Checker) Part(name string, check func()) {
	var damaged *DamagedFile
	if errors.As(Guard("", func() error { check(); return nil }), &damaged) {
		c.Fault("%s: the check breaks off, as %s", name, damaged.What)
	}
}

// CheckTable visits every record of a table, which verifies its checksum; the damaged ones are faults, and not visited.
func CheckTable[T any](c *Checker, table Table[T], visit func(key []byte, value T)) {
	for from := []byte(nil); ; {
		err := table.Each(c.Tx, nil, from, func(key []byte, value T) (bool, error) {
			visit(key, value)
			return true, nil
		})
		var damaged *DamagedRecord
		if !errors.As(err, &damaged) {
			return
		}
		c.Fault("%v", damaged)
		from = append(slices.Clone(damaged.Key), 0)
	}
}

// Keys visits every key of an index, and counts them.
func (c *Checker) Keys(bucket []byte, visit func(key, value []byte)) (count int) {
	cursor := c.Tx.Cursor(bucket)
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		visit(key, value)
		count++
	}
	return count
}

// Indexed tells faults of an index whose keys do not stand for a record: each record has had its own keys looked up, so
// that equal numbers mean an equal set.
func (c *Checker) Indexed(bucket []byte, want int) {
	if count := c.Keys(bucket, func(_, _ []byte) {}); count != want {
		c.Fault("%s has %d keys, and the records ask for %d", bucket, count, want)
	}
}

// Marked is Indexed for an index whose keys say all: their values are empty.
func (c *Checker) Marked(bucket []byte, want int) {
	count := c.Keys(bucket, func(key, value []byte) {
		if len(value) > 0 {
			c.Fault("%s: the key %x has a value, and should have none", bucket, key)
		}
	})
	if count != want {
		c.Fault("%s has %d keys, and the records ask for %d", bucket, count, want)
	}
}
