package tokens

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"sync/atomic"
)

const (
	prefix  = "pst1_"
	version = 1

	nonceLength  = 12
	tagLength    = 16
	headerLength = 1 + 1 + 4 // version, purpose, key id
	tokenLength  = headerLength + nonceLength + claimsLength + tagLength
)

// encoding is strict about the bits beyond the last octet. At the present length there are none (87 octets fill 116
// characters), but "one spelling per token" must not hang on that.
var encoding = base64.RawURLEncoding.Strict()

// textLength is the length of every token's text.
var textLength = len(prefix) + encoding.EncodedLen(tokenLength)

// Sealer makes and opens the tokens of one appliance. It is ready for concurrent use.
type Sealer struct {
	appliance [16]byte
	random    io.Reader
	ring      atomic.Pointer[locks]
}

// locks are a ring's keys, ready for use. They do not change.
type locks struct {
	primary keyID
	of      map[lockID]lock
}

// lockID names a lock by the part of a token that stands in clear.
type lockID struct {
	key     keyID
	purpose Purpose
}

// lock is what depends on key and purpose alone, made once: deriving a key costs as much as opening some tokens. An
// AEAD of the standard library may be used by several goroutines at once.
type lock struct {
	aead           cipher.AEAD
	associatedData []byte
}

// NewSealer prepares every key of the ring for every purpose. The appliance's id is bound into each token. The nonces
// come from random, which must be safe for concurrent use, as crypto/rand.Reader is: 96 random bits allow 2³² tokens
// per key and purpose (NIST SP 800-38D §8.3).
func NewSealer(ring *Keyring, appliance [16]byte, random io.Reader) (*Sealer, error) {
	s := &Sealer{appliance: appliance, random: random}
	if err := s.Use(ring); err != nil {
		return nil, err
	}
	return s, nil
}

// Use takes another ring from now on, as after a rotation. What is sealed or opened at that moment goes by one of them.
func (s *Sealer) Use(ring *Keyring) error {
	made := &locks{of: make(map[lockID]lock)}
	for _, k := range ring.keys {
		if k.state == primary {
			made.primary = k.id
		}
		for _, p := range purposes {
			l, err := newLock(k, p, s.appliance)
			if err != nil {
				return fmt.Errorf("deriving the token key %x for purpose %d: %w", k.id, p, err)
			}
			made.of[lockID{k.id, p}] = l
		}
	}
	s.ring.Store(made)
	return nil
}

// newLock derives the key of one purpose. Each purpose has a key of its own although the purpose is authenticated, too:
// two defences, so that a mistake in one of them does not make a link's token good for signing in.
func newLock(k key, p Purpose, appliance [16]byte) (lock, error) {
	const product, use = "postern", "token key"
	info := append([]byte{byte(len(product))}, product...)
	info = append(append(info, byte(len(use))), use...)
	derived, err := hkdf.Key(sha256.New, k.secret[:], nil, string(append(info, version, byte(p))), 32)
	if err != nil {
		return lock{}, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return lock{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return lock{}, err
	}
	data := append([]byte{byte(len(product))}, product...)
	data = append(append(data, version, byte(p)), k.id[:]...)
	return lock{aead, append(data, appliance[:]...)}, nil
}

// Seal makes a token under the primary key. It fails only where the randomness does, or for an unknown purpose.
func (s *Sealer) Seal(p Purpose, c Claims) (string, error) { return s.seal(p, c.encode()) }

func (s *Sealer) seal(p Purpose, plain []byte) (string, error) {
	ring := s.ring.Load()
	l, known := ring.of[lockID{ring.primary, p}]
	if !known {
		return "", fmt.Errorf("sealing a token: there is no purpose %d", p)
	}
	raw := make([]byte, headerLength+nonceLength, tokenLength)
	raw[0], raw[1] = version, byte(p)
	copy(raw[2:], ring.primary[:])
	nonce := raw[headerLength:]
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return "", fmt.Errorf("sealing a token: %w", err)
	}
	raw = l.aead.Seal(raw, nonce, plain, l.associatedData)
	text := make([]byte, 0, textLength)
	return string(encoding.AppendEncode(append(text, prefix...), raw)), nil
}

// Open reads a token that was sealed for this purpose by this appliance under any key of its ring. Everything else gets
// ErrUnreadable. Whether the claims still hold, expiry included, is the caller's to judge.
func (s *Sealer) Open(p Purpose, token string) (Claims, error) {
	if len(token) != textLength || token[:len(prefix)] != prefix {
		return Claims{}, ErrUnreadable
	}
	// encoding/base64 passes over line breaks inside its input, strict or not. A text of the right length that holds
	// some comes out short; so there is no other spelling of a token, with another hash.
	raw, err := encoding.AppendDecode(make([]byte, 0, tokenLength), []byte(token[len(prefix):]))
	if err != nil || len(raw) != tokenLength || raw[0] != version || raw[1] != byte(p) {
		return Claims{}, ErrUnreadable
	}
	l, known := s.ring.Load().of[lockID{keyID(raw[2:headerLength]), p}]
	if !known {
		return Claims{}, ErrUnreadable
	}
	nonce, sealed := raw[headerLength:headerLength+nonceLength], raw[headerLength+nonceLength:]
	// The header needs no further look: it is in the associated data, so that the tag fits none that was altered.
	plain, err := l.aead.Open(sealed[:0], nonce, sealed, l.associatedData)
	if err != nil {
		return Claims{}, ErrUnreadable
	}
	c, ok := decodeClaims(plain)
	if !ok {
		return Claims{}, ErrUnreadable
	}
	return c, nil
}
