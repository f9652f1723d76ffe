package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// The bounds of an excerpt, in characters: enough to find the place, too little to carry a secret.
const (
	shownBefore = 12
	shownAfter  = 8
)

// Place says where in a text a byte stands, as an editor counts: "line 3, column 14 (near …)". Lines and columns, which
// are characters, begin with 1. An offset tells a person nothing, and a line of a minified body is the whole of it.
func Place(content []byte, offset int) string {
	offset = min(max(offset, 0), len(content))
	start := bytes.LastIndexByte(content[:offset], '\n') + 1
	end := len(content)
	if n := bytes.IndexByte(content[offset:], '\n'); n >= 0 {
		end = offset + n
	}
	place := fmt.Sprintf("line %d, column %d", Line(content, offset), 1+utf8.RuneCount(content[start:offset]))
	if near := excerpt(content[start:end], offset-start); near != "" {
		place += " (near " + near + ")"
	}
	return place
}

// Line is the number of the line in which a byte stands, from 1.
func Line(content []byte, offset int) int {
	return 1 + bytes.Count(content[:min(max(offset, 0), len(content))], []byte("\n"))
}

// excerpt shows what stands around an offset in a line, without what would steer a terminal.
func excerpt(line []byte, offset int) string {
	from, to := offset, offset
	for range shownBefore {
		_, size := utf8.DecodeLastRune(line[:from])
		from -= size
	}
	for range shownAfter {
		_, size := utf8.DecodeRune(line[to:])
		to += size
	}
	shown := strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(string(line[from:to]), "\ufffd")))
	switch {
	case shown == "":
		return ""
	case from > 0 && to < len(line):
		return "…" + shown + "…"
	case from > 0:
		return "…" + shown
	case to < len(line):
		return shown + "…"
	}
	return shown
}

// printable makes a space of what would steer a terminal or turn the direction of writing.
func printable(r rune) rune {
	if r != '\ufffd' && !unicode.IsPrint(r) {
		return ' '
	}
	return r
}

// BrokenJSON says in a sentence's end where and why content is no JSON, by the error of a jsontext.Decoder that has
// read it from its beginning.
func BrokenJSON(content []byte, err error) string {
	var fault *jsontext.SyntacticError
	if !errors.As(err, &fault) {
		return Place(content, len(content)) + ": it ends before it is complete"
	}
	place := Place(content, int(fault.ByteOffset))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return place + ": it ends before it is complete; a quotation mark or bracket is not closed"
	}
	return place + ": " + strings.Map(printable, fault.Err.Error()) + hint(content, int(fault.ByteOffset))
}

// hint says what to do about the usual mistakes, by the character at which the reader gave up.
func hint(content []byte, offset int) string {
	rest := content[min(offset, len(content)):]
	r, _ := utf8.DecodeRune(rest)
	switch {
	case r == ',':
		return "; there is a comma too many"
	case r == '\'' || strings.ContainsRune("“”„‘’«»", r):
		return `; names and texts stand in "straight" double quotation marks`
	case r == '\n' || r == '\r':
		return `; within a text a line break is written \n`
	case r == '\t':
		return `; within a text a tab is written \t`
	case unicode.IsLetter(r):
		return "; names and texts stand in quotation marks; true, false and null are in lower case"
	}
	return ""
}
