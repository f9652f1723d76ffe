package yaml

import "testing"

// TestMarshal shows what is written. That it is read as it was meant is held where there is a reader
// (testdata/client).
func TestMarshal(t *testing.T) {
	tree := Map{
		{"plain", "A name, as given: no."}, {"words", []any{"a-b", "null", ""}}, {"yes", "yes"}, {"200", nil},
		{"text", "one\n\n two"}, {"break", "one\ntwo\n"}, {"mark", "\ufeffa\"\\é"},
		{"list", []any{Map{{"a", 1}, {"b", true}}, []any{Map{{"c", int64(2)}}}, Map{}}},
	}
	const want = `plain: "A name, as given: no."
words: [a-b, "null", ""]
"yes": "yes"
"200": null
text: |-
  one

   two
break: "one\ntwo\n"
mark: "\uFEFFa\"\\é"
list:
  - a: 1
    b: true
  - - c: 2
  - {}
`
	if got := string(Marshal(tree)); got != want {
		t.Errorf("got\n%s", got)
	}
}
