package password

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// errPHC says that a text is no PHC string of a password. It does not quote the text, which is nobody's business.
var errPHC = errors.New("it is no argon2id hash in the form $argon2id$v=19$m=…,t=…,p=…$salt$hash")

// cost is what hashing one password takes (RFC 9106 §3.1).
type cost struct {
	memory  uint32 // m, in KiB
	passes  uint32 // t
	threads uint8  // p
}

// The lengths in octets that RFC 9106 §3.1 recommends for salt and hash.
const (
	saltLength = 16
	hashLength = 32
)

// A stored hash is believed within these bounds only: a damaged record must not ask for gigabytes or for minutes. They
// leave room for raising the cost, and for reading what a later version has stored.
const (
	memoryMost  = 64 << 10 // KiB
	passesMost  = 16
	threadsMost = 4
	octetsMost  = 64 // of salt and hash, each; and 16 at least
	octetsLeast = 16
	phcLongest  = 256 // octets of text
)

// phc is a hashed password with all that is needed to hash another one alike.
type phc struct {
	cost
	salt []byte
	hash []byte
}

// phcEncoding is that of the PHC string format: standard base64 without padding, one spelling only.
var phcEncoding = base64.RawStdEncoding.Strict()

// derive hashes a password, already normalised.
func derive(password string, salt []byte, c cost, length int) []byte {
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(length))
}

// is reports whether this is the hash of that password, already normalised.
func (p phc) is(password string) bool {
	return subtle.ConstantTimeCompare(derive(password, p.salt, p.cost, len(p.hash)), p.hash) == 1
}

// weaker reports whether something of this hash is less than hashing takes now. What is more than now stays: after a
// step back to an older version nobody's hash is made worse.
func (p phc) weaker(now cost) bool {
	return p.memory < now.memory || p.passes < now.passes || len(p.salt) < saltLength || len(p.hash) < hashLength
}

// String is the PHC string: https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md.
func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		phcEncoding.EncodeToString(p.salt), phcEncoding.EncodeToString(p.hash))
}

// parsePHC reads what String wrote, and nothing else: a text that is spelled otherwise has been altered.
func parsePHC(text string) (phc, error) {
	if len(text) > phcLongest {
		return phc{}, errPHC
	}
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errPHC
	}
	c, ok := parseCost(parts[3])
	if !ok {
		return phc{}, errPHC
	}
	salt, hash := decodeOctets(parts[4]), decodeOctets(parts[5])
	if salt == nil || hash == nil {
		return phc{}, errPHC
	}
	return phc{c, salt, hash}, nil
}

// parseCost reads "m=19456,t=2,p=1", bounds included.
func parseCost(text string) (cost, bool) {
	parameters := strings.Split(text, ",")
	if len(parameters) != 3 {
		return cost{}, false
	}
	var numbers [3]uint32
	for i, name := range []string{"m=", "t=", "p="} {
		digits, named := strings.CutPrefix(parameters[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !named || err != nil || strconv.FormatUint(n, 10) != digits {
			return cost{}, false
		}
		numbers[i] = uint32(n)
	}
	m, t, p := numbers[0], numbers[1], numbers[2]
	if m > memoryMost || t < 1 || t > passesMost || p < 1 || p > threadsMost || m < 8*p { // 8p: RFC 9106 §3.1
		return cost{}, false
	}
	return cost{m, t, uint8(p)}, true
}

// decodeOctets reads salt or hash; nil where they are not what they must be.
func decodeOctets(text string) []byte {
	// encoding/base64 passes over line breaks, which would be a second spelling.
	if strings.ContainsAny(text, "\r\n") {
		return nil
	}
	octets, err := phcEncoding.DecodeString(text)
	if err != nil || len(octets) < octetsLeast || len(octets) > octetsMost {
		return nil
	}
	return octets
}
