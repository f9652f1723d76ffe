package store

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"postern/store/file"
	"postern/store/guid"
)

// Partners post the same people again and again, and a person should hear of it once. So a notice, which is what a
// person was told, is remembered under a keyed hash, so that it survives an erasure. It counts as given from the moment
// that its letter is owed, unless the letter is cancelled or fails.

// The kinds of notice: the first byte behind the hash.
const (
	noticeExisting  = 'E' // to an address: there is an account already
	noticeFailed    = 'F' // to an address: the registration failed, by the set of faults
	noticeUnmailing = 'U' // to nobody, as the addresses are not valid: that the failures have been noted
	noticeHeld      = 'H' // by a letter of one partner that is held
)

const noticeKeyLength = sha256.Size + 1 + sha256.Size/4

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

// noticeKey names a notice: to whom (a SHA-256, which is keyed before it is stored), of what kind, about which
// faults.
func noticeKey(whom []byte, kind byte, about faultSet) []byte {
	key := make([]byte, 0, noticeKeyLength)
	return append(append(append(key, whom...), kind), about[:]...)
}

// heldNoticeKey stands for a key where the letter that would give the notice is held, for one partner.
func heldNoticeKey(key []byte, partner string) []byte {
	whom := sha256.Sum256(append(slices.Clone(key), nameKey(partner)...))
	return noticeKey(whom[:], noticeHeld, noFaults)
}

// keyedNotice is a key as it is stored.
func (t tx) keyedNotice(key []byte) []byte {
	return append(t.store.hashes.Of(key[:sha256.Size]), key[sha256.Size:]...)
}

// notice is what is remembered under a key.
type notice struct {
	At     time.Time // when it was posted last, as far as that was noted; noticeRefused: when the letter failed
	Letter guid.ID   // the letter that gives it; zero: none, it is an event
	State  noticeState
	Failed byte // letters that failed one after another, each within a day of the one before
}

type noticeState byte

const (
	noticeBefore  noticeState = 0   // by a Postern that did not note which letter gives it
	noticeOwed    noticeState = 'o' // its letter is to be sent, or was
	noticeRefused noticeState = 'r' // its letter failed: the person was told nothing
	noticeBlocked noticeState = 'b' // its letter was cancelled at once, as the person is blocked
)

// The lengths of a value: a number that is 1, time, letter, state, failures and a checksum. Before, those four alone,
// or the time alone. One flipped bit makes of none of these lengths another.
const (
	noticeLength       = 1 + noticeLengthPlain + 4
	noticeLengthPlain  = 8 + 16 + 1 + 1
	noticeLengthBefore = 8
)

// A letter that fails is owed again when its person is posted again, but not every five minutes for ever: after so many
// in a row the address rests.
const (
	refusedInARow = 5
	refusedRest   = 24 * time.Hour
)

// It is noted once a day, at most, that somebody is posted again, since a repeat that changes nothing should write
// nothing; where a letter may be repeated sooner than by default, as often within that time.
const (
	noteEvery    = 24 * time.Hour
	notesPerSpan = 30 // of the time until a letter is repeated
)

// encode returns the value to be put under a key.
func (r notice) encode(key []byte) []byte {
	value := append(make([]byte, 0, noticeLength), 1)
	value = binary.BigEndian.AppendUint64(value, uint64(r.At.UnixMilli()))
	value = append(append(value, r.Letter[:]...), byte(r.State), r.Failed)
	return binary.BigEndian.AppendUint32(value, file.Sum(noticeBucket, key, value))
}

// decodeNotice reads a key's value. It is not ok where that is none, or not what was written.
func decodeNotice(key, value []byte) (r notice, ok bool) {
	switch len(value) {
	case noticeLength:
		text, sum := value[:noticeLength-4], value[noticeLength-4:]
		if binary.BigEndian.Uint32(sum) != file.Sum(noticeBucket, key, text) || text[0] != 1 {
			return notice{}, false
		}
		value = text[1:]
	case noticeLengthPlain, noticeLengthBefore:
	default:
		return notice{}, false
	}
	r.At = time.UnixMilli(int64(binary.BigEndian.Uint64(value))).UTC()
	if len(value) == noticeLengthPlain {
		r.Letter, r.State, r.Failed = guid.ID(value[8:24]), noticeState(value[24]), value[25]
	}
	return r, true
}

// notice returns what is remembered under a key; the zero notice: nothing.
func (t tx) notice(key []byte) notice {
	key = t.keyedNotice(key)
	r, _ := decodeNotice(key, t.Get(noticeBucket, key))
	return r
}

func (t tx) putNotice(key []byte, r notice) error {
	key = t.keyedNotice(key)
	return t.Put(noticeBucket, key, r.encode(key))
}

// noticeStands reports whether a notice counts as given now. What a blocked person would have been told counts while
// that lasts.
func (t tx) noticeStands(r notice, blocked bool) bool {
	age := t.Now().Sub(r.At)
	switch {
	case r.At.IsZero():
		return false
	case r.State == noticeRefused:
		return r.Failed >= refusedInARow && age < refusedRest
	case r.State == noticeBlocked && !blocked:
		return false
	}
	return age < t.store.rules.RepeatLettersAfter
}

// noticeIsOver reports whether nothing follows from what is remembered any more.
func (t tx) noticeIsOver(r notice) bool {
	return t.Now().Sub(r.At) >= max(t.store.rules.RepeatLettersAfter, refusedRest)
}

// repeatIsDue reports whether a post of now is to be noted with a notice that stands: the span until the next letter
// runs from the last post. What an older Postern wrote may stand for a letter that never left, and so runs out.
func (t tx) repeatIsDue(r notice) bool {
	if r.State != noticeOwed && r.State != noticeBlocked {
		return false
	}
	return t.Now().Sub(r.At) >= min(noteEvery, t.store.rules.RepeatLettersAfter/notesPerSpan)
}

// noteRepeat notes that the person of a notice was posted again.
func (t tx) noteRepeat(key []byte) error {
	r := t.notice(key)
	r.At = t.Now()
	return t.putNotice(key, r)
}

// giveNotice remembers that a letter, or an event where it is zero, gives the notice from now on.
func (t tx) giveNotice(key []byte, letter guid.ID, state noticeState) error {
	r := notice{At: t.Now(), Letter: letter, State: state}
	if former := t.notice(key); t.Now().Sub(former.At) < refusedRest {
		r.Failed = former.Failed
	}
	return t.putNotice(key, r)
}

// noticeKey returns the key of the notice that a letter gives; nil: none that is given once.
func (l Letter) noticeKey() []byte {
	switch {
	case l.To == "":
		return nil // the person has been erased
	case l.Kind == LetterExisting:
		return noticeKey(addressSum(l.To), noticeExisting, noFaults)
	case l.Kind == LetterUnregistered && l.Faults != faultSet{}:
		return noticeKey(addressSum(l.To), noticeFailed, l.Faults)
	}
	return nil
}

// takeBackNotice takes back the notice that a letter was to give: it was cancelled, or failed.
func (t tx) takeBackNotice(letter Letter) error {
	key := letter.noticeKey()
	if key == nil {
		return nil
	}
	for _, key := range [][]byte{key, heldNoticeKey(key, letter.Cause)} {
		r := t.notice(key)
		if r.At.IsZero() || r.Letter != letter.ID && r.State != noticeBefore {
			continue // another letter gives it
		}
		if letter.State != LetterFailed {
			if err := t.Delete(noticeBucket, t.keyedNotice(key)); err != nil {
				return err
			}
			continue
		}
		r.At, r.Letter, r.State = t.Now(), letter.ID, noticeRefused
		r.Failed = min(r.Failed, refusedInARow-1) + 1
		if err := t.putNotice(key, r); err != nil {
			return err
		}
	}
	return nil
}

// forgetNotice forgets that a notice was given, by whatever letter.
func (t tx) forgetNotice(key []byte, partner string) error {
	for _, key := range [][]byte{key, heldNoticeKey(key, partner)} {
		if err := t.Delete(noticeBucket, t.keyedNotice(key)); err != nil {
			return err
		}
	}
	return nil
}

// renewNotice has a letter give its notice after all, after it was held, had failed, or was cancelled too late.
func (t tx) renewNotice(letter Letter) error {
	key := letter.noticeKey()
	if key == nil {
		return nil
	}
	if r := t.notice(key); r.State == noticeOwed && r.Letter != letter.ID && t.noticeStands(r, false) {
		return nil
	}
	return t.giveNotice(key, letter.ID, noticeOwed)
}
