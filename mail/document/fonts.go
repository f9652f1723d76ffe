package document

import (
	"sync"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"postern/mail/document/pdf"
)

// family is a typeface in two weights with the same characters.
type family struct{ regular, bold *pdf.Font }

// typefaces are those of all documents. The usual one has most of what Europe writes; the rare one has the rest of it,
// and is in a document that needs it.
type typefaces struct{ usual, rare family }

// readTypefaces reads the fonts once in a process.
var readTypefaces = sync.OnceValues(func() (typefaces, error) {
	var t typefaces
	for _, f := range []struct {
		to   **pdf.Font
		name string
		ttf  []byte
	}{
		{&t.usual.regular, "GoRegular", goregular.TTF},
		{&t.usual.bold, "Go-Bold", gobold.TTF},
		{&t.rare.regular, "DejaVuSans", dejavusans.TTF},
		{&t.rare.bold, "DejaVuSans-Bold", dejavusansbold.TTF},
	} {
		var err error
		if *f.to, err = pdf.ParseFont(f.name, f.ttf); err != nil {
			return typefaces{}, err
		}
	}
	return t, nil
})

// of is the family that has a character; false: neither has.
func (t *typefaces) of(r rune) (family, bool) {
	switch {
	case t.usual.regular.Has(r):
		return t.usual, true
	case isShown(r) && t.rare.regular.Has(r):
		return t.rare, true
	}
	return t.usual, false
}

// weight is one of a family's fonts.
func (f family) weight(bold bool) *pdf.Font {
	if bold {
		return f.bold
	}
	return f.regular
}
