// Package schema describes JSON values as JSON Schema does (2020-12, the dialect of OpenAPI 3.1), as far as calls need
// it: what a reader takes is said by the reader, what a type is written as by reflection. It is a leaf.
package schema

import (
	"slices"
	"strings"
)

// The JSON types.
const (
	String  = "string"
	Integer = "integer"
	Boolean = "boolean"
	Number  = "number"
	Array   = "array"
	Object  = "object"
	Null    = "null"
)

// Schema describes a value. The zero Schema is any value.
type Schema struct {
	Name     string   // of one that several places share; it is written once, under this name
	Text     string   // what the value is, for people
	Types    []string // any of these JSON types; none: of whatever type
	Format   string   // as date-time, uuid, email
	Pattern  string   // a regular expression (ECMA-262), without what Go's lacks
	Encoding string   // of bytes in a text, as base64
	Enum     []string // the texts that it may be; none: any

	MinLength, MaxLength int    // code points; 0: no bound
	Minimum, Maximum     *int64 // nil: no bound

	Items    *Schema // of a list
	MaxItems int     // 0: no bound

	Properties []Property // of an object; others may be there, too
	Values     *Schema    // of the other properties, where the object is a map

	OneOf []*Schema // exactly one of these
}

// Property is a property of an object. Others than the documented ones are never forbidden.
type Property struct {
	Name     string
	Schema   *Schema
	Text     string // what it is here, where the schema is shared
	Required bool
}

// Of makes a schema of one JSON type.
func Of(kind string) *Schema { return &Schema{Types: []string{kind}} }

// ListOf is an array.
func ListOf(items *Schema) *Schema { return &Schema{Types: []string{Array}, Items: items} }

// OneOf is exactly one of several.
func OneOf(all ...*Schema) *Schema { return &Schema{OneOf: all} }

// ObjectOf is an object with these properties.
func ObjectOf(properties ...Property) *Schema {
	return &Schema{Types: []string{Object}, Properties: properties}
}

// Required is a property that is always there.
func Required(name string, s *Schema) Property {
	return Property{Name: name, Schema: s, Required: true}
}

// MayLack makes a property optional.
func (p Property) MayLack() Property {
	p.Required = false
	return p
}

// Named gives a schema the name under which it is shared.
func (s *Schema) Named(name string) *Schema {
	named := *s
	named.Name = name
	return &named
}

// Saying gives a schema a text, unless it is shared and has its own.
func (s *Schema) Saying(text string) *Schema {
	said := *s
	said.Text = text
	return &said
}

// OrNull is the schema, or null. Words and shared schemas stand beside null: in a list of types makers of clients
// would make a word of it.
func (s *Schema) OrNull() *Schema {
	switch {
	case s.IsNullable():
		return s
	case s.Name != "" || len(s.Enum) > 0 || len(s.Types) == 0:
		return &Schema{OneOf: append(slices.Clip(s.alternatives()), Of(Null))}
	}
	nullable := *s
	nullable.Types = append(slices.Clip(s.Types), Null)
	return &nullable
}

// alternatives are what a schema is one of.
func (s *Schema) alternatives() []*Schema {
	if s.Name == "" && len(s.OneOf) > 0 {
		return s.OneOf
	}
	return []*Schema{s}
}

// IsNullable reports whether null is taken.
func (s *Schema) IsNullable() bool {
	isAny := len(s.Types) == 0 && len(s.OneOf) == 0
	return isAny || slices.Contains(s.Types, Null) || slices.ContainsFunc(s.OneOf, (*Schema).IsNullable)
}

// Find returns the property of a name, nil where there is none. The names of nested ones are parted by dots; those of
// a list's items are found in the list.
func (s *Schema) Find(path ...string) *Property {
	for s.Items != nil {
		s = s.Items
	}
	for i := range s.Properties {
		switch p := &s.Properties[i]; {
		case p.Name != path[0]:
		case len(path) == 1:
			return p
		default:
			return p.Schema.Find(path[1:]...)
		}
	}
	for _, one := range s.OneOf {
		if found := one.Find(path...); found != nil {
			return found
		}
	}
	return nil
}

// Range is a whole number within bounds.
func Range(low, high int64) *Schema {
	return &Schema{Types: []string{Integer}, Minimum: &low, Maximum: &high}
}

// AtLeast is a whole number that is not smaller.
func AtLeast(low int64) *Schema { return &Schema{Types: []string{Integer}, Minimum: &low} }

// Texts say what properties are, by their names; those of nested ones are parted by dots, as station.city.
type Texts map[string]string

// On puts the texts to the properties of a schema that nobody shares yet. A name that there is not is a fault of the
// program: it panics.
func (t Texts) On(s *Schema) *Schema {
	for path, text := range t {
		property := s.Find(strings.Split(path, ".")...)
		if property == nil {
			panic("there is no property " + path + " to be described")
		}
		property.Text = text
	}
	return s
}
