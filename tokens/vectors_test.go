package tokens

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// vector is one known answer: everything that goes into a token, and its text.
type vector struct {
	Name       string `json:"name"`
	Purpose    byte   `json:"purpose"`
	Key        octets `json:"key"`
	KeyID      octets `json:"keyId"`
	Appliance  octets `json:"appliance"`
	Nonce      octets `json:"nonce"`
	Subject    octets `json:"subject"`
	Email      string `json:"email"`
	Issued     int64  `json:"issued"`
	Expires    int64  `json:"expires"`
	Generation uint32 `json:"generation"`
	Proven     bool   `json:"proven"`
	DerivedKey octets `json:"derivedKey"`
	Token      string `json:"token"`
}

// octets are written as hexadecimal digits.
type octets []byte

func (o *octets) UnmarshalText(text []byte) (err error) {
	*o, err = hex.AppendDecode(nil, text)
	return err
}

func (v vector) sealer(t testing.TB) *Sealer {
	ring := &Keyring{keys: []key{{keyID(v.KeyID), primary, time.Time{}, (*[32]byte)(v.Key)}}}
	return newSealer(t, ring, [16]byte(v.Appliance), bytes.NewReader(v.Nonce))
}

func (v vector) claims() Claims {
	return Claims{Subject: [16]byte(v.Subject), Email: EmailHash(v.Email), IssuedAt: time.UnixMilli(v.Issued).UTC(),
		ExpiresAt: time.UnixMilli(v.Expires).UTC(), Generation: v.Generation, Proven: v.Proven}
}

// spelledOut makes the token a second time from the package comment alone, with HKDF written out by hand, so that the
// vectors do not merely repeat what Seal does.
func (v vector) spelledOut(t *testing.T) (derived []byte, token string) {
	mac := func(key, data []byte) []byte {
		h := hmac.New(sha256.New, key)
		h.Write(data)
		return h.Sum(nil)
	}
	info := "\x07postern" + "\x09token key" + "\x01" + string([]byte{v.Purpose})
	derived = mac(mac(make([]byte, 32), v.Key), []byte(info+"\x01")) // RFC 5869 §2.2, then the first block of §2.3
	block, err := aes.NewCipher(derived)
	check(t, err)
	gcm, err := cipher.NewGCM(block)
	check(t, err)

	sum := sha256.Sum256(bytes.ToLower([]byte(v.Email)))
	plain := append(bytes.Clone(v.Subject), sum[:16]...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(v.Issued))
	plain = binary.BigEndian.AppendUint64(plain, uint64(v.Expires))
	plain = binary.BigEndian.AppendUint32(plain, v.Generation)
	plain = append(plain, map[bool]byte{true: 1}[v.Proven])

	header := append([]byte{1, v.Purpose}, v.KeyID...)
	data := append(append([]byte("\x07postern"), header...), v.Appliance...)
	raw := append(append(header, v.Nonce...), gcm.Seal(nil, v.Nonce, plain, data)...)
	return derived, "pst1_" + base64.RawURLEncoding.EncodeToString(raw)
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	content, err := os.ReadFile("testdata/vectors.json")
	check(t, err)
	var file struct {
		Comment string   `json:"comment"`
		Vectors []vector `json:"vectors"`
	}
	check(t, json.Unmarshal(content, &file, json.RejectUnknownMembers(true)))
	return file.Vectors
}

func TestVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			s := v.sealer(t)
			derived, spelledOut := v.spelledOut(t)
			if !bytes.Equal(derived, v.DerivedKey) || spelledOut != v.Token {
				t.Errorf("spelled out by the package comment: key %x, token %s", derived, spelledOut)
			}
			sealed, err := s.Seal(Purpose(v.Purpose), v.claims())
			if err != nil || sealed != v.Token {
				t.Errorf("Seal: %s, %v, want %s", sealed, err, v.Token)
			}
			if got, err := s.Open(Purpose(v.Purpose), v.Token); err != nil || got != v.claims() {
				t.Errorf("Open: %+v, %v, want %+v", got, err, v.claims())
			}
		})
	}
}
