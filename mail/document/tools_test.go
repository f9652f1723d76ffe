package document

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tools is what make browser says, which installs them.
var tools = flag.Bool("tools", false, "have qpdf, poppler and zbar read the documents too")

// run runs a tool, and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if failed, is := errors.AsType[*exec.ExitError](err); is {
		t.Fatalf("%s: %v\n%s%s", name, err, out, failed.Stderr)
	}
	check(t, err)
	return string(out)
}

// TestTools has others' programs read the documents: whether they are sound, what they say, how they are read aloud,
// and what the code on their picture says.
func TestTools(t *testing.T) {
	if !*tools {
		t.Skip("without -tools; the other tests read the documents with their own eyes")
	}
	for _, of := range append(looked, struct{ name, language string }{"worst", "fr"}) {
		doc := documentOf(t, of.name, of.language)
		file := filepath.Join(t.TempDir(), "document.pdf")
		check(t, os.WriteFile(file, doc.file, 0o600))
		run(t, "qpdf", "--check", file) // exit 3 for a mere warning
		text := squeeze(run(t, "pdftotext", "-layout", file, "-"))
		for _, page := range doc.read.Pages {
			for _, line := range page.Texts {
				if !strings.Contains(text, squeeze(line.Text)) {
					t.Errorf("%s: pdftotext does not find %q", of, line.Text)
				}
			}
		}
		if about := run(t, "pdfinfo", file); !strings.Contains(about, "Tagged:          yes") {
			t.Errorf("%s is not tagged:\n%s", of, about)
		}
		aloud := squeeze(run(t, "pdfinfo", "-struct-text", file))
		if want := squeeze(fixture(t, of.name).Number); !strings.Contains(strings.ReplaceAll(aloud, `"`, ""), want) {
			t.Errorf("%s: the structure has no %s", of, want)
		}
		run(t, "pdftoppm", "-r", "100", "-l", "1", "-singlefile", "-png", file, file)
		code := run(t, "zbarimg", "--nodbus", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file+".png")
		if strings.TrimSpace(code) != link {
			t.Errorf("%s: the code in the picture says %q", of, code)
		}
	}
}
