package document

import (
	"strconv"
	"strings"
	"time"

	"postern/mail/document/pdf"
	"postern/store"
)

// verdict says whether a tank may be loaded on this document: where it is signed off, not invalid, and its load is
// still open.
type verdict string

const (
	valid     verdict = "valid"
	loaded    verdict = "loaded"
	rejected  verdict = "rejected"
	unsigned  verdict = "unsigned" // cleaned, not signed off
	planned   verdict = "planned"  // not cleaned
	cancelled verdict = "cancelled"
	invalid   verdict = "invalid"
)

// verdictOf decides. What a station has withdrawn is not valid, whatever was loaded on it before.
func verdictOf(c store.Cleaning) verdict {
	switch {
	case c.Status == store.Invalid:
		return invalid
	case c.Status == store.Cancelled:
		return cancelled
	case c.Load.Status == store.LoadCompleted:
		return loaded
	case c.Load.Status == store.LoadRejected:
		return rejected
	case c.Status == store.SignedOff:
		return valid
	case c.Status == store.Completed:
		return unsigned
	}
	return planned
}

func (v verdict) isValid() bool { return v == valid }

// look is a verdict's colours and sign, which differ in shape too: a document may be printed in black.
func (v verdict) look() (strong, pale pdf.Colour, sign func(sheet, float64, float64)) {
	switch v {
	case valid:
		return green, pdf.Colour{R: 236, G: 249, B: 240}, sheet.tick
	case unsigned, planned:
		return amber, pdf.Colour{R: 255, G: 246, B: 229}, sheet.mark
	}
	return red, pdf.Colour{R: 253, G: 238, B: 238}, sheet.cross
}

// signSize is the diameter of a verdict's sign.
const signSize = 13.0

// verdict shows what the document is worth, as of when, and what has become of its load.
func (s sheet) verdict(c store.Cleaning, v verdict, asOf time.Time) {
	const inset, textX = 4.0, margin + 4 + signSize + 5
	const width = contentWidth - (textX - margin) - inset
	strong, pale, sign := v.look()
	w := s.words.Verdicts[v]
	lines := s.wrap(w.Headline, width, style{true, 16, strong}, s.root.Add("H2"))
	tag := s.root.Add("P")
	lines = append(lines, s.wrap(w.Meaning, width, value, tag)...)
	if missing := dirty(c.Compartments); missing != "" && v != planned {
		lines = append(lines, s.wrap(fill(s.words.NotCleaned, "{numbers}", missing), width, alarm, tag)...)
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

// decision returns what was decided about the load, and when.
func (s sheet) decision(load store.Load) []string {
	at := s.moment(load.DecidedAt)
	switch load.Status {
	case store.LoadCompleted:
		return []string{fill(s.words.LoadedAt, "{time}", at), fill(s.words.Product, "{product}", load.ProductName)}
	case store.LoadRejected:
		return []string{fill(s.words.RejectedAt, "{time}", at)}
	}
	return nil
}

// dirty names the compartments that were not cleaned.
func dirty(compartments []store.Compartment) string {
	var numbers []string
	for _, c := range compartments {
		if !c.Cleaned {
			numbers = append(numbers, strconv.Itoa(c.Number))
		}
	}
	return strings.Join(numbers, ", ")
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
