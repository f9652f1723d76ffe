package fields

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/store/guid"
)

// GUID reads a GUID as guid.Parse does. The zero GUID stands for none.
func GUID(to *guid.ID, isRequired bool) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		text, ok := readText(v, path, isRequired, r)
		if !ok {
			return
		}
		id, err := guid.Parse(text)
		switch {
		case err != nil:
			r.Fault(path, "This must be a GUID, as 0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f.")
		case id.IsZero() && isRequired:
			r.Fault(path, "This must be a GUID, as 0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f; the zero GUID names nothing.")
		}
		*to = id
	}
}

// Enum reads one of a few words in any ASCII case, and keeps it as documented.
func Enum[T ~string](to *T, isRequired bool, words ...T) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		text, ok := readText(v, path, isRequired, r)
		if !ok {
			return
		}
		for _, word := range words {
			if equalFold(string(word), text) {
				*to = word
				return
			}
		}
		list := make([]string, len(words))
		for i, word := range words {
			list[i] = string(word)
		}
		r.Fault(path, "This must be one of: "+strings.Join(list, ", ")+".")
	}
}

// Integer reads a required whole number from low to high, written without fraction and exponent.
func Integer(to *int, low, high int) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		if v == nil {
			r.Fault(path, required)
			return
		}
		n, err := strconv.Atoi(string(v))
		if err != nil || n < low || n > high {
			r.Fault(path, fmt.Sprintf("This must be a whole number from %d to %d, without quotation marks.", low, high))
			return
		}
		*to = n
	}
}

// Bool reads true or false; absent is false.
func Bool(to *bool) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		switch v.Kind() {
		case 't', 'f':
			*to = v.Kind() == 't'
		default:
			if v != nil {
				r.Fault(path, "This must be true or false, without quotation marks.")
			}
		}
	}
}

// Time reads an optional moment as RFC 3339 §5.6 writes it. Its offset from UTC is kept: it is the clock on the wall of
// the place that wrote it.
func Time(to *time.Time) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		text, ok := readText(v, path, false, r)
		if !ok {
			return
		}
		var at time.Time
		if len(text) > 64 || at.UnmarshalText([]byte(strings.ToUpper(text))) != nil || at.Year() < 1 || at.IsZero() {
			r.Fault(path, "This must be a time with its offset from UTC (RFC 3339), as 2026-03-01T14:05:00+01:00.")
			return
		}
		*to = fixOffset(at)
	}
}

// fixOffset frees the time from this machine's time zone, which the parser puts in where the offsets happen to agree.
func fixOffset(at time.Time) time.Time {
	_, offset := at.Zone()
	if offset == 0 {
		return at.UTC()
	}
	return at.In(time.FixedZone("", offset))
}

// Code reads a required EFTCO cleaning code: one of the letters C, E, F, P and T, and two digits. It is kept in upper
// case.
func Code(to *string) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		text, ok := readText(v, path, true, r)
		if !ok {
			return
		}
		if len(text) != 3 || !strings.ContainsAny(text[:1], "CEFPTcefpt") || !isDigit(text[1]) || !isDigit(text[2]) {
			r.Fault(path, "This must be a cleaning code: one of the letters C, E, F, P, T and two digits, as P10.")
			return
		}
		*to = strings.ToUpper(text)
	}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

const notObject = "This must be a JSON object, in curly brackets."

// Nested reads an object within the object. Where it is absent, its readers are called with nil, so that what is
// required in it is missed by its own path.
func Nested(o Object) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		switch v.Kind() {
		case '{':
			o.read(v, path, r)
		default:
			if v != nil {
				r.Fault(path, notObject)
				return
			}
			o.read(jsontext.Value("{}"), path, r)
		}
	}
}

// List reads an array of no more than most entries; entry makes the reader that fills in one. Absent and empty are
// the same.
func List[T any](to *[]T, most int, entry func(*T) Reader) Reader {
	return func(v jsontext.Value, path string, r *Report) {
		switch {
		case v == nil:
			return
		case v.Kind() != '[':
			r.Fault(path, "This must be a list, in square brackets.")
			return
		}
		eachItem(v, path, most, r, func(_ int, v jsontext.Value, path string) {
			var one T
			entry(&one)(v, path, r)
			*to = append(*to, one)
		})
	}
}
