package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// subset is the part of a font that one document uses. Its characters are numbered in the order of their first use; a
// character's number is both its code in the text and its glyph in the embedded font. So two characters that share a
// glyph of the font stay two, and a reader who copies the text gets the one that was written.
type subset struct {
	font     *Font
	resource string // its name on the pages
	codes    map[rune]int
	runes    []rune // those with the codes 1, 2, …
}

// subset returns the document's part of a font.
func (d *Document) subset(f *Font) *subset {
	for _, s := range d.subsets {
		if s.font == f {
			return s
		}
	}
	s := &subset{font: f, resource: fmt.Sprintf("F%d", len(d.subsets)+1), codes: map[rune]int{}}
	d.subsets = append(d.subsets, s)
	return s
}

func (s *subset) code(r rune) int {
	code, known := s.codes[r]
	if !known {
		s.runes = append(s.runes, r)
		code = len(s.runes)
		s.codes[r] = code
	}
	return code
}

// resources writes the fonts, which all pages share.
func (f *file) resources(number int, subsets []*subset) {
	var fonts strings.Builder
	for _, s := range subsets {
		fmt.Fprintf(&fonts, "/%s %d 0 R", s.resource, f.font(s))
	}
	f.object(number, "<</Font<<%s>>>>", fonts.String())
}

// font writes a composite font whose codes are the glyphs' numbers (§9.7.4, §9.7.5.2).
func (f *file) font(s *subset) (number int) {
	number, descendant, descriptor, program, unicode := f.reserve(), f.reserve(), f.reserve(), f.reserve(), f.reserve()
	ttf := s.program()
	f.stream(program, fmt.Sprintf("/Length1 %d", len(ttf)), ttf, true)
	f.stream(unicode, "", s.toUnicode(), true)
	// A name of its own tells this subset from others of the same font (§9.6.4).
	name := make([]byte, 6)
	for i, b := range sha256.Sum256([]byte(string(s.runes))) {
		if i < len(name) {
			name[i] = 'A' + b%26
		}
	}
	var widths strings.Builder
	for _, r := range s.runes {
		fmt.Fprintf(&widths, "%d ", s.font.width(s.font.index(r)))
	}
	head, hhea := s.font.tables["head"], s.font.tables["hhea"]
	box := make([]float64, 4)
	for i := range box {
		box[i] = float64(signed16(head[36+2*i:])) * 1000 / s.font.units
	}
	ascent, descent := float64(signed16(hhea[4:]))*1000/s.font.units, float64(signed16(hhea[6:]))*1000/s.font.units
	height := ascent
	if os2 := s.font.tables["OS/2"]; len(os2) >= 90 {
		height = float64(signed16(os2[88:])) * 1000 / s.font.units
	}
	// The flag says that its glyphs are not those of the standard Latin set; the stem's width is for viewers that
	// replace the font, as none does with an embedded one.
	f.object(descriptor, "<</Type/FontDescriptor/FontName/%s+%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %s"+
		"/Descent %s/CapHeight %s/StemV 80/FontFile2 %d 0 R>>", name, s.font.name, decimals(box...), decimal(ascent),
		decimal(descent), decimal(height), program)
	f.object(descendant, "<</Type/Font/Subtype/CIDFontType2/BaseFont/%s+%s/CIDToGIDMap/Identity/FontDescriptor %d 0 R"+
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[1[%s]]>>", name, s.font.name, descriptor,
		widths.String())
	f.object(number, "<</Type/Font/Subtype/Type0/BaseFont/%s+%s/Encoding/Identity-H/DescendantFonts[%d 0 R]"+
		"/ToUnicode %d 0 R>>", name, s.font.name, descendant, unicode)
	return number
}

// toUnicode says which character each code is, for searching, copying and reading aloud (§9.10.3).
func (s *subset) toUnicode() []byte {
	var out bytes.Buffer
	out.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n" +
		"/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const most = 100 // a section's lines, as the format has it
	code := 0
	for part := range slices.Chunk(s.runes, most) {
		fmt.Fprintf(&out, "%d beginbfchar\n", len(part))
		for _, r := range part {
			code++
			fmt.Fprintf(&out, "<%04X> <", code)
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, "%04X", unit)
			}
			out.WriteString(">\n")
		}
		out.WriteString("endbfchar\n")
	}
	out.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return out.Bytes()
}

// program is a TrueType font of the subset's glyphs alone (OpenType, "Font Tables").
func (s *subset) program() []byte {
	glyphs := []int{0} // as the font numbers them, in the order that they get
	for _, r := range s.runes {
		glyphs = append(glyphs, s.font.index(r))
	}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(glyphs); i++ { // it grows where a glyph is made of others
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, renumber(slices.Clone(s.font.outline(glyphs[i])), &glyphs)...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		advance := s.font.tables["hmtx"][4*min(glyphs[i], s.font.widths-1):][:2]
		hmtx = append(append(hmtx, advance...), s.font.leftBearing(glyphs[i])...)
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	tables := map[string][]byte{"glyf": glyf, "loca": loca, "hmtx": hmtx}
	for _, name := range []string{"head", "hhea", "maxp", "cvt ", "fpgm", "prep"} {
		if table, found := s.font.tables[name]; found {
			tables[name] = slices.Clone(table)
		}
	}
	put32(tables["head"][8:], 0)  // the whole file's checksum, filled in below
	put16(tables["head"][50:], 1) // the index to glyphs has four bytes each
	put16(tables["hhea"][34:], len(glyphs))
	put16(tables["maxp"][4:], len(glyphs))
	return assemble(tables)
}

// What the flags of a part of a composed glyph say (OpenType, "glyf", component flags).
const (
	wordArguments  = 0x0001
	oneScale       = 0x0008
	moreComponents = 0x0020
	twoScales      = 0x0040
	fourScales     = 0x0080
)

// renumber gives the parts of a composed glyph their numbers in the subset, to which it adds those that are missing.
func renumber(outline []byte, glyphs *[]int) []byte {
	if len(outline) < 10 || signed16(outline) >= 0 {
		return outline
	}
	for part := outline[10:]; ; {
		flags, glyph := be16(part), be16(part[2:])
		place := slices.Index(*glyphs, glyph)
		if place < 0 {
			place = len(*glyphs)
			*glyphs = append(*glyphs, glyph)
		}
		put16(part[2:], place)
		size := 6
		if flags&wordArguments != 0 {
			size += 2
		}
		switch {
		case flags&oneScale != 0:
			size += 2
		case flags&twoScales != 0:
			size += 4
		case flags&fourScales != 0:
			size += 8
		}
		if flags&moreComponents == 0 {
			return outline
		}
		part = part[size:]
	}
}

// assemble makes a font file of its tables.
func assemble(tables map[string][]byte) []byte {
	names := slices.Sorted(maps.Keys(tables))
	power, log := 1, 0 // the greatest power of two within the number of tables
	for 2*power <= len(names) {
		power, log = 2*power, log+1
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{len(names), 16 * power, log, 16 * (len(names) - power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at, headAt := 12+16*len(names), 0
	var body []byte
	for _, name := range names {
		table := tables[name]
		if name == "head" {
			headAt = at + len(body)
		}
		out = append(out, name...)
		for _, v := range []uint32{checksum(table), uint32(at + len(body)), uint32(len(table))} {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		body = append(body, table...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(table []byte) (sum uint32) {
	for ; len(table) >= 4; table = table[4:] {
		sum += binary.BigEndian.Uint32(table)
	}
	if len(table) > 0 {
		var last [4]byte
		copy(last[:], table)
		sum += binary.BigEndian.Uint32(last[:])
	}
	return sum
}
