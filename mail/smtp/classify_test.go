package smtp

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestWords: a server's words are kept as one printable line of bounded length.
func TestWords(t *testing.T) {
	for said, want := range map[string]string{
		"fine":                    "fine",
		"two\nlines\x00\x1b[31m":  `two\nlines\x00\x1b[31m`,
		"caf\u00e9 \xe9 \u202e":   "caf\u00e9 " + `\xe9 \u202e`,
		`say "it" \ `:             `say "it" \ `,
		strings.Repeat("é", 400):  strings.Repeat("é", 250),
		strings.Repeat("\n", 400): strings.Repeat(`\n`, 250),
	} {
		if got := printable(said); got != want || !utf8.ValidString(got) || len(got) > maxKept {
			t.Errorf("%q became %q", said, got)
		}
	}
}
