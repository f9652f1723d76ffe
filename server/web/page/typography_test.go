package page

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// inWords finds what is typed rather than typeset: straight apostrophes, and, in French, a space before a sign that a
// line break may part from its word, and a hyphen that a line may end after in what is one word.
var (
	straight  = regexp.MustCompile(`\pL'\pL| '|' `)
	parted    = regexp.MustCompile(`[eE]-mail`)
	breakable = regexp.MustCompile(` [?!:;»]|« `)
)

// TestTypography: the words of all rooms' pages are set as print is.
func TestTypography(t *testing.T) {
	var files []string
	for _, pattern := range []string{"words/*.json", "../words/*.json", "../../*/words/*.json"} {
		found, err := filepath.Glob(pattern)
		check(t, err)
		files = append(files, found...)
	}
	if len(files) < 10 {
		t.Fatalf("only %q", files)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		check(t, err)
		for line := range strings.Lines(string(content)) {
			_, text, isText := strings.Cut(line, `": "`)
			if !isText {
				continue
			}
			if straight.MatchString(text) {
				t.Errorf("%s: a straight apostrophe in %s", name, text)
			}
			if strings.HasSuffix(name, "fr.json") && parted.MatchString(text) {
				t.Errorf("%s: a line may end within e-mail, which wants a non-breaking hyphen, in %s", name, text)
			}
			if strings.HasSuffix(name, "fr.json") && breakable.MatchString(text) {
				t.Errorf("%s: a line may break before a sign in %s", name, text)
			}
		}
	}
}
