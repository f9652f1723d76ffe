package openapi

import (
	"embed"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web"
	"postern/server/web/page"
	"postern/server/web/schema"
)

//go:embed docs.html docs.css
var embedded embed.FS

// pageView is the description as the page's template draws it. Nothing of it is said elsewhere than in the document.
type pageView struct {
	Title   string
	Text    []string
	Style   string // URL
	File    string // URL of the document
	Groups  []groupView
	Proofs  []proofView
	Schemas []schemaView
}

type groupView struct {
	ID, Name   string
	Text       []string
	Operations []operationView
}

type operationView struct {
	ID, Method, Path, Summary string
	Text                      []string
	Proof                     string // names what proves who calls; empty: anybody may
	Scopes                    string
	Optional, Operator        bool
	Params                    []row
	In                        *bodyView
	Answers                   []answerView
}

type bodyView struct {
	Type, Example string
	Optional      bool
	Kind          []word
	Rows          []row // of a body whose schema has no name
}

type answerView struct {
	Status int
	Text   []string
	Type   string
	Kind   []word
}

type proofView struct{ Name, How, Text string }

type schemaView struct {
	Name string
	Text string
	Kind []word
	Rows []row
}

// row is a parameter or a property.
type row struct {
	Name     string
	In       string // of a parameter: path, query, header
	Required bool
	Kind     []word
	Text     string
}

// word is a part of a sentence; it leads to the schema of its name, if one is meant.
type word struct {
	Text   string
	Schema bool
}

func (d *Document) view() pageView {
	v := pageView{Title: d.info.Title, Text: paragraphs(d.info.Text)}
	for _, g := range d.groups {
		shown := groupView{ID: anchor(g.Name), Name: g.Name, Text: paragraphs(g.Text)}
		for _, op := range g.Operations {
			shown.Operations = append(shown.Operations, showOperation(op))
		}
		v.Groups = append(v.Groups, shown)
	}
	for _, scheme := range d.securitySchemes() {
		proof := d.proofs[scheme.Name]
		v.Proofs = append(v.Proofs, proofView{Name: proof.Name, How: how(proof), Text: proof.Text})
	}
	for _, name := range d.names() {
		s := d.schemas[name]
		v.Schemas = append(v.Schemas, schemaView{Name: name, Text: s.Text, Kind: kindOf(s), Rows: rows(s, "")})
	}
	return v
}

func anchor(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }), "-")
}

func how(p *web.Proof) string {
	switch {
	case p.Header != "":
		return "the header " + p.Header
	case p.Cookie != "":
		return "the cookie " + p.Cookie
	}
	return "the header Authorization: Bearer"
}

func showOperation(op operation) operationView {
	v := operationView{
		ID: op.Doc.ID, Method: op.Method, Path: shownPath(op.Path), Summary: op.Doc.Summary,
		Text:     paragraphs(op.Doc.Text),
		Optional: op.Caller.Optional, Operator: op.Operator, Scopes: strings.Join(op.Caller.Scopes, ", "),
	}
	if op.Caller.Proof != nil {
		v.Proof = op.Caller.Proof.Name
	}
	for _, p := range op.Doc.Params {
		v.Params = append(
			v.Params,
			row{Name: p.Name, In: p.In, Required: p.Required, Kind: named(p.Schema), Text: p.Text},
		)
	}
	if in := op.Doc.In; in.Type != "" {
		v.In = &bodyView{Type: in.Type, Optional: in.Optional}
		if in.Example != "" {
			v.In.Example = indented(in.Example)
		}
		if op.In != nil {
			v.In.Kind = named(op.In)
			if op.In.Name == "" {
				v.In.Rows = rows(op.In, "")
			}
		}
	}
	for _, a := range op.Answers {
		shown := answerView{Status: a.Status, Text: paragraphs(a.Text), Type: a.Type}
		if a.Schema != nil {
			shown.Kind = named(a.Schema)
		}
		v.Answers = append(v.Answers, shown)
	}
	return v
}

// rows are the properties of an object, with those of nested ones that have no name of their own.
func rows(s *schema.Schema, prefix string) (all []row) {
	for _, p := range s.Properties {
		name := prefix + p.Name
		all = append(all, row{Name: name, Required: p.Required, Kind: named(p.Schema),
			Text: strings.TrimSpace(p.Text + " " + p.Schema.Text)})
		inner := p.Schema
		if inner.Items != nil {
			inner, name = inner.Items, name+"[]"
		}
		if inner.Name == "" {
			all = append(all, rows(inner, name+".")...)
		}
	}
	return all
}

// named says what a value is, in a link where that is told elsewhere.
func named(s *schema.Schema) []word {
	if s.Name != "" {
		return []word{{s.Name, true}}
	}
	return kindOf(s)
}

// kinds are the JSON types in plain words.
var kinds = map[string]string{
	schema.String: "text", schema.Integer: "whole number", schema.Boolean: "true or false", schema.Number: "number",
	schema.Object: "object", schema.Null: "null", schema.Array: "list",
}

func kindOf(s *schema.Schema) (words []word) {
	say := func(text string) { words = append(words, word{Text: text}) }
	switch {
	case len(s.OneOf) > 0:
		for i, one := range s.OneOf {
			if i > 0 {
				say(" or ")
			}
			words = append(words, named(one)...)
		}
		return words
	case len(s.Enum) > 0:
		say(enumOf(s.Enum))
		return words
	case len(s.Types) == 0:
		say("any value")
		return words
	}
	types := make([]string, len(s.Types))
	for i, one := range s.Types {
		types[i] = kinds[one]
	}
	say(strings.Join(types, " or "))
	inner := s.Items
	if inner == nil {
		inner = s.Values
	}
	if inner != nil {
		say(" of ")
		words = append(words, named(inner)...)
	}
	say(bounds(s))
	return words
}

func enumOf(list []string) string {
	quoted := slices.Clone(list)
	for i, one := range quoted {
		if one == "" {
			quoted[i] = "empty"
		}
	}
	return strings.Join(quoted, " | ")
}

// bounds say how a value is limited.
func bounds(s *schema.Schema) string {
	var b strings.Builder
	say := func(text string, isThere bool) {
		if isThere {
			b.WriteString(", " + text)
		}
	}
	say(s.Format, s.Format != "" && s.Format != "int64")
	say("in "+s.Encoding, s.Encoding != "")
	say("at most "+strconv.Itoa(s.MaxLength)+" characters", s.MaxLength > 0)
	say("at most "+strconv.Itoa(s.MaxItems)+" of them", s.MaxItems > 0)
	if s.Minimum != nil {
		say("from "+strconv.FormatInt(*s.Minimum, 10), true)
	}
	if s.Maximum != nil {
		say("up to "+strconv.FormatInt(*s.Maximum, 10), true)
	}
	say("matching "+s.Pattern, s.Pattern != "")
	return b.String()
}

// page is the document for people.
func (d *Document) page(style, file string) (page.Page, error) {
	content, err := page.Parse(embedded, "docs.html")
	v := d.view()
	v.Style, v.File = style, file
	return page.Page{Language: "en", Title: d.info.Title, Content: content, Data: v, Wide: true, Bare: true}, err
}

// indented writes JSON over several lines, as people read it.
func indented(text string) string {
	value := jsontext.Value(text)
	if value.Indent(jsontext.WithIndent("  ")) != nil {
		return text
	}
	return string(value)
}
