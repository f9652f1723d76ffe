// Package inbox is the built-in inbox: it keeps the letters that would go to a smarthost in memory, where none is set.
// It reads mails as a mail client does, with limits on what a sender may cost, and searches them in Mailpit's syntax.
// It knows no HTTP; server/inbox shows it.
//
// A letter is taken apart once, when it is delivered, and never changes after that but for the mark that it was opened.
// So searching needs a copy of the list alone, and pages and calls may read a letter for as long as they like without
// a lock, also one that has been evicted meanwhile.
package inbox

import (
	"bytes"
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"postern/store"
)

// The limits of what the inbox keeps. Beyond them letters are evicted, see makeRoom.
const (
	MaxLetters = 1000     // letters
	MaxBytes   = 64 << 20 // bytes of sources and decoded texts together
)

// Inbox keeps the newest letters in memory (mu guards all of it, and is held for no longer than the list takes), for
// the developer's page, for tests and for whoever tries the appliance out. A flood of letters does not push the
// others out, see victim. All methods may be called from several goroutines.
type Inbox struct {
	now func() time.Time

	mu        sync.RWMutex
	random    io.Reader
	letters   []*Letter // oldest first
	size      int
	bursts    map[store.LetterKind]burst
	burstsMet int
	version   uint64
	changed   chan struct{}
}

// New returns an empty inbox. The IDs of letters are drawn from random, which is read by one goroutine at a time.
func New(now func() time.Time, random io.Reader) *Inbox {
	return &Inbox{now: now, random: random, bursts: make(map[store.LetterKind]burst), changed: make(chan struct{})}
}

// Deliver keeps a letter as a smarthost would get it: the bare addresses of the envelope and the whole mail. Older
// letters make room for it. A letter whose source makes no sense is kept too, with what is wrong in its Fault. It is an
// error only when the letter alone is bigger than the inbox, or when no ID can be drawn for it. data may be used again
// by the caller.
func (b *Inbox) Deliver(from, to string, data []byte) error { return b.DeliverKind("", from, to, data) }

// DeliverKind is Deliver for a letter of a known kind, by which floods are told from other letters.
func (b *Inbox) DeliverKind(kind store.LetterKind, from, to string, data []byte) error {
	letter := readLetter(from, to, bytes.Clone(data), b.now()) // before the lock: reading is what takes the time
	if letter.size() > MaxBytes {
		return fmt.Errorf("a letter of %d octets does not fit into the inbox, which keeps %d", len(data), MaxBytes)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	id, err := b.newID()
	if err != nil {
		return err
	}
	letter.ID, letter.burst = id, b.burstOf(kind, letter.Received)
	b.letters = append(b.letters, letter)
	b.size += letter.size()
	b.makeRoom()
	b.announce()
	return nil
}

// newID draws 16 characters of 5 bits, so that an ID cannot be guessed. The caller holds the lock.
func (b *Inbox) newID() (string, error) {
	var raw [10]byte
	if _, err := io.ReadFull(b.random, raw[:]); err != nil {
		return "", fmt.Errorf("no name for a letter in the inbox: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw[:])), nil
}

// announce wakes everybody who watches. The caller holds the lock. A channel that is closed wakes all at once and needs
// no list of them; each change has one of its own.
func (b *Inbox) announce() {
	b.version++
	close(b.changed)
	b.changed = make(chan struct{})
}

// Watch returns the number of the inbox's present state, and a channel that is closed at the next change: a letter
// came, went, or was marked as read.
func (b *Inbox) Watch() (version uint64, changed <-chan struct{}) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.version, b.changed
}

// Counts returns how many letters there are, and how many of them nobody has opened.
func (b *Inbox) Counts() (total, unread int) {
	all := b.newestFirst()
	return len(all), CountUnread(all)
}

// Find returns all letters that match, newest first. The letters are shared: they must not be changed.
func (b *Inbox) Find(q Query) []*Letter {
	all := b.newestFirst()
	return slices.DeleteFunc(all, func(c *Letter) bool { return !q.Matches(c) })
}

// Letter returns the letter with that ID; false when there is none, or no longer.
func (b *Inbox) Letter(id string) (*Letter, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	at := slices.IndexFunc(b.letters, func(c *Letter) bool { return c.ID == id })
	if at < 0 {
		return nil, false
	}
	return b.letters[at], true
}

// Latest returns the newest letter that matches; false when none does. It stops at the first, which tests that wait for
// their letter nearly always find at the top.
func (b *Inbox) Latest(q Query) (*Letter, bool) {
	for _, c := range b.newestFirst() {
		if q.Matches(c) {
			return c, true
		}
	}
	return nil, false
}

// Wait returns the newest letter that matches, at once or as soon as it comes (long polling). Its error is the
// context's, when that ends first.
func (b *Inbox) Wait(ctx context.Context, q Query) (*Letter, error) {
	for {
		_, changed := b.Watch() // before looking, so that a letter that comes in between is not missed
		if c, found := b.Latest(q); found {
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Delete removes the letters that pick chooses, and returns how many those were. pick runs under the lock, and must not
// call the inbox.
func (b *Inbox) Delete(pick func(*Letter) bool) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.letters)
	b.letters = slices.DeleteFunc(b.letters, func(c *Letter) bool {
		gone := pick(c)
		if gone {
			b.size -= c.size()
		}
		return gone
	})
	removed := before - len(b.letters)
	if removed > 0 {
		b.announce()
	}
	return removed
}

// MarkRead marks the letters that pick chooses as opened, or as not opened. pick runs under the lock, as in Delete. Who
// watches is woken only where a mark changes, so that a page which marks what it shows does not wake itself for ever.
func (b *Inbox) MarkRead(read bool, pick func(*Letter) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := false
	for _, c := range b.letters {
		if c.Read() != read && pick(c) {
			c.read.Store(read)
			changed = true
		}
	}
	if changed {
		b.announce()
	}
}

// newestFirst is a copy of the list, so that searching holds no lock.
func (b *Inbox) newestFirst() []*Letter {
	b.mu.RLock()
	all := slices.Clone(b.letters)
	b.mu.RUnlock()
	slices.Reverse(all)
	return all
}

// CountUnread returns how many of some letters nobody has opened.
func CountUnread(letters []*Letter) (unread int) {
	for _, c := range letters {
		if !c.Read() {
			unread++
		}
	}
	return unread
}
