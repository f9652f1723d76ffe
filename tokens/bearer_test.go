package tokens

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"math/big"
	"regexp"
	"strings"
	"testing"
)

var bearerForm = regexp.MustCompile(`^pstp_[0-9A-Za-z]{49}$`)

func TestNewBearer(t *testing.T) {
	const rising = "\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f" +
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"
	for _, c := range []struct { // the texts are Python's, not ours
		name   string
		random []byte
		want   string
	}{
		{"all zero", make([]byte, 32), "pstp_00000000000000000000000000000000000000000000FC9PZ"},
		{"all one", bytes.Repeat([]byte{255}, 32), "pstp_YHJSKWDa6oz1al1yMhwzwM8llg7hJNUca2J5RoW8xP12MuDgm"},
		{"rising", []byte(rising), "pstp_003AuLtjc7TJLctqJ2Unu3mfAGcxg9lrkrCWgKbidLF1XTLfI"},
	} {
		token, err := NewBearer(bytes.NewReader(c.random))
		if err != nil || !bearerForm.MatchString(token) {
			t.Fatalf("%s: %q, %v", c.name, token, err)
		}
		if token != c.want {
			t.Errorf("%s: %s, want %s", c.name, token, c.want)
		}
		secret, _ := new(big.Int).SetString(token[5:48], 62)
		sum, _ := new(big.Int).SetString(token[48:], 62)
		if !bytes.Equal(secret.FillBytes(make([]byte, 32)), c.random) ||
			sum.Uint64() != uint64(crc32.ChecksumIEEE([]byte(token[:48]))) {
			t.Errorf("%s: %s spells something else", c.name, token)
		}
		if hash, ok := HashBearer(token); !ok || hash != sha256.Sum256([]byte(token)) {
			t.Errorf("%s: HashBearer: %x, %v", c.name, hash, ok)
		}
	}
	if token, err := NewBearer(strings.NewReader("too short")); err == nil {
		t.Errorf("made %q of nothing", token)
	}
}

func TestHashBearerRefuses(t *testing.T) {
	token, err := NewBearer(rand.Reader)
	check(t, err)
	texts := map[string]string{"empty": "", "prefix alone": "pstp_",
		"a sealed token's prefix": "pst1_" + token[5:], "upper-case prefix": "PSTP_" + token[5:],
		"space before": " " + token, "space after": token + " ",
		"line end": token[:20] + "\n" + token[21:], "twice": token + token,
		"accent": token[:10] + "é" + token[12:], "one megabyte": "pstp_" + strings.Repeat("0", 1<<20),
		"with Bearer": "Bearer " + token}
	for at := 5; at < len(token); at++ {
		for _, digit := range "0aZ-_" {
			if altered := token[:at] + string(digit) + token[at+1:]; altered != token {
				texts[fmt.Sprintf("%c at %d", digit, at)] = altered
			}
		}
		texts[fmt.Sprintf("cut at %d", at)] = token[:at]
	}
	for name, text := range texts {
		if hash, ok := HashBearer(text); ok || hash != [32]byte{} {
			t.Errorf("%s was taken: %q", name, text)
		}
	}
}

func FuzzHashBearer(f *testing.F) {
	token, err := NewBearer(bytes.NewReader(make([]byte, 32)))
	check(f, err)
	f.Add(token)
	f.Add(strings.ToUpper(token))
	f.Fuzz(func(t *testing.T, text string) {
		hash, ok := HashBearer(text)
		if !ok {
			if hash != [32]byte{} {
				t.Error("refused, but hashed")
			}
			return
		}
		sum, _ := new(big.Int).SetString(text[48:], 62)
		if !bearerForm.MatchString(text) || hash != sha256.Sum256([]byte(text)) ||
			sum.Uint64() != uint64(crc32.ChecksumIEEE([]byte(text[:48]))) {
			t.Errorf("%q was taken", text)
		}
	})
}

func BenchmarkHashBearer(b *testing.B) {
	token, err := NewBearer(rand.Reader)
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := HashBearer(token); !ok {
			b.Fatal("refused")
		}
	}
}
