package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gojson "github.com/go-json-experiment/json"
)

// word is a text of a few.
type word string

func (word) Words() []string { return []string{"a", "b"} }

// id writes itself.
type id [16]byte

func (id) MarshalText() ([]byte, error) { return []byte("id"), nil }

// own says what it is.
type own struct{}

func (own) Schema() *Schema { return Of(Null).Named("Own") }

type inner struct{ X int }

func (inner) SchemaName() string { return "Renamed" }

type page[T any] struct {
	Items []T `json:"items"`
}

type together struct {
	Both *string `json:"both"`
}

type sample struct {
	ID     id             `json:"id" doc:"Its id."`
	Plain  string         // under its own name
	Word   word           `json:"word,omitzero"`
	At     time.Time      `json:"at"`
	Null   *time.Time     `json:"null"`
	Absent *inner         `json:"absent,omitempty"`
	Inner  *inner         `json:"inner"`
	Counts map[word]int   `json:"counts"`
	List   []*inner       `json:"list"`
	Bytes  []byte         `json:"bytes"`
	Number uint64         `json:"number"`
	Yes    bool           `json:"yes"`
	Any    any            `json:"any"`
	Own    own            `json:"own"`
	Hidden int            `json:"-"`
	Also   *together      `json:",embed"`
	More   map[string]any `json:",embed"`
	page[word]
}

// shown writes a schema in short: types, what they are of, and required properties with a star.
func shown(s *Schema) string {
	text := strings.Join(s.Types, "|")
	switch {
	case len(s.OneOf) > 0:
		var all []string
		for _, one := range s.OneOf {
			all = append(all, shown(one))
		}
		text = strings.Join(all, "/")
	case len(s.Enum) > 0:
		text = strings.Join(s.Enum, ",")
	case s.Items != nil:
		text = "[" + shown(s.Items) + "]"
	case s.Values != nil:
		text = "{" + shown(s.Values) + "}"
	}
	if s.Name != "" {
		text = s.Name
	}
	return text + s.Format + s.Encoding
}

func TestFor(t *testing.T) {
	s := For(reflect.TypeFor[sample]())
	var got []string
	for _, p := range s.Properties {
		star := ""
		if p.Required {
			star = "*"
		}
		got = append(got, p.Name+star+" "+shown(p.Schema))
	}
	want := []string{
		"id* stringuuid",
		"Plain* string",
		"word a,b",
		"at* stringdate-time",
		"null* string|nulldate-time",
		"absent Renamed",
		"inner* Renamed/null",
		"counts* {integerint64}",
		"list* [Renamed]",
		"bytes* stringbase64",
		"number* integerint64",
		"yes* boolean",
		"any* ",
		"own* Own",
		"both string|null",
		"items* [a,b]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if s.Name != "Sample" || s.Properties[0].Text != "Its id." ||
		For(reflect.TypeFor[page[word]]()).Name != "WordPage" {
		t.Errorf("%q, %+v", s.Name, s.Properties[0])
	}
	// what the JSON library writes of the zero value are exactly the required properties
	text, err := gojson.Marshal(sample{Also: nil})
	var written map[string]any
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Properties {
		if _, is := written[p.Name]; is != p.Required {
			t.Errorf("%s: written %v, required %v: %s, %v", p.Name, is, p.Required, text, err)
		}
	}
	defer func() {
		if fault := recover(); fmt.Sprint(fault) != "chan int has no schema" {
			t.Error(fault)
		}
	}()
	For(reflect.TypeFor[chan int]())
}

func TestOrNull(t *testing.T) {
	enum := &Schema{Types: []string{String}, Enum: []string{"a"}}
	for _, test := range []struct {
		s    *Schema
		want string
	}{
		{Of(String), "string|null"}, {Of(String).OrNull(), "string|null"}, {enum, "a/null"}, {enum.OrNull(), "a/null"},
		{ObjectOf().Named("A"), "A/null"}, {OneOf(ObjectOf().Named("A"), ObjectOf().Named("B")), "A/B/null"},
	} {
		if got := test.s.OrNull(); shown(got) != test.want || !got.IsNullable() {
			t.Errorf("%s: %s", shown(test.s), shown(got))
		}
	}
}

func TestTexts(t *testing.T) {
	s := ObjectOf(
		Required("a", ListOf(ObjectOf(Required("b", Of(String))))),
		Required("c", OneOf(Of(Null), ObjectOf(Required("d", Of(String))))),
	)
	Texts{"a": "1", "a.b": "2", "c.d": "3"}.On(s)
	if s.Find("a").Text != "1" || s.Find("a", "b").Text != "2" || s.Find("c", "d").Text != "3" || s.Find("b") != nil {
		t.Errorf("%+v", s)
	}
	defer func() {
		if recover() == nil {
			t.Error("what there is not was described")
		}
	}()
	Texts{"a.x": "1"}.On(s)
}
