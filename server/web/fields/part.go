package fields

import (
	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web/schema"
)

// Part is a value within a body that Open has found readable, for endpoints that take a body apart and judge each of
// its parts by itself. It refers to the body's octets. The zero Part is absent, as null is.
type Part struct {
	value jsontext.Value
	loose bool // it may hold what Open lets pass
}

// Open finds out whether a body is UTF-8 and one JSON value; its error is a *refuse.Refusal of kind Invalid. Unlike
// Decode it lets pass what one part alone has to answer for: properties given twice, which Read faults in the object
// that it reads, and too many properties, too deep a nesting and half a surrogate pair, which Fault tells of. Strict
// refuses all of them.
func Open(body []byte) (Part, error) {
	var r Report
	body, ok := r.prepare(body, true)
	if !ok {
		return Part{}, r.refusal()
	}
	return Part{present(body), r.loose}, nil
}

// IsAbsent reports whether nothing is there, or null.
func (p Part) IsAbsent() bool { return p.value == nil }

// IsObject reports whether the value is a JSON object.
func (p Part) IsObject() bool { return p.value.Kind() == '{' }

// IsList reports whether the value is a JSON array.
func (p Part) IsList() bool { return p.value.Kind() == '[' }

// Strict refuses a part as Decode does.
func (p Part) Strict() error {
	var r Report
	if p.loose {
		if sentence := strictFault(p.value); sentence != "" {
			r.Fault("", sentence)
		}
	}
	return r.refusal()
}

// Fault says in a sentence why a part cannot be read at all; empty: it can.
func (p Part) Fault() string {
	if !p.loose || p.value == nil {
		return ""
	}
	return partFault(p.value)
}

// Read reads an object by what o documents, with paths that begin in it. What is no object is one fault at "".
func (p Part) Read(o Object) Report {
	r := Report{loose: p.loose}
	if p.IsObject() {
		o.read(p.value, "", &r)
	} else {
		r.Fault("", notObject)
	}
	return r
}

// Items returns the values of a list, absent ones where they are null. all is false where there are more than most.
func (p Part) Items(most int) (items []Part, all bool) {
	d := walker(p.value)
	for d.PeekKind() != ']' {
		if len(items) == most {
			return nil, false
		}
		value, err := readValue(d, p.value)
		if err != nil {
			break
		}
		items = append(items, Part{present(value), p.loose})
	}
	return items, true
}

// Keep leaves a value, of whatever type, to be read later.
func Keep(to *Part) Reader { return keepReader{to} }

type keepReader struct{ to *Part }

func (k keepReader) Read(v jsontext.Value, _ string, r *Report) { *k.to = Part{v, r.loose} }

func (keepReader) Schema() *schema.Schema { return new(schema.Schema) }

// Member returns the value of an object's property, whose name matches in any case; absent where there is none.
func (p Part) Member(name string) Part {
	if !p.IsObject() {
		return Part{}
	}
	d := walker(p.value)
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			break
		}
		matches := equalFold(token.String(), name)
		value, err := readValue(d, p.value)
		if err != nil {
			break
		}
		if value = present(value); matches && value != nil {
			return Part{value, p.loose}
		}
	}
	return Part{}
}
