package fields

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web/schema"
	"postern/store/guid"
)

// GUID reads a GUID as guid.Parse does. The zero GUID stands for none.
func GUID(to *guid.ID, isRequired bool) Reader { return &guidReader{to, isRequired} }

type guidReader struct {
	to         *guid.ID
	isRequired bool
}

func (g *guidReader) Read(v jsontext.Value, path string, r *Report) {
	text, ok := readText(v, path, g.isRequired, r)
	if !ok {
		return
	}
	id, err := guid.Parse(text)
	switch {
	case err != nil:
		r.Fault(path, "This must be a GUID, as 0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f.")
	case id.IsZero() && g.isRequired:
		r.Fault(path, "This must be a GUID, as 0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f; the zero GUID names nothing.")
	}
	*g.to = id
}

func (g *guidReader) Schema() *schema.Schema {
	s := schema.GUID().Saying("A GUID, in any case, with or without hyphens or braces.")
	if g.isRequired {
		return s
	}
	s.Text += " The zero GUID is none."
	return s.OrNull()
}

// Enum reads one of a few words in any ASCII case, and keeps it as documented.
func Enum[T ~string](to *T, isRequired bool, words ...T) Reader {
	return &enumReader[T]{to, isRequired, words}
}

type enumReader[T ~string] struct {
	to         *T
	isRequired bool
	words      []T
}

func (e *enumReader[T]) Read(v jsontext.Value, path string, r *Report) {
	text, ok := readText(v, path, e.isRequired, r)
	if !ok {
		return
	}
	for _, word := range e.words {
		if equalFold(string(word), text) {
			*e.to = word
			return
		}
	}
	r.Fault(path, "This must be one of: "+strings.Join(e.list(), ", ")+".")
}

func (e *enumReader[T]) list() []string {
	list := make([]string, len(e.words))
	for i, word := range e.words {
		list[i] = string(word)
	}
	return list
}

func (e *enumReader[T]) Schema() *schema.Schema {
	s := &schema.Schema{Types: []string{schema.String}, Enum: e.list(), Text: "In any case."}
	if e.isRequired {
		return s
	}
	s.Enum = append(s.Enum, "")
	return s.OrNull()
}

// Integer reads a required whole number from low to high, written without fraction and exponent.
func Integer(to *int, low, high int) Reader { return &integerReader{to, low, high} }

type integerReader struct {
	to        *int
	low, high int
}

func (i *integerReader) Read(v jsontext.Value, path string, r *Report) {
	if v == nil {
		r.Fault(path, required)
		return
	}
	n, err := strconv.Atoi(string(v))
	if err != nil || n < i.low || n > i.high {
		r.Fault(path, fmt.Sprintf("This must be a whole number from %d to %d, without quotation marks.", i.low, i.high))
		return
	}
	*i.to = n
}

func (i *integerReader) Schema() *schema.Schema { return schema.Range(int64(i.low), int64(i.high)) }

// Bool reads true or false; absent is false.
func Bool(to *bool) Reader { return boolReader{to} }

type boolReader struct{ to *bool }

func (b boolReader) Read(v jsontext.Value, path string, r *Report) {
	switch v.Kind() {
	case 't', 'f':
		*b.to = v.Kind() == 't'
	default:
		if v != nil {
			r.Fault(path, "This must be true or false, without quotation marks.")
		}
	}
}

func (boolReader) Schema() *schema.Schema { return schema.Of(schema.Boolean).OrNull() }

// Time reads an optional moment as RFC 3339 §5.6 writes it. Its offset from UTC is kept: it is the clock on the wall of
// the place that wrote it.
func Time(to *time.Time) Reader { return timeReader{to} }

type timeReader struct{ to *time.Time }

func (t timeReader) Read(v jsontext.Value, path string, r *Report) {
	text, ok := readText(v, path, false, r)
	if !ok {
		return
	}
	var at time.Time
	if len(text) > 64 || at.UnmarshalText([]byte(strings.ToUpper(text))) != nil || at.Year() < 1 || at.IsZero() {
		r.Fault(path, "This must be a time with its offset from UTC (RFC 3339), as 2026-03-01T14:05:00+01:00.")
		return
	}
	*t.to = fixOffset(at)
}

func (timeReader) Schema() *schema.Schema {
	return (&schema.Schema{Types: []string{schema.String}, Format: "date-time"}).OrNull()
}

// fixOffset frees the time from this machine's time zone, which the parser puts in where the offsets happen to agree.
func fixOffset(at time.Time) time.Time {
	_, offset := at.Zone()
	if offset == 0 {
		return at.UTC()
	}
	return at.In(time.FixedZone("", offset))
}

// The letters that a cleaning code begins with, and how one is written.
const (
	codeLetters = "CEFPTcefpt"
	codePattern = "^[" + codeLetters + "][0-9]{2}$"
)

// Code reads a required EFTCO cleaning code: one of the letters C, E, F, P and T, and two digits. It is kept in upper
// case.
func Code(to *string) Reader { return codeReader{to} }

type codeReader struct{ to *string }

func (c codeReader) Read(v jsontext.Value, path string, r *Report) {
	text, ok := readText(v, path, true, r)
	if !ok {
		return
	}
	if len(text) != 3 || !strings.ContainsAny(text[:1], codeLetters) || !isDigit(text[1]) || !isDigit(text[2]) {
		r.Fault(path, "This must be a cleaning code: one of the letters C, E, F, P, T and two digits, as P10.")
		return
	}
	*c.to = strings.ToUpper(text)
}

func (codeReader) Schema() *schema.Schema {
	return &schema.Schema{Types: []string{schema.String}, Pattern: codePattern, Text: "An EFTCO cleaning code, as P10."}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

const notObject = "This must be a JSON object, in curly brackets."

// Nested reads an object within the object. Where it is absent, its readers are called with nil, so that what is
// required in it is missed by its own path.
func Nested(o Object) Reader { return nestedReader{o} }

type nestedReader struct{ object Object }

func (n nestedReader) Read(v jsontext.Value, path string, r *Report) {
	switch v.Kind() {
	case '{':
		n.object.read(v, path, r)
	default:
		if v != nil {
			r.Fault(path, notObject)
			return
		}
		n.object.read(jsontext.Value("{}"), path, r)
	}
}

// Schema lets the object be absent where nothing in it is required.
func (n nestedReader) Schema() *schema.Schema {
	s := n.object.Schema()
	for _, p := range s.Properties {
		if p.Required {
			return s
		}
	}
	return s.OrNull()
}

// List reads an array of no more than most entries; entry makes the reader that fills in one. Absent and empty are
// the same.
func List[T any](to *[]T, most int, entry func(*T) Reader) Reader {
	return &listReader[T]{to, most, entry}
}

type listReader[T any] struct {
	to    *[]T
	most  int
	entry func(*T) Reader
}

func (l *listReader[T]) Read(v jsontext.Value, path string, r *Report) {
	switch {
	case v == nil:
		return
	case v.Kind() != '[':
		r.Fault(path, "This must be a list, in square brackets.")
		return
	}
	eachItem(v, path, l.most, r, func(_ int, v jsontext.Value, path string) {
		var one T
		l.entry(&one).Read(v, path, r)
		*l.to = append(*l.to, one)
	})
}

func (l *listReader[T]) Schema() *schema.Schema {
	s := schema.ListOf(l.entry(new(T)).Schema())
	s.MaxItems = l.most
	return s.OrNull()
}
