package document

import (
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// replacement stands for what the fonts can't show.
const replacement = '\uFFFD'

// isShown reports whether a character of the rare font can be shown: it is one that is written after the one before it,
// and that leaves a mark. Beyond the first 65,536 its two weights have different ones.
func isShown(r rune) bool {
	return r <= 0xFFFF && !unicode.Is(unicode.Cf, r) && unicode.In(r, leftToRight...)
}

// leftToRight are the scripts that are written one letter after the other. Others would need shaping, which
// package pdf does not do: in pieces they would say something else than was written.
var leftToRight = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Georgian, unicode.Armenian,
	unicode.Common, unicode.Inherited,
}

// printable makes a text out of what the fonts have: composed accents, plain spaces, line ends as \n, the nearest for
// what they lack, and a visible mark where there is none. Nothing is dropped, so that nobody signs for a text of
// which a part was hidden.
func (t *typefaces) printable(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, string(replacement)), "\r\n", "\n")
	var out strings.Builder
	for _, r := range norm.NFC.String(text) {
		switch {
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			out.WriteByte('\n')
		case r == '\u00a0':
			out.WriteRune(r)
		case unicode.IsSpace(r):
			out.WriteByte(' ')
		case !unicode.IsControl(r) && t.shows(r):
			out.WriteRune(r)
		default:
			out.WriteString(t.nearest(r))
		}
	}
	return out.String()
}

// nearest is what a reader takes for the same: the small letter of a script that seldom has capitals (Georgian), the
// plain form of wide and ornamental letters, a letter without its rare accents.
func (t *typefaces) nearest(r rune) string {
	letter := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(string(r)))
	for _, near := range []string{string(unicode.ToLower(r)), norm.NFKC.String(string(r)), letter} {
		if near != "" && near != string(r) && t.has(near) {
			return near
		}
	}
	return string(replacement)
}

func (t *typefaces) has(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) || !t.shows(r) {
			return false
		}
	}
	return true
}

func (t *typefaces) shows(r rune) bool {
	_, shown := t.of(r)
	return shown
}

// runs cuts a printable text where the font changes.
func (t *typefaces) runs(text string) iter.Seq2[string, family] {
	return func(yield func(string, family) bool) {
		start, current := 0, t.usual
		for i, r := range text {
			if f, _ := t.of(r); f != current {
				if i > start && !yield(text[start:i], current) {
					return
				}
				start, current = i, f
			}
		}
		if start < len(text) {
			yield(text[start:], current)
		}
	}
}
