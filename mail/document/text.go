package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// replacement stands for what the fonts can't show.
const replacement = '\uFFFD'

// charset tells what the fonts can show: Latin with all European accents, Greek, Cyrillic, and signs (both weights have
// the same). It is not for concurrent use.
type charset struct {
	font   *sfnt.Font
	buffer sfnt.Buffer
}

func newCharset() (*charset, error) {
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return &charset{font: font}, nil
}

// printable makes a text out of what the fonts have: composed accents (they lack combining ones), plain spaces, line
// ends as \n, and a visible mark for whatever else they lack. Nothing is dropped, so that nobody signs for a text of
// which a part was hidden.
func (c *charset) printable(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, string(replacement)), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\u00a0':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), !c.has(r):
			return replacement
		}
		return r
	}, norm.NFC.String(text))
}

func (c *charset) has(r rune) bool {
	glyph, err := c.font.GlyphIndex(&c.buffer, r)
	return err == nil && glyph != 0
}

// wrap cuts a printable text into lines of at most this width as measured, between words where it can and inside a word
// where that alone is too long. Runs of spaces become one, empty lines stay.
func wrap(text string, width float64, measure func(string) float64) (lines []string) {
	space := measure(" ")
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, used := "", 0.0
		for word := range strings.FieldsFuncSeq(paragraph, func(r rune) bool { return r == ' ' }) {
			length := measure(word)
			if line != "" && used+space+length <= width {
				line, used = line+" "+word, used+space+length
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for head := fitting(word, width, measure); head < len(word); head = fitting(word, width, measure) {
				lines, word = append(lines, word[:head]), word[head:]
				length = measure(word)
			}
			line, used = word, length
		}
		lines = append(lines, line)
	}
	return lines
}

// fitting gives how many octets of a word stand on a line of that width: up to a sign after which a reader expects a
// break, as in a link, where that fills half the line, else as much as there is room for; at least one character, however
// narrow the line is.
func fitting(word string, width float64, measure func(string) float64) int {
	used, sign := 0.0, 0
	for i, r := range word {
		if used += measure(string(r)); i > 0 && used > width {
			if sign > i/2 {
				return sign
			}
			return i
		}
		if strings.ContainsRune("-/_.,;:?&=", r) && i > 0 {
			sign = i + utf8.RuneLen(r)
		}
	}
	return len(word)
}
