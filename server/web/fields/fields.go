// Package fields reads JSON bodies strictly and declaratively: an endpoint lists its properties with a reader for
// each, and gets all faults of a body at once, by path.
//
// What is strict: UTF-8, one JSON value and nothing after it, an object where one is expected, no property twice in
// whatever spelling, a bounded depth. What is lenient, because callers differ in it: property names match without
// regard to ASCII case, a byte order mark is skipped, unknown properties are passed over (and listed), null counts as
// absent, and so does "" in an optional field.
//
// The same readers describe the body (Object.Schema), for the documentation of the route that takes it.
package fields

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web/schema"
	"postern/store/refuse"
)

// maxUnknown bounds how many unknown properties are listed; the rest are passed over silently.
const maxUnknown = 50

// Report gathers what reading a body finds.
type Report struct {
	Faults   map[string][]string // sentences by path, as compartments[1].codes[0]; "" is the body as a whole
	Unknown  []string            // paths of properties that nobody documented, at most 50
	Warnings []string            // sentences about what is taken in another way than it was sent
	Twice    []string            // paths of documented properties that are given twice, which is a fault, too

	loose bool // what is read may hold what Open lets pass, in unknown values too
}

// The bounds of what is told of a body: who sends more than so many faults is helped by none of the rest.
const (
	maxPaths     = 1000
	maxSentences = 20 // about one path
)

// Fault notes a sentence about the value at path, once.
func (r *Report) Fault(path, sentence string) {
	if r.Faults == nil {
		r.Faults = make(map[string][]string)
	}
	said, known := r.Faults[path]
	if len(said) >= maxSentences || !known && len(r.Faults) >= maxPaths || slices.Contains(said, sentence) {
		return
	}
	r.Faults[path] = append(said, sentence)
}

// Warn notes a sentence about something that is taken in another way than it was sent.
func (r *Report) Warn(sentence string) {
	if len(r.Warnings) < maxSentences {
		r.Warnings = append(r.Warnings, sentence)
	}
}

// Reader reads one value into where it was made to put it, and can say what it takes. Both follow from what it holds,
// so that no limit is written twice. A Reader is made for each body: it must cost one small allocation at most, and
// Schema is called for the documentation alone.
type Reader interface {
	// Read reads a value, which is nil where the property is absent or null. It is valid JSON otherwise, and belongs
	// to the body: what is kept of it is copied.
	Read(v jsontext.Value, path string, to *Report)
	// Schema describes what is taken. Null is among it where the property may be absent. Being lenient is left to the
	// package comment: it describes what a caller should send.
	Schema() *schema.Schema
}

// Object is what an endpoint documents: its property names, each with its reader. Every reader is called once for each
// object read, those of absent properties with nil.
type Object map[string]Reader

// Decode reads a body that must be one JSON object. It returns the paths of unknown properties. The error is a
// *refuse.Refusal of kind Invalid with all faults by path; what the readers have filled in is then not to be used.
func Decode(body []byte, o Object) (unknown []string, err error) {
	var r Report
	if body, ok := r.prepare(body, false); ok {
		if jsontext.Value(body).Kind() == '{' {
			o.read(body, "", &r)
		} else {
			r.Fault("", "The body must be a JSON object, in curly brackets.")
		}
	}
	return r.Unknown, r.refusal()
}

// DecodeList reads a body that is a JSON array of at most maxItems objects, or one object alone, which counts as a
// list of one. It asks object for the readers of each in turn. Paths begin with the item, as [2].email, where there
// is an array.
func DecodeList(body []byte, maxItems int, object func(i int) Object) (unknown []string, err error) {
	var r Report
	body, ok := r.prepare(body, false)
	if !ok {
		return nil, r.refusal()
	}
	switch jsontext.Value(body).Kind() {
	case '{':
		object(0).read(body, "", &r)
	case '[':
		eachItem(body, "", maxItems, &r, func(i int, v jsontext.Value, path string) {
			Nested(object(i)).Read(v, path, &r)
		})
	default:
		r.Fault("", "The body must be a JSON object or an array of objects.")
	}
	return r.Unknown, r.refusal()
}

// prepare takes off the byte order mark and checks that what is left is one JSON value, before any reader runs. Read
// loosely, what a part of the body can answer for by itself is left to whoever reads that part: a property given
// twice, too many of them or too deep a nesting, and half a surrogate pair.
func (r *Report) prepare(body []byte, loosely bool) (value []byte, ok bool) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	switch {
	case len(bytes.TrimLeft(body, " \t\r\n")) == 0:
		r.Fault("", "The body is empty: send a JSON object.")
	case !utf8.Valid(body):
		r.Fault("", notUTF8Body(body))
	default:
		sentence := shapeFault(body)
		if sentence == "" {
			sentence, _ = syntaxFault(body, false)
		}
		if sentence != "" && loosely {
			sentence, _ = syntaxFault(body, true)
			r.loose = sentence == ""
		}
		if sentence != "" {
			r.Fault("", sentence)
		}
	}
	return body, len(r.Faults) == 0
}

func givenTwice(name string) string {
	return "The property " + strconv.Quote(Shorten(name, maxRepeated)) + " is given twice (names match whatever " +
		"their case)."
}

// maxRepeated bounds, in code points, what is repeated of a name that the caller has made up.
const maxRepeated = 60

// Shorten bounds what is repeated of the caller's own words: it cuts them behind so many code points, and marks the
// cut.
func Shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}

// refusal is nil where nothing was found wrong.
func (r *Report) refusal() error {
	if len(r.Faults) == 0 {
		return nil
	}
	reason := "One field is wrong."
	if whole := r.Faults[""]; len(whole) > 0 {
		reason = whole[0]
	} else if len(r.Faults) > 1 {
		reason = fmt.Sprintf("%d fields are wrong.", len(r.Faults))
	}
	return &refuse.Refusal{Kind: refuse.Invalid, Reason: reason, Fields: r.Faults}
}
