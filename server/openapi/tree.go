package openapi

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/openapi/yaml"
	"postern/server/web"
	"postern/server/web/schema"
)

// YAML writes the document.
func (d *Document) YAML() []byte { return yaml.Marshal(d.Tree()) }

// Tree is the document as OpenAPI 3.1.1 has it.
func (d *Document) Tree() yaml.Map {
	t := tree{responses: make(map[string]yaml.Map)}
	var tags []any
	for _, g := range d.groups {
		tags = append(tags, yaml.Map{{Name: "name", Value: g.Name}, {Name: "description", Value: said(g.Text)}})
	}
	paths := t.paths(d.groups)
	return yaml.Map{
		{Name: "openapi", Value: "3.1.1"},
		{Name: "info", Value: yaml.Map{
			{Name: "title", Value: d.info.Title}, {Name: "version", Value: d.info.Version},
			{Name: "description", Value: said(d.info.Text)},
		}},
		// wherever the document was read from
		{Name: "servers", Value: []any{yaml.Map{{Name: "url", Value: "/"}}}},
		{Name: "tags", Value: tags},
		{Name: "paths", Value: paths},
		{Name: "components", Value: yaml.Map{
			{Name: "schemas", Value: d.sharedSchemas()},
			{Name: "responses", Value: t.sharedResponses()},
			{Name: "securitySchemes", Value: d.securitySchemes()},
		}},
	}
}

func said(text string) string { return strings.Join(paragraphs(text), "\n\n") }

func (d *Document) sharedSchemas() (all yaml.Map) {
	for _, name := range d.names() {
		all = append(all, yaml.Entry{Name: name, Value: whole(d.schemas[name])})
	}
	return all
}

func (d *Document) securitySchemes() (all yaml.Map) {
	for _, name := range slices.Sorted(maps.Keys(d.proofs)) {
		proof := d.proofs[name]
		scheme := yaml.Map{{Name: "type", Value: "http"}, {Name: "scheme", Value: "bearer"}}
		switch {
		case proof.Header != "":
			scheme = apiKey("header", proof.Header)
		case proof.Cookie != "":
			scheme = apiKey("cookie", proof.Cookie)
		}
		scheme = append(scheme, yaml.Entry{Name: "description", Value: said(proof.Text)})
		all = append(all, yaml.Entry{Name: name, Value: scheme})
	}
	return all
}

func apiKey(in, name string) yaml.Map {
	return yaml.Map{{Name: "type", Value: "apiKey"}, {Name: "in", Value: in}, {Name: "name", Value: name}}
}

// tree gathers what several operations share while they are written.
type tree struct {
	responses map[string]yaml.Map
}

func (t *tree) sharedResponses() (all yaml.Map) {
	for _, name := range slices.Sorted(maps.Keys(t.responses)) {
		all = append(all, yaml.Entry{Name: name, Value: t.responses[name]})
	}
	return all
}

// paths are the operations by path, in the order of the groups.
func (t *tree) paths(groups []group) (all yaml.Map) {
	at := make(map[string]int)
	for _, g := range groups {
		for _, op := range g.Operations {
			path := shownPath(op.Path)
			i, met := at[path]
			if !met {
				i = len(all)
				at[path] = i
				all = append(all, yaml.Entry{Name: path, Value: yaml.Map{}})
			}
			all[i].Value = append(all[i].Value.(yaml.Map),
				yaml.Entry{Name: strings.ToLower(op.Method), Value: t.operation(g.Name, op)})
		}
	}
	return all
}

func (t *tree) operation(tag string, op operation) yaml.Map {
	m := yaml.Map{
		{Name: "operationId", Value: op.Doc.ID}, {Name: "tags", Value: []any{tag}},
		{Name: "summary", Value: op.Doc.Summary},
	}
	text := op.Doc.Text
	if op.Operator { // OpenAPI has no word for it: who may call is seen by where the call comes from
		text += "\n\nFor the operator alone; to anybody else this path is unknown (404)."
	}
	if text = said(text); text != "" {
		m = append(m, yaml.Entry{Name: "description", Value: text})
	}
	m = append(m, yaml.Entry{Name: "security", Value: security(op.Caller)})
	if len(op.Doc.Params) > 0 {
		var list []any
		for _, p := range op.Doc.Params {
			list = append(
				list,
				append(yaml.Map{{Name: "name", Value: p.Name}, {Name: "in", Value: p.In}}, parameter(p)...),
			)
		}
		m = append(m, yaml.Entry{Name: "parameters", Value: list})
	}
	if op.Doc.In.Type != "" {
		m = append(m, yaml.Entry{Name: "requestBody", Value: requestBody(op)})
	}
	var responses yaml.Map
	for i, a := range op.Answers {
		if i > 0 && op.Answers[i-1].Status == a.Status {
			continue // one of its media types, written with the first
		}
		responses = append(responses, yaml.Entry{Name: strconv.Itoa(a.Status), Value: t.response(a, op.Answers[i+1:])})
	}
	return append(m, yaml.Entry{Name: "responses", Value: responses})
}

// security are the ways to prove who calls, of which one is enough; none at all: anybody may.
func security(c web.Caller) []any {
	if c.Proof == nil {
		return []any{}
	}
	scopes := []any{}
	for _, scope := range c.Scopes {
		scopes = append(scopes, scope)
	}
	ways := []any{yaml.Map{{Name: c.Proof.Name, Value: scopes}}}
	if c.Optional {
		ways = append(ways, yaml.Map{})
	}
	return ways
}

// parameter is a parameter or header without its name.
func parameter(p web.Param) (m yaml.Map) {
	if p.Text != "" {
		m = append(m, yaml.Entry{Name: "description", Value: said(p.Text)})
	}
	if p.Required {
		m = append(m, yaml.Entry{Name: "required", Value: true})
	}
	return append(m, yaml.Entry{Name: "schema", Value: reference(p.Schema, "")})
}

func requestBody(op operation) (m yaml.Map) {
	in := op.Doc.In
	if in.Text != "" {
		m = append(m, yaml.Entry{Name: "description", Value: said(in.Text)})
	}
	content := yaml.Map{}
	if op.In != nil {
		content = append(content, yaml.Entry{Name: "schema", Value: reference(op.In, "")})
	}
	if in.Example != "" {
		content = append(content, yaml.Entry{Name: "example", Value: ordered(in.Example)})
	}
	return append(m, yaml.Entry{Name: "required", Value: !in.Optional},
		yaml.Entry{Name: "content", Value: yaml.Map{{Name: in.Type, Value: content}}})
}

// response is an answer, with the other media types of the same status, which are the next. Those that say nothing of
// their own are shared.
func (t *tree) response(a answer, next []answer) yaml.Map {
	m := yaml.Map{{Name: "description", Value: said(a.Text)}}
	if len(a.Headers) > 0 {
		headers := yaml.Map{}
		for _, h := range a.Headers {
			headers = append(headers, yaml.Entry{Name: h.Name, Value: parameter(h)})
		}
		m = append(m, yaml.Entry{Name: "headers", Value: headers})
	}
	if a.Type != "" {
		types := yaml.Map{content(a)}
		for _, other := range next {
			if other.Status == a.Status {
				types = append(types, content(other))
			}
		}
		m = append(m, yaml.Entry{Name: "content", Value: types})
	}
	if !a.IsUsual() {
		return m
	}
	name := strings.ReplaceAll(http.StatusText(a.Status), " ", "")
	if a.Schema == nil {
		name += "Page"
	}
	if slices.ContainsFunc(a.Headers, func(p web.Param) bool { return p.Name == "WWW-Authenticate" }) {
		name += "Bearer"
	}
	t.responses[name] = m
	return yaml.Map{{Name: "$ref", Value: "#/components/responses/" + name}}
}

// content is what an answer has of its media type.
func content(a answer) yaml.Entry {
	of := yaml.Map{}
	if a.Schema != nil {
		of = append(of, yaml.Entry{Name: "schema", Value: reference(a.Schema, "")})
	}
	return yaml.Entry{Name: a.Type, Value: of}
}

// reference is a schema, or where it stands if it is shared; text says what it is at this place.
func reference(s *schema.Schema, text string) (m yaml.Map) {
	if s.Name == "" {
		if text != "" {
			s = s.Saying(strings.TrimSpace(text + " " + s.Text))
		}
		return whole(s)
	}
	m = yaml.Map{{Name: "$ref", Value: "#/components/schemas/" + s.Name}}
	if text != "" {
		m = append(m, yaml.Entry{Name: "description", Value: said(text)})
	}
	return m
}

// whole is a schema as JSON Schema 2020-12 has it.
func whole(s *schema.Schema) yaml.Map {
	m := yaml.Map{}
	add := func(name string, value any, isThere bool) {
		if isThere {
			m = append(m, yaml.Entry{Name: name, Value: value})
		}
	}
	switch len(s.Types) {
	case 0:
	case 1:
		add("type", s.Types[0], true)
	default:
		add("type", texts(s.Types), true)
	}
	add("format", s.Format, s.Format != "")
	add("contentEncoding", s.Encoding, s.Encoding != "")
	add("description", said(s.Text), s.Text != "")
	add("enum", texts(s.Enum), len(s.Enum) > 0)
	add("pattern", s.Pattern, s.Pattern != "")
	add("minLength", s.MinLength, s.MinLength > 0)
	add("maxLength", s.MaxLength, s.MaxLength > 0)
	if s.Minimum != nil {
		add("minimum", *s.Minimum, true)
	}
	if s.Maximum != nil {
		add("maximum", *s.Maximum, true)
	}
	if s.Items != nil {
		add("items", reference(s.Items, ""), true)
	}
	add("maxItems", s.MaxItems, s.MaxItems > 0)
	required, properties := members(s)
	add("required", required, len(required) > 0)
	add("properties", properties, len(properties) > 0)
	if s.Values != nil {
		add("additionalProperties", reference(s.Values, ""), true)
	}
	var one []any
	for _, alternative := range s.OneOf {
		one = append(one, reference(alternative, ""))
	}
	add("oneOf", one, len(one) > 0)
	return m
}

func members(s *schema.Schema) (required []any, properties yaml.Map) {
	for _, p := range s.Properties {
		properties = append(properties, yaml.Entry{Name: p.Name, Value: reference(p.Schema, p.Text)})
		if p.Required {
			required = append(required, p.Name)
		}
	}
	return required, properties
}

func texts(list []string) []any {
	all := make([]any, len(list))
	for i, text := range list {
		all[i] = text
	}
	return all
}

// ordered reads the JSON of an example, in its order. What it can't read is a fault of the program: it panics.
func ordered(example string) any {
	value, err := readOrdered(jsontext.NewDecoder(bytes.NewBufferString(example)))
	if err != nil {
		panic("an example that is no JSON: " + example)
	}
	return value
}

func readOrdered(d *jsontext.Decoder) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '"':
		return token.String(), nil
	case 't', 'f':
		return token.Bool(), nil
	case 'n':
		return nil, nil
	case '0':
		return strconv.ParseInt(token.String(), 10, 64)
	case '{':
		m := yaml.Map{}
		for d.PeekKind() == '"' {
			name, _ := d.ReadToken()
			text := name.String()
			value, err := readOrdered(d)
			if err != nil {
				return nil, err
			}
			m = append(m, yaml.Entry{Name: text, Value: value})
		}
		_, err := d.ReadToken()
		return m, err
	}
	list := []any{}
	for d.PeekKind() != ']' {
		value, err := readOrdered(d)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err = d.ReadToken()
	return list, err
}
