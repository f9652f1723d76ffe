// Package series counts what happens in slots of half an hour, for plots of the last day and month. It is a leaf: what
// is counted, and from where, is for others to say. A slot is a value that can be stored, read after a restart and
// added to.
package series

import (
	"maps"
	"slices"
	"time"
)

// Span is how long a slot lasts. All begin on the hour or the half hour, in UTC.
const Span = 30 * time.Minute

// Kept is for how long slots are kept: a month of the longest, and the day in which it begins.
const Kept = 32 * 24 * time.Hour

// Slot is what was counted within half an hour.
type Slot struct {
	At     time.Time `json:"at"`
	Sent   int       `json:"sent,omitzero"`   // letters
	Failed int       `json:"failed,omitzero"` // letters, each time that one failed
	Bikers int       `json:"bikers,omitzero"` // registered
	Users  int       `json:"users,omitzero"`  // registered
	Queue  int       `json:"queue,omitzero"`  // letters that waited, at the most
	Seen   int       `json:"seen,omitzero"`   // how often the queue was looked at: 0, the appliance did not run
	Commit Delays    `json:"commit,omitzero"` // of what is stored
	Mail   Delays    `json:"mail,omitzero"`   // of handing over letters that the smarthost took
	Wait   Delays    `json:"wait,omitzero"`   // of those letters, from being owed to being sent
}

// Add adds what another slot has counted.
func (s *Slot) Add(other Slot) {
	s.Sent += other.Sent
	s.Failed += other.Failed
	s.Bikers += other.Bikers
	s.Users += other.Users
	s.Queue = max(s.Queue, other.Queue)
	s.Seen += other.Seen
	s.Commit.Merge(other.Commit)
	s.Mail.Merge(other.Mail)
	s.Wait.Merge(other.Wait)
}

// Series is the slots of a month. Its owner guards it.
type Series struct {
	slots   map[int64]*Slot // by the second in which they begin
	changed map[int64]bool  // since Changed
}

// New makes a series of slots that were kept.
func New(kept []Slot) *Series {
	s := &Series{slots: make(map[int64]*Slot), changed: make(map[int64]bool)}
	for _, slot := range kept {
		s.slots[slot.At.Unix()] = &slot
	}
	return s
}

// At is the slot of a moment, for its counts to be changed.
func (s *Series) At(moment time.Time) *Slot {
	begin := moment.UTC().Truncate(Span)
	key := begin.Unix()
	slot, there := s.slots[key]
	if !there {
		slot = &Slot{At: begin}
		s.slots[key] = slot
	}
	s.changed[key] = true
	return slot
}

// Between are copies of the slots that begin in a span of time, the oldest first. Half hours in which nothing was
// counted are not there.
func (s *Series) Between(from, to time.Time) (list []Slot) {
	for _, key := range slices.Sorted(maps.Keys(s.slots)) {
		if key >= from.Unix() && key < to.Unix() {
			list = append(list, s.slots[key].clone())
		}
	}
	return list
}

// Changed are copies of the slots that have changed since the last time.
func (s *Series) Changed() (list []Slot) {
	for _, key := range slices.Sorted(maps.Keys(s.changed)) {
		if slot, there := s.slots[key]; there {
			list = append(list, slot.clone())
		}
	}
	clear(s.changed)
	return list
}

// Forget drops the slots that begin before a moment.
func (s *Series) Forget(before time.Time) {
	maps.DeleteFunc(s.slots, func(key int64, _ *Slot) bool { return key < before.Unix() })
}

func (s *Slot) clone() Slot {
	c := *s
	c.Commit, c.Mail, c.Wait = slices.Clone(s.Commit), slices.Clone(s.Mail), slices.Clone(s.Wait)
	return c
}
