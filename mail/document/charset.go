package document

import (
	"fmt"
	"iter"
	"strings"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// replacement stands for what the fonts can't show.
const replacement = '\uFFFD'

// The font families of the document, both in two weights with the same characters. The first has most of what Europe
// writes; the second has the rest of it, and is put into a document that needs it.
const (
	usual = "go"
	rare  = "dejavu"
)

// charset tells what the fonts can show: Latin with all accents, Greek, Cyrillic, Georgian, Armenian, and signs. It
// is not for concurrent use.
type charset struct {
	usual, rare *sfnt.Font
	buffer      sfnt.Buffer
}

func newCharset() (*charset, error) {
	c := &charset{}
	var err error
	if c.usual, err = sfnt.Parse(goregular.TTF); err != nil {
		return nil, fmt.Errorf("reading the Go font: %w", err)
	}
	if c.rare, err = sfnt.Parse(dejavusans.TTF); err != nil {
		return nil, fmt.Errorf("reading the DejaVu font: %w", err)
	}
	return c, nil
}

// family names the font that has a character; empty: none.
func (c *charset) family(r rune) string {
	switch {
	case c.in(c.usual, r):
		return usual
	case r > 0xFFFF || unicode.Is(unicode.Cf, r): // fpdf takes 16 bits; what shows nothing gets a visible mark
		return ""
	case unicode.In(r, leftToRight...) && c.in(c.rare, r):
		return rare
	}
	return ""
}

// leftToRight are the scripts that are written one letter after the other. Others would need shaping, which fpdf does
// not do: in pieces they would say something else than was written.
var leftToRight = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Georgian, unicode.Armenian,
	unicode.Common, unicode.Inherited,
}

func (c *charset) in(font *sfnt.Font, r rune) bool {
	glyph, err := font.GlyphIndex(&c.buffer, r)
	return err == nil && glyph != 0
}

// printable makes a text out of what the fonts have: composed accents, plain spaces, line ends as \n, the nearest for
// what they lack, and a visible mark where there is none. Nothing is dropped, so that nobody signs for a text of
// which a part was hidden.
func (c *charset) printable(text string) string {
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
		case !unicode.IsControl(r) && c.family(r) != "":
			out.WriteRune(r)
		default:
			out.WriteString(c.nearest(r))
		}
	}
	return out.String()
}

// nearest is what a reader takes for the same: the small letter of a script that seldom has capitals (Georgian), the
// plain form of wide and ornamental letters, a letter without its rare accents.
func (c *charset) nearest(r rune) string {
	letter := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(string(r)))
	for _, near := range []string{string(unicode.ToLower(r)), norm.NFKC.String(string(r)), letter} {
		if near != "" && near != string(r) && c.has(near) {
			return near
		}
	}
	return string(replacement)
}

func (c *charset) has(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) || c.family(r) == "" {
			return false
		}
	}
	return true
}

// runs cuts a printable text where the font changes.
func (c *charset) runs(text string) iter.Seq2[string, string] {
	return func(yield func(run, family string) bool) {
		start, family := 0, usual
		for i, r := range text {
			if of := c.family(r); of != family {
				if i > start && !yield(text[start:i], family) {
					return
				}
				start, family = i, of
			}
		}
		if start < len(text) {
			yield(text[start:], family)
		}
	}
}
