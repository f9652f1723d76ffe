package document

import (
	"strconv"
	"strings"

	"postern/store"
)

// The table of compartments: where its columns begin, and the padding in its cells.
const (
	padding      = 1.8
	numberX      = margin
	loadX        = margin + 16
	cleanedX     = margin + 96
	codesX       = margin + 124
	loadWidth    = cleanedX - loadX - 2*padding
	cleanedWidth = codesX - cleanedX - 2*padding
	codesWidth   = margin + contentWidth - codesX - 2*padding
)

// compartments lists each chamber with what it held and how it was cleaned.
func (s sheet) compartments(compartments []store.Compartment) {
	if len(compartments) == 0 {
		return
	}
	const headAndOneRow = 24
	s.need(headAndOneRow)
	s.row(column{margin, s.wrap(s.words.Compartments, contentWidth, heading)})
	s.y += 1.5
	s.tableHead()
	s.onPage = s.tableHead
	for _, c := range compartments {
		columns := s.cells(c)
		s.need(keptHeight(columns) + 2*padding)
		s.y += padding
		s.row(columns...)
		s.y += padding
		s.rule(s.y)
	}
	s.onPage = nil
	s.y += afterBlock
}

// tableHead names the columns, on each page that the table is on.
func (s sheet) tableHead() {
	columns := []column{
		{numberX + padding, s.wrap(s.words.Number, loadX-numberX-2*padding, label)},
		{loadX + padding, s.wrap(s.words.PreviousLoad, loadWidth, label)},
		{cleanedX + padding, s.wrap(s.words.Cleaned, cleanedWidth, label)},
		{codesX + padding, s.wrap(s.words.Codes, codesWidth, label)},
	}
	height := rowHeight(columns) + 2
	s.fill(margin, s.y, contentWidth, height, 0.8, shade)
	s.y += 1
	s.row(columns...)
	s.y += 1
}

// cells returns the row of one compartment.
func (s sheet) cells(c store.Compartment) []column {
	cleaned, look := s.words.No, alarm
	if c.Cleaned {
		cleaned, look = s.words.Yes, value
	}
	load := joined(" ", unNumber(c.PreviousLoad.UNNumber), c.PreviousLoad.Name)
	return []column{
		{numberX + padding, s.wrap(strconv.Itoa(c.Number), loadX-numberX-2*padding, strong)},
		{loadX + padding, s.wrap(load, loadWidth, value)},
		{cleanedX + padding, s.wrap(cleaned, cleanedWidth, look)},
		{codesX + padding, s.wrap(strings.Join(c.Codes, " "), codesWidth, value)},
	}
}

// unNumber returns a substance's UN number as it is written, with the letters before the digits (ADR 5.4.1.1.1).
func unNumber(number string) string {
	if number == "" || strings.HasPrefix(strings.ToUpper(number), "UN") {
		return number
	}
	return "UN " + number
}
