package letters

import (
	"mime"
	"net/mail"
	"slices"
	"strings"
	"testing"
)

func TestEncodeWords(t *testing.T) {
	for _, tt := range []struct {
		text  string
		plain bool
	}{
		{"Cleaning document SYN-BE-000001", true},
		{strings.Repeat("many short words ", 20) + "end", true},
		{"Réservé à l'entrée", false},
		{"=?utf-8?q?not_encoded?=", false},
		{"two  spaces", false},
		{" in front", false},
		{strings.Repeat("x", 400), false},
		{strings.Repeat("é", 200) + "🚚 " + strings.Repeat("日本語", 50), false},
		{"", true},
	} {
		coded := encodeWords(tt.text)
		if plain := coded == tt.text; plain != tt.plain {
			t.Errorf("%q became %q", tt.text, coded)
		}
		header := string(fold("Subject", coded))
		for line := range strings.SplitSeq(strings.TrimSuffix(header, "\r\n"), "\r\n") {
			if len(line) > headerLine || strings.TrimSpace(line) == "Subject:" && tt.text != "" {
				t.Errorf("%q: line %q", tt.text, line)
			}
		}
		m, err := mail.ReadMessage(strings.NewReader(header + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		back, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || back != tt.text {
			t.Errorf("%q came back as %q (%v)", tt.text, back, err)
		}
	}
}

// TestFoldTrustsNothing: whatever reaches a header, it stays one field of visible ASCII.
func TestFoldTrustsNothing(t *testing.T) {
	if got := string(fold("Subject", "a\r\nBcc: b\x00c\xffé\td")); got != "Subject: a Bcc: b c d\r\n" {
		t.Errorf("folded to %q", got)
	}
}

func TestFormatAddress(t *testing.T) {
	for _, name := range []string{"", "Postern", `O"Brien \ Sons`, "Lavage Citernes Synthétique de la Vallée, Liège",
		"=?utf-8?q?x?=", "a@b <c>", strings.Repeat("é", 150)} {
		header := string(fold("From", formatAddress(mail.Address{Name: name, Address: "a@b.example"})))
		m, err := mail.ReadMessage(strings.NewReader(header + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		list, err := m.Header.AddressList("From")
		if err != nil || len(list) != 1 || *list[0] != (mail.Address{Name: name, Address: "a@b.example"}) {
			t.Errorf("%q came back as %v (%v) from %q", name, list, err, header)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		" Zoë ": "Zoë", "a\r\nb\tc\x00": "a b c", "a\u202eb\u2066c": "a b c", "\xffa": "\uFFFDa",
		"x\u2028y": "x y", "": "",
		"l\u00a0an 1": "l\u00a0an 1",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := cleanLines(" a\r\n\r\nb\rc\u2028d\x07e\n"); !slices.Equal(got, []string{"a", "", "b", "c", "d e"}) {
		t.Errorf("lines %q", got)
	}
	if cleanLines(" \n ") != nil {
		t.Error("a blank text has lines")
	}
	for name, want := range map[string]string{
		"Siobhán": "Siobhán", "J.P.": "J.P.", "'t Kint": "'t Kint", "evil.example": "", "a.éé": "", "a.é": "a.é",
		"http://x": "", "x/y": "", "D’hooghe": "D’hooghe",
	} {
		if got := greetable(name); got != want {
			t.Errorf("%q: greeted as %q, want %q", name, got, want)
		}
	}
}
