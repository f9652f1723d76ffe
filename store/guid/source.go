package guid

import (
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// Source makes UUIDs of version 7 that grow within the process, also where several are made in one millisecond or the
// clock goes back: then the last one's random part is raised by a random step (RFC 9562 §6.2, method 2).
type Source struct {
	mu     sync.Mutex
	millis uint64 // of the last ID
	high   uint16 // its 12 random bits of rand_a
	low    uint64 // its 62 random bits of rand_b
}

const (
	highMask = 1<<12 - 1
	lowMask  = 1<<62 - 1
)

// Next makes an ID. A source of randomness that fails leaves nothing to go on with, so that it panics; the transaction
// turns this into an error.
func (s *Source) Next(now time.Time, random io.Reader) ID {
	var noise [10]byte
	if _, err := io.ReadFull(random, noise[:]); err != nil {
		panic("guid: no randomness for an id: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// A step is random, too: a neighbour's ID, which somebody may hold, does not give this one away.
	if millis := uint64(max(now.UnixMilli(), 0)); millis > s.millis {
		s.millis = millis
		s.high = binary.BigEndian.Uint16(noise[:2]) & highMask
		s.low = binary.BigEndian.Uint64(noise[2:]) & lowMask
	} else {
		s.raise(1 + uint64(binary.BigEndian.Uint32(noise[:4])))
	}
	return s.Id()
}

// raise adds to the random part as one number of 74 bits; what it carries over goes into the time.
func (s *Source) raise(step uint64) {
	s.low += step
	if s.low <= lowMask {
		return
	}
	s.low &= lowMask
	s.high = (s.high + 1) & highMask
	if s.high == 0 {
		s.millis++
	}
}

// Id returns the ID that the fields stand for, with version and variant (RFC 9562 §4.1, §4.2) in their places.
func (s *Source) Id() (id ID) {
	binary.BigEndian.PutUint64(id[:8], s.millis<<16|7<<12|uint64(s.high))
	binary.BigEndian.PutUint64(id[8:], 2<<62|s.low)
	return id
}
