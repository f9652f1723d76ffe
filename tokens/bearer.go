package tokens

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"strings"
)

// A bearer token is a partner's permanent secret: "pstp_", 43 base62 digits that spell 256 random bits, and 6 that
// spell the CRC-32 (IEEE) of all that stands before them. So pstp_[0-9A-Za-z]{49} finds one that has leaked into a
// repository or a log, and the checksum tells it from what merely looks like one.
const (
	bearerPrefix   = "pstp_"
	bearerRandom   = 32 // octets
	bearerDigits   = 43 // 62⁴³ is just over 2²⁵⁶
	checksumDigits = 6
	bearerLength   = len(bearerPrefix) + bearerDigits + checksumDigits
)

// base62 are the digits in the order of their value, the same as math/big's.
const base62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// NewBearer makes a bearer token from 32 octets of random. It fails only where the randomness does.
func NewBearer(random io.Reader) (string, error) {
	var secret [bearerRandom]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", fmt.Errorf("making a bearer token: %w", err)
	}
	digits := new(big.Int).SetBytes(secret[:]).Text(len(base62))
	body := bearerPrefix + strings.Repeat("0", bearerDigits-len(digits)) + digits
	sum := bearerChecksum([]byte(body))
	return body + string(sum[:]), nil
}

// HashBearer is the SHA-256 of a bearer token's text, by which its partner is found. ok is false where the text can be
// no bearer token (prefix, length, alphabet or checksum are wrong), so that no lookup is needed. A plain fast hash is
// enough for a secret of 256 random bits (OWASP ASVS 5.0, 6.5.2).
func HashBearer(text string) (hash [32]byte, ok bool) {
	if len(text) != bearerLength || text[:len(bearerPrefix)] != bearerPrefix {
		return hash, false
	}
	for i := len(bearerPrefix); i < len(text); i++ {
		if strings.IndexByte(base62, text[i]) < 0 {
			return hash, false
		}
	}
	octets := [bearerLength]byte([]byte(text)) // copied, so that nothing is allocated
	body, sum := octets[:bearerLength-checksumDigits], octets[bearerLength-checksumDigits:]
	if right := bearerChecksum(body); string(sum) != string(right[:]) {
		return hash, false
	}
	return sha256.Sum256(octets[:]), true
}

// bearerChecksum spells the CRC-32 of a bearer token without its checksum. It proves nothing: anybody can compute it.
// It spares a lookup for what was cut short in copying, and scanners of source code their false alarms.
func bearerChecksum(body []byte) (digits [checksumDigits]byte) {
	sum := crc32.ChecksumIEEE(body)
	for i := range digits {
		digits[checksumDigits-1-i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return digits
}
