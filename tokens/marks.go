package tokens

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"sync/atomic"
)

// Marks makes and reads the code in the envelope sender of a letter, by which mail that comes back finds its letter. It
// is signed, so that nobody makes one up, and not sealed: it names the letter, and is no secret to whoever got that.
//
// A code is 40 characters of base32 (RFC 4648 §6) in lower case, read in any case, as mail systems change it, of
//
//	letter's id 16 | the first 9 octets of HMAC-SHA-256 (RFC 2104) over the id
//
// under HKDF-SHA256 (RFC 5869) of a key of the ring, without salt, with the info
//
//	7 | "postern" | 11 | "bounce mark" | 1
//
// It holds for as long as the key is in the ring; the primary one signs. A guess is right once in 2⁷² tries, each of
// which is a mail.
//
// It is ready for concurrent use.
type Marks struct {
	keys atomic.Pointer[[][]byte] // the primary one's first
}

// MarkLength is the number of characters in a code.
const MarkLength = 40

const (
	markedLength = 16
	tagOfMark    = 9
)

var markEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewMarks derives the keys of the codes from a ring.
func NewMarks(ring *Keyring) (*Marks, error) {
	m := &Marks{}
	return m, m.Use(ring)
}

// Use takes another ring from now on, as after a rotation.
func (m *Marks) Use(ring *Keyring) error {
	const product, use = "postern", "bounce mark"
	info := string(rune(len(product))) + product + string(rune(len(use))) + use + "\x01"
	var keys [][]byte
	for _, k := range ring.keys {
		derived, err := hkdf.Key(sha256.New, k.secret[:], nil, info, secretLength)
		if err != nil {
			return err
		}
		if keys = append(keys, derived); k.state == primary {
			last := len(keys) - 1
			keys[0], keys[last] = keys[last], keys[0]
		}
	}
	m.keys.Store(&keys)
	return nil
}

// Of returns the code of a letter.
func (m *Marks) Of(letter [16]byte) string {
	return strings.ToLower(markEncoding.EncodeToString(append(letter[:], tagOf((*m.keys.Load())[0], letter[:])...)))
}

// Read returns the letter that a code names; false where the code was not made here.
func (m *Marks) Read(code string) (letter [16]byte, ok bool) {
	if len(code) != MarkLength {
		return letter, false
	}
	raw, err := markEncoding.DecodeString(strings.ToUpper(code))
	if err != nil || len(raw) != markedLength+tagOfMark {
		return letter, false
	}
	for _, key := range *m.keys.Load() {
		ok = hmac.Equal(raw[markedLength:], tagOf(key, raw[:markedLength])) || ok
	}
	if !ok {
		return letter, false
	}
	return [16]byte(raw[:markedLength]), true
}

func tagOf(key, letter []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(letter)
	return mac.Sum(nil)[:tagOfMark]
}
