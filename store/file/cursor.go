package file

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// Cursor walks over the keys of a bucket. It holds that each key lies where the walk says: on a damaged page bbolt can
// lead back to keys that were seen, and a loop would not end. It panics there, which the transaction makes an error
// (see safely). A nil key says that there is no more.
type Cursor struct {
	bolt *bbolt.Cursor
	last []byte
}

// First moves to the first key.
func (c *Cursor) First() (key, value []byte) { return c.at(c.bolt.First()) }

// Last moves to the last key.
func (c *Cursor) Last() (key, value []byte) { return c.at(c.bolt.Last()) }

// Seek moves to the first key that is not below from.
func (c *Cursor) Seek(from []byte) (key, value []byte) {
	key, value = c.at(c.bolt.Seek(from))
	inOrder(key == nil || bytes.Compare(key, from) >= 0)
	return key, value
}

// SeekBefore moves to the last key that is below end.
func (c *Cursor) SeekBefore(end []byte) (key, value []byte) {
	if above, _ := c.bolt.Seek(end); above == nil {
		key, value = c.at(c.bolt.Last())
	} else {
		key, value = c.at(c.bolt.Prev())
	}
	inOrder(key == nil || bytes.Compare(key, end) < 0)
	return key, value
}

// Next moves to the following key.
func (c *Cursor) Next() (key, value []byte) {
	before := c.last
	key, value = c.at(c.bolt.Next())
	inOrder(key == nil || bytes.Compare(key, before) > 0)
	return key, value
}

// Prev moves to the key before.
func (c *Cursor) Prev() (key, value []byte) {
	before := c.last
	key, value = c.at(c.bolt.Prev())
	inOrder(key == nil || before == nil || bytes.Compare(key, before) < 0)
	return key, value
}

// at notes where the cursor is.
func (c *Cursor) at(key, value []byte) (k, v []byte) {
	c.last = key
	return key, value
}

func inOrder(is bool) {
	if !is {
		panic("file: the keys of a bucket are not in order")
	}
}
