package store

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// Partners post the same people again and again, and a person should hear of it once. What has been told is remembered
// under a keyed hash, so that it survives an erasure.

// What can have been told: the first octet behind the hash.
const (
	toldExisting  = 'E' // to an address: there is an account already
	toldFailed    = 'F' // to an address: the registration failed, by the set of faults
	toldUnmailing = 'U' // to nobody, as the address is not valid: that the failure has been noted
	toldHeld      = 'H' // by a letter of one partner that is held
)

const toldKeyLength = sha256.Size + 1 + sha256.Size/4

// toldKey names what is told: to whom (a SHA-256, which is keyed before it is stored), of what kind, about which faults.
func toldKey(whom []byte, kind byte, faults map[string][]string) []byte {
	sum := sha256.New()
	for _, field := range slices.Sorted(maps.Keys(faults)) { // not the sentences: they may repeat what the caller wrote
		sum.Write([]byte(field + "\x00"))
	}
	key := make([]byte, 0, toldKeyLength)
	key = append(append(key, whom...), kind)
	return append(key, sum.Sum(nil)[:toldKeyLength-len(key)]...)
}

// heldKey is what stands for a key where the letter that would tell it is held, for one partner.
func heldKey(key []byte, partner Partner) []byte {
	whom := sha256.Sum256(append(slices.Clone(key), nameKey(partner.Name)...))
	return toldKey(whom[:], toldHeld, nil)
}

// toldLately tells whether it was told within REPEAT_LETTERS_AFTER.
func (t *tx) toldLately(key []byte) bool {
	value := t.get(toldBucket, t.keyedTold(key))
	return value != nil && t.now.Sub(toldAt(value)) < t.store.rules.RepeatLettersAfter
}

// keyedTold is a key as it is stored.
func (t *tx) keyedTold(key []byte) []byte {
	return append(t.store.keyed(key[:sha256.Size]), key[sha256.Size:]...)
}

func toldAt(value []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(value))).UTC()
}

// tellTold remembers that it is told now.
func (t *tx) tellTold(key []byte) error {
	return t.put(toldBucket, t.keyedTold(key), binary.BigEndian.AppendUint64(nil, uint64(t.now.UnixMilli())))
}
