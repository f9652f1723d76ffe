package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Secret signs messages as Standard Webhooks says for shared secrets (v1: HMAC-SHA256).
type Secret struct{ key []byte }

// What Standard Webhooks says of a shared secret.
const (
	secretPrefix   = "whsec_"
	shortestSecret = 24 // octets
	longestSecret  = 64
)

// ParseSecrets reads one secret, or several with spaces between them: while a receiver changes from one to another,
// messages are signed with both. Its errors are half sentences that do not quote a secret.
func ParseSecrets(text string) (secrets []Secret, err error) {
	for word := range strings.FieldsSeq(text) {
		encoded, has := strings.CutPrefix(word, secretPrefix)
		key, err := base64.StdEncoding.Strict().DecodeString(encoded)
		switch {
		case !has || err != nil:
			return nil, errors.New("must hold whsec_ and 24 to 64 octets in base64, " +
				`as printf 'whsec_%s\n' "$(openssl rand -base64 32)" makes them`)
		case len(key) < shortestSecret || len(key) > longestSecret:
			return nil, errors.New("holds a secret of " + strconv.Itoa(len(key)) + " octets: it must have 24 to 64")
		}
		secrets = append(secrets, Secret{key})
	}
	if len(secrets) == 0 {
		return nil, errors.New("holds no secret")
	}
	return secrets, nil
}

// sign returns the header webhook-signature of a message that is sent at a time.
func sign(secrets []Secret, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		sum := hmac.New(sha256.New, secret.key)
		sum.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		sum.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
