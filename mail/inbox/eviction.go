package inbox

import (
	"slices"

	"postern/store"
)

// crowd is what letters have in common of which nobody misses one: they are of one kind and came in the same minute, as
// the welcomes to a list of people do, and somebody has opened them or nobody has.
type group struct {
	kind   store.LetterKind
	minute int64
	read   bool
}

func groupOf(c *Letter) group { return group{c.kind, c.Received.Unix() / 60, c.Read()} }

// makeRoom drops letters until both limits hold, but never the newest. The caller holds the lock.
func (b *Inbox) makeRoom() {
	for len(b.letters) > MaxLetters || b.size > MaxBytes {
		goes := b.victim()
		b.size -= b.letters[goes].size()
		b.letters = slices.Delete(b.letters, goes, goes+1)
	}
}

// leastMissed is the oldest letter of the largest crowd, so that a flood makes room for itself. Of crowds of one size
// it is the oldest one's.
func (b *Inbox) victim() int {
	type members struct{ count, oldest int }
	crowds := make(map[group]members)
	for i, c := range b.letters[:len(b.letters)-1] {
		key := groupOf(c)
		found, met := crowds[key]
		if !met {
			found.oldest = i
		}
		found.count++
		crowds[key] = found
	}
	var largest members
	for _, m := range crowds {
		if m.count > largest.count || m.count == largest.count && m.oldest < largest.oldest {
			largest = m
		}
	}
	return largest.oldest
}
