// Package guid names records by GUIDs, and makes new ones as UUIDs of version 7.
package guid

import (
	"encoding/hex"
	"errors"
)

// ID names a record. IDs that the store makes are UUIDs of version 7 (RFC 9562 §5.7): their first six bytes are the
// time in milliseconds, so that new records land at the right edge of their B+tree. A cleaning's ID is the GUID that
// its owner gave it, of whatever version. The zero ID means "none".
type ID [16]byte

// errNotGUID is what Parse answers; callers replace it by a sentence about their own field.
var errNotGUID = errors.New("not a GUID like 00000000-0000-4000-8000-000000000001")

// Parse reads a GUID in any case, with or without its hyphens, and with or without braces around it.
func Parse(text string) (ID, error) {
	if n := len(text); n >= 2 && text[0] == '{' && text[n-1] == '}' {
		text = text[1 : n-1]
	}
	if len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		text = text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	}
	var id ID
	if len(text) != 2*len(id) {
		return ID{}, errNotGUID
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, errNotGUID
	}
	return id, nil
}

// IsZero reports whether the ID names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the GUID in lower case.
func (id ID) String() string {
	text, _ := id.AppendText(make([]byte, 0, 36))
	return string(text)
}

// Short returns the last eight digits of the GUID, as a reference that people can read out. They are random, so that
// few have the same.
func (id ID) Short() string { return hex.EncodeToString(id[12:]) }

// IsShort reports whether a text can be what Short returns, in any case.
func IsShort(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 4
}

// AppendText appends the GUID in lower case, as encoding.TextAppender wants it.
func (id ID) AppendText(to []byte) ([]byte, error) {
	to = append(hex.AppendEncode(to, id[:4]), '-')
	to = append(hex.AppendEncode(to, id[4:6]), '-')
	to = append(hex.AppendEncode(to, id[6:8]), '-')
	to = append(hex.AppendEncode(to, id[8:10]), '-')
	return hex.AppendEncode(to, id[10:]), nil
}

// MarshalText is what JSON writes for an ID.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(make([]byte, 0, 36)) }

// UnmarshalText reads what Parse reads.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = Parse(string(text))
	return err
}
