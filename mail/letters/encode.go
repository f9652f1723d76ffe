package letters

import "strings"

// Line lengths of a header, in bytes: RFC 5322 §2.1.1 wants 78 at most, RFC 2047 §2 76 where a word is encoded. An
// encoded word is kept short enough to stand on its field's first line.
const (
	headerLine  = 76
	encodedWord = 62
)

const (
	wordStart = "=?utf-8?q?"
	wordEnd   = "?="
)

// encodeWords returns one line of text as a header takes it: plain where it is ASCII that folds well and can't be taken
// for something encoded, else in encoded words (RFC 2047), each of whole characters.
func encodeWords(text string) string {
	if isPlainHeader(text) {
		return text
	}
	var out strings.Builder
	width := 0
	for _, r := range text {
		coded := encodeRune(r)
		if width == 0 || width+len(coded)+len(wordEnd) > encodedWord {
			if width > 0 {
				out.WriteString(wordEnd + " ") // a space between encoded words is not part of the text
			}
			out.WriteString(wordStart)
			width = len(wordStart)
		}
		out.WriteString(coded)
		width += len(coded)
	}
	return out.String() + wordEnd
}

// isPlainHeader reports whether a text can stand in a header as it is: printable ASCII in words that fit their line,
// with single spaces between, as folding and unfolding is not sure to keep others.
func isPlainHeader(text string) bool {
	if strings.Contains(text, "=?") {
		return false
	}
	word := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~':
			return false
		case c == ' ':
			if word == 0 {
				return false
			}
			word = 0
		default:
			if word++; word > encodedWord {
				return false
			}
		}
	}
	return word > 0 || text == ""
}

// encodeRune returns a character in the "Q" encoding, in the set that is safe in a display name too (RFC 2047 §5 (3)).
func encodeRune(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', strings.ContainsRune("!*+-/", r):
		return string(r)
	}
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for _, octet := range []byte(string(r)) {
		out.Write([]byte{'=', digits[octet>>4], digits[octet&15]})
	}
	return out.String()
}

// fold writes a whole header field, breaking lines before words that would not fit (RFC 5322 §2.2.3). The value holds
// visible ASCII and single spaces; anything else, a line break above all, is left out rather than trusted.
func fold(name, value string) []byte {
	out := append(make([]byte, 0, len(name)+len(value)+16), name...)
	out = append(out, ':')
	line := len(out)
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		if line+1+len(word) > headerLine && line > len(name)+1 {
			out = append(out, '\r', '\n')
			line = 0
		}
		out = append(append(out, ' '), word...)
		line += 1 + len(word)
	}
	return append(out, '\r', '\n')
}
