package document

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
)

func TestPrintable(t *testing.T) {
	charset, err := newCharset()
	check(t, err)
	for in, want := range map[string]string{
		"Łukasz Wójcik, Zoë, D’hooghe": "Łukasz Wójcik, Zoë, D’hooghe",
		"He\u0301le\u0300ne":           "Hélène",
		"Ćwiklińska Ščerbić Őry Ğül Þór Ærø Ŀ Жуков Ωμέγα €": "Ćwiklińska Ščerbić Őry Ğül Þór Ærø Ŀ Жуков Ωμέγα €",
		"tab\there, no\u00a0break, thin\u2009space":          "tab here, no\u00a0break, thin space",
		"a\nb\r\nc\rd\u2028e":    "a\nb\nc\nd\ne",
		"山😀\x00\x1b\u202e\u200b": strings.Repeat("\uFFFD", 6),
		"broken \xff\xfe utf-8":  "broken \uFFFD utf-8",
		"":                       "",
	} {
		if got := charset.printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	bold, err := sfnt.Parse(gobold.TTF)
	check(t, err)
	for r := rune(0); r < 0x30000; r++ {
		if glyph, _ := bold.GlyphIndex(nil, r); (glyph != 0) != charset.has(r) {
			t.Errorf("%U is in one weight only", r)
		}
		if r > 0xFFFF && charset.has(r) {
			t.Errorf("%U: the PDF library takes no more than 16 bits", r)
		}
	}
}

// byRunes measures every character as one.
func byRunes(text string) float64 { return float64(utf8.RuneCountInString(text)) }

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in    string
		width float64
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two", 6, []string{"one", "two"}},
		{"  many   spaces ", 20, []string{"many spaces"}},
		{"a\n\nb", 5, []string{"a", "", "b"}},
		{"abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"x abcdefgh y", 3, []string{"x", "abc", "def", "gh", "y"}},
		{"éééé", 3, []string{"ééé", "é"}},
		{"https://a.example/path", 12, []string{"https://a.", "example/path"}},
		{"a-bcdefgh", 6, []string{"a-bcde", "fgh"}},
		{"ab", 0.5, []string{"a", "b"}},
	} {
		if got := wrap(c.in, c.width, byRunes); !slices.Equal(got, c.want) {
			t.Errorf("%q in %v: %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestUNNumber(t *testing.T) {
	for in, want := range map[string]string{"": "", "1230": "UN 1230", "UN 1230": "UN 1230", "un1230": "un1230"} {
		if got := unNumber(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// FuzzWrap holds that wrapping keeps every character but spaces, and that no line is too wide.
func FuzzWrap(f *testing.F) {
	f.Add("Comp. 3 still dirty: accept for 1+2 only.\r\n\u200bx", uint8(9))
	f.Add("https://postern.example.com/eecd/cleanings/0", uint8(1))
	charset, err := newCharset()
	check(f, err)
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		text = charset.printable(text)
		lines := wrap(text, float64(max(width, 1)), byRunes)
		for _, line := range lines {
			if byRunes(line) > float64(max(width, 1)) {
				t.Errorf("%q is wider than %d", line, width)
			}
		}
		squeeze := strings.NewReplacer(" ", "", "\n", "")
		if got := strings.Join(lines, ""); squeeze.Replace(got) != squeeze.Replace(text) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
