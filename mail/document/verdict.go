package document

import (
	"time"

	"postern/mail/document/pdf"
	"postern/store"
)

// look returns a verdict's colours and sign, which differ in shape too: a document may be printed in black.
func look(v store.Verdict) (strong, pale pdf.Colour, sign func(sheet, float64, float64)) {
	switch v {
	case store.VerdictValid:
		return green, pdf.Colour{R: 236, G: 249, B: 240}, sheet.tick
	case store.VerdictUnsigned, store.VerdictPlanned:
		return amber, pdf.Colour{R: 255, G: 246, B: 229}, sheet.mark
	}
	return red, pdf.Colour{R: 253, G: 238, B: 238}, sheet.cross
}

// signSize is the diameter of a verdict's sign.
const signSize = 13.0

// verdict shows what the document is worth, as of when, and what has become of its load.
func (s sheet) verdict(c store.Cleaning, asOf time.Time) {
	const inset, textX = 4.0, margin + 4 + signSize + 5
	const width = contentWidth - (textX - margin) - inset
	strong, pale, sign := look(c.Verdict())
	w := s.words.Verdicts[c.Verdict()]
	lines := s.wrap(w.Headline, width, style{true, 16, strong}, s.root.Add("H2"))
	tag := s.root.Add("P")
	lines = append(lines, s.wrap(w.Meaning, width, value, tag)...)
	if warning := s.notCleaned(c); warning != "" {
		lines = append(lines, s.wrap(warning, width, alarm, tag)...)
	}
	for _, text := range s.decision(c.Load) {
		lines = append(lines, s.wrap(text, width, value, tag)...)
	}
	asOfText := fill(s.words.AsOf, "{time}", s.moment(asOf))
	lines = append(lines, s.wrap(asOfText, width, style{size: 9, colour: muted}, tag)...)

	height := max(rowHeight([]column{{lines: lines}}), signSize) + 2*inset
	s.need(height)
	s.fillRound(margin, s.y, contentWidth, height, 2, pale)
	s.strokeRound(margin, s.y, contentWidth, height, 2, strong)
	x, y := margin+inset, s.y+(height-signSize)/2
	s.fillRound(x, y, signSize, signSize, signSize/2, strong)
	sign(s, x, y)
	end := s.y + height
	s.y += (height - rowHeight([]column{{lines: lines}})) / 2
	s.row(column{textX, lines})
	s.y = end + afterBlock
}

// The signs stand in a disc of signSize with that upper left corner.
func (s sheet) tick(x, y float64) {
	s.stroke(white, 1.5, x+3.4, y+6.9, x+5.6, y+9.1, x+9.7, y+4.3)
}

func (s sheet) cross(x, y float64) {
	s.stroke(white, 1.5, x+4.2, y+4.2, x+signSize-4.2, y+signSize-4.2)
	s.stroke(white, 1.5, x+signSize-4.2, y+4.2, x+4.2, y+signSize-4.2)
}

func (s sheet) mark(x, y float64) {
	s.stroke(white, 1.5, x+signSize/2, y+3.3, x+signSize/2, y+7.6)
	s.stroke(white, 1.5, x+signSize/2, y+9.8, x+signSize/2, y+9.81)
}
