package letters

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCompose puts hostile words everywhere a person or a station chooses them. compose checks line ends, parts and the
// envelope; here is what must hold beside that.
func FuzzCompose(f *testing.F) {
	f.Add("Zoë", "Org", "Ethanol", "line\nline", "SYN-1", "Kaai 9")
	f.Add("x\r\nBcc: a@b.example\r\n\r\n", "\r", "</td><script>", "\r\n.\r\n\r\n--=_a", "\"; filename=x\r\nX: y",
		"{{.Sender}}")
	f.Add("\xff\xfe\x00", "=?utf-8?q?=0A?=", "\u2028\u202e", strings.Repeat("\r", 99), "%s%n", "[x](.Link)")
	f.Add(strings.Repeat("é", 600), "", strings.Repeat("w", 2000), strings.Repeat("=\n", 999),
		strings.Repeat("N", 999), "\n\n")
	c := testComposer(f)
	harmless := map[string]opened{}
	for kind, language := range fuzzed {
		l, in := letterOf(kind, language)
		harmless[kind] = compose(f, c, l, in)
	}
	f.Fuzz(func(t *testing.T, first, organisation, product, comment, number, station string) {
		for kind, language := range fuzzed {
			l, in := letterOf(kind, language)
			// without one, a row goes
			in.Biker.FirstName, in.Biker.LastName, in.Client = first, organisation, station+"."
			in.User.FirstName, in.User.LastName, in.User.OrganisationName = first, first, organisation
			in.Cleaning.Number, in.Cleaning.Station.Name, in.Cleaning.Station.City = number, station, organisation
			if l.Decision != nil {
				l.Decision.ProductName, l.Decision.Comment = product, comment
			}
			want, got := harmless[kind], compose(t, c, l, in)
			if len(got.header) != len(want.header) || boundaries(got.raw) != boundaries(want.raw) {
				t.Errorf("%s: headers %v or parts came up", kind, got.header)
			}
			for name, values := range got.header {
				if len(values) != 1 || name != "Subject" && name != "Content-Type" &&
					values[0] != want.header.Get(name) {
					t.Errorf("%s: %s is %q", kind, name, values)
				}
			}
			if !utf8.ValidString(got.text) || !utf8.ValidString(got.html) ||
				strings.ContainsAny(got.text, "\x00\x07\u202e") {
				t.Errorf("%s: not clean text", kind)
			}
			if tags(got.html) != tags(want.html) && kind != "decided" || strings.Contains(got.html, "<script") {
				t.Errorf("%s: the page has other tags:\n%s", kind, got.html)
			}
			if kind == "document" && !bytes.Equal(got.pdf, in.PDF) {
				t.Error("the PDF came out changed")
			}
		}
	})
}

// fuzzed are kinds of letterOf's, with their languages.
var fuzzed = map[string]string{"activate": "en", "proven": "nl", "document": "fr", "decided": "de",
	"welcome": "nl", "existing": "fr", "recover": "en", "password-changed": "fr"}

// tags and boundaries count what could only come from the layout and the composing.
func tags(page string) int       { return strings.Count(page, "<") }
func boundaries(data []byte) int { return bytes.Count(data, []byte("\r\n--=_")) }

// FuzzText reads what an operator may write into a file. It is a text that can be filled in, or all that is wrong is
// told by the file's name.
func FuzzText(f *testing.F) {
	for _, kind := range []string{"decided.en", "activate.nl", "footer-users.fr", "words.de"} {
		content, err := embedded.ReadFile("texts/" + kind + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(content))
	}
	f.Add("Subject: {{if .Sender}}\nPreview: P\n\n{{end}}{{else}}\n\n- {{if .X}}: [y\n](.Link)\n> {{.Comment}}\n}{")
	layout, err := embedded.ReadFile("layout.html")
	if err != nil {
		f.Fatal(err)
	}
	vocabulary := vocabularies["decided"]
	vocabulary.must = nil
	f.Fuzz(func(t *testing.T, text string) {
		for _, withHead := range []bool{true, false} {
			s, err := newReader("f.en.txt", vocabulary).read(text, withHead)
			if err == nil {
				_, err = compile("f.en.txt", s, &source{}, string(layout))
			}
			if err != nil && !strings.HasPrefix(err.Error(), "f.en.txt") {
				t.Errorf("no place in %v", err)
			}
		}
		if err := parseWords(textFile{"words.en.txt", text}, &language{}); err != nil &&
			!strings.HasPrefix(err.Error(), "words.en.txt") {
			t.Errorf("no place in %v", err)
		}
	})
}
