// Package push is the partner's side of user.create: it reads files of people, sends them as lists that are safe to repeat,
// and keeps who failed in a file that can be mended and pushed again.
//
// A file is read whole before anything is sent: Read gives its people and all its faults at once. A Sender sends them in
// parts, each with an Idempotency-Key that follows from the file's content alone, so that a repeat after a crash or an
// outage does nothing twice. A Watcher does so with every file that turns up in a directory.
package push

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/encoding/charmap"
)

// MaxFile is how many octets a file may have: some 300,000 people.
const MaxFile = 64 << 20

// Format is how a file holds people.
type Format string

// The formats of files.
const (
	CSV   Format = "csv"   // a header with the contract's field names, a person a row
	JSON  Format = "json"  // a list of people, {"users": […]} or {"user": …}
	JSONL Format = "jsonl" // a person a line
)

// ParseFormat reads the name of a format, in any case.
func ParseFormat(name string) (Format, error) {
	format := Format(strings.ToLower(name))
	if !slices.Contains([]Format{CSV, JSON, JSONL}, format) {
		return "", fmt.Errorf("there is no format %q: it is csv, json or jsonl", name)
	}
	return format, nil
}

// FormatOf tells a file's format by the end of its name, else by its first octets.
func FormatOf(name string, content []byte) Format {
	if format, err := ParseFormat(strings.TrimPrefix(filepath.Ext(name), ".")); err == nil {
		return format
	}
	content = bytes.TrimSpace(bytes.TrimPrefix(content, bom))
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

	hash   [sha256.Size]byte // of the content as it was read
	comma  rune              // CSV: what stands between cells
	header []string          // CSV: the columns' names as the file spells them, without errors
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

// Error gives the faults, one a line.
func (u *Unreadable) Error() string {
	lines := make([]string, len(u.Faults))
	for i, fault := range u.Faults {
		lines[i] = fmt.Sprintf("%s: line %d: %s", u.Name, fault.Line, fault.Text)
	}
	return strings.Join(lines, "\n")
}

// Read reads a file's content. What is wrong with single people stands with them; the error is an *Unreadable where the
// file as a whole cannot be understood: its header, or the JSON around the people.
func Read(name string, content []byte, format Format) (*File, error) {
	f := &File{Name: filepath.Base(name), Format: format, hash: sha256.Sum256(content)}
	faults := f.read(content)
	if len(faults) > 0 {
		return nil, &Unreadable{f.Name, faults}
	}
	return f, nil
}

func (f *File) read(content []byte) []Fault {
	if len(content) > MaxFile {
		return []Fault{{1, fmt.Sprintf("the file has more than %d MiB: cut it into several", MaxFile>>20)}}
	}
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		return []Fault{{1, "the file is UTF-16: save it as UTF-8, in Excel as 'CSV UTF-8'"}}
	}
	content = bytes.TrimPrefix(content, bom)
	switch f.Format {
	case CSV:
		return f.readCSV(content)
	case JSON:
		return f.readJSON(content)
	default:
		f.readLines(content)
		return nil
	}
}

// Unreadable gives the faults of all people that cannot be read, or nil. Without it the file may be sent.
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

var bom = []byte("\ufeff")

// notUTF8 gives a fault for octets that are not UTF-8. Nearly always they are those of Excel's plain 'CSV', which
// is written in the code page of the machine.
func notUTF8(raw []byte) (fault string, wrong bool) {
	for i := 0; i < len(raw) && !utf8.Valid(raw[i:]); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return fmt.Sprintf("octet 0x%02X is not UTF-8: it looks like Latin-1/Windows-1252 (there it reads %.40q); "+
				"save the file as UTF-8, in Excel as 'CSV UTF-8'", raw[i], strings.TrimSpace(fromWindows(string(around(raw, i))))), true
		}
		i += size
	}
	return "", false
}

// around gives the word in which an octet stands.
func around(raw []byte, at int) []byte {
	const most = 20
	isEnd := func(b byte) bool { return strings.IndexByte(" \t\r\n,;\"", b) >= 0 }
	from, to := at, at+1
	for from > 0 && at-from < most && !isEnd(raw[from-1]) {
		from--
	}
	for to < len(raw) && to-at < most && !isEnd(raw[to]) {
		to++
	}
	return raw[from:to]
}

// fromWindows reads octets as Windows-1252, of which Latin-1's letters are a part.
func fromWindows(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(text)
	if err != nil {
		return strings.ToValidUTF8(text, "\ufffd")
	}
	return decoded
}

var failedStem = regexp.MustCompile(`\.failed(-\d+)?$`)

// stemOf is a file's name without what its format and its being a failures file have put at the end.
func stemOf(name string) string {
	return failedStem.ReplaceAllString(strings.TrimSuffix(name, filepath.Ext(name)), "")
}
