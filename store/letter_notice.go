package store

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"postern/store/guid"
	"slices"
	"time"
)

// Partners post the same people again and again, and a person should hear of it once. What has been told is remembered
// under a keyed hash, so that it survives an erasure. It is told from the moment that its letter is owed, unless the
// letter is cancelled or fails: told is what was sent.

// What can have been told: the first byte behind the hash.
const (
	toldExisting  = 'E' // to an address: there is an account already
	toldFailed    = 'F' // to an address: the registration failed, by the set of faults
	toldUnmailing = 'U' // to nobody, as the addresses are not valid: that the failures have been noted
	toldHeld      = 'H' // by a letter of one partner that is held
)

const toldKeyLength = sha256.Size + 1 + sha256.Size/4

// faultSet stands for the fields at fault: not for the sentences, which may repeat what the caller wrote.
type faultSet [sha256.Size / 4]byte

func faultSetOf(faults map[string][]string) (set faultSet) {
	sum := sha256.New()
	for _, field := range slices.Sorted(maps.Keys(faults)) {
		sum.Write([]byte(field + "\x00"))
	}
	copy(set[:], sum.Sum(nil))
	return set
}

var noFaults = faultSetOf(nil)

// toldKey names what is told: to whom (a SHA-256, which is keyed before it is stored), of what kind, about which
// faults.
func toldKey(whom []byte, kind byte, about faultSet) []byte {
	key := make([]byte, 0, toldKeyLength)
	return append(append(append(key, whom...), kind), about[:]...)
}

// heldKey is what stands for a key where the letter that would tell it is held, for one partner.
func heldKey(key []byte, partner string) []byte {
	whom := sha256.Sum256(append(slices.Clone(key), nameKey(partner)...))
	return toldKey(whom[:], toldHeld, noFaults)
}

// keyedTold is a key as it is stored.
func (t tx) keyedTold(key []byte) []byte {
	return append(t.store.keyed(key[:sha256.Size]), key[sha256.Size:]...)
}

// toldRecord is what is remembered under a key.
type toldRecord struct {
	At     time.Time // when it was posted last, as far as that was noted; toldRefused: when the letter failed
	Letter guid.ID   // the letter that tells it; zero: none, it is an event
	State  toldState
	Failed byte // letters that failed one after another, each within a day of the one before
}

type toldState byte

const (
	toldBefore  toldState = 0   // by a Postern that did not note which letter tells it
	toldOwed    toldState = 'o' // its letter is to be sent, or was
	toldRefused toldState = 'r' // its letter failed: nothing was told
	toldBlocked toldState = 'b' // its letter was cancelled at once, as the person is blocked
)

// The lengths of a value: time, letter, state and failures; before, the time alone.
const (
	toldLength       = 8 + 16 + 1 + 1
	toldLengthBefore = 8
)

// A letter that fails is owed again when its person is posted again, but not every five minutes for ever: after so many
// in a row the address rests.
const (
	refusedInARow = 5
	refusedRest   = 24 * time.Hour
)

// noteEvery is how often it is noted, at most, that somebody is posted again: a repeat that changes nothing should
// write nothing.
const noteEvery = 24 * time.Hour

func (r toldRecord) encode() []byte {
	value := make([]byte, 0, toldLength)
	value = binary.BigEndian.AppendUint64(value, uint64(r.At.UnixMilli()))
	return append(append(value, r.Letter[:]...), byte(r.State), r.Failed)
}

// decodeTold reads a value. It is not ok where that is none.
func decodeTold(value []byte) (r toldRecord, ok bool) {
	if len(value) != toldLength && len(value) != toldLengthBefore {
		return toldRecord{}, false
	}
	r.At = time.UnixMilli(int64(binary.BigEndian.Uint64(value))).UTC()
	if len(value) == toldLength {
		r.Letter, r.State, r.Failed = guid.ID(value[8:24]), toldState(value[24]), value[25]
	}
	return r, true
}

// told gives what is remembered under a key; the zero record: nothing.
func (t tx) told(key []byte) toldRecord {
	r, _ := decodeTold(t.Get(toldBucket, t.keyedTold(key)))
	return r
}

func (t tx) putTold(key []byte, r toldRecord) error {
	return t.Put(toldBucket, t.keyedTold(key), r.encode())
}

// holds reports whether it counts as told now. What a blocked person would have been told counts while that lasts.
func (t tx) holds(r toldRecord, blocked bool) bool {
	age := t.Now().Sub(r.At)
	switch {
	case r.At.IsZero():
		return false
	case r.State == toldRefused:
		return r.Failed >= refusedInARow && age < refusedRest
	case r.State == toldBlocked && !blocked:
		return false
	}
	return age < t.store.rules.RepeatLettersAfter
}

// isOver reports whether nothing follows from what is remembered any more.
func (t tx) isOver(r toldRecord) bool {
	return t.Now().Sub(r.At) >= max(t.store.rules.RepeatLettersAfter, refusedRest)
}

// toBeNoted reports whether a post of now is to be noted under a key that holds: the span until the next letter runs
// from the last post. What an older Postern wrote may stand for a letter that never left, and so runs out.
func (t tx) toBeNoted(r toldRecord) bool {
	if r.State != toldOwed && r.State != toldBlocked {
		return false
	}
	return t.Now().Sub(r.At) >= min(noteEvery, t.store.rules.RepeatLettersAfter/2)
}

// noteTold notes that what stands under a key was posted again.
func (t tx) noteTold(key []byte) error {
	r := t.told(key)
	r.At = t.Now()
	return t.putTold(key, r)
}

// tellTold remembers that a letter, or an event where it is zero, tells it from now on.
func (t tx) tellTold(key []byte, letter guid.ID, state toldState) error {
	r := toldRecord{At: t.Now(), Letter: letter, State: state}
	if former := t.told(key); t.Now().Sub(former.At) < refusedRest {
		r.Failed = former.Failed
	}
	return t.putTold(key, r)
}

// tells gives the key of what a letter tells; nil: it tells nothing that is told once.
func (l Letter) tells() []byte {
	switch {
	case l.To == "":
		return nil // the person has been erased
	case l.Kind == LetterExisting:
		return toldKey(addressSum(l.To), toldExisting, noFaults)
	case l.Kind == LetterUnregistered && l.Faults != faultSet{}:
		return toldKey(addressSum(l.To), toldFailed, l.Faults)
	}
	return nil
}

// untell takes back what a letter was to tell: it was cancelled, or failed.
func (t tx) untell(letter Letter) error {
	key := letter.tells()
	if key == nil {
		return nil
	}
	for _, key := range [][]byte{key, heldKey(key, letter.Cause)} {
		r := t.told(key)
		if r.At.IsZero() || r.Letter != letter.ID && r.State != toldBefore {
			continue // another letter tells it
		}
		if letter.State != LetterFailed {
			if err := t.Delete(toldBucket, t.keyedTold(key)); err != nil {
				return err
			}
			continue
		}
		r.At, r.Letter, r.State = t.Now(), letter.ID, toldRefused
		r.Failed = min(r.Failed, refusedInARow-1) + 1
		if err := t.putTold(key, r); err != nil {
			return err
		}
	}
	return nil
}

// retell has a letter tell what it was to tell, after it was held, had failed, or was cancelled too late.
func (t tx) retell(letter Letter) error {
	key := letter.tells()
	if key == nil {
		return nil
	}
	if r := t.told(key); r.State == toldOwed && r.Letter != letter.ID && t.holds(r, false) {
		return nil
	}
	return t.tellTold(key, letter.ID, toldOwed)
}
