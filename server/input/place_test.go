package input

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

func TestPlace(t *testing.T) {
	for _, test := range []struct {
		content string
		offset  int
		want    string
	}{
		{"", 0, "line 1, column 1"},
		{"abc", 1, "line 1, column 2 (near abc)"},
		{"a\nbé\r\nxyz", 4, "line 2, column 3 (near bé)"},
		{"a\nbé\r\nxyz", 8, "line 3, column 2 (near xyz)"},
		{"a\n", 2, "line 2, column 1"},
		{"0123456789abcdefghijklmnopqrstuvwxyz", 20, "line 1, column 21 (near …89abcdefghijklmnopqr…)"},
		{"ab\x1b[1m\u202e\xffcd", 2, "line 1, column 3 (near ab [1m \ufffdcd)"},
		{"abc", 99, "line 1, column 4 (near abc)"},
	} {
		if got := Place([]byte(test.content), test.offset); got != test.want {
			t.Errorf("%q at %d: %q, want %q", test.content, test.offset, got, test.want)
		}
	}
}

func jsonFault(content string) string {
	d := jsontext.NewDecoder(bytes.NewBufferString(content))
	if err := d.SkipValue(); err != nil {
		return BrokenJSON([]byte(content), err)
	}
	return ""
}

func TestBrokenJSON(t *testing.T) {
	for content, want := range map[string]string{
		"{\n \"a\": NL}": `line 2, column 7 (near "a": NL}): invalid character 'N' at start of value; ` +
			`names and texts stand in quotation marks; true`,
		`{"a":1,}`: `line 1, column 7 (near {"a":1,}): invalid character ',' at start of value; ` +
			`there is a comma too many`,
		`{'a':1}`: `column 2 (near {'a':1}): invalid character '\'' at start of value; ` +
			`names and texts stand in "straight" double`,
		`{“a”:1}`: `"straight" double`,
		"{\"a\":\"x\ny\"}": `line 1, column 8 (near {"a":"x): invalid character '\n' in string ` +
			`(expecting non-control character); within a text a line break is written \n`,
		"{\"a\":\"x\ty\"}": `a tab is written \t`,
		`{"a":"`: `line 1, column 7 (near {"a":"): it ends before it is complete; ` +
			`a quotation mark or bracket is not closed`,
		"":                   "line 1, column 1: it ends before it is complete",
		`{"a" 1}`:            "after object name (expecting ':')",
		`[1 2]`:              "(expecting ',' or ']')",
		"[\"" + `\q` + "\"]": `invalid escape sequence`,
	} {
		if got := jsonFault(content); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
}

// FuzzBrokenJSON holds that a fault is said in one bounded line that nothing in the content can steer.
func FuzzBrokenJSON(f *testing.F) {
	for _, seed := range []string{"{\n\"a\": NL}", `{"a":1,}`, "[\"\x1b]0;x\x07", "{\"a\":\"\\ud800\"}", "\xff",
		"{\"\u202e\":\n\n\r\n tru", `["\u12`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		said := jsonFault(content)
		if utf8.RuneCountInString(said) > 300 || !utf8.ValidString(said) {
			t.Fatalf("%q: %q", content, said)
		}
		for _, r := range said {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q: %q holds %U", content, said, r)
			}
		}
	})
}
