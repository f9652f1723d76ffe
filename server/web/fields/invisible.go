package fields

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Trim cuts white space and invisible format characters off both ends of a text: what copying from mails, web pages and
// spreadsheets leaves there.
func Trim(text string) string { return strings.TrimFunc(text, isMargin) }

// isMargin reports whether a character at the end of a text is no part of it. Left out are the joiners U+200C and
// U+200D, which shape the letter before them, and the tags of flags (U+E0020 and what follows).
func isMargin(r rune) bool {
	if r < utf8.RuneSelf {
		return unicode.IsSpace(r)
	}
	return unicode.IsSpace(r) || isInvisibleFormat(r)
}

// isInvisibleFormat reports whether r is the soft hyphen, a zero-width space or joiner of words, a byte order mark, or
// a mark of writing direction (Unicode Standard 23.2 and 23.3).
func isInvisibleFormat(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u061c', r == '\u180e', r == '\u200b', r == '\ufeff',
		'\u200e' <= r && r <= '\u200f', '\u202a' <= r && r <= '\u202e', '\u2060' <= r && r <= '\u206f':
		return true
	}
	return false
}

// showsSomething reports whether a text has a character that can be seen.
func showsSomething(text string) bool { return strings.ContainsFunc(text, isVisible) }

// isVisible leaves out spaces, formatting and private characters, of which a text could consist without showing
// anything, and marks, which need a letter to stand on.
func isVisible(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' < r && r <= '~'
	}
	return unicode.IsPrint(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune(blanks, r)
}

// blanks count as printable and show nothing: the Hangul fillers, the empty Braille pattern, the blank hieroglyphs, the
// empty note head.
const blanks = "\u115f\u1160\u2800\u3164\uffa0\U00013441\U00013442\U0001d159"
