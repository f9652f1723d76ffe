package tokens

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSealer(t testing.TB, ring *Keyring, appliance [16]byte, random io.Reader) *Sealer {
	t.Helper()
	s, err := NewSealer(ring, appliance, random)
	check(t, err)
	return s
}

// testKey makes a key that is known by its first octet.
func testKey(id byte, state keyState) key {
	return key{keyID{id}, state, time.Time{}, &[32]byte{id, 1, 2, 3}}
}

var (
	here   = [16]byte{1}
	claims = Claims{Subject: [16]byte{2}, Email: EmailHash("zoe@example.com"),
		IssuedAt:  time.UnixMilli(1741003200123).UTC(),
		ExpiresAt: time.UnixMilli(1741089600000).UTC(), Generation: 7, Proven: true}
)

// TestRotation follows a token through the life of the key that sealed it.
func TestRotation(t *testing.T) {
	first := newSealer(t, &Keyring{keys: []key{testKey(1, primary)}}, here, rand.Reader)
	rotated := newSealer(t, &Keyring{keys: []key{testKey(2, primary), testKey(1, accepted)}}, here, rand.Reader)
	retired := newSealer(t, &Keyring{keys: []key{testKey(2, primary)}}, here, rand.Reader)

	old, err := first.Seal(UserToken, claims)
	check(t, err)
	fresh, err := rotated.Seal(UserToken, claims)
	check(t, err)
	for _, c := range []struct {
		name   string
		sealer *Sealer
		token  string
		want   error
	}{
		{"old token, its key accepted", rotated, old, nil},
		{"new token, both keys", rotated, fresh, nil},
		{"new token is under the new key", retired, fresh, nil},
		{"old token, its key retired", retired, old, ErrUnreadable},
		{"new token, ring from before", first, fresh, ErrUnreadable},
	} {
		if got, err := c.sealer.Open(UserToken, c.token); !errors.Is(err, c.want) || err == nil && got != claims {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

// TestAltered holds that a token has one spelling and one reader: every other text is unreadable, without detail.
func TestAltered(t *testing.T) {
	ring := &Keyring{keys: []key{testKey(1, primary), testKey(2, accepted)}}
	s := newSealer(t, ring, here, rand.Reader)
	token, err := s.Seal(Confirmation, claims)
	check(t, err)
	body := token[len(prefix):]
	raw, err := base64.RawURLEncoding.DecodeString(body)
	check(t, err)
	respell := func(raw []byte) string { return prefix + base64.RawURLEncoding.EncodeToString(raw) }
	with := func(at int, octet byte) string {
		altered := bytes.Clone(raw)
		altered[at] = octet
		return respell(altered)
	}

	tokens := map[string]string{
		"empty": "", "prefix alone": prefix, "no prefix": body, "prefix twice": prefix + token,
		"upper-case prefix": strings.ToUpper(prefix) + body, "other format": "pst2_" + body,
		"space before": " " + token, "space after": token + " ", "line end after": token + "\n",
		"padding": token + "=", "one megabyte": prefix + strings.Repeat("A", 1<<20),
		"octets above ASCII":    prefix + strings.Repeat("é", 58),
		"nothing but line ends": prefix + strings.Repeat("\n", textLength-len(prefix)),
		"standard alphabet":     prefix + "+/" + body[2:], "other version": with(0, 2), "version zero": with(0, 0),
		"other purpose in the header": with(1, byte(UserToken)), "unknown purpose": with(1, 99),
		"accepted key's id": with(2, 2), "unknown key's id": with(2, 3),
		"nothing but zeros": respell(make([]byte, len(raw))), "extended": respell(append(bytes.Clone(raw), 0)),
		"nonce moved":     respell(append(append(bytes.Clone(raw[:6]), raw[7:18]...), raw[6:]...)),
		"tag cut to 12":   respell(raw[:len(raw)-4]),
		"tag of zeros":    respell(append(bytes.Clone(raw[:len(raw)-16]), make([]byte, 16)...)),
		"empty plaintext": respell(append(bytes.Clone(raw[:18]), raw[len(raw)-16:]...)),
	}
	for _, lineEnd := range []string{"\n", "\r", "\r\n"} {
		tokens[fmt.Sprintf("%q inserted", lineEnd)] = prefix + body[:40] + lineEnd + body[40:]
		tokens[fmt.Sprintf("%q in place of characters", lineEnd)] = prefix + body[:40] + lineEnd +
			body[40+len(lineEnd):]
	}
	for bit := range len(raw) * 8 {
		tokens[fmt.Sprintf("bit %d flipped", bit)] = with(bit/8, raw[bit/8]^1<<(bit%8))
	}
	for n := range len(token) {
		tokens[fmt.Sprintf("cut after %d characters", n)] = token[:n]
	}
	for name, altered := range tokens {
		if got, err := s.Open(Confirmation, altered); err != ErrUnreadable || got != (Claims{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := s.Open(Confirmation, token); err != nil || got != claims {
		t.Errorf("the token itself: %+v, %v", got, err)
	}
}

// TestForeign holds that a token opens for its own purpose, appliance and key only.
func TestForeign(t *testing.T) {
	ring := &Keyring{keys: []key{testKey(1, primary)}}
	s := newSealer(t, ring, here, rand.Reader)
	otherAppliance := newSealer(t, ring, [16]byte{9}, rand.Reader)
	sameID := &Keyring{keys: []key{{keyID{1}, primary, time.Time{}, &[32]byte{42}}}}
	otherKey := newSealer(t, sameID, here, rand.Reader)
	for _, p := range purposes {
		token, err := s.Seal(p, claims)
		check(t, err)
		for _, q := range append(purposes, 0, 99) {
			if _, err := s.Open(q, token); (err == nil) != (p == q) {
				t.Errorf("purpose %d opened as %d: %v", p, q, err)
			}
			raw, _ := base64.RawURLEncoding.DecodeString(token[len(prefix):])
			raw[1] = byte(q)
			relabelled := prefix + base64.RawURLEncoding.EncodeToString(raw)
			if _, err := s.Open(q, relabelled); (err == nil) != (p == q) {
				t.Errorf("purpose %d relabelled and opened as %d: %v", p, q, err)
			}
		}
		for name, foreign := range map[string]*Sealer{"appliance": otherAppliance, "key of the same id": otherKey} {
			if _, err := foreign.Open(p, token); err != ErrUnreadable {
				t.Errorf("another %s: %v", name, err)
			}
		}
	}
}

// TestSealedGarbage holds that not even the right key makes claims of what is none.
func TestSealedGarbage(t *testing.T) {
	s := newSealer(t, &Keyring{keys: []key{testKey(1, primary)}}, here, rand.Reader)
	good := claims.encode()
	unknownFlag := bytes.Clone(good)
	unknownFlag[claimsLength-1] |= 2
	for name, plain := range map[string][]byte{"none": nil, "short": good[:52], "long": append(bytes.Clone(good), 0),
		"unknown flag": unknownFlag} {
		token, err := s.seal(NotMe, plain)
		check(t, err)
		if _, err := s.Open(NotMe, token); err != ErrUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealFails(t *testing.T) {
	ring := &Keyring{keys: []key{testKey(1, primary)}}
	if token, err := newSealer(t, ring, here, strings.NewReader("short")).Seal(Confirmation, claims); err == nil {
		t.Errorf("without randomness: %s", token)
	}
	if token, err := newSealer(t, ring, here, rand.Reader).Seal(99, claims); err == nil {
		t.Errorf("without a purpose: %s", token)
	}
}

func TestHashes(t *testing.T) {
	if EmailHash("Zoe@Example.COM") != EmailHash("zoe@example.com") ||
		EmailHash("zoe@example.com") == EmailHash("zoe@example.org") {
		t.Error("EmailHash must tell addresses apart, and nothing else")
	}
	if Hash("a") == Hash("b") {
		t.Error("Hash must tell tokens apart")
	}
}

// FuzzOpen offers a text, and a plaintext sealed with the right key: whatever opens must be the one spelling of its
// claims.
func FuzzOpen(f *testing.F) {
	v := readVectors(f)[0]
	f.Add(v.Token, v.claims().encode())
	f.Add(strings.ToUpper(v.Token), []byte{})
	f.Add(v.Token[:60]+"\r\n"+v.Token[60:], make([]byte, claimsLength))
	f.Fuzz(func(t *testing.T, text string, plain []byte) {
		sealed, err := v.sealer(t).seal(Confirmation, plain)
		check(t, err)
		for _, token := range []string{text, sealed} {
			got, err := v.sealer(t).Open(Confirmation, token)
			if err != nil {
				continue
			}
			raw, err := base64.RawURLEncoding.DecodeString(token[len(prefix):])
			check(t, err)
			again := v
			again.Nonce = raw[headerLength : headerLength+nonceLength]
			if respelt, err := again.sealer(t).Seal(Confirmation, got); err != nil || respelt != token {
				t.Errorf("%q opens, but its claims are spelled %q (%v)", token, respelt, err)
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	s := newSealer(b, &Keyring{keys: []key{testKey(1, primary)}}, here, rand.Reader)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Seal(UserToken, claims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	s := newSealer(b, &Keyring{keys: []key{testKey(1, primary), testKey(2, accepted)}}, here, rand.Reader)
	token, err := s.Seal(UserToken, claims)
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Open(UserToken, token); err != nil {
			b.Fatal(err)
		}
	}
}
