package push

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// trim cuts white space, a byte order mark and other invisible characters off both ends of a cell.
func trim(cell string) string {
	return strings.TrimFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}

// formula is how spreadsheets are told that a number is a text: ="00123". Programs write it for Excel's sake, which
// would show 123 otherwise, and saving the sheet leaves it as it is.
var formula = regexp.MustCompile(`^="((?:[^"]|"")*)"$`)

// asText are the columns in which an apostrophe at the beginning is a spreadsheet's mark of a text: '00123. Names begin
// with one of their own ('t Kint), and addresses may.
var asText = []string{"BikePlanCode", "Language", "ContractType", "partner_EmployeeID", "PersonnelNumber"}

// plainCell takes away what says nothing but that a cell is a text.
func plainCell(column, cell string) string {
	if strings.HasPrefix(trim(cell), `="`) {
		if m := formula.FindStringSubmatch(trim(cell)); m != nil {
			cell = strings.ReplaceAll(m[1], `""`, `"`)
		}
	}
	if slices.Contains(asText, column) {
		cell = strings.TrimPrefix(trim(cell), "'")
	}
	return cell
}

// bareFormula is a cell ="00123" without the quotation marks around it that a CSV wants, as it stands between
// separators.
var bareFormula = regexp.MustCompile(`^="[^"]*"$`)

// quoteFormulas puts a line's bare formulas into quotation marks. It leaves every other cell as it is.
func quoteFormulas(line string, comma rune) string {
	cells := strings.Split(line, string(comma))
	for i, cell := range cells {
		if cell = strings.TrimSpace(cell); bareFormula.MatchString(cell) {
			cells[i] = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, string(comma))
}
