// Package push is the partner's side of user.create: it reads files of people, sends them as lists that are safe to
// repeat, and keeps who failed in a file that can be mended and pushed again.
//
// A file is read whole before anything is sent: Read gives its people and all its faults at once. A Sender sends them
// in parts, each with an Idempotency-Key that follows from the file's content alone, so that a repeat after a crash or
// an outage does nothing twice. A Watcher does so with every file that turns up in a directory.
//
// It is written for files as people have them: what a spreadsheet leaves behind is understood where it can mean one
// thing only, taken with a note where it probably means that, and a fault of that line where nobody can tell. What is
// sent is what the file says: cells are not corrected, since the receiver's rules are the receiver's.
//
// The partner's side knows nothing of the appliance's: user.create is spoken to as it is documented, so that this can
// be the model of a client in any language.
package push

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxFile is how many bytes a file may have: some 300,000 people. A file is in memory as a whole, so that nothing is
// sent of one whose end is broken.
const MaxFile = 64 << 20

// Format is how a file holds people.
type Format string

// The formats of files.
const (
	CSV   Format = "csv"   // a header with the contract's field names, a person a row
	JSON  Format = "json"  // a list of people, {"users": […]} or {"user": …}
	JSONL Format = "jsonl" // a person a line
)

// Formats are the names of all.
var Formats = []string{string(CSV), string(JSON), string(JSONL)}

// ParseFormat reads the name of a format, in any case.
func ParseFormat(name string) (Format, error) {
	format := Format(strings.ToLower(name))
	if !slices.Contains(Formats, string(format)) {
		return "", fmt.Errorf("there is no format %q: it is one of %s", name, strings.Join(Formats, ", "))
	}
	return format, nil
}

// FormatOf tells a file's format by the end of its name, else by its first bytes: standard input has no name. An object
// alone on the first line is JSON lines unless it is a list's, as people.jsonl with one person in it begins like that.
func FormatOf(name string, content []byte) Format {
	if format, err := ParseFormat(strings.TrimPrefix(filepath.Ext(name), ".")); err == nil {
		return format
	}
	content = bytes.TrimSpace((&File{Format: JSON}).decode(content, ""))
	switch {
	case bytes.HasPrefix(content, []byte("[")):
		return JSON
	case !bytes.HasPrefix(content, []byte("{")):
		return CSV
	}
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	if whole := jsontext.Value(first); !whole.IsValid(jsontext.AllowDuplicateNames(true)) {
		return JSON // an object that goes on over several lines
	} else if len(rest) == 0 && isWrapped(whole) {
		return JSON
	}
	return JSONL
}

// Person is one row, item or line of a file.
type Person struct {
	Line   int      // where it begins, from 1
	Email  string   // as the file has it, for people's eyes; may be empty
	Faults []string // why it cannot be read; none: it can be sent

	body  jsontext.Value // JSON: the object as it is sent
	cells []string       // CSV: the row without its column errors; an unreadable row's text is one cell
	raw   string         // JSON: the text of what is no person
}

// File is a file of people, read whole.
type File struct {
	Name   string // its base name, for people's eyes
	Format Format
	People []*Person // in the order of the file, unreadable ones included

	Notes []Fault // what is taken as it is and is probably not what was meant, in the order of the file

	hash   [sha256.Size]byte // of the content as it was read, before decoding: the keys follow from it
	layout                   // CSV
}

// Fault is what is wrong in one line of a file.
type Fault struct {
	Line int // from 1
	Text string
}

// Unreadable is a file of which nothing can be taken, with every fault found.
type Unreadable struct {
	Name   string
	Faults []Fault
}

// Error returns the faults, one a line.
func (u *Unreadable) Error() string {
	lines := make([]string, len(u.Faults))
	for i, fault := range u.Faults {
		lines[i] = fmt.Sprintf("%s: line %d: %s", u.Name, fault.Line, fault.Text)
	}
	return strings.Join(lines, "\n")
}

// Read reads a file's content; an empty encoding is UTF-8, or what the content shows. What is wrong with single people
// stands with them; the error is an *Unreadable where the file as a whole cannot be understood: its header, or the JSON
// around the people.
func Read(name string, content []byte, format Format, encoding Encoding) (*File, error) {
	f := &File{Name: filepath.Base(name), Format: format, hash: sha256.Sum256(content)}
	faults := f.read(content, encoding)
	if len(faults) > 0 {
		return nil, &Unreadable{f.Name, faults}
	}
	f.look()
	slices.SortStableFunc(f.Notes, func(a, b Fault) int { return a.Line - b.Line })
	return f, nil
}

func (f *File) read(content []byte, encoding Encoding) []Fault {
	if len(content) > MaxFile {
		return []Fault{{1, fmt.Sprintf("the file has more than %d MiB: cut it into several", MaxFile>>20)}}
	}
	if what := notPeople(content); what != "" {
		return []Fault{{1, what}}
	}
	content = f.decode(content, encoding)
	if f.Format == JSONL {
		f.readLines(content)
		return nil
	}
	if faults := textFaults(content); len(faults) > 0 {
		return faults
	}
	if f.Format == CSV {
		return f.readCSV(content)
	}
	return f.readJSON(content)
}

// note keeps something to be said of a line.
func (f *File) note(line int, format string, args ...any) {
	f.Notes = append(f.Notes, Fault{line, fmt.Sprintf(format, args...)})
}

// Unreadable returns the faults of all people that cannot be read, or nil. Without it the file may be sent.
func (f *File) Unreadable() error {
	var all []Fault
	for _, p := range f.People {
		for _, text := range p.Faults {
			all = append(all, Fault{p.Line, text})
		}
	}
	if all == nil {
		return nil
	}
	return &Unreadable{f.Name, all}
}

var failedStem = regexp.MustCompile(`\.failed(-\d+)?$`)

// stemOf is a file's name without what its format and its being a failures file have put at the end.
func stemOf(name string) string {
	return failedStem.ReplaceAllString(strings.TrimSuffix(name, filepath.Ext(name)), "")
}
