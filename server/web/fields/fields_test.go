package fields

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// sample is what the tests' object fills in.
type sample struct {
	Email, First, Note, Number string
	ID                         guid.ID
	At                         time.Time
	Kind                       string
	Yes                        bool
	Inner                      struct{ Name string }
	Parts                      []part
}

type part struct {
	Number int
	Codes  []string
}

func (s *sample) object() Object {
	return Object{
		"Email":     Email(&s.Email),
		"firstName": Name(&s.First, 5, true),
		"note":      Text(&s.Note, Limits{Max: 12, Lines: true}),
		"staff_No":  NumberOrText(&s.Number, Limits{Max: 10}),
		"id":        GUID(&s.ID, false),
		"at":        Time(&s.At),
		"kind":      Enum(&s.Kind, false, "tankTrailer", "silo"),
		"yes":       Bool(&s.Yes),
		"inner":     Nested(Object{"name": Text(&s.Inner.Name, Limits{Max: 5})}),
		"parts": List(&s.Parts, 2, func(p *part) Reader {
			return Nested(Object{"number": Integer(&p.Number, 1, 99), "codes": List(&p.Codes, 3, Code)})
		}),
	}
}

const fine = `"email":"a@b.org","firstName":"Jane"`

// TestFaults looks at every way in which a body can be wrong, and at what is taken in spite of it.
func TestFaults(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for _, test := range []struct{ name, body, want string }{
		{"fine", `{` + fine + `}`, ""},
		{"byte order mark", "\ufeff {" + fine + "}\r\n", ""},
		{"names in any case", `{"EMAIL":"a@b.org","FIRSTname":"Jane","Staff_no":7}`, ""},
		{"a number of too many digits", `{` + fine + `,"staff_No":12345678901}`, "staff_No"},
		{"names not without _", `{` + fine + `,"staffNo":7}`, "?staffNo"},
		{"Kelvin sign is no k", `{` + fine + `,"` + "\u212a" + `ind":1}`, "?\u212aind"},
		{"null and empty are absent", `{` + fine +
			`,"note":null,"staff_No":"","id":" ","parts":null,"inner":null,"yes":null,"at":"","kind":""}`, ""},
		{"null is absent where required", `{"email":null,"firstName":" "}`, "Email firstName"},
		{"unknown", `{` + fine + `,"x":{"x":1,"X":2},"inner":{"y":1}}`, "?inner.y ?x"},
		{"empty body", " \n", "-"},
		{"mark alone", "\ufeff", "-"},
		{"twice", `{` + fine + `,"email":"c@d.org"}`, "-"},
		{"twice in two spellings", `{` + fine + `,"EMAIL":"c@d.org"}`, "-"},
		{"unknown twice", `{` + fine + `,"x":1,"x":1}`, "-"},
		{"unknown twice in two spellings", `{` + fine + `,"x":1,"X":1}`, "- ?x"},
		{"twice by an escape", `{` + fine + `,"\u0065mail":"c@d.org"}`, "-"},
		{"twice inside", `{` + fine + `,"inner":{"name":"a","Name":"b"}}`, "-"},
		{"twice inside unknown", `{` + fine + `,"x":{"a":1,"a":2}}`, "-"},
		{"invalid UTF-8", `{` + fine + `,"x":"` + "\xff" + `"}`, "-"},
		{"half a surrogate", `{` + fine + `,"x":"\ud800"}`, "-"},
		{"trailing", `{` + fine + `} {}`, "-"},
		{"trailing zero octet", `{` + fine + "}\x00", "-"},
		{"cut short", `{` + fine, "-"},
		{"not JSON", `email=a@b.org`, "-"},
		{"comment", `{` + fine + `/**/}`, "-"},
		{"an array", `[{` + fine + `}]`, "-"},
		{"null", `null`, "-"},
		{"deep", `{` + fine + `,"x":` + deep + `}`, "-"},
		{"wide", `{` + fine + strings.Repeat(`,"x":1`, maxMembers-1) + `}`, "-"},
		{"wide within", `{` + fine + `,"x":[{"y":{` + strings.Repeat(`"x":1,`, maxMembers) + `"z":1}}]}`, "-"},
		{"not really wide", `{` + fine + `,"x":"` + strings.Repeat(`:`, 2*maxMembers) + `","y":[` +
			strings.Repeat(`{"a":1},`, maxMembers) + `{}]}`, "?x ?y"},
		{"not really deep", `{` + fine + `,"x":"` + strings.Repeat(`[\"{`, 40) + `"}`, "?x"},
		{"all at once", `{"email":["a@b.org"],"firstName":{},"note":1,"staff_No":true,"id":"1","at":"now",` +
			`"kind":"ship","yes":"true","inner":[],"parts":{}}`,
			"Email at firstName id inner kind note parts staff_No yes"},
		{"list items", `{` + fine +
			`,"parts":[{"number":1,"codes":["P10","p1","é10"]},{"number":"2","codes":[null,"X10","T99","C01"]},{}]}`,
			"parts parts[0].codes[1] parts[0].codes[2] parts[1].codes parts[1].codes[0] parts[1].codes[1] parts[1].number"},
		{"not whole numbers", `{` + fine + `,"parts":[{"number":1.5},{"number":100}]}`,
			"parts[0].number parts[1].number"},
		{"code points count", `{"email":"a@b.org","firstName":"ÄÖÜ🙂é","note":"aaaaaaaaaaaaa","inner":{"name":"aaaaaa"}}`,
			"inner.name note"},
		{"line break in a name", `{"email":"a@b.org","firstName":"a\nb"}`, "firstName"},
		{"control and direction characters",
			`{"email":"a@b.org","firstName":"a\u202eb","note":"a\u000bb","inner":{"name":"a\u2028b"}}`,
			"firstName inner.name note"},
		{"tabs, as they come from a table", `{"email":"a@b.org","firstName":"a\tb","note":"a\tb\n\tc"}`, "firstName"},
		{"link in a name", `{"email":"a@b.org","firstName":"a://"}`, "firstName"},
		{"address in a name", `{"email":"a@b.org","firstName":"a@b"}`, "firstName"},
		{"nothing to see in a name", `{"email":"a@b.org","firstName":"\u200b\ufffe"}`, "firstName"},
		{"nothing to see where it is required", `{"email":"\u200b","firstName":"\u3164"}`, "Email firstName"},
		{"marks without a letter", `{"email":"a@b.org","firstName":"\u0301"}`, "firstName"},
		{"nothing to see where it is optional",
			`{` + fine + `,"note":"\u2800","staff_No":"\u200b","id":"\ufeff","at":"\u200e","kind":"\u3164"}`, ""},
		{"the zero GUID is absent", `{` + fine + `,"id":"{00000000-0000-0000-0000-000000000000}"}`, ""},
		{"a number with a fraction is absent", `{` + fine + `,"staff_No":1.0}`, ""},
		{"a name of one dash", `{"email":"a@b.org","firstName":"-"}`, ""},
		{"times", `{` + fine + `,"at":"2026-02-30T10:00:00Z"}`, "at"},
		{"time without offset", `{` + fine + `,"at":"2026-02-20T10:00:00"}`, "at"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s sample
			unknown, err := Decode([]byte(test.body), s.object())
			if got := summary(unknown, err); got != test.want {
				t.Errorf("got %q, want %q; error %+v", got, test.want, err)
			}
			if err != nil && !refuse.Is(err, refuse.Invalid) {
				t.Errorf("error is not a refusal of a wrong request: %#v", err)
			}
		})
	}
}

// summary lists fault paths, "-" for the body as a whole, and unknown paths with a question mark.
func summary(unknown []string, err error) string {
	var words []string
	if refusal, ok := err.(*refuse.Refusal); ok {
		for _, path := range slices.Sorted(maps.Keys(refusal.Fields)) {
			words = append(words, strings.TrimSuffix("-"+path, path)[:max(0, 1-len(path))]+path)
		}
	}
	for _, path := range slices.Sorted(slices.Values(unknown)) {
		words = append(words, "?"+path)
	}
	return strings.Join(words, " ")
}

// TestValues looks at what the readers make of what they accept.
func TestValues(t *testing.T) {
	var s sample
	body := `{"EMAIL":" Jane+x@BÜCHER.example ","firstName":" Rene\u0301 ","note":"a\r\nb\rc\u2028d","staff_No":-42,
		"id":"0190A6F2-5C1E-7D3A-9B44-3F2A1C0D9E8F",
		"at":"2026-03-01t14:05:00.5+01:00","kind":"TANKTRAILER","yes":true,"inner":{"NAME":"n"},
		"parts":[{"number":7,"codes":["p10"]}]}`
	if _, err := Decode([]byte(body), s.object()); err != nil {
		t.Fatal(err.(*refuse.Refusal).Fields)
	}
	if s.Email != "Jane+x@xn--bcher-kva.example" || s.First != "René" || s.Note != "a\nb\nc\nd" || s.Number != "-42" ||
		s.ID.String() != "0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f" ||
		s.At.Format(time.RFC3339Nano) != "2026-03-01T14:05:00.5+01:00" ||
		s.Kind != "tankTrailer" || !s.Yes || s.Inner.Name != "n" || len(s.Parts) != 1 || s.Parts[0].Number != 7 ||
		s.Parts[0].Codes[0] != "P10" {
		t.Errorf("%+v", s)
	}
	var refused sample
	_, err := Decode([]byte(`{"email":"x"}`), refused.object())
	if want := "2 fields are wrong."; err.Error() != want {
		t.Errorf("reason %q, want %q", err, want)
	}
}

// TestSyntaxFaults holds that a broken body is told with its place.
func TestSyntaxFaults(t *testing.T) {
	for body, want := range map[string]string{
		"{\n  \"Email\": jane}": `The body is not valid JSON, in line 2, column 12 (near "Email": jane}): ` +
			`invalid character 'j' at start of value; names and texts stand in quotation marks; ` +
			`true, false and null are in lower case.`,
		"{\"a\":1}\n {}": `Something follows the JSON value, in line 2, column 2 (near {}): send one value alone.`,
		`{"a":`: `The body is not valid JSON, in line 1, column 6 (near {"a":): ` +
			`it ends before it is complete; a quotation mark or bracket is not closed.`,
		"{\n\"a\":\"Zo\xeb\"}": `The body is not valid UTF-8: byte 0xEB in line 2, column 8 (near "a":"Zo` + "\ufffd" +
			`"}). Send it as UTF-8.`,
		"\xff\xfe{\x00": `The body is not valid UTF-8 but UTF-16: send it as UTF-8.`,
		`{"a":1,"b":2,}`: `The body is not valid JSON, in line 1, column 13 (near {"a":1,"b":2,}): ` +
			`invalid character ',' at start of value; there is a comma too many.`,
	} {
		if _, err := Decode([]byte(body), Object{}); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", body, err, want)
		}
	}
}

// TestNumbers holds which JSON numbers stand for the text that spells them, and which are a spreadsheet's.
func TestNumbers(t *testing.T) {
	for given, want := range map[string]string{
		`7`: "7", `-5`: "-5", `0`: "0", `123456789012`: "123456789012", `"007"`: "007", `"1.0"`: "1.0", `null`: "",
		`" "`: "",
		`1.0`: "!", `1e3`: "!", `1.23457E+11`: "!", `-0.5`: "!", `0E0`: "!",
	} {
		var s sample
		whole, err := Open([]byte(`{` + fine + `,"staff_no":` + given + `}`))
		if err != nil {
			t.Fatal(err)
		}
		r := whole.Read(s.object())
		got := s.Number
		if len(r.Warnings) > 0 {
			got += "!"
			if !strings.HasPrefix(r.Warnings[0],
				"staff_No was sent as a number with a fraction or an exponent and is taken as absent") {
				t.Errorf("%s: %q", given, r.Warnings)
			}
		}
		if got != want && given != `123456789012` || len(r.Faults) > 0 != (given == `123456789012`) {
			t.Errorf("%s: got %q, want %q; %v", given, got, want, r.Faults)
		}
	}
}

// TestTrim holds what is no part of a text at its ends, and what is.
func TestTrim(t *testing.T) {
	for _, margin := range []string{"", " ", "\t\r\n", "\u00a0", "\u2028", "\u200b", "\ufeff", "\u2060", "\u200e\u200f",
		"\u202a\u202e", "\u2066\u2069", "\u061c", "\u00ad", " \u200b "} {
		for _, text := range []string{"Jane", "a\u200bb", "\u3164", "x\u200d", "\x00",
			"\U0001f3f4\U000e0067\U000e007f"} {
			if got := Trim(margin + text + margin); got != text {
				t.Errorf("%q around %q: %q", margin, text, got)
			}
		}
	}
}

// TestVisible holds what a required text can't be made of alone.
func TestVisible(t *testing.T) {
	for _, text := range []string{"", " ", "\u00a0", "\u200b", "\u00ad", "\u3164", "\uffa0", "\u2800", "\u0301",
		"\u034f", "\ufe0f", "\u180e", "\ue000", "\x07", "\U0001d159", "\u200d\u200c", "\ufff9"} {
		if showsSomething(text + text) {
			t.Errorf("%q shows something", text)
		}
	}
	for _, text := range []string{"-", "é", "e\u0301", "李", "\U0001f600", "\ufffd", "\u200bx"} {
		if !showsSomething(text) {
			t.Errorf("%q shows nothing", text)
		}
	}
}

func TestDecodeList(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"one", `{"email":"a@b.org"}`, ""},
		{"two", `[{"email":"a@b.org"},{"Email":"a@b.org","x":1}]`, "?[1].x"},
		{"none", `[]`, ""},
		{"too many", `[{"email":"a@b.org"},{"email":"a@b.org"},{"email":"a@b.org"}]`, "-"},
		{"items", `[1,{"email":"b"}]`, "[0] [1].email"},
		{"null item", `[null]`, "[0].email"},
		{"text", `"a"`, "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var email string
			unknown, err := DecodeList([]byte(test.body), 2, func(int) Object { return Object{"email": Email(&email)} })
			if got := summary(unknown, err); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestUnknownIsBounded(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"` + strings.Repeat("é", 100) + `":1`)
	for i := range 200 {
		body.WriteString(`,"` + strings.Repeat("x", i+1) + `":1`)
	}
	unknown, err := Decode([]byte(body.String()+"}"), Object{})
	if err != nil || len(unknown) != maxUnknown || len(unknown[0]) > 130 {
		t.Errorf("%d names, the first %q, %v", len(unknown), unknown[0], err)
	}
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"email":"jane@example.org","firstName":"Jane","lastName":"Johansson",` +
		`"organisationName":"Tank GmbH","cleaningId":"0190a6f2-5c1e-7d3a-9b44-3f2a1c0d9e8f"}`)
	b.ReportAllocs()
	for b.Loop() {
		var email, first, last, organisation string
		var id guid.ID
		if _, err := Decode(body,
			Object{"email": Email(&email), "firstName": Name(&first, 100, true), "lastName": Name(&last, 100, true),
				"organisationName": Name(&organisation, 200, true), "cleaningId": GUID(&id, false)}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFaultsAreBounded holds that a body which is wrong over and over is not answered with more than it says.
func TestFaultsAreBounded(t *testing.T) {
	var s sample
	part, err := Open([]byte(`{` + strings.Repeat(`"email":1,`, maxMembers-10) + fine + `}`))
	if err != nil {
		t.Fatal(err)
	}
	report := part.Read(s.object())
	if said := report.Faults[""]; len(said) != 1 {
		t.Errorf("%d sentences about the whole: %.200q", len(said), said)
	}
	var r Report
	for i := range 10 * maxPaths {
		r.Fault(fmt.Sprint(i), "wrong")
		r.Fault("0", fmt.Sprint("wrong ", i))
	}
	if len(r.Faults) != maxPaths || len(r.Faults["0"]) != maxSentences {
		t.Errorf("%d paths, %d sentences", len(r.Faults), len(r.Faults["0"]))
	}
}
