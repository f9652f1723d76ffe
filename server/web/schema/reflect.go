package schema

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Worded is a text that is one of a few words. Its zero value lists them.
type Worded interface{ Words() []string }

// Described is a type that describes itself.
type Described interface{ Schema() *Schema }

// Named is a type whose schema has another name than the type.
type Named interface{ SchemaName() string }

var (
	worded    = reflect.TypeFor[Worded]()
	described = reflect.TypeFor[Described]()
	named     = reflect.TypeFor[Named]()
	marshaler = reflect.TypeFor[encoding.TextMarshaler]()
	moment    = reflect.TypeFor[time.Time]()
	bytes     = reflect.TypeFor[[]byte]()
)

// ForType is For of a type.
func ForType[T any]() *Schema { return For(reflect.TypeFor[T]()) }

// For describes how values of a type are written as JSON, by the rules of go-json-experiment/json: its tags, "" and
// empty lists and maps for what is not there, null for nil pointers alone. A struct's tag doc says what a field is.
// Types that write themselves as texts are texts. What no answer should hold is a fault of the program: it panics.
func For(t reflect.Type) *Schema {
	switch {
	case t == moment:
		return &Schema{Types: []string{String}, Format: "date-time"}
	case t == bytes:
		return &Schema{Types: []string{String}, Encoding: "base64"}
	case t.Kind() == reflect.Pointer:
		return For(t.Elem()).OrNull()
	case t.Implements(described):
		return reflect.Zero(t).Interface().(Described).Schema()
	case t.Implements(worded):
		return &Schema{Types: []string{String}, Enum: reflect.Zero(t).Interface().(Worded).Words()}
	case t.Implements(marshaler):
		return textOf(t)
	}
	switch t.Kind() {
	case reflect.String:
		return Of(String)
	case reflect.Bool:
		return Of(Boolean)
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return wholeOf(t)
	case reflect.Float64:
		return Of(Number)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Pointer { // nil is no entry of a list
			return ListOf(For(t.Elem().Elem()))
		}
		return ListOf(For(t.Elem()))
	case reflect.Map:
		return &Schema{Types: []string{Object}, Values: For(t.Elem())}
	case reflect.Interface:
		return &Schema{}
	case reflect.Struct:
		return structOf(t)
	}
	panic(fmt.Sprintf("%s has no schema", t))
}

// textOf describes a type that writes itself: 16 bytes are a GUID.
func textOf(t reflect.Type) *Schema {
	if t.Kind() == reflect.Array && t.Len() == 16 {
		return GUID()
	}
	return Of(String)
}

// GUID is a GUID as it is answered.
func GUID() *Schema { return &Schema{Types: []string{String}, Format: "uuid"} }

func wholeOf(t reflect.Type) *Schema {
	s := Of(Integer)
	switch t.Kind() {
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		s.Minimum = new(int64)
	}
	if t.Bits() == 64 {
		s.Format = "int64"
	}
	return s
}

func structOf(t reflect.Type) *Schema {
	s := ObjectOf()
	s.Name = nameOf(t)
	for i := range t.NumField() {
		s.Properties = append(s.Properties, fieldOf(t.Field(i))...)
	}
	return s
}

// fieldOf describes a field: one property, those of what it embeds, or none.
func fieldOf(f reflect.StructField) []Property {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	embedded := f.Anonymous && name == "" || hasOption(options, "embed")
	switch {
	case name == "-", !f.IsExported() && !embedded:
		return nil
	case embedded && f.Type.Kind() == reflect.Map:
		return nil // of these the schema says nothing: others than the documented properties may be there
	case embedded && f.Type.Kind() == reflect.Pointer:
		return optional(structOf(f.Type.Elem()).Properties)
	case embedded:
		return structOf(f.Type).Properties
	case name == "":
		name = f.Name
	}
	p := Property{Name: name, Schema: For(f.Type), Text: f.Tag.Get("doc"),
		Required: !hasOption(options, "omitzero") && !hasOption(options, "omitempty")}
	if !p.Required && f.Type.Kind() == reflect.Pointer {
		p.Schema = For(f.Type.Elem()) // nil is left out
	}
	return []Property{p}
}

func hasOption(options, wanted string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == wanted {
			return true
		}
	}
	return false
}

// optional is for what is there together or not at all.
func optional(properties []Property) []Property {
	for i := range properties {
		properties[i].Required = false
	}
	return properties
}

// nameOf is a struct's name with a capital, unless it says another one; Page[Letter] is LetterPage. A struct without a
// name is shared by nobody.
func nameOf(t reflect.Type) string {
	if t.Implements(named) {
		return reflect.Zero(t).Interface().(Named).SchemaName()
	}
	outer, inner, _ := strings.Cut(t.Name(), "[")
	if inner = strings.TrimSuffix(inner, "]"); inner != "" {
		inner = inner[strings.LastIndexByte(inner, '.')+1:]
	}
	return capital(inner) + capital(outer)
}

func capital(word string) string {
	first, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + word[size:]
}
