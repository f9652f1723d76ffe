package pdf

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// TestSubset holds that every character of a font looks in a subset as it does in the font, and is as wide: also those
// that are made of others, and those that share a glyph.
func TestSubset(t *testing.T) {
	for name, ttf := range map[string][]byte{"Go-Bold": gobold.TTF, "DejaVuSans": dejavusans.TTF} {
		f, err := ParseFont(name, ttf)
		if err != nil {
			t.Fatal(err)
		}
		s := (&Document{}).subset(f)
		for r := rune(0x30000); r >= ' '; r-- {
			if f.Has(r) {
				s.code(r)
			}
		}
		if s.code(s.runes[7]) != 8 || len(s.runes) < 600 {
			t.Fatalf("%s: %d characters", name, len(s.runes))
		}
		embedded := s.program()
		if sum := checksum(embedded); sum != 0xB1B0AFBA {
			t.Errorf("%s: the checksum over all is %x", name, sum)
		}
		// sfnt wants a table of characters, which a font in a PDF does not need.
		tables := map[string][]byte{"cmap": f.tables["cmap"], "post": f.tables["post"]}
		for i := range be16(embedded[4:]) {
			entry := embedded[12+16*i:]
			tables[string(entry[:4])] = embedded[be32(entry[8:]) : be32(entry[8:])+be32(entry[12:])]
		}
		subset, err := sfnt.Parse(assemble(tables))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range s.runes {
			want, wantWidth := look(t, f.cmap, f.index(r))
			got, width := look(t, subset, i+1)
			if !reflect.DeepEqual(got, want) || width != wantWidth {
				t.Errorf("%s: %U %q looks different, or is %v wide, not %v", name, r, r, width, wantWidth)
			}
			em := float64(wantWidth) / 64 * 1000 / f.units
			if w := f.Width(string(r), 1000); w < em-0.51 || w > em+0.51 {
				t.Errorf("%s: %q is measured as %v of %v", name, r, w, em)
			}
		}
	}
}

// look is a glyph's outline and width, in the font's units.
func look(t *testing.T, f *sfnt.Font, glyph int) (sfnt.Segments, fixed.Int26_6) {
	t.Helper()
	var b sfnt.Buffer
	size := fixed.I(int(f.UnitsPerEm()))
	outline, err := f.LoadGlyph(&b, sfnt.GlyphIndex(glyph), size, nil)
	if err != nil {
		t.Fatal(err)
	}
	width, err := f.GlyphAdvance(&b, sfnt.GlyphIndex(glyph), size, font.HintingNone)
	if err != nil {
		t.Fatal(err)
	}
	return outline, width
}

func TestBadFont(t *testing.T) {
	if _, err := ParseFont("None", []byte("no font")); err == nil || !strings.Contains(err.Error(), "None") {
		t.Errorf("an error of %v", err)
	}
}

func TestStrings(t *testing.T) {
	for in, want := range map[string]string{
		"": "()", "plain": "(plain)", `a(b)\`: `(a\(b\)\\)`, "é": "<FEFF00E9>", "a\nb": "<FEFF0061000A0062>",
		"😀": "<FEFFD83DDE00>",
	} {
		if got := textString(in); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
	for in, want := range map[float64]string{0: "0", -0.001: "0", 1.5: "1.5", 2.346: "2.35", -3: "-3", 100: "100"} {
		if got := decimal(in); got != want {
			t.Errorf("%v is written %s, want %s", in, got, want)
		}
	}
}
