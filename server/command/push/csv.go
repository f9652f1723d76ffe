package push

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// layout is what a CSV's header says of its rows.
type layout struct {
	comma    rune     // what stands between cells
	header   []string // the columns' names as the file spells them, without errors and those that have none
	fields   []string // the same as user.create calls them
	places   []int    // where each of them stands in a row
	nameless []int    // columns without a name, which must be empty
	errorsAt int      // the column errors; -1: there is none
	width    int      // of a row, without nameless columns at its end
}

// readCSV fills in the people of a CSV (RFC 4180, with any of four separators), or says what is wrong with its header.
func (f *File) readCSV(content []byte) []Fault {
	// One kind of line end for all: old Macintosh files have a CR alone, and a mixture comes of files put together.
	content = bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	top, fault := findHeader(content)
	if fault != nil {
		return []Fault{*fault}
	}
	layout, faults := readHeader(top.row)
	if len(faults) > 0 {
		return faults
	}
	if top.above > 0 {
		f.note(top.row.line, "this line is taken as the header; what stands above it is passed over")
	}
	f.layout = layout
	f.comma = top.rows.comma
	for r, ok := top.rows.next(); ok; r, ok = top.rows.next() {
		if p := f.personOf(r); p != nil {
			f.People = append(f.People, p)
		}
	}
	return nil
}

// personOf makes a person of a row. A row without any text, as Excel leaves them at the end, is nobody, and so is a
// header that comes again where files have been put behind one another.
func (f *File) personOf(r row) *Person {
	p := &Person{Line: r.line, cells: r.cells}
	for len(p.cells) > f.width && trim(p.cells[len(p.cells)-1]) == "" {
		p.cells = p.cells[:len(p.cells)-1]
	}
	switch {
	case r.fault != "":
		p.Faults = append(p.Faults, r.fault)
		return p.unlessBlank()
	case len(p.cells) > f.width || len(p.cells) < f.least():
		p.Faults = append(p.Faults, fmt.Sprintf("number of fields: %d, but the header has %d", len(p.cells), f.width))
		if f.errorsAt == 0 { // elsewhere nobody knows which one it is; push writes it first
			p.cells = p.cells[1:]
		}
		p.Email = f.valueOf(p, "Email")
		return p.unlessBlank()
	}
	for _, at := range f.nameless {
		if at < len(p.cells) && trim(p.cells[at]) != "" {
			p.Faults = append(p.Faults, fmt.Sprintf("column %d has no name in the header, and here it holds %.40q",
				at+1, p.cells[at]))
			p.cells = []string{strings.TrimRight(string(r.raw), "\n")}
			return p
		}
	}
	p.cells = f.named(p.cells)
	if f.isHeader(p.cells) {
		return nil
	}
	p.Email = f.valueOf(p, "Email")
	return p.unlessBlank()
}

// unlessBlank is nil for a row without any text.
func (p *Person) unlessBlank() *Person {
	if slices.ContainsFunc(p.cells, func(cell string) bool { return trim(cell) != "" }) {
		return p
	}
	return nil
}

// least is how many cells a row must have: many programs leave out the empty ones at its end, which may be those of
// what is not required.
func (l *layout) least() int {
	least := 0
	for i, at := range l.places {
		if isRequired(l.fields[i]) {
			least = max(least, at+1)
		}
	}
	return least
}

// named returns the cells of the columns that have a name, in the header's order, empty ones for those that are left
// out.
func (l *layout) named(cells []string) []string {
	all := make([]string, len(l.places))
	for i, at := range l.places {
		if at < len(cells) {
			all[i] = cells[at]
		}
	}
	return all
}

// isHeader reports whether cells are the columns' names once more, in the same order: nobody is called so.
func (l *layout) isHeader(cells []string) bool {
	for i, cell := range cells {
		if nameOf(cell) != l.fields[i] {
			return false
		}
	}
	return true
}

// valueOf returns a person's cell, or nothing where the row has none.
func (f *File) valueOf(p *Person, field string) string {
	if at := slices.Index(f.fields, field); at >= 0 && at < len(p.cells) {
		return trim(plainCell(field, p.cells[at]))
	}
	return ""
}

// bodyOf writes a row as user.create takes it. Every cell is text, since leading zeros count; empty optional ones are
// absent.
func (f *File) bodyOf(p *Person) jsontext.Value {
	body := []byte{'{'}
	for _, c := range columns {
		at := slices.Index(f.fields, c.name)
		if at < 0 {
			continue
		}
		cell := plainCell(c.name, p.cells[at])
		if cell == "" && !c.required {
			continue
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body, _ = jsontext.AppendQuote(body, c.name) // both are UTF-8, the only thing that could fail
		body = append(body, ':')
		body, _ = jsontext.AppendQuote(body, cell)
	}
	return append(body, '}')
}
