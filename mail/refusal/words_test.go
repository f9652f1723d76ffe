package refusal

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
		if got := Printable(said); got != want || !utf8.ValidString(got) || len(got) > MaxKept {
			t.Errorf("%q became %q", said, got)
		}
	}
}

// TestStatusIn finds enhanced status codes where servers put them, and takes nothing else for one.
func TestStatusIn(t *testing.T) {
	for text, want := range map[string]string{
		"sorry (#5.7.1)": "5.7.1", "#5.1.0 Address rejected.": "5.1.0", "5.7.1: no": "5.7.1", "5.1.1": "5.1.1",
		"no [5.7.509]": "5.7.509", "no\n5.7.1 no": "5.7.1",
		"no (#5.7.1).": "5.7.1", "": "", "no": "", "4.7.1: later": "", "(2.0.0)": "", "5.7": "",
		"[5.7.1.2] is blocked": "", "5.7.1.2 is blocked": "",
		"version 5.7.1 says no": "", "(5.7.1234)": "", "v5.7.1": "",
	} {
		if got := StatusIn(550, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestIsFull: a mailbox that is full is so for now, also where only words say it.
func TestIsFull(t *testing.T) {
	for text, want := range map[string]bool{
		"mailbox full": true, "The mailbox of <x@full.example> is full": true, "user is over quota": true,
		"Quota exceeded":         true,
		"exceeded storage quota": true, "mailbox unavailable": false, "": false,
		"<full@x.example>: no such mailbox": false,
	} {
		if IsFull(Reply{Code: 550, Text: text}) != want {
			t.Errorf("%q is full: %v", text, !want)
		}
	}
}
