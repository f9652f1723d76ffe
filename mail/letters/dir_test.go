package letters

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeFiles makes a directory of text files.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOwnTexts: an operator's file stands in the place of the embedded one, whichever system it was written on; all
// others stay, and what editors leave behind is nothing.
func TestOwnTexts(t *testing.T) {
	o := testOptions(t)
	o.Dir = writeFiles(t, map[string]string{
		"test.nl.txt":             "\uFEFFSubject: Eigen\r\nPreview: P\r\n\r\n{{.Site}} om\r\n{{.SentAt}}\r\n",
		"words.de.txt":            "time: MST 15:04 02.01.2006\ndays: a | b\nhours: a | b\nminutes: a | b\n",
		"footer-operators.en.txt": "Our own footer.\n",
		"test.nl.txt~":            "Subject", ".test.nl.txt.swp": "\x00", ".git": "",
	})
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{
		"nl": "eecd.kaai9.example om 03-03-2025 09:30 CET (Europe/Brussels)\r\n",
		"de": "Zeitpunkt: CET (Europe/Brussels) 09:30 03.03",
		"en": "-- \r\nOur own footer.\r\n", "fr": "Les messages arrivent", "es": "-- \r\nOur own footer.\r\n",
	} {
		l, in := letterOf("test", language)
		if text := compose(t, c, l, in).text; !strings.Contains(text, want) {
			t.Errorf("%s: no %q in:\n%s", language, want, text)
		}
	}
}

// TestOwnLanguage adds a language for bikers and operators, as an operator does: users get English in it.
func TestOwnLanguage(t *testing.T) {
	files := map[string]string{}
	for _, kind := range slices.Concat(bikers.kinds(), operators.kinds(),
		[]string{bikers.footer(), operators.footer(), wordsFile}) {
		content, err := fs.ReadFile(embedded, "texts/"+kind+".en.txt")
		if err != nil {
			t.Fatal(err)
		}
		files[kind+".pt-br.txt"] = strings.Replace(string(content), "Hello", "Oi", 1)
	}
	o := testOptions(t)
	o.Dir = writeFiles(t, files)
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{"welcome": "pt-br", "test": "pt-br", "document": "en"} {
		l, in := letterOf(kind, "pt-br")
		if got := compose(t, c, l, in).header.Get("Content-Language"); got != want {
			t.Errorf("%s is in %q, want %q", kind, got, want)
		}
	}
}

// TestOwnTextsFaults: everything that is wrong in a directory is reported at once, each by its file and line, and what
// is missing of a language begun there, too.
func TestOwnTextsFaults(t *testing.T) {
	o := testOptions(t)
	o.Dir = writeFiles(t, map[string]string{
		"activate.en.txt": "Subject: S {{.Nmae}}\nPreview: [x](.Link)\n\nHello {{.Firstname}},\nsee " +
			"{{.Link}}\n\n- fact\n\n{{end}}\n",
		"words.nl.txt":        "minutes: minuut\nweeks: a | b\ntime: 15:04\n",
		"footer-users.fr.txt": "{{if .Contact}}\n\n{{.Link}}\n",
		"test.es.txt":         "Hola",
		"welcome.txt":         "no language",
		"notes.md":            "not a text",
		"document.de.txt":     strings.Repeat("x", longestText+1),
	})
	if err := os.Mkdir(filepath.Join(o.Dir, "decided.de.txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := New(o)
	if err == nil {
		t.Fatal("taken")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		"activate.en.txt:1: this letter knows no value .Nmae", "activate.en.txt:2: a link has no place",
		"activate.en.txt:4: this letter knows no value .Firstname", "activate.en.txt:5: the value .Link is written",
		"activate.en.txt:7: a fact is written", "activate.en.txt:9: {{end}} has no {{if}}",
		"activate.en.txt: the letter must tell .Sender", "activate.en.txt: the letter must tell .LinkLife",
		"activate.en.txt: the letter must tell .NotMe",
		"words.nl.txt:1: write minutes", "words.nl.txt:2: \"weeks\" is unknown", "words.nl.txt:3: write a layout",
		"words.nl.txt: it needs all four lines",
		"footer-users.fr.txt:1: an {{if}} has no {{end}}", "footer-users.fr.txt:3: this letter knows no value .Link",
		"test.es.txt:1: it must start with", "footer-operators.es.txt: it is missing", "words.es.txt: it is missing",
		"welcome.txt: it is no letter's text", "notes.md: it is no letter's text",
		"document.de.txt: it cannot be read: it has more than 64 KiB",
		"decided.de.txt: it cannot be read: it is no plain file",
	} {
		i := slices.IndexFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, filepath.Join(o.Dir, want))
		})
		if i < 0 {
			t.Errorf("nothing begins with %s", want)
			continue
		}
		lines = slices.Delete(lines, i, i+1)
	}
	if len(lines) > 0 {
		t.Errorf("too much is told:\n%s", strings.Join(lines, "\n"))
	}
	o.Dir = filepath.Join(t.TempDir(), "nowhere")
	if _, err := New(o); err == nil || !strings.HasSuffix(
		err.Error(), o.Dir+" cannot be read: no such file or directory") {
		t.Errorf("no directory: %v", err)
	}
}

// TestWriteTexts: what is written is what is embedded, and never over what is there.
func TestWriteTexts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "own", "letters")
	written, kept, err := WriteTexts(dir)
	if err != nil || len(kept) > 0 || len(written) != len(textFiles(t))-1 { // the layout is none
		t.Fatalf("written %q, kept %q, %v", written, kept, err)
	}
	mine := filepath.Join(dir, "welcome.nl.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "words.en.txt")); err != nil {
		t.Fatal(err)
	}
	again, kept, err := WriteTexts(dir)
	if err != nil || !slices.Equal(again, []string{filepath.Join(dir, "words.en.txt")}) || len(kept) != len(written)-1 {
		t.Errorf("written %q, kept %q, %v", again, kept, err)
	}
	if content, err := os.ReadFile(mine); string(content) != "mine" {
		t.Errorf("overwritten with %q, %v", content, err)
	}
	if err := os.Remove(mine); err != nil {
		t.Fatal(err)
	}
	o := testOptions(t)
	o.Dir = dir
	if _, err := New(o); err != nil {
		t.Errorf("what was written is not taken: %v", err)
	}
	if written, kept, err = WriteTexts(filepath.Join(dir, "words.en.txt")); err == nil {
		t.Errorf("a file taken for a directory: %q, %q", written, kept)
	}
}
