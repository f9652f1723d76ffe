package fields

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"postern/server/web/schema"
)

// The sentences about a required text that is not there.
const (
	required     = "This field is required."
	nothingToSee = "This must hold a character that can be seen: it is made of invisible ones alone."
)

// Limits says what a text may be.
type Limits struct {
	Required bool
	Max      int  // code points, after trimming
	Lines    bool // line breaks and tabs allowed; CRLF, CR and the Unicode separators become LF
}

// Text reads a text, trimmed as Trim does. Control characters are faults.
func Text(to *string, l Limits) Reader { return &textReader{to, l} }

type textReader struct {
	to     *string
	limits Limits
}

func (t *textReader) Read(v jsontext.Value, path string, r *Report) {
	if text, ok := readText(v, path, t.limits.Required, r); ok {
		*t.to = t.limits.check(text, path, r)
	}
}

func (t *textReader) Schema() *schema.Schema { return t.limits.schema() }

// schema is a text within the limits.
func (l Limits) schema() *schema.Schema {
	s := textSchema(l.Required)
	s.MaxLength = l.Max
	return s
}

// textSchema is a text that may be absent, or else holds something.
func textSchema(isRequired bool) *schema.Schema {
	s := schema.Of(schema.String)
	if isRequired {
		s.MinLength = 1
		return s
	}
	return s.OrNull()
}

// NumberOrText reads an optional text, and takes a whole number for the text that spells it, digit by digit as it was
// written. A number with a fraction or an exponent is what a spreadsheet has made of another text: it is taken as
// absent, with a warning.
func NumberOrText(to *string, l Limits) Reader { return &numberReader{textReader{to, l}} }

type numberReader struct{ textReader }

func (n *numberReader) Read(v jsontext.Value, path string, r *Report) {
	switch {
	case v.Kind() != '0':
		n.textReader.Read(v, path, r)
	case bytes.ContainsAny(v, ".eE"):
		r.Warn(path + " was sent as a number with a fraction or an exponent and is taken as absent: a " +
			"spreadsheet or a program " +
			"has made a number of it; send it as a text, in quotation marks.")
	default:
		*n.to = n.limits.check(string(v), path, r)
	}
}

// Schema tells of the text alone: as a number it loses its leading zeros.
func (n *numberReader) Schema() *schema.Schema {
	return n.limits.schema().Saying("A text; leading zeros count. A whole number is taken for the text that spells it.")
}

// Name reads a name of a person or an organisation: kept as given after trimming and Unicode normalisation (NFC), at
// most maxPoints code points, without anything that would make a link or an address of it in a letter.
func Name(to *string, maxPoints int, isRequired bool) Reader {
	return &nameReader{to, Limits{Required: isRequired, Max: maxPoints}}
}

type nameReader struct {
	to     *string
	limits Limits
}

func (n *nameReader) Read(v jsontext.Value, path string, r *Report) {
	text, ok := readText(v, path, n.limits.Required, r)
	if !ok {
		return
	}
	text = norm.NFC.String(text)
	if strings.Contains(text, "://") || strings.Contains(text, "@") {
		r.Fault(path, "A name may hold neither :// nor @.")
	}
	*n.to = n.limits.check(text, path, r)
}

func (n *nameReader) Schema() *schema.Schema {
	return n.limits.schema().Saying("A name, kept as given: one line, without :// and @.")
}

// Email reads a required e-mail address by the rules of ParseEmail.
func Email(to *string) Reader { return &emailReader{to: to} }

// EmailAsSaid reads as Email does, and notes in said what the caller wrote, trimmed, valid or not: no more of it than
// an address can have.
func EmailAsSaid(to, said *string) Reader { return &emailReader{to, said} }

type emailReader struct{ to, said *string } // said may be nil

func (e *emailReader) Read(v jsontext.Value, path string, r *Report) {
	text, ok := readText(v, path, true, r)
	if e.said != nil {
		*e.said = Shorten(text, maxAddress)
	}
	if !ok {
		return
	}
	address, err := ParseEmail(text)
	if err != nil {
		r.Fault(path, err.Error())
		return
	}
	*e.to = address
}

func (*emailReader) Schema() *schema.Schema { return AddressSchema() }

// AddressSchema describes what ParseEmail takes.
func AddressSchema() *schema.Schema {
	return &schema.Schema{Types: []string{schema.String}, Format: "email", MaxLength: maxAddress,
		Text: "One plain e-mail address; an international domain is taken, too, and kept in its ASCII form."}
}

// readText returns the trimmed text of a JSON string. It is not ok where there is none, or one that shows nothing,
// which is a fault if one is required.
func readText(v jsontext.Value, path string, isRequired bool, r *Report) (text string, ok bool) {
	if v != nil {
		if v.Kind() != '"' {
			r.Fault(path, "This must be a text, in quotation marks.")
			return "", false
		}
		text = unquote(v)
	}
	trimmed := Trim(text)
	switch {
	case showsSomething(trimmed):
		return trimmed, true
	case !isRequired:
	case strings.TrimSpace(text) == "":
		r.Fault(path, required)
	default:
		r.Fault(path, nothingToSee)
	}
	return "", false
}

// unquote reads a JSON string that is known to be valid.
func unquote(v jsontext.Value) string {
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1])
	}
	text, _ := jsontext.AppendUnquote(nil, v)
	return string(text)
}

// check notes what is wrong with a trimmed text and returns it with its line breaks normalised.
func (l Limits) check(text, path string, r *Report) string {
	if l.Lines {
		text = lineBreaks.Replace(text)
	}
	for _, c := range text {
		if l.refuses(c) {
			r.Fault(path, l.controlFault())
			break
		}
	}
	if utf8.RuneCountInString(text) > l.Max {
		r.Fault(path, fmt.Sprintf("This may have at most %d characters.", l.Max))
	}
	return text
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// refuses tells what may not stand in a text: control characters, and in a single line also what breaks it or turns
// its direction, which would let a name rearrange the sentence around it (Unicode Technical Report 36 §2.5).
func (l Limits) refuses(c rune) bool {
	if l.Lines {
		return c != '\n' && c != '\t' && unicode.IsControl(c)
	}
	return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' ||
		'\u202a' <= c && c <= '\u202e' || '\u2066' <= c && c <= '\u2069'
}

func (l Limits) controlFault() string {
	if l.Lines {
		return "This may hold no control characters but line breaks and tabs."
	}
	return "This may hold no line breaks and no control characters."
}

// OrNull is what JSON answers for a text that may be missing: null, not the empty text.
func OrNull(text *string) *string {
	if *text == "" {
		return nil
	}
	return text
}
