package fields

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/input"
)

// syntaxFault says what keeps body from being exactly one JSON value, without duplicate names and half surrogate pairs
// unless it is read loosely, or nothing. It reports whether a duplicate name is what it says.
func syntaxFault(body []byte, loosely bool) (sentence string, twice bool) {
	options := []jsontext.Options{}
	if loosely {
		options = append(options, looseOptions)
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(body), options...)
	err := d.SkipValue()
	if err == nil {
		end := int(d.InputOffset())
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return "", false
		}
		return "Something follows the JSON value, in " + input.Place(body, followsAt(body,
			end)) + ": send one value alone.", false
	}
	var fault *jsontext.SyntacticError
	if errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &fault) {
		return givenTwice(fault.JSONPointer.LastToken()), true
	}
	return "The body is not valid JSON, in " + input.BrokenJSON(body, err) + ".", false
}

// followsAt passes over white space.
func followsAt(body []byte, at int) int {
	return len(body) - len(bytes.TrimLeft(body[at:], " \t\r\n"))
}

// notUTF8Body says where a body stops being UTF-8, and what it looks like.
func notUTF8Body(body []byte) string {
	if bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")) {
		return "The body is not valid UTF-8 but UTF-16: send it as UTF-8."
	}
	at := 0
	for at < len(body) {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return fmt.Sprintf("The body is not valid UTF-8: byte 0x%02X in %s. Send it as UTF-8.", body[at],
		input.Place(body, at))
}
