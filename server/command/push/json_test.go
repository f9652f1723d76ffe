package push

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestReadJSON(t *testing.T) {
	for name, test := range map[string]struct {
		format  Format
		content string
		want    []string
	}{
		"a list": {JSON, "[\n{\"Email\":\"a@e.org\", \"PersonnelNumber\": 7},\n\n {\"user\": {\"email\":\"b@e.org\"}}]",
			[]string{`2 a@e.org {"Email":"a@e.org","PersonnelNumber":7}`, `4 b@e.org {"email":"b@e.org"}`}},
		"users": {JSON, "\ufeff{\"x\":[1],\"Users\":[{\"Email\":\"a@e.org\"}]}\n",
			[]string{`1 a@e.org {"Email":"a@e.org"}`}},
		"user": {JSON, `{"user":{"Email":"a@e.org"}}`, []string{`1 a@e.org {"Email":"a@e.org"}`}},
		"one person": {JSON, "{\n \"email\": \"a@e.org\",\n \"FirstName\": \"Jane\"\n}\n",
			[]string{`1 a@e.org {"email":"a@e.org","FirstName":"Jane"}`}},
		"two without a list": {JSON, "{\"Email\":\"a@e.org\"}\n{\"Email\":\"b@e.org\"}",
			[]string{"something stands after the JSON value"}},
		"UTF-16":     {JSON, utf16le("\ufeff[{\"Email\":\"a@e.org\"}]"), []string{`1 a@e.org`}},
		"a workbook": {JSON, "PK\x03\x04xl/workbook.xml", []string{"this is a workbook (.xlsx)"}},
		"nobody":     {JSON, `{"users":[]}`, nil},
		"own errors": {JSON, `[{"errors":["x"],"Email":"a@e.org"},{"Errors":1}]`,
			[]string{`{"Email":"a@e.org"}`, `1  {}`}},
		"twice is the receiver's": {JSON, `[{"Email":"a@e.org","Email":"b@e.org"}]`,
			[]string{`{"Email":"a@e.org","Email":"b@e.org"}`}},
		"not people": {JSON, "[5,\nnull,{\"Email\":1}]",
			[]string{"1  expected is a person", "2  expected is a person", `2  {"Email":1}`}},
		"broken": {JSON, "[{\"Email\":\"a@e.org\"},\n{\"Email\":}]",
			[]string{"f: line 2: the JSON is broken in column 10 (near {\"Email\":}]): missing value after object name"}},
		"cut off":  {JSON, "[{\"Email\":\"a@e.org\"},\n", []string{"f: line 2: the JSON is broken"}},
		"nothing":  {JSON, "\n", []string{"the file is empty"}},
		"a number": {JSON, "5", []string{"line 1: expected is a list of people"}},
		"neither": {JSON, `{"people":[]}`,
			[]string{`expected is one property "users" or "user" with the people, found are 0`}},
		"both":          {JSON, `{"user":{},"users":[]}`, []string{`found are 2`}},
		"lines as JSON": {JSON, "{\"user\":{}}\n{\"user\":{}}", []string{"something stands after the JSON value"}},
		"Latin-1": {JSON, "[\n{\"FirstName\":\"Zo\xeb\"},\n{\"FirstName\":\"\xc9milie\"}]",
			[]string{"line 2: byte 0xEB", "line 3: byte 0xC9"}},

		"lines": {JSONL, "\ufeff{\"Email\":\"a@e.org\"}\r\n\n{\"user\":{\"Email\":\"b@e.org\"}}",
			[]string{`1 a@e.org {"Email":"a@e.org"}`, `3 b@e.org {`}},
		"all faulty lines": {JSONL,
			"{\"Email\":\n{} {}\n[1]\n{\"FirstName\":\"Zo\xeb\"}\n" +
				"{\"Email\":\"j@e.org\"}\n{\"errors\":[],\"unreadable\":\"{\"}\n",
			[]string{"1  the JSON is broken in column 10 (near {\"Email\":): it ends before it is complete",
				"2  after column 2 something stands behind the person", "3  expected is a person", "4  byte 0xEB",
				"5 j@e.org {", "6  the text in \"unreadable\" is still to be mended"}},
	} {
		t.Run(name,
			func(t *testing.T) { compare(t, brief(Read("f", []byte(test.content), test.format, "")), test.want) })
	}
}

func TestFormatOf(t *testing.T) {
	for _, test := range []struct {
		name, content string
		want          Format
	}{
		{"a.CSV", "[", CSV}, {"a.jsonl", "[", JSONL}, {"a.json", "{}\n{}", JSON},
		{"stdin", "\ufeff [", JSON}, {"stdin", "Email;x", CSV}, {"stdin", "", CSV},
		{"stdin", `{"users":[]}` + "\n", JSON}, {"stdin", "{\n\"users\":[]}", JSON},
		{"stdin", `{"Email":"x"}`, JSONL}, {"stdin", "{\"user\":{}}\n{\"user\":{}}\n", JSONL},
	} {
		if got := FormatOf(test.name, []byte(test.content)); got != test.want {
			t.Errorf("%s %q: %s, want %s", test.name, test.content, got, test.want)
		}
	}
	if _, err := ParseFormat("xls"); err == nil {
		t.Error("xls is a format")
	}
}

func FuzzJSONLines(f *testing.F) {
	f.Add("{\"Email\":\"a@e.org\",\"errors\":[\"x\"]}\n\n{\"user\":{\"email\":1e400}}\r\n{\n5\nnull {}\n")
	f.Add("\ufeff{\"unreadable\":\"\\ud800\"}\n{\"errors\":1,\"unreadable\":\"{\"}\n" +
		"{\"\\u0065rrors\":0,\"a\":{\"b\":[ 1 , 2 ]}}\n\xff\n\x81\n")
	f.Fuzz(func(t *testing.T, content string) {
		read, err := Read("f.jsonl", []byte(content), JSONL, "")
		if err != nil {
			if notPeople([]byte(content)) != "" {
				return
			}
			t.Fatal(err)
		}
		text := string((&File{Format: JSONL}).decode([]byte(content), ""))
		lines := strings.SplitAfter(text, "\n")
		n := 0
		for i, line := range lines {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			p := read.People[n]
			n++
			if p.Line != i+1 {
				t.Fatalf("line %d is said to be %d", i+1, p.Line)
			}
			isObject := strings.HasPrefix(line, "{") && jsontext.Value(line).IsValid(jsontext.AllowDuplicateNames(true))
			if sent := len(p.Faults) == 0; sent &&
				!(isObject && p.body.IsValid(jsontext.AllowDuplicateNames(true)) && p.body.Kind() == '{') {
				t.Fatalf("%q is sent as %q", line, p.body)
			}
		}
		if n != len(read.People) {
			t.Fatalf("%d people in %d lines", len(read.People), n)
		}
		sameAgain(t, read)
	})
}
