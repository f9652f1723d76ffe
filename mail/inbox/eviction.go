package inbox

import (
	"slices"

	"postern/store"
)

// group is what letters have in common of which nobody misses one: they are of one kind and came in the same minute, as
// the welcomes to a list of people do, and somebody has opened them or nobody has.
type group struct {
	kind   store.LetterKind
	minute int64
	read   bool
}

// groupOf returns the group that a letter is in now; opening a letter moves it to another one.
func groupOf(c *Letter) group { return group{c.kind, c.Received.Unix() / 60, c.Read()} }

// makeRoom evicts letters until both limits hold, but never the newest. The caller holds the lock.
func (b *Inbox) makeRoom() {
	for len(b.letters) > MaxLetters || b.size > MaxBytes {
		at := b.victim()
		b.size -= b.letters[at].size()
		b.letters = slices.Delete(b.letters, at, at+1)
	}
}

// victim returns the index of the letter to evict: the oldest one of the largest group, so that a flood makes room for
// itself. Of groups of one size it is the oldest one's.
func (b *Inbox) victim() int {
	type members struct{ count, oldest int }
	groups := make(map[group]members)
	for i, c := range b.letters[:len(b.letters)-1] {
		key := groupOf(c)
		found, met := groups[key]
		if !met {
			found.oldest = i
		}
		found.count++
		groups[key] = found
	}
	var largest members
	for _, m := range groups {
		if m.count > largest.count || m.count == largest.count && m.oldest < largest.oldest {
			largest = m
		}
	}
	return largest.oldest
}
