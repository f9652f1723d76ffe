package fields

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// read walks the members of an object that is known to be valid JSON, and then calls the readers of what was absent.
func (o Object) read(v jsontext.Value, path string, to *Report) {
	d := walker(v)
	var seen, others []string
	for members := 0; d.PeekKind() == '"'; members++ {
		if members == maxMembers {
			to.Fault("", tooWide)
			return
		}
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		given := token.String()
		value, err := readValue(d, v)
		if err != nil {
			return
		}
		name, documented := o.match(given)
		switch {
		case !documented:
			others = append(others, given)
			to.ignore(value)
		case slices.Contains(seen, name):
			to.Fault("", givenTwice(join(path, name)))
			to.Twice = append(to.Twice, join(path, name))
		default:
			seen = append(seen, name)
			o[name].Read(present(value), join(path, name), to)
		}
	}
	to.unknown(others, path)
	if len(seen) == len(o) {
		return
	}
	for name, reader := range o {
		if !slices.Contains(seen, name) {
			reader.Read(nil, join(path, name), to)
		}
	}
}

// ignore passes over an undocumented value: even there nothing may be given twice. Of an object that is refused, one
// such value is enough.
func (r *Report) ignore(v jsontext.Value) {
	kind := v.Kind()
	if !r.loose || len(r.Faults[""]) > 0 || kind != '{' && kind != '[' && kind != '"' {
		return
	}
	if sentence := strictFault(v); sentence != "" {
		r.Fault("", sentence)
	}
}

// looseOptions let pass what has been found readable loosely; names are compared by the caller, in any case.
var looseOptions = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// walker reads what stands between the brackets of an object or array that has been found readable before.
func walker(v jsontext.Value) *jsontext.Decoder {
	d := jsontext.NewDecoder(bytes.NewBuffer(v), looseOptions)
	_, _ = d.ReadToken() // the opening bracket
	return d
}

// readValue reads the next value as a part of v: the decoder's own slice is good until its next read alone.
func readValue(d *jsontext.Decoder, v jsontext.Value) (jsontext.Value, error) {
	value, err := d.ReadValue()
	end := d.InputOffset()
	return v[end-int64(len(value)) : end : end], err
}

// match finds the documented name that given spells, without regard to ASCII case and to nothing else.
func (o Object) match(given string) (name string, documented bool) {
	if _, exact := o[given]; exact {
		return given, true
	}
	for name := range o {
		if equalFold(name, given) {
			return name, true
		}
	}
	return "", false
}

// equalFold is ASCII's: strings.EqualFold also takes the Kelvin sign for a k and ſ for an s.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func lowerText(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// present makes null absent.
func present(v jsontext.Value) jsontext.Value {
	if v.Kind() == 'n' {
		return nil
	}
	return v
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// unknown lists undocumented names once each, and faults those that two spellings give twice.
func (r *Report) unknown(names []string, path string) {
	if len(names) == 0 {
		return
	}
	met := make(map[string]struct{}, len(names))
	for _, name := range names {
		key := lowerText(name)
		if _, twice := met[key]; twice {
			r.Fault("", givenTwice(join(path, name)))
			return // one is enough to refuse the body
		}
		met[key] = struct{}{}
		if len(r.Unknown) < maxUnknown {
			r.Unknown = append(r.Unknown, join(path, Shorten(name, maxRepeated)))
		}
	}
}

// eachItem hands out the items of an array that is known to be valid JSON, null as nil.
func eachItem(v jsontext.Value, path string, most int, to *Report, item func(i int, v jsontext.Value, path string)) {
	d := walker(v)
	for i := 0; d.PeekKind() != ']'; i++ {
		if i == most {
			to.Fault(path, fmt.Sprintf("This list may have at most %d entries.", most))
			return
		}
		value, err := readValue(d, v)
		if err != nil {
			return
		}
		item(i, present(value), path+"["+strconv.Itoa(i)+"]")
	}
}
