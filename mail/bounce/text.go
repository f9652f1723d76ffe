package bounce

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
)

const (
	maxText = 500      // characters of a message's text that are given out
	maxRead = 64 << 10 // bytes of it that are looked at for what a mail system says
)

// charsets are those that mail systems write their reports in. Codes and addresses are ASCII in all others too, but
// for UTF-16.
var charsets = map[string]encoding.Encoding{
	"iso-8859-1": charmap.Windows1252, "latin1": charmap.Windows1252, "windows-1252": charmap.Windows1252,
	"cp1252": charmap.Windows1252, "iso-8859-2": charmap.ISO8859_2, "iso-8859-15": charmap.ISO8859_15,
	"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "koi8-r": charmap.KOI8R,
	"utf-16":   utf.UTF16(utf.BigEndian, utf.UseBOM),
	"utf-16be": utf.UTF16(utf.BigEndian, utf.IgnoreBOM), "utf-16le": utf.UTF16(utf.LittleEndian, utf.IgnoreBOM),
}

// charsetReader decodes the character set of an encoded word.
func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	if known, found := charsets[strings.ToLower(charset)]; found {
		return known.NewDecoder().Reader(in), nil
	}
	return nil, errors.New("unknown character set")
}

// fromUTF16 decodes a text that begins with a byte order mark of UTF-16, as programs of Windows save a message.
func fromUTF16(text []byte) ([]byte, bool) {
	if !bytes.HasPrefix(text, []byte("\xff\xfe")) && !bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, false
	}
	decoded, err := charsets["utf-16"].NewDecoder().Bytes(text)
	return decoded, err == nil
}

// text returns what a reader of the part sees, in UTF-8; nothing where it holds no text.
func (p part) text() string {
	family, _, _ := strings.Cut(p.kind, "/")
	if family == "image" || family == "audio" || family == "video" {
		return ""
	}
	body := p.body
	if known, found := charsets[strings.ToLower(p.params["charset"])]; found {
		if decoded, err := known.NewDecoder().Bytes(body); err == nil {
			body = plainLines(decoded)
		}
	} else if decoded, found := fromUTF16(body); found {
		body = plainLines(decoded)
	}
	if family != "text" && family != "message" && bytes.IndexByte(body, 0) >= 0 { // a file
		return ""
	}
	if p.kind == "text/html" {
		return visible(body)
	}
	return utf8Of(string(body))
}

// blocks are the elements that end a line.
var blocks = map[string]bool{"p": true, "br": true, "div": true, "tr": true, "li": true, "h1": true, "h2": true,
	"h3": true, "td": true, "pre": true, "table": true, "hr": true, "blockquote": true}

// visible returns what a reader sees of HTML, with line ends where blocks end. No tree is built: that of hostile markup
// can be far larger than its source.
func visible(markup []byte) string {
	var b strings.Builder
	z := html.NewTokenizer(bytes.NewReader(markup))
	hidden := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return utf8Of(b.String())
		case html.SelfClosingTagToken:
			if name, _ := z.TagName(); blocks[string(name)] {
				b.WriteByte('\n')
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			hidden += hides(string(name))
			if blocks[string(name)] {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			hidden = max(0, hidden-hides(string(name)))
			if blocks[string(name)] {
				b.WriteByte('\n')
			}
		case html.TextToken:
			if hidden == 0 {
				b.Write(z.Text())
			}
		}
	}
}

// hides returns 1 for an element whose text nobody sees.
func hides(element string) int {
	switch element {
	case "style", "script", "title":
		return 1
	}
	return 0
}

// clean makes one line of a text: valid UTF-8, each run of white space and of what cannot be seen a space. It reaches
// terminals and pages, where control characters and bidirectional overrides would do things.
func clean(text string) string {
	unwanted := func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), unwanted), " ")
}

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	for i := range text {
		if most == 0 {
			return text[:i]
		}
		most--
	}
	return text
}

// texts returns what a reader of the message reads: the texts of the report, not of what was returned, plain ones
// before those in HTML, which mostly say the same; and the first of them. Mail systems say what they have to say at
// its beginning.
func (t *tree) texts() (first, all string) {
	var plain, marked []string
	for _, p := range t.parts {
		if p.within > 0 || p.returned || !strings.HasPrefix(p.kind, "text/") {
			continue
		}
		text := p.text()
		text = strings.ToValidUTF8(text[:min(len(text), maxRead)], "")
		switch {
		case strings.TrimSpace(text) == "":
		case p.kind == "text/html":
			marked = append(marked, text)
		default:
			plain = append(plain, text)
		}
	}
	texts := append(plain, marked...)
	if len(texts) == 0 {
		return "", ""
	}
	all = strings.Join(texts, "\n\n")
	return texts[0], strings.ToValidUTF8(all[:min(len(all), maxRead)], "")
}

// secretLike is what a token looks like, whole or the piece of it that a line has. A letter's links carry one, and a
// mail system may return the letter in its own words; what is given out here is kept and shown.
var secretLike = regexp.MustCompile(`(?:pst1_[\w-]*|[\w-]{60,})(?:=? ?[\w-]{20,})*`)

// withoutSecrets leaves out what looks like a token.
func withoutSecrets(text string) string {
	return secretLike.ReplaceAllStringFunc(text, func(found string) string {
		if strings.Trim(found, "-_") == "" { // a line across the page
			return found
		}
		return "[…]"
	})
}
