package push

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

// Failure is a person that failed, or that could not be read, with the reasons.
type Failure struct {
	*Person
	Reasons []string
}

// FailuresName is the name of the failures file of a file: NAME.failed.csv, or .jsonl where the file was JSON. A
// failures file's own failures file has the same name, since it is numbered anyway.
func (f *File) FailuresName() string {
	return stemOf(f.Name) + ".failed." + f.failuresFormat()
}

func (f *File) failuresFormat() string {
	if f.Format == CSV {
		return "csv"
	}
	return "jsonl"
}

// Failures writes people in a form that can be mended and pushed again: what the file had, and a column or property
// errors before it. It depends on the file and the reasons alone, so that a repeat writes the same bytes.
//
// Cells are written as they were read, those too that begin with = + - or @: they are people's data, a spreadsheet has
// shown them before, and whatever would disarm them would be registered the next time. The column errors, which is new,
// always begins with a word, so that nothing in it is a formula.
func (f *File) Failures(failures []Failure) []byte {
	if f.Format == CSV {
		return f.failedRows(failures)
	}
	var out bytes.Buffer
	for _, failure := range failures {
		out.Write(f.failedLine(failure))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// failedRows begins with a byte order mark, without which Excel does not see that it is UTF-8. The separator is the
// file's own, which is the one that its owner's spreadsheet takes.
func (f *File) failedRows(failures []Failure) []byte {
	var out bytes.Buffer
	out.Write(bom)
	rows := csv.NewWriter(&out)
	rows.Comma = f.comma
	_ = rows.Write(append([]string{errorsColumn}, f.header...)) // a buffer takes everything
	for _, failure := range failures {
		_ = rows.Write(append([]string{strings.Join(f.reasons(failure), " | ")}, failure.cells...))
	}
	rows.Flush()
	return out.Bytes()
}

func (f *File) failedLine(failure Failure) []byte {
	line, _ := json.Marshal(map[string][]string{errorsColumn: f.reasons(failure)}) // texts, made valid above
	line = line[:len(line)-1]
	if failure.body == nil {
		text, _ := json.Marshal(failure.raw)
		return append(append(append(line, `,"`+unreadableMember+`":`...), text...), '}')
	}
	if len(failure.body) > len("{}") {
		line = append(line, ',')
	}
	return append(line, failure.body[1:]...)
}

// reasons say where they come from. The beginning of the file's hash makes each failures file another content than
// the one before it, and so other keys: pushing it again asks anew, and does not get the kept answer.
func (f *File) reasons(failure Failure) []string {
	all := []string{fmt.Sprintf("line %d of %s (content %x)", failure.Line, printable(f.Name), f.hash[:4])}
	for _, reason := range failure.Reasons {
		all = append(all, printable(lineBreaks.Replace(reason)))
	}
	return all
}

// printable keeps what a receiver says, or a file is called, from steering a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}
