package letters

import (
	"regexp"
	"strings"
	"unicode"
)

// clean makes one line of any text: valid UTF-8, each run of line breaks and control characters a space, nothing that
// turns the direction of what follows (bidirectional overrides can make a text read as another one).
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, unwanted) < 0 {
		return strings.TrimSpace(text)
	}
	return strings.Join(strings.FieldsFunc(text, unwanted), " ")
}

// unwanted reports whether a character may not stand inside a line of a letter.
func unwanted(r rune) bool {
	switch {
	case r == '\u2028', r == '\u2029', r == '\uFEFF': // line and paragraph separator, byte order mark
		return true
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069', r == '\u200E', r == '\u200F':
		return true
	}
	return unicode.IsControl(r)
}

// cleanLines is clean for text whose line breaks count. Blank lines within stay, those around go; a blank text has no
// lines.
func cleanLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	return lines
}

// linkLike is what mail clients make a link of, even where it is nothing but text.
var linkLike = regexp.MustCompile(`\.\pL{2}|[:/@]`)

// greetable returns the name, or "" where a mail client would make a link of it: the name was typed before the mailbox
// was proven, maybe by somebody else.
func greetable(name string) string {
	if linkLike.MatchString(name) {
		return ""
	}
	return name
}

// IsPlainAddress reports whether an address can stand in a header and in the envelope as it is: one @ between
// characters that need no quoting. The store takes no others; this guards against SMTP parameters and headers in an
// address.
func IsPlainAddress(address string) bool {
	local, domain, found := strings.Cut(address, "@")
	if !found || local == "" || domain == "" || len(address) > 254 {
		return false
	}
	for i := range len(address) {
		if c := address[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`<>()[]\,;:"`, c) >= 0 {
			return false
		}
	}
	return !strings.Contains(domain, "@")
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
