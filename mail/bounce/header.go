package bounce

import (
	"bytes"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/encoding/charmap"
)

// How much of a header is read.
const (
	maxHeader  = 64 << 10 // bytes of one header or block of fields
	maxFields  = 500      // fields of it
	maxValue   = 8 << 10  // bytes of one field's value, unfolded
	maxAddress = 320      // bytes of an address: RFC 5321 §4.5.3.1 has 64 and 255 of its two parts
)

// field is one header field; its name is in lower case, its value unfolded and otherwise as it stands.
type field struct{ name, value string }

// header is a block of fields, of a message, a part or a status block.
type header []field

// cutField cuts a line into the name of a field and its value; false: it is no field. Names hold no space, so that a
// sentence with a colon is none.
func cutField(line []byte) (name string, value []byte, found bool) {
	before, value, found := bytes.Cut(line, []byte(":"))
	before = bytes.TrimRight(before, " \t")
	if !found || len(before) == 0 || len(before) > 76 {
		return "", nil, false
	}
	for _, c := range before {
		if c <= ' ' || c > '~' {
			return "", nil, false
		}
	}
	return strings.ToLower(string(before)), bytes.TrimSpace(value), true
}

// readHeader reads the fields up to the first empty line, and returns what follows it. A line that is neither a field
// nor indented goes on with the field before it: mail systems wrap long words so. What is beyond the bounds is skipped,
// so that the body begins where it does.
func readHeader(text []byte) (header, []byte) {
	var h header
	for begin := text; len(text) > 0; {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if len(begin)-len(rest) <= maxHeader {
			h = h.take(line)
		}
	}
	return h, text
}

// take adds one line.
func (h header) take(line []byte) header {
	if name, value, found := cutField(line); found && len(h) < maxFields {
		return append(h, field{name, string(value[:min(len(value), maxValue)])})
	}
	if len(h) == 0 { // as the line "From " of a file of mails
		return h
	}
	last := &h[len(h)-1]
	if line = bytes.TrimSpace(line); len(last.value)+len(line) < maxValue {
		last.value = strings.TrimSpace(last.value + " " + string(line))
	}
	return h
}

// get returns the value of the first field of that name.
func (h header) get(name string) string {
	value, _ := h.lookup(name)
	return value
}

// lookup returns the value of the first field of that name, and whether there is one.
func (h header) lookup(name string) (string, bool) {
	for _, f := range h {
		if f.name == name {
			return f.value, true
		}
	}
	return "", false
}

// words returns a field's value with encoded words (RFC 2047) decoded.
func (h header) words(name string) string {
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	value := h.get(name)
	if decoded, err := decoder.DecodeHeader(value); err == nil {
		value = decoded
	}
	return utf8Of(value)
}

// media returns the media type of the part that this header is of, with its parameters. Parameters that are not
// written as RFC 2045 has it are lost, but for the boundary, without which nothing of the part can be read.
func (h header) media(inDigest bool) (string, map[string]string) {
	value, found := h.lookup("content-type")
	if !found && inDigest {
		return "message/rfc822", nil
	}
	kind, params, err := mime.ParseMediaType(value)
	if err == nil {
		return kind, params
	}
	kind, _, _ = strings.Cut(value, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if !strings.Contains(kind, "/") {
		return "text/plain", nil
	}
	params = make(map[string]string)
	for _, found := range looseParameter.FindAllStringSubmatch(value, 20) {
		params[strings.ToLower(found[1])] = strings.Trim(found[2], `"`)
	}
	return kind, params
}

var looseParameter = regexp.MustCompile(`(?i);\s*([a-z-]+)\s*=\s*("[^"]*"|[^;\s]+)`)

// addressLike is what looks like an address, within a field or a text.
var addressLike = regexp.MustCompile(`[^\s<>()\[\],;:"'|]+@[^\s<>()\[\],;:"'|@]+`)

// addressesIn returns what looks like addresses in a text, at most so many.
func addressesIn(text string, most int) []string {
	var all []string
	for _, found := range addressLike.FindAllString(text, most) {
		if address := cleanAddress(found); address != "" {
			all = append(all, address)
		}
	}
	return all
}

// cleanAddress returns one address without what mail systems write around it, or nothing where it is none that can be
// shown. A domain is in its form in ASCII, as letters have it. Nothing is sent there: it is compared and shown, so that
// the rules for addresses need not hold.
func cleanAddress(text string) string {
	text = strings.Trim(utf8Of(strings.TrimSpace(text)), "<>\"' \t.,")
	at := strings.LastIndexByte(text, '@')
	if at < 1 || at == len(text)-1 || len(text) > maxAddress || text != clean(text) ||
		strings.Contains(text, " ") {
		return ""
	}
	if domain, err := idna.ToASCII(text[at+1:]); err == nil {
		text = text[:at+1] + domain
	}
	return text
}

// senderOf returns the address in From.
func (h header) senderOf() string {
	from := h.get("from")
	if one, err := mail.ParseAddress(from); err == nil {
		return one.Address
	}
	if found := addressesIn(from, 5); len(found) > 0 {
		return found[len(found)-1]
	}
	return strings.Trim(from, " <>\"")
}

// utf8Of returns a text as UTF-8: bytes that are not are taken for Windows-1252, which old mail systems write in
// headers.
func utf8Of(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			r = charmap.Windows1252.DecodeByte(text[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}
