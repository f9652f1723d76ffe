package tokens

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"postern/store/private"
)

// KeyInfo is what may be told of a key.
type KeyInfo struct {
	ID      string // 8 hexadecimal digits, as in the tokens that it has sealed
	Primary bool
	MadeAt  time.Time
	// SealedUntil is when the key sealed its last token: the making of the next one. Zero: it is the primary.
	SealedUntil time.Time
	// Print is derived from the key one way: it recognises the key, and tells nothing of it.
	Print string
}

// Keys lists the keys: the primary, and then the others, the newest first.
func (r *Keyring) Keys() []KeyInfo {
	list := make([]KeyInfo, 0, len(r.keys))
	for _, k := range r.keys {
		info := KeyInfo{ID: hex.EncodeToString(k.id[:]), Primary: k.state == primary, MadeAt: k.madeAt,
			Print: k.print()}
		if !info.Primary {
			info.SealedUntil = r.sealedUntil(k)
		}
		list = append(list, info)
	}
	slices.SortStableFunc(list, func(a, b KeyInfo) int {
		switch {
		case a.Primary:
			return -1
		case b.Primary:
			return 1
		}
		return b.MadeAt.Compare(a.MadeAt)
	})
	return list
}

// Primary is the id of the key that seals.
func (r *Keyring) Primary() string {
	for _, k := range r.keys {
		if k.state == primary {
			return hex.EncodeToString(k.id[:])
		}
	}
	return ""
}

// sealedUntil returns when the key that followed an accepted one was made. Where that one is retired it is a later one:
// the key then counts as used for longer than it was, which harms nobody.
func (r *Keyring) sealedUntil(k key) time.Time {
	var until time.Time
	for _, other := range r.keys {
		if other.id != k.id && !other.madeAt.Before(k.madeAt) && (until.IsZero() || other.madeAt.Before(until)) {
			until = other.madeAt
		}
	}
	if until.IsZero() { // a file that somebody has edited: the primary is the older one
		return k.madeAt
	}
	return until
}

// printLength is the length of a fingerprint in octets: two keys with the same one are not met by chance.
const printLength = 8

// print is HKDF-SHA256 of the key, without salt, with the info
//
//	7 | "postern" | 11 | "fingerprint" | 1
func (k key) print() string {
	const product, use = "postern", "fingerprint"
	info := string(rune(len(product))) + product + string(rune(len(use))) + use + "\x01"
	derived, err := hkdf.Key(sha256.New, k.secret[:], nil, info, printLength)
	if err != nil {
		panic("tokens: deriving a fingerprint: " + err.Error()) // the lengths are fixed, and right
	}
	return hex.EncodeToString(derived)
}

// Rotated returns a ring with a new primary key, made now. The former one is accepted from then on.
func (r *Keyring) Rotated(random io.Reader, now time.Time) (*Keyring, error) {
	made, err := newKey(random, now)
	if err != nil {
		return nil, err
	}
	address := r.AddressKey()
	rotated := &Keyring{keys: slices.Clone(r.keys), address: &address}
	for i := range rotated.keys {
		rotated.keys[i].state = accepted
	}
	rotated.keys = append(rotated.keys, made)
	return rotated, nil
}

// Without returns a ring that lacks one accepted key.
func (r *Keyring) Without(id string) *Keyring {
	address := r.AddressKey()
	return &Keyring{address: &address, keys: slices.DeleteFunc(slices.Clone(r.keys), func(k key) bool {
		return hex.EncodeToString(k.id[:]) == id && k.state != primary
	})}
}

// newKey makes a primary key.
func newKey(random io.Reader, now time.Time) (key, error) {
	k := key{state: primary, madeAt: now.UTC().Truncate(time.Second), secret: new([secretLength]byte)}
	for _, part := range [][]byte{k.id[:], k.secret[:]} {
		if _, err := io.ReadFull(random, part); err != nil {
			return key{}, fmt.Errorf("making a token key: %w", err)
		}
	}
	return k, nil
}

// ReplaceKeyring writes a ring over a key file that is there: whatever happens, the old ring or the new one is in it.
func ReplaceKeyring(path string, ring *Keyring) error {
	content, err := ring.format()
	if err == nil {
		err = private.Replace(path, filepath.Base(path)+".new-*", content)
	}
	if err != nil {
		return fmt.Errorf("writing the key file %s: %w", path, err)
	}
	return nil
}
