package document

import (
	"slices"
	"strconv"
	"strings"

	"postern/mail/document/pdf"
	"postern/store"
)

// The table of compartments: where its columns begin, and the padding in its cells.
const (
	padding  = 1.8
	numberX  = margin
	unX      = numberX + 13
	loadX    = unX + 21
	cleanedX = loadX + 60
	codesX   = cleanedX + 20
	tableEnd = margin + contentWidth
)

// compartments lists each chamber with what it held and how it was cleaned, and says what the codes mean.
func (s sheet) compartments(compartments []store.Compartment) {
	if len(compartments) == 0 {
		return
	}
	const headAndOneRow = 24
	s.need(headAndOneRow)
	s.row(column{margin, s.wrap(s.words.Compartments, contentWidth, heading, s.root.Add("H2"))})
	s.y += 1.5
	table := s.root.Add("Table")
	s.tableHead(table.Add("TR"))
	s.onPage = func() { s.tableHead(nil) } // read aloud once
	for _, c := range compartments {
		columns := s.cells(c, table.Add("TR"))
		s.need(keptHeight(columns) + 2*padding)
		if height := rowHeight(columns) + 2*padding; !c.Cleaned && s.y+height <= contentBottom {
			s.fillRound(margin, s.y, contentWidth, height, 0, blush)
		}
		s.y += padding
		s.row(columns...)
		s.y += padding
		s.rule(s.y)
	}
	s.onPage = nil
	s.y += afterField
	s.meanings(compartments)
	s.y += afterBlock - afterField
}

// cell makes a column of a table out of a text, between two places on the sheet.
func (s sheet) cell(from, to float64, text string, look style, tag *pdf.Element) column {
	return column{from + padding, s.wrap(text, to-from-2*padding, look, tag)}
}

// tableHead names the columns, on each page that the table is on.
func (s sheet) tableHead(row *pdf.Element) {
	head := func(from, to float64, name string) column {
		var tag *pdf.Element
		if row != nil {
			tag = row.Add("TH").HeadsColumn()
		}
		return s.cell(from, to, name, label, tag)
	}
	columns := []column{
		head(numberX, unX, s.words.Number), head(unX, loadX, s.words.UNNumber),
		head(loadX, cleanedX, s.words.PreviousLoad), head(cleanedX, codesX, s.words.Cleaned),
		head(codesX, tableEnd, s.words.Codes),
	}
	height := rowHeight(columns) + 2
	s.fillRound(margin, s.y, contentWidth, height, 0.8, shade)
	s.y += 1
	s.row(columns...)
	s.y += 1
}

// cells returns the row of one compartment.
func (s sheet) cells(c store.Compartment, row *pdf.Element) []column {
	cleaned, look := s.words.No, alarm
	if c.Cleaned {
		cleaned, look = s.words.Yes, value
	}
	return []column{
		s.cell(numberX, unX, strconv.Itoa(c.Number), strong, row.Add("TD")),
		s.cell(unX, loadX, unNumber(c.PreviousLoad.UNNumber), value, row.Add("TD")),
		s.cell(loadX, cleanedX, c.PreviousLoad.Name, value, row.Add("TD")),
		s.cell(cleanedX, codesX, cleaned, look, row.Add("TD")),
		s.cell(codesX, tableEnd, strings.Join(c.Codes, " "), value, row.Add("TD")),
	}
}

// unNumber returns a substance's UN number as it is written, with the letters before the digits (ADR 5.4.1.1.1).
func unNumber(number string) string {
	if number == "" || strings.HasPrefix(strings.ToUpper(number), "UN") {
		return number
	}
	return "UN " + number
}

// meanings says in words what the codes in the table mean, in two columns, and where those stand that we have no words
// for.
func (s sheet) meanings(compartments []store.Compartment) {
	var known, unknown []string
	for _, c := range compartments {
		for _, code := range c.Codes {
			if s.words.CodeMeanings[code] != "" {
				known = append(known, code)
			} else {
				unknown = append(unknown, code)
			}
		}
	}
	known, unknown = sortedOnce(known), sortedOnce(unknown)
	list := s.root.Add("L")
	for pair := range slices.Chunk(known, 2) {
		var columns []column
		for i, code := range pair {
			const codeWidth = 11
			x := margin + padding + float64(i)*(columnWidth+columnGap)
			item := list.Add("LI")
			columns = append(columns,
				column{x, s.wrap(code, codeWidth, style{true, 8, ink}, item.Add("Lbl"))},
				column{x + codeWidth, s.wrap(s.words.CodeMeanings[code], columnWidth-codeWidth-padding,
					style{false, 8, ink}, item.Add("LBody"))})
		}
		s.row(columns...)
	}
	if len(unknown) > 0 {
		text := fill(s.words.OtherCodes, "{codes}", strings.Join(unknown, ", "))
		s.y += 0.8
		s.row(s.cell(margin, tableEnd, text, label, s.root.Add("P")))
	}
}

func sortedOnce(codes []string) []string {
	slices.Sort(codes)
	return slices.Compact(codes)
}
