package tokens

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Keyring holds the keys that tokens are sealed with: one primary, which seals, and any number of accepted ones, which
// only open what they sealed while they were primary. So keys are rotated without a link or a session being lost: the
// old one is retired when the longest life of a token has passed. A ring does not change once it is loaded.
type Keyring struct {
	keys    []key
	address *[secretLength]byte // of AddressKey; nil: derived from the oldest key
}

// keyID names a key in the tokens that it has sealed. It is no secret.
type keyID [4]byte

// keyState says what a key is still used for.
type keyState string

const (
	primary  keyState = "primary"
	accepted keyState = "accepted"
)

// secretLength is the length of a key in octets: as much as SHA-256 and AES-256 can use.
const secretLength = 32

// key is one key of a ring. The secret is behind a pointer so that a ring printed by mistake shows an address.
type key struct {
	id     keyID
	state  keyState
	madeAt time.Time
	secret *[secretLength]byte
}

// keyringFile is the key file's JSON. All members are texts, read by our own rules, so that several faults can be told
// at once and none of the messages quotes a key.
type keyringFile struct {
	Keys       []keyringEntry `json:"keys"`
	AddressKey string         `json:"addressKey,omitzero"` // files of before have none
}

type keyringEntry struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	MadeAt string `json:"madeAt"`
	Key    string `json:"key"`
}

// parseKeyring reads a key file's content. The error joins every fault found, each a sentence.
func parseKeyring(content []byte) (*Keyring, error) {
	var file keyringFile
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // some editors on Windows begin a file with it
	if err := json.Unmarshal(content, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("it is not the JSON of a keyring: line %d is wrong", faultLine(content, err))
	}
	ring := &Keyring{}
	var faults []error
	for i, entry := range file.Keys {
		k, wrong := entry.read()
		for _, fault := range wrong {
			faults = append(faults, fmt.Errorf("its key number %d (id %.20q) %s", i+1, entry.ID, fault))
		}
		ring.keys = append(ring.keys, k)
	}
	if file.AddressKey != "" {
		secret, wrong := readSecret(file.AddressKey)
		for _, fault := range wrong {
			faults = append(faults, fmt.Errorf("its addressKey %s", fault))
		}
		ring.address = secret
	}
	// Where entries are unreadable, what they would have been is a guess: no faults are made of it.
	if len(faults) == 0 {
		faults = ring.faults()
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return ring, nil
}

// read returns the key, or what is wrong with its entry.
func (e keyringEntry) read() (k key, faults []string) {
	if n, err := hex.Decode(k.id[:], []byte(e.ID[:min(len(e.ID), 8)])); err != nil || n != 4 || len(e.ID) != 8 {
		faults = append(faults, "has an id that is not 8 hexadecimal digits")
	}
	k.state = keyState(e.State)
	if k.state != primary && k.state != accepted {
		faults = append(faults, fmt.Sprintf("has the unknown state %.20q: use primary or accepted", e.State))
	}
	var err error
	if k.madeAt, err = time.Parse(time.RFC3339, e.MadeAt); err != nil {
		faults = append(faults, "has a madeAt that is not a time like 2026-01-31T12:00:00Z")
	}
	secret, wrong := readSecret(e.Key)
	k.secret = secret
	return k, append(faults, wrong...)
}

// readSecret returns the key that a text spells, or what is wrong with the text.
func readSecret(text string) (secret *[secretLength]byte, faults []string) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil:
		return nil, []string{"is not base64"}
	case len(raw) != secretLength:
		return nil, []string{fmt.Sprintf("has %d octets, but %d are needed", len(raw), secretLength)}
	}
	return (*[secretLength]byte)(raw), nil
}

// faults tells what is wrong with the ring as a whole. A key that stands there twice is most likely a copy that was
// meant to be changed, and then a rotation that was none.
func (r *Keyring) faults() (faults []error) {
	ids, secrets := map[keyID]bool{}, map[[secretLength]byte]bool{}
	primaries := 0
	for i, k := range r.keys {
		if ids[k.id] {
			faults = append(faults, fmt.Errorf("its key number %d has the id %x of an earlier one", i+1, k.id))
		}
		if secrets[*k.secret] {
			faults = append(faults,
				fmt.Errorf("its key number %d (id %x) is the same key as an earlier one", i+1, k.id))
		}
		ids[k.id], secrets[*k.secret] = true, true
		if k.state == primary {
			primaries++
		}
	}
	if primaries != 1 {
		faults = append(faults, fmt.Errorf("it has %d primary keys, but exactly one is needed", primaries))
	}
	return faults
}

// AddressKey is what the hashes of e-mail addresses in the data file are keyed with, so that who has a backup and no
// keys cannot try addresses out. It is HKDF-SHA256 (RFC 5869) of the oldest key, without salt, with the info
//
//	7 | "postern" | 11 | "address key" | 1
//
// and is written down whenever a key file is: so it stays the same when keys are rotated and the oldest one is retired.
// The zero key is that of a ring without keys.
func (r *Keyring) AddressKey() [secretLength]byte {
	if r.address != nil {
		return *r.address
	}
	if len(r.keys) == 0 {
		return [secretLength]byte{}
	}
	oldest := slices.MinFunc(r.keys, func(a, b key) int { return a.madeAt.Compare(b.madeAt) })
	const product, use = "postern", "address key"
	info := string(rune(len(product))) + product + string(rune(len(use))) + use + "\x01"
	derived, err := hkdf.Key(sha256.New, oldest.secret[:], nil, info, secretLength)
	if err != nil {
		panic("tokens: deriving the address key: " + err.Error()) // the lengths are fixed, and right
	}
	return [secretLength]byte(derived)
}

// format returns the key file's content. It is for people to look at and to copy: one member a line, the keys in the
// order in which they came.
func (r *Keyring) format() ([]byte, error) {
	address := r.AddressKey()
	file := keyringFile{AddressKey: base64.StdEncoding.EncodeToString(address[:])}
	for _, k := range r.keys {
		file.Keys = append(file.Keys, keyringEntry{
			ID: hex.EncodeToString(k.id[:]), State: string(k.state), MadeAt: k.madeAt.Format(time.RFC3339),
			Key: base64.StdEncoding.EncodeToString(k.secret[:]),
		})
	}
	text, err := json.Marshal(file, jsontext.WithIndent("  "))
	return append(text, '\n'), err
}

// faultLine finds the line that a JSON error is about. The error's own text is not used: it may quote what it found.
func faultLine(content []byte, err error) int {
	offset := int64(len(content))
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &semantic): // may wrap a syntactic one, and then has the same place
		offset = semantic.ByteOffset
	case errors.As(err, &syntactic):
		offset = syntactic.ByteOffset
	}
	return 1 + bytes.Count(content[:min(int(offset), len(content))], []byte("\n"))
}
