// Package memo remembers what was made of records lately, so that nothing is decoded, encoded or rendered twice.
package memo

import (
	"bytes"
	"sync/atomic"

	"postern/store/guid"
)

// slots bounds what a Memo remembers.
const slots = 512

// Memo remembers what was made of records lately: a decoded value, an answer. It is exact, without ever being told of a
// change, because what is asked for names the version that it was made of. Of ids that share a slot the last one
// stays. It is safe for concurrent use; what it hands out is shared, so that nobody may change it.
type Memo[V any] struct {
	slots [slots]atomic.Pointer[memory[V]]
}

type memory[V any] struct {
	id      guid.ID
	version []byte
	value   V
}

// Get returns what was made of this version of a record.
func (m *Memo[V]) Get(id guid.ID, version []byte) (value V, known bool) {
	kept := m.slot(id).Load()
	if kept == nil || kept.id != id || !bytes.Equal(kept.version, version) {
		return value, false
	}
	return kept.value, true
}

// Put remembers it. The version is kept as it is: it must not be memory of the data file.
func (m *Memo[V]) Put(id guid.ID, version []byte, value V) {
	m.slot(id).Store(&memory[V]{id, version, value})
}

// slot goes by the end of the id, which is random in the store's own, and counts in those of people who count.
func (m *Memo[V]) slot(id guid.ID) *atomic.Pointer[memory[V]] {
	return &m.slots[(int(id[14])<<8|int(id[15]))%slots]
}
