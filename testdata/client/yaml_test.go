package client

import (
	"os"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"

	emitter "postern/server/openapi/yaml"
)

// TestYAML reads back what the product writes: every text is the same text, whatever a reader could take it for.
func TestYAML(t *testing.T) {
	words := []any{
		"", " ", "a", "a b", " a", "a ", "a: b", "a:b", "a:", ":a", "a #b", "a#b", "#a", "- a", "-a", "? a", "!a",
		"&a", "*a", "*/*", "{a}", "[a]", "a, b", "a]", "%a", "@a", "`a`", "'a'", `"a"`, `a"b`, "a'b", `a\b`, "|",
		">", "~", "null", "Null", "true", "yes", "No", "off", "y", "N", "1", "1.5", "0x1f", "1e3", "1_000", ".inf",
		"2026-03-01", "12:30:00", "=", "<<", "a\nb", "a\n\nb", "a\nb\n", "\na", " a\nb", "a \nb", "a\n b",
		"# a\n- b: c", "a\tb", "a\r\nb", "a\x00b", "a\u0085b", "a\u2028b", "\ufeffa", "é ü ł", "日本語", "🙂", "$ref",
		"/a/{b}", "text/html; charset=utf-8", "---", "--- a", "...", "a\\nb", "<a href=\"b\">&amp;</a>",
	}
	var keys emitter.Map
	wanted := map[string]any{}
	for _, word := range words {
		if _, twice := wanted[word.(string)]; !twice {
			keys = append(keys, emitter.Entry{Name: word.(string), Value: word})
			wanted[word.(string)] = word
		}
	}
	tree := emitter.Map{
		{
			Name:  "keys",
			Value: keys,
		}, {Name: "words", Value: words}, {Name: "short", Value: []any{"a", "null", 1, true, nil}},
		{Name: "empty", Value: []any{emitter.Map{}, []any{}, nil}},
		{
			Name: "nested",
			Value: []any{emitter.Map{{Name: "a", Value: []any{[]any{"b", emitter.Map{{Name: "c", Value: "d\ne"}}}}},
				{Name: "f", Value: int64(-7)}}},
		},
		{Name: "texts", Value: []any{"a\nb", emitter.Map{{Name: "a", Value: "b\n\n  c"}}}},
	}
	want := map[string]any{
		"keys": wanted, "words": words, "short": []any{"a", "null", 1, true, nil},
		"empty":  []any{map[string]any{}, []any{}, nil},
		"nested": []any{map[string]any{"a": []any{[]any{"b", map[string]any{"c": "d\ne"}}}, "f": -7}},
		"texts":  []any{"a\nb", map[string]any{"a": "b\n\n  c"}},
	}
	text := emitter.Marshal(tree)
	var got map[string]any
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s\n got %#v\nwant %#v", name, got[name], want[name])
		}
	}
}

// TestDescriptionIsYAML: the description is one document, in which nothing is there twice.
func TestDescriptionIsYAML(t *testing.T) {
	text, err := os.ReadFile(*description)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `yaml:"operationId"`
			Responses   map[string]any
		}
	}
	if err := yaml.Unmarshal(text, &document); err != nil || document.OpenAPI != "3.1.1" {
		t.Fatalf("%q, %v", document.OpenAPI, err)
	}
	create := document.Paths["/receiver/APIv3/user.create"]["post"]
	if create.OperationID != "createUser" || create.Responses["201"] == nil {
		t.Errorf("%+v", create)
	}
}
