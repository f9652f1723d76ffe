package push

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"postern/server/input"
)

// column is a field of user.create.
type column struct {
	name     string
	required bool
}

// columns are in the order in which they are sent. Names are compared without case and signs (nameOf).
var columns = []column{
	{"BikePlanCode", true}, {"FirstName", true}, {"LastName", true}, {"Email", true}, {"Language", true},
	{"ContractType", false}, {"partner_EmployeeID", false}, {"PersonnelNumber", false},
}

// errorsColumn is what a failures file has beside them. It is passed over.
const errorsColumn = "errors"

// expectedColumns lists the columns for a sentence.
func expectedColumns(onlyRequired bool) string {
	var names []string
	for _, c := range columns {
		if c.required || !onlyRequired {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

func isRequired(name string) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.required && c.name == name })
}

// mostAbove is among how many rows the header is looked for: titles and empty lines may stand above it. Without an end
// a file of another kind would be searched whole, once for each separator.
const mostAbove = 20

// top is where a CSV's people begin.
type top struct {
	row   row   // the header
	rows  *rows // what comes behind it
	above int   // rows with text above it
}

// separators in the order in which they are tried. Excel takes the semicolon where the comma is the decimal sign, as in
// Belgium.
var separators = []rune{',', ';', '\t', '|'}

// findHeader finds the row, and the separator, that make the most known names of a CSV's beginning. Counting
// separators, as is usual, would be misled by a title with commas in it; names that are known are beyond doubt.
func findHeader(content []byte) (best top, fault *Fault) {
	from, candidates, fault := afterSep(content)
	if fault != nil {
		return best, fault
	}
	most, first := 0, row{}
	for _, comma := range candidates {
		rows := newRows(content, comma)
		rows.at, rows.line = from.at, from.line
		for above := range mostAbove {
			r, ok := rows.next()
			if !ok {
				break
			}
			if first.line == 0 {
				first = r
			}
			if known := knownNames(r); known > most {
				behind := *rows
				behind.reader = nil // it is made anew where these rows go on
				most, best = known, top{r, &behind, above}
			}
		}
	}
	switch {
	case most > 0:
		return best, nil
	case first.line == 0:
		return best, &Fault{1, "the file is empty: its first line must name the columns " + expectedColumns(false)}
	case first.fault != "":
		return best, &Fault{first.line, "in the header " + first.fault}
	}
	return best, &Fault{first.line, "this must be the header, naming the columns " + expectedColumns(false)}
}

// knownNames counts the columns that a row names, each once.
func knownNames(r row) int {
	known := make(map[string]bool)
	if r.fault == "" {
		for _, cell := range r.cells {
			known[nameOf(cell)] = true
		}
	}
	delete(known, "")
	return len(known)
}

// sepLine is how a CSV names its separator to Excel.
var sepLine = regexp.MustCompile(`(?i)^\s*"?sep=(.*?)"?[\s,;|]*$`)

// afterSep returns the separators that may be, and where the first row stands: behind a line sep=, which names the only
// one.
func afterSep(content []byte) (from rows, candidates []rune, fault *Fault) {
	from = *newRows(content, ',')
	from.skipEmpty()
	line := string(lineAt(content, min(from.at, len(content))))
	m := sepLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
	if m == nil {
		return from, separators, nil
	}
	named := m[1]
	if named == "" { // the separator itself has been taken for what follows it
		_, named, _ = strings.Cut(strings.TrimRight(line, "\n"), "=")
	}
	comma, size := utf8.DecodeRuneInString(named)
	if size == 0 || size < len(m[1]) || comma == '"' || comma == utf8.RuneError || comma == '\n' {
		return from, nil, &Fault{from.line, `the line sep= names no separator: write it as sep=; or leave it out`}
	}
	return rows{at: from.at + len(line), line: from.line + 1}, []rune{comma}, nil
}

// nameOf returns a column's name as user.create calls it, or nothing. Case, spaces and signs within it count for
// nothing: people write First name and E-mail.
func nameOf(cell string) string {
	key := headerKey(cell)
	if key == errorsColumn {
		return errorsColumn
	}
	if i := slices.IndexFunc(columns, func(c column) bool { return headerKey(c.name) == key }); i >= 0 {
		return columns[i].name
	}
	return ""
}

var headerSigns = strings.NewReplacer(" ", "", "\u00a0", "", "_", "", "-", "", ".", "")

func headerKey(cell string) string { return strings.ToLower(headerSigns.Replace(trim(cell))) }

// readHeader makes the layout of a header, or says all that is wrong with it.
func readHeader(r row) (l layout, faults []Fault) {
	fault := func(format string, args ...any) { faults = append(faults, Fault{r.line, fmt.Sprintf(format, args...)}) }
	met := make(map[string]int)
	l.errorsAt = -1
	for i, cell := range r.cells {
		name := nameOf(cell)
		at, twice := met[name]
		switch {
		case trim(cell) == "":
			l.nameless = append(l.nameless, i)
			continue
		case name == "":
			fault("column %d, %.60q, is unknown%s: the columns are %s", i+1, trim(cell), perhaps(cell),
				expectedColumns(false))
		case twice:
			fault("column %s stands there twice, as columns %d and %d", name, at+1, i+1)
		case name == errorsColumn:
			l.errorsAt = i
		default:
			l.header, l.fields, l.places = append(l.header, trim(cell)), append(l.fields, name), append(l.places, i)
		}
		met[name], l.width = i, i+1
	}
	for _, c := range columns {
		if _, there := met[c.name]; c.required && !there {
			fault("column %s is missing: the required columns are %s", c.name, expectedColumns(true))
		}
	}
	return l, faults
}

// perhaps names the column that was probably meant.
func perhaps(cell string) string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	if nearest := input.Nearest(trim(cell), names); nearest != "" {
		return " (did you mean " + nearest + "?)"
	}
	return ""
}
