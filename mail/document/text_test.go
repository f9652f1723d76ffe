package document

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	faces, err := readTypefaces()
	check(t, err)
	for in, want := range map[string]string{
		"Łukasz Wójcik, Zoë, D’hooghe": "Łukasz Wójcik, Zoë, D’hooghe",
		"He\u0301le\u0300ne":           "Hélène",
		"Ćwiklińska Ščerbić Őry Ğül Þór Ærø Ŀ Жуков Ωμέγα €": "Ćwiklińska Ščerbić Őry Ğül Þór Ærø Ŀ Жуков Ωμέγα €",
		"tab\there, no\u00a0break, thin\u2009space":          "tab here, no\u00a0break, thin space",
		"a\nb\r\nc\rd\u2028e":      "a\nb\nc\nd\ne",
		"山😀\x00\x1b\u202e\u200b":   strings.Repeat("\uFFFD", 6),
		"broken \xff\xfe utf-8":    "broken \uFFFD utf-8",
		"":                         "",
		"GROẞ a‐b‑c‒d Nʼg x\u0302": "GROẞ a‐b‑c‒d Nʼg x\u0302",
		"საქართველო Հայաստան": "საქართველო Հայաստան",
		"ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ":          "საქართველო", // capitals for headings, in Unicode since 2018
		"ＡＢ１２ ﹣ 𝐁𝐨𝐥𝐝 ℡":       "AB12 - Bold ℡",
		"שלום سلام":           "\uFFFD\uFFFD\uFFFD\uFFFD \uFFFD\uFFFD\uFFFD\uFFFD",
	} {
		if got := faces.printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestCharacters holds what the document can show: all that European names and texts are written with, in both weights.
func TestCharacters(t *testing.T) {
	faces, err := readTypefaces()
	check(t, err)
	for _, block := range []struct {
		name     string
		from, to rune
	}{
		{"Latin-1", 0xA1, 0xFF}, {"Latin Extended-A", 0x100, 0x17F}, {"Latin Extended-B", 0x180, 0x24F},
		{"Latin Extended Additional", 0x1E00, 0x1EF9},
		{"Greek", 0x384, 0x3E1}, {"Cyrillic", 0x400, 0x4FF}, {"Armenian", 0x531, 0x556}, {"Armenian", 0x561, 0x587},
		{"Georgian", 0x10D0, 0x10FA},
		{"apostrophes", 0x2B9, 0x2BF}, {"dashes and quotation marks", 0x2010, 0x2027}, {"currencies", 0x20A0, 0x20B5},
	} {
		for r := block.from; r <= block.to; r++ {
			letter := unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
			if got := faces.printable(string(r)); letter && strings.ContainsRune(got, replacement) {
				t.Errorf("%s: %U %q becomes %q", block.name, r, r, got)
			}
		}
	}
	for r := rune(0); r < 0x30000; r++ {
		if family, shown := faces.of(r); shown && family.regular.Has(r) != family.bold.Has(r) {
			t.Errorf("%U is in one weight only", r)
		}
	}
}

func TestRuns(t *testing.T) {
	faces, err := readTypefaces()
	check(t, err)
	for text, want := range map[string][]string{
		"": nil, "abc": {"go abc"}, "ẞ": {"dejavu ẞ"}, "GROẞ.": {"go GRO", "dejavu ẞ", "go ."}, "სა": {"dejavu სა"},
		"ა ბ": {"dejavu ა", "go  ", "dejavu ბ"},
	} {
		var got []string
		for run, family := range faces.runs(text) {
			name := "go "
			if family == faces.rare {
				name = "dejavu "
			}
			got = append(got, name+run)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
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
	faces, err := readTypefaces()
	check(f, err)
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		text = faces.printable(text)
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
