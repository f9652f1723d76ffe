package push

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// row is what stands between two ends of rows. A row may be several lines, where a cell in quotation marks holds line
// breaks.
type row struct {
	line  int
	raw   []byte
	cells []string // line breaks as \n; the raw text alone where there is a fault
	fault string
}

// rows goes through a CSV. A row whose quotation marks are wrong is its first line alone, and the next line begins a
// new row: so one stray mark does not swallow the people after it.
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

// next reads one row; false: there is none. The reader is kept as long as its rows are right, and made anew behind one
// that is not: csv.Reader cannot go on after a fault.
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
		line := strings.TrimRight(string(found.raw), "\r\n")
		if found.cells, err = r.withFormulas(line, err); err != nil {
			found.cells, found.fault = []string{line}, quoteFault(err)
		}
	}
	for i, cell := range found.cells {
		found.cells[i] = lineBreaks.Replace(cell)
	}
	r.at += len(found.raw)
	r.line += bytes.Count(found.raw, []byte("\n"))
	return found, true
}

// withFormulas reads a line anew in which cells may be written ="00123", which is wrong as a CSV; else it gives err
// back.
func (r *rows) withFormulas(line string, err error) ([]string, error) {
	if !strings.Contains(line, `="`) {
		return nil, err
	}
	reader := csv.NewReader(strings.NewReader(quoteFormulas(line, r.comma)))
	reader.Comma, reader.FieldsPerRecord = r.comma, -1
	cells, wrong := reader.Read()
	if wrong != nil {
		return nil, err
	}
	if _, more := reader.Read(); !errors.Is(more, io.EOF) {
		return nil, err
	}
	return cells, nil
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

// lineAt returns the line that begins at an offset, with its end.
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
	return `a field in quotation marks does not end as expected: a mark closes it right before the separator or the ` +
		`end of the line, and a mark within it is doubled`
}
