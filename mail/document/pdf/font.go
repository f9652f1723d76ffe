package pdf

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/image/font/sfnt"
)

// Font is a TrueType font. It is safe for concurrent use, and its data must not change.
type Font struct {
	name   string
	cmap   *sfnt.Font // which glyph a character has
	tables map[string][]byte
	units  float64 // to an em
	long   bool    // the form of its index to glyphs
	glyphs int
	widths int // glyphs with a width of their own; all after them have the last one's
}

// required are the tables without which there is nothing to show (OpenType, "Required Tables").
var required = map[string]int{"head": 54, "hhea": 36, "maxp": 6, "hmtx": 4, "loca": 4, "glyf": 0}

// ParseFont reads a font of which the PostScript name is given.
func ParseFont(name string, ttf []byte) (*Font, error) {
	cmap, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("reading the font %s: %w", name, err)
	}
	f := &Font{name: name, cmap: cmap, tables: map[string][]byte{}}
	for i := range int(be16(ttf[4:])) { // sfnt.Parse has checked the directory
		entry := ttf[12+16*i:]
		at, length := be32(entry[8:]), be32(entry[12:])
		f.tables[string(entry[:4])] = ttf[at : at+length]
	}
	for table, length := range required {
		if found, is := f.tables[table]; !is || len(found) < length {
			return nil, fmt.Errorf("reading the font %s: it has no table %s of TrueType", name, table)
		}
	}
	f.units = float64(be16(f.tables["head"][18:]))
	f.long = be16(f.tables["head"][50:]) == 1
	f.widths = be16(f.tables["hhea"][34:])
	f.glyphs = be16(f.tables["maxp"][4:])
	return f, nil
}

// Has reports whether the font can show a character.
func (f *Font) Has(r rune) bool { return f.index(r) != 0 }

// Width is how wide a text is at that size, in points.
func (f *Font) Width(text string, size float64) (width float64) {
	for _, r := range text {
		width += float64(f.width(f.index(r)))
	}
	return width * size / 1000
}

// index is a character's glyph; 0: none.
func (f *Font) index(r rune) int {
	glyph, err := f.cmap.GlyphIndex(nil, r)
	if err != nil {
		return 0
	}
	return int(glyph)
}

// width is a glyph's, in thousandths of the size.
func (f *Font) width(glyph int) int {
	return f.scale(be16(f.tables["hmtx"][4*min(glyph, f.widths-1):]))
}

// scale turns the font's units into thousandths of the size.
func (f *Font) scale(units int) int { return int(float64(units)*1000/f.units + 0.5) }

// outline is a glyph's; empty for what shows nothing, as a space.
func (f *Font) outline(glyph int) []byte {
	loca := f.tables["loca"]
	if f.long {
		return f.tables["glyf"][be32(loca[4*glyph:]):be32(loca[4*glyph+4:])]
	}
	return f.tables["glyf"][2*be16(loca[2*glyph:]) : 2*be16(loca[2*glyph+2:])]
}

// leftBearing is how far a glyph's outline begins from where it stands, in the font's units.
func (f *Font) leftBearing(glyph int) []byte {
	if glyph < f.widths {
		return f.tables["hmtx"][4*glyph+2:][:2]
	}
	return f.tables["hmtx"][4*f.widths+2*(glyph-f.widths):][:2]
}

func be16(b []byte) int     { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) int     { return int(binary.BigEndian.Uint32(b)) }
func signed16(b []byte) int { return int(int16(binary.BigEndian.Uint16(b))) }
func put16(b []byte, v int) { binary.BigEndian.PutUint16(b, uint16(v)) }
func put32(b []byte, v int) { binary.BigEndian.PutUint32(b, uint32(v)) }
