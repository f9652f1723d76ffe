package input

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns the content of a small text file, as of a token or a certificate, in UTF-8 without a byte order mark. On
// Windows editors put that mark at the beginning, and PowerShell's > writes UTF-16. What is neither UTF-8 nor whole
// UTF-16 comes back as it is.
func Text(content []byte) []byte {
	if after, marked := bytes.CutPrefix(content, []byte("\ufeff")); marked {
		return after
	}
	units, order := content, byteOrder(content)
	if order != nil {
		units = content[2:]
	} else if order = zerosOrder(content); order == nil {
		return content
	}
	if text, whole := fromUTF16(units, order); whole {
		return text
	}
	return content
}

// IsUTF16 reports whether a content begins with UTF-16's byte order mark. Of what Text has returned it is one that is
// not whole.
func IsUTF16(content []byte) bool { return byteOrder(content) != nil }

// byteOrder is that of UTF-16's byte order mark; nil where there is none.
func byteOrder(content []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}):
		return binary.LittleEndian
	case bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		return binary.BigEndian
	}
	return nil
}

// zerosOrder recognises UTF-16 without a byte order mark by its first two letters, which are ASCII in all that is read
// here: a zero beside each. No secret, and nothing in PEM, holds a zero. It returns nil where it is none.
func zerosOrder(content []byte) binary.ByteOrder {
	if len(content) < 4 {
		return nil
	}
	switch [4]bool{content[0] == 0, content[1] == 0, content[2] == 0, content[3] == 0} {
	case [4]bool{false, true, false, true}:
		return binary.LittleEndian
	case [4]bool{true, false, true, false}:
		return binary.BigEndian
	}
	return nil
}

// fromUTF16 decodes; it is not whole where half a character is missing.
func fromUTF16(content []byte, order binary.ByteOrder) (text []byte, whole bool) {
	if len(content)%2 != 0 {
		return nil, false
	}
	units := make([]uint16, len(content)/2)
	for i := range units {
		units[i] = order.Uint16(content[2*i:])
	}
	for _, r := range utf16.Decode(units) {
		if r == utf8.RuneError {
			return nil, false
		}
		text = utf8.AppendRune(text, r)
	}
	return text, true
}
