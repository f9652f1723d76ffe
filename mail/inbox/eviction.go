package inbox

import (
	"slices"
	"time"

	"postern/store"
)

// What a flood is. A push of people owes hundreds of letters a second, and somebody who tries things out by hand a few
// in a minute.
const (
	burstGap = 10 * time.Second // letters of one kind that come closer than this are one burst

	// A burst that is larger makes room for itself. Below that it may push out older letters, so that some of it can be
	// seen in an inbox that is full.
	ownRoom = 100
)

// burst is the last one of a kind.
type burst struct {
	number int
	last   time.Time // when its last letter came
}

// burstOf returns the number of the burst that a letter which comes now belongs to. The caller holds the lock.
func (b *Inbox) burstOf(kind store.LetterKind, now time.Time) int {
	current := b.bursts[kind]
	if current.number == 0 || now.Sub(current.last) >= burstGap {
		b.burstsMet++
		current.number = b.burstsMet
	}
	current.last = now
	b.bursts[kind] = current
	return current.number
}

// crowd is what letters have in common of which nobody misses one: they came in one burst, as the welcomes to a list of
// people do, and somebody has opened them or nobody has.
type crowd struct {
	burst int
	read  bool
}

// crowdOf returns the crowd that a letter is in now; opening a letter moves it to another one.
func crowdOf(c *Letter) crowd { return crowd{c.burst, c.Read()} }

// makeRoom evicts letters until both limits hold, but never the newest. The caller holds the lock.
func (b *Inbox) makeRoom() {
	for len(b.letters) > MaxLetters || b.size > MaxBytes {
		at := b.victim()
		b.size -= b.letters[at].size()
		b.letters = slices.Delete(b.letters, at, at+1)
	}
}

// victim returns the index of the letter to evict. A crowd that the newest letter adds to makes room for itself where
// it is large; else the largest crowd does, and of several the oldest. The letter is from the middle of its crowd: the
// newest are what somebody who sends them looks for, and the first may be letters of before that happen to be of the
// same kind. Where all crowds are of one letter, as in a long quiet time, the oldest letter goes.
func (b *Inbox) victim() int {
	newest := len(b.letters) - 1
	crowds := make(map[crowd][]int)
	for i, c := range b.letters[:newest] {
		key := crowdOf(c)
		crowds[key] = append(crowds[key], i)
	}
	chosen := crowds[crowdOf(b.letters[newest])]
	if len(chosen) < ownRoom {
		for _, members := range crowds {
			if len(members) > len(chosen) || len(members) == len(chosen) && members[0] < chosen[0] {
				chosen = members
			}
		}
	}
	return chosen[min(len(chosen)/2, ownRoom)]
}
