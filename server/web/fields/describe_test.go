package fields

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"postern/server/web/schema"
	"postern/store/guid"
)

// asJSONSchema writes what the readers' schemas consist of.
func asJSONSchema(s *schema.Schema) map[string]any {
	m := map[string]any{}
	put := func(name string, value any, isThere bool) {
		if isThere {
			m[name] = value
		}
	}
	put("type", s.Types, len(s.Types) > 0)
	put("format", s.Format, s.Format != "")
	put("pattern", s.Pattern, s.Pattern != "")
	put("enum", s.Enum, len(s.Enum) > 0)
	put("minLength", s.MinLength, s.MinLength > 0)
	put("maxLength", s.MaxLength, s.MaxLength > 0)
	put("minimum", s.Minimum, s.Minimum != nil)
	put("maximum", s.Maximum, s.Maximum != nil)
	put("maxItems", s.MaxItems, s.MaxItems > 0)
	if s.Items != nil {
		m["items"] = asJSONSchema(s.Items)
	}
	properties, required := map[string]any{}, []string{}
	for _, p := range s.Properties {
		properties[p.Name] = asJSONSchema(p.Schema)
		if p.Required {
			required = append(required, p.Name)
		}
	}
	put("properties", properties, len(properties) > 0)
	put("required", required, len(required) > 0)
	var one []any
	for _, alternative := range s.OneOf {
		one = append(one, asJSONSchema(alternative))
	}
	put("oneOf", one, len(one) > 0)
	return m
}

func compiled(t *testing.T, s *schema.Schema) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(asJSONSchema(s))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("s", parsed); err != nil {
		t.Fatal(err)
	}
	made, err := compiler.Compile("s")
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return made
}

// TestSchemas holds that what a reader says of itself is what it does: whatever a schema lets pass is read without a
// fault, and what it refuses is a fault, but for what is taken out of kindness.
func TestSchemas(t *testing.T) {
	var text string
	var id guid.ID
	var n int
	var yes bool
	var at time.Time
	var list []string
	long := func(n int) string { return `"` + strings.Repeat("é", n) + `"` }
	values := []string{
		`null`, `""`, `" "`, `"a"`, `"B"`, `"b"`, `7`, `-1`, `100`, `1.5`, `true`, `{}`, `[]`, `["P10"]`,
		`["P10","p99","X1"]`, `["P10","P11","P12","P13"]`, `{"a":"x"}`, `{"a":""}`, `{"a":7}`, long(5), long(6),
		`"P10"`, `"P1"`, `"PP10"`, `"jane@example.org"`, `"jane"`, `"0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f"`,
		`"0190a6f25c1e7d3a9b443f2a1c0d9e8f"`, `"2026-03-01T14:05:00+01:00"`, `"2026-03-01"`, `"@"`,
	}
	for name, test := range map[string]struct {
		reader Reader
		kind   string // values that are read though the schema does not let them pass
		strict string // values that are faults though the schema lets them pass, as its text says
	}{
		"text":        {Text(&text, Limits{Max: 5}), "", ""},
		"needed text": {Text(&text, Limits{Required: true, Max: 5}), "", `" "`},
		"number":      {NumberOrText(&text, Limits{Max: 5}), `7 -1 100 1.5`, ""},
		"name":        {Name(&text, 5, false), "", `"@"`},
		"needed name": {Name(&text, 5, true), "", `" " "@"`},
		"email":       {Email(&text), "", ""},
		"guid":        {GUID(&id, false), `"" " " "0190a6f25c1e7d3a9b443f2a1c0d9e8f"`, ""},
		"needed guid": {GUID(&id, true), `"0190a6f25c1e7d3a9b443f2a1c0d9e8f"`, ""},
		"enum":        {Enum(&text, false, "a", "b"), `" " "B"`, ""},
		"needed enum": {Enum(&text, true, "a", "b"), `"B"`, ""},
		"integer":     {Integer(&n, 0, 50), "", ""},
		"bool":        {Bool(&yes), "", ""},
		"time":        {Time(&at), `"" " "`, ""},
		"code":        {Code(&text), "", ""},
		"list":        {List(&list, 3, Code), "", ""},
		"nested":      {Nested(Object{"a": Text(&text, Limits{Max: 5})}), "", ""},
		"needed":      {Nested(Object{"a": Text(&text, Limits{Required: true, Max: 5})}), "", ""},
		"kept":        {Keep(new(Part)), "", ""},
	} {
		s := compiled(t, test.reader.Schema())
		for _, value := range values {
			var r Report
			test.reader.Read(present(jsontext.Value(value)), "x", &r)
			parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(value))
			if err != nil {
				t.Fatal(err)
			}
			passes, isRead := s.Validate(parsed) == nil, len(r.Faults) == 0
			excused := isRead && holds(test.kind, value) || passes && holds(test.strict, value)
			if passes != isRead && !excused || passes == isRead && excused {
				t.Errorf(
					"%s, %s: the schema lets it pass: %v; it is read: %v %v",
					name,
					value,
					passes,
					isRead,
					r.Faults,
				)
			}
		}
	}
}

// holds reports whether a list of JSON values, parted by spaces, has this one.
func holds(list, value string) bool {
	return strings.Contains(" "+list+" ", " "+value+" ")
}

// TestObjectSchema: what is required comes first, by name.
func TestObjectSchema(t *testing.T) {
	var got []string
	for _, p := range new(sample).object().Schema().Properties {
		if p.Required {
			p.Name += "*"
		}
		got = append(got, p.Name)
	}
	want := "Email* firstName* at id inner kind note parts staff_No yes"
	if strings.Join(got, " ") != want {
		t.Errorf("%q", got)
	}
}
