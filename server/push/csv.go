package push

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// column is a field of the contract (section 4).
type column struct {
	name     string
	required bool
}

var columns = []column{
	{"BikePlanCode", true}, {"FirstName", true}, {"LastName", true}, {"Email", true}, {"Language", true},
	{"ContractType", false}, {"partner_EmployeeID", false}, {"PersonnelNumber", false},
}

// errorsColumn is what a failures file has beside the contract's fields. It is passed over.
const errorsColumn = "errors"

func expectedColumns(onlyRequired bool) string {
	var names []string
	for _, c := range columns {
		if c.required || !onlyRequired {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

// readCSV fills in the people of a CSV (RFC 4180, with any of three separators), or says what is wrong with its header.
func (f *File) readCSV(content []byte) []Fault {
	f.comma = separator(content)
	rows := newRows(content, f.comma)
	first, ok := rows.next()
	if !ok {
		return []Fault{{1, "the file is empty: its first line must name the columns " + expectedColumns(false)}}
	}
	if first.fault != "" {
		return []Fault{{first.line, "in the header " + first.fault}}
	}
	places, faults := readHeader(first)
	if len(faults) > 0 {
		return faults
	}
	width, errorsAt := len(first.cells), places[errorsColumn]
	for i, cell := range first.cells {
		if i != errorsAt {
			f.header = append(f.header, strings.TrimSpace(cell))
		}
	}
	for r, ok := rows.next(); ok; r, ok = rows.next() {
		if p := f.personOf(r, width, errorsAt); p != nil {
			f.People = append(f.People, p)
		}
	}
	return nil
}

// separator tells by the first line which of comma, semicolon (Excel where the comma is the decimal sign, as in Belgium)
// and tab makes the most known names of it.
func separator(content []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(content, "\r\n"), []byte("\n"))
	best, most := ',', 0
	for _, comma := range []rune{',', ';', '\t'} {
		known := 0
		for cell := range strings.SplitSeq(string(line), string(comma)) {
			if nameOf(strings.Trim(strings.TrimSpace(cell), `"`)) != "" {
				known++
			}
		}
		if known > most {
			best, most = comma, known
		}
	}
	return best
}

// nameOf gives a column's name as the contract spells it, or nothing.
func nameOf(cell string) string {
	cell = strings.TrimSpace(cell)
	if strings.EqualFold(cell, errorsColumn) {
		return errorsColumn
	}
	if i := slices.IndexFunc(columns, func(c column) bool { return strings.EqualFold(c.name, cell) }); i >= 0 {
		return columns[i].name
	}
	return ""
}

// readHeader gives the place of each column by the contract's name, errors' among them (-1: it has none), or all that is
// wrong.
func readHeader(r row) (places map[string]int, faults []Fault) {
	fault := func(format string, args ...any) { faults = append(faults, Fault{r.line, fmt.Sprintf(format, args...)}) }
	if strings.ContainsRune(strings.Join(r.cells, ""), '\n') {
		fault("the header has a line break in it: lines must end in LF or CR LF, not in CR alone")
		return nil, faults
	}
	places = make(map[string]int)
	for i, cell := range r.cells {
		name := nameOf(cell)
		at, twice := places[name]
		switch {
		case strings.TrimSpace(cell) == "":
			fault("column %d has no name: expected are %s", i+1, expectedColumns(false))
		case name == "":
			fault("column %d, %.60q, is unknown: expected are %s", i+1, strings.TrimSpace(cell), expectedColumns(false))
		case twice:
			fault("column %s stands there twice, as columns %d and %d", name, at+1, i+1)
		default:
			places[name] = i
		}
	}
	if len(places) == 0 {
		return nil, []Fault{{r.line, "this must be the header, naming the columns " + expectedColumns(false)}}
	}
	for _, c := range columns {
		if _, there := places[c.name]; c.required && !there {
			fault("column %s is missing: required are %s", c.name, expectedColumns(true))
		}
	}
	if _, there := places[errorsColumn]; !there {
		places[errorsColumn] = -1
	}
	return places, faults
}

// personOf makes a person of a row; a row without any text, as Excel leaves them at the end, is nobody.
func (f *File) personOf(r row, width, errorsAt int) *Person {
	p := &Person{Line: r.line, cells: r.cells}
	if r.fault != "" {
		p.Faults = append(p.Faults, r.fault)
	} else if len(r.cells) != width {
		p.Faults = append(p.Faults, fmt.Sprintf("number of fields: %d, expected are %d as in the header", len(r.cells), width))
	}
	if fault, wrong := notUTF8(r.raw); wrong {
		p.Faults = append(p.Faults, fault)
	}
	// Where the number of fields is wrong nobody knows which one is errors, unless that comes first, as push writes it.
	if r.fault == "" && errorsAt >= 0 && (errorsAt == 0 || len(r.cells) == width) {
		p.cells = slices.Delete(p.cells, errorsAt, errorsAt+1)
	}
	if !slices.ContainsFunc(p.cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
		return nil
	}
	if at := slices.IndexFunc(f.header, func(name string) bool { return nameOf(name) == "Email" }); at < len(p.cells) && r.fault == "" {
		p.Email = strings.TrimSpace(p.cells[at])
	}
	return p
}

// bodyOf writes a row as user.create takes it. Every cell is text, since leading zeros count; empty optional ones are absent.
func (f *File) bodyOf(p *Person) jsontext.Value {
	body := []byte{'{'}
	for _, c := range columns {
		at := slices.IndexFunc(f.header, func(name string) bool { return strings.EqualFold(name, c.name) })
		if at < 0 || p.cells[at] == "" && !c.required {
			continue
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body, _ = jsontext.AppendQuote(body, c.name) // both are UTF-8, the only thing that could fail
		body = append(body, ':')
		body, _ = jsontext.AppendQuote(body, p.cells[at])
	}
	return append(body, '}')
}

// row is what stands between two ends of rows.
type row struct {
	line  int
	raw   []byte
	cells []string // UTF-8, line breaks as \n; the raw text alone where there is a fault
	fault string
}

// rows goes through a CSV. A row whose quotation marks are wrong is its first line alone, and the next line begins a new
// row: so one stray mark does not swallow the people after it.
type rows struct {
	content []byte
	at      int // where the next row begins
	line    int // and its number
	comma   rune
	reader  *csv.Reader
	base    int // where the reader began
}

func newRows(content []byte, comma rune) *rows {
	return &rows{content: content, line: 1, comma: comma}
}

func (r *rows) next() (row, bool) {
	r.skipEmpty()
	if r.at >= len(r.content) {
		return row{}, false
	}
	if r.reader == nil {
		r.base = r.at
		r.reader = csv.NewReader(bytes.NewReader(r.content[r.at:]))
		r.reader.Comma, r.reader.FieldsPerRecord = r.comma, -1
	}
	cells, err := r.reader.Read()
	found := row{line: r.line, cells: cells}
	if err == nil {
		found.raw = r.content[r.at : r.base+int(r.reader.InputOffset())]
	} else {
		found.raw, r.reader = lineAt(r.content, r.at), nil
		found.cells = []string{strings.TrimRight(string(found.raw), "\r\n")}
		found.fault = quoteFault(err)
	}
	for i, cell := range found.cells {
		found.cells[i] = lineBreaks.Replace(fromWindows(cell))
	}
	r.at += len(found.raw)
	r.line += bytes.Count(found.raw, []byte("\n"))
	return found, true
}

// lineBreaks makes one of all ends of lines within a cell.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// skipEmpty passes over lines with nothing on them, as csv.Reader does.
func (r *rows) skipEmpty() {
	for r.at < len(r.content) {
		line := lineAt(r.content, r.at)
		if len(bytes.TrimRight(line, "\r\n")) > 0 {
			return
		}
		r.at += len(line)
		r.line++
		r.reader = nil
	}
}

// lineAt gives the line that begins at an offset, with its end.
func lineAt(content []byte, at int) []byte {
	if n := bytes.IndexByte(content[at:], '\n'); n >= 0 {
		return content[at : at+n+1]
	}
	return content[at:]
}

func quoteFault(err error) string {
	if errors.Is(err, csv.ErrBareQuote) {
		return `a quotation mark stands within a field: put the whole field in "…" and double the mark`
	}
	return `a field in quotation marks does not end as expected: a mark closes it right before the separator or the end of the line, ` +
		`and a mark within it is doubled`
}
