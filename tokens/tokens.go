// Package tokens seals what the appliance hands out and wants back unaltered: the tokens in links and the user tokens.
// A token carries its claims encrypted, so that nothing has to be stored to issue one; whether it still holds (expiry,
// generation, used already) is for its reader to judge against the person's record.
//
// It also makes and reads partners' bearer tokens, of which only a hash is stored (NewBearer, HashBearer). Passwords
// are in package password.
//
// # Format
//
// A token is the text "pst1_" followed by base64url without padding (RFC 4648 §5) of these 87 octets:
//
//	version 1 | purpose 1 | key id 4 | nonce 12 | ciphertext 53 | tag 16
//
// Ciphertext and tag are AES-256-GCM (NIST SP 800-38D) over the claims, big-endian:
//
//	subject 16 | e-mail hash 16 | issued 8 | expires 8 | generation 4 | flags 1
//
// with times in milliseconds since 1970 (signed) and flag bit 0 for "proven". The associated data is
//
//	7 | "postern" | version 1 | purpose 1 | key id 4 | appliance id 16
//
// where every part has a fixed length, so that no two contexts frame alike. A token made for one purpose, or by another
// appliance, is unreadable everywhere else. The AES key is HKDF-SHA256 (RFC 5869) of the keyring's key, without salt,
// with the info
//
//	7 | "postern" | 9 | "token key" | version 1 | purpose 1
//
// The vectors in testdata freeze all of this. A change of layout is a new version octet and a new prefix.
package tokens

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// ErrUnreadable says that a text is no token of ours for that purpose. There is one such error and it has no detail:
// whoever tries altered tokens learns nothing from the difference.
var ErrUnreadable = errors.New("the token is not readable")

// Purpose says what a token is good for. It is part of the key, of the associated data and of the token's text.
type Purpose byte

// The purposes. A number is never given a second meaning, also when its purpose goes; 1 to 15 are users' tokens, 16 to
// 31 are kept for bikers' and 32 to 47 for the operator's, so that the groups stay together as they grow.
const (
	Confirmation Purpose = 1 // in the letter that proves a user's mailbox
	UserToken    Purpose = 2 // a signed-in user's bearer token
	NotMe        Purpose = 3 // in the same letter: "this wasn't me"

	Invitation Purpose = 16 // in the letters to a biker who has no password yet: choose one
	Recovery   Purpose = 17 // in the letter of somebody who forgot the password: set a new one
	Browser    Purpose = 18 // in the cookie of a browser that a biker has logged in with before
)

// purposes lists those for which a Sealer has keys.
var purposes = []Purpose{Confirmation, UserToken, NotMe, Invitation, Recovery, Browser}

// Claims are what a token says. The times have the precision of milliseconds; further digits are cut off by sealing.
type Claims struct {
	Subject    [16]byte // the person's id
	Email      [16]byte // EmailHash of the address that the token was made for
	IssuedAt   time.Time
	ExpiresAt  time.Time
	Generation uint32 // the person's counter at issue; a higher one in the record voids the token
	Proven     bool   // the holder has proven the mailbox
}

const (
	claimsLength = 16 + 16 + 8 + 8 + 4 + 1
	flagProven   = 1 << 0
)

// encode returns the claims in their one binary form. Fixed lengths instead of JSON: a token of 121 characters survives
// every mail program, has one spelling, and says nothing by its length.
func (c Claims) encode() []byte {
	out := make([]byte, 0, claimsLength)
	out = append(out, c.Subject[:]...)
	out = append(out, c.Email[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(c.IssuedAt.UnixMilli()))
	out = binary.BigEndian.AppendUint64(out, uint64(c.ExpiresAt.UnixMilli()))
	out = binary.BigEndian.AppendUint32(out, c.Generation)
	var flags byte
	if c.Proven {
		flags |= flagProven
	}
	return append(out, flags)
}

// decodeClaims reads what encode wrote. A flag that this version does not know may restrict what the token is good
// for, so it makes the token unreadable rather than being passed over.
func decodeClaims(in []byte) (Claims, bool) {
	if len(in) != claimsLength || in[claimsLength-1]&^flagProven != 0 {
		return Claims{}, false
	}
	c := Claims{
		Subject:    [16]byte(in[:16]),
		Email:      [16]byte(in[16:32]),
		IssuedAt:   time.UnixMilli(int64(binary.BigEndian.Uint64(in[32:]))).UTC(),
		ExpiresAt:  time.UnixMilli(int64(binary.BigEndian.Uint64(in[40:]))).UTC(),
		Generation: binary.BigEndian.Uint32(in[48:]),
		Proven:     in[52]&flagProven != 0,
	}
	return c, true
}

// EmailHash is the first half of the SHA-256 of the address in lower case: enough to notice that a token was made for
// another address than the person has now, without the address travelling in the token.
func EmailHash(address string) [16]byte {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return [16]byte(sum[:16])
}

// Hash is the SHA-256 of a token's text, for the records that must recognise a token and never hold it. As a token has
// exactly one spelling, two texts that both open never stand for the same token.
func Hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }
