package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/server/command/manual"
	"postern/server/config"
)

func hasFlag(flags []manual.Flag, name string) bool {
	return slices.ContainsFunc(flags, func(f manual.Flag) bool { return f.Name == name })
}

// TestComplete holds what may stand where the cursor is.
func TestComplete(t *testing.T) {
	t.Parallel()
	table := described()
	for line, want := range map[string]string{
		"":                                      "words: serve demo partner plan biker cleaning user letter",
		"le":                                    "words: letter",
		"letter ":                               "words: list show retry cancel",
		"letter re":                             "words: retry release resume",
		"xyzzy ":                                "words:",
		"help ":                                 "words: serve demo",
		"help letter ":                          "words: list show",
		"help letter list ":                     "words:",
		"letter list ":                          "words: --json --state --to",
		"letter list --st":                      "words: --state",
		"letter list --json ":                   "words: --state --to",
		"letter list --state ":                  "words: queued held sent failed cancelled",
		"letter list --state fa":                "words: failed",
		"letter list --state = fa":              "words: failed",
		"letter list --state=fa":                "words: --state=failed",
		"letter list --to ":                     "words:",
		"letter retry ":                         "words: --failed --json",
		"letter show 01a200cf-3773 --":          "words: --json",
		"partner add x --scope users --sc":      "words: --scope",
		"partner add x --scope users,cl":        "words: users,cleanings",
		"plan add X --language ":                "words: NL FR EN",
		"cleaning add ":                         "files:",
		"cleaning add a.json --pdf ":            "files:",
		"letter texts ":                         "directories:",
		"push --watch ":                         "directories:",
		"push ":                                 "files:",
		"push --encoding windows":               "words: windows-1252",
		"completion ":                           "words: bash zsh fish",
		"completion z":                          "words: zsh",
		"letter list -- ":                       "words:",
		"install --unit --b":                    "words: --binary",
		"letter list --state failed --state=qu": "words: --state=queued",
	} {
		kind, found := manual.Complete(table, strings.Split(line, " "))
		got := kind + ":"
		for _, one := range found {
			got += " " + one.Word
		}
		if got != want && !(strings.HasPrefix(got, want+" ") && !strings.Contains(want, "--")) {
			t.Errorf("%q: %s, not %s", line, got, want)
		}
	}
}

// FuzzComplete: whatever has been typed, what is offered goes on with it.
func FuzzComplete(f *testing.F) {
	table := described()
	for _, line := range []string{"letter list --state=fa", "push -- x", "partner add x --scope users,=,", "= = -",
		"help"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		kind, found := manual.Complete(table, words)
		if kind != manual.Words && (len(found) > 0 || kind != manual.Files && kind != manual.Directories) {
			t.Errorf("%q: %s %v", line, kind, found)
		}
		typed := words[len(words)-1]
		for _, one := range found {
			if typed != "=" && !strings.HasPrefix(strings.ToLower(one.Word), strings.ToLower(typed)) {
				t.Errorf("%q: %q is offered", line, one.Word)
			}
		}
	})
}

// TestPages has mandoc and groff read all manual pages, where they are had.
func TestPages(t *testing.T) {
	t.Parallel()
	book := manual.Book{Table: described(), Settings: config.Settings{}.List(nil), At: time.Unix(1_795_000_000, 0)}
	pages := book.Pages()
	for _, one := range []string{"postern.1", "postern-letter.1", "postern-settings.5", "posternctl.8"} {
		if !slices.ContainsFunc(pages, func(p manual.Page) bool { return p.Name == one }) {
			t.Errorf("there is no %s", one)
		}
	}
	dir := t.TempDir()
	var files []string
	for _, page := range pages {
		files = append(files, filepath.Join(dir, page.Name))
		// For every page that another names mandoc looks through all manuals of the machine.
		text := strings.ReplaceAll(page.Text, "\n.Xr ", "\n.Nm ")
		if err := os.WriteFile(files[len(files)-1], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, reader := range [][]string{{"mandoc", "-Tlint", "-Wall"}, {"groff", "-mandoc", "-ww", "-z", "-Kutf8"}} {
		if _, err := exec.LookPath(reader[0]); err != nil {
			t.Logf("%s is not had here", reader[0])
			continue
		}
		out, err := exec.Command(reader[0], append(reader[1:], files...)...).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", reader[0], err, out)
		}
	}
}

// TestPageHoldsTexts: what is special in roff stands in a page as it was written.
func TestPageHoldsTexts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("mandoc is not had here")
	}
	book := manual.Book{At: time.Unix(1_795_000_000, 0), Table: []manual.Command{{
		Name: "try", Args: `'X' .\n`, Short: "tries", Long: `.hidden stays. 'quoted' and \e, a "word", ~/.x and ^ too.`,
		Examples: []string{".first 'x' \\ --flag"},
		Flags:    []manual.Flag{{Name: "no-op", Meaning: `does "Ar" nothing`}},
	}}}
	page, _ := book.Page("try")
	command := exec.Command("mandoc", "-Tascii", "-O", "width=200")
	command.Stdin = strings.NewReader(page.Text)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Join(strings.Fields(backspaced(string(out))), " ")
	for _, want := range []string{`postern try 'X' .\n`, `.hidden stays. 'quoted' and \e, a "word", ~/.x and ^ too.`,
		`.first 'x' \ --flag`, `--no-op Does "Ar" nothing.`} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is not in %s", want, plain)
		}
	}
}

// backspaced takes out what makes letters bold on a printer.
func backspaced(text string) string {
	var all []rune
	for _, r := range text {
		if r == '\b' && len(all) > 0 {
			all = all[:len(all)-1]
			continue
		}
		all = append(all, r)
	}
	return string(all)
}

// TestPagesAreWritten holds that `postern man DIR` says where they are.
func TestPagesAreWritten(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	dir := filepath.Join(t.TempDir(), "man")
	if code := Main(t.Context(), []string{"man", dir}, Process{Out: &out, Err: &out}); code != exitDone {
		t.Fatal(out.String())
	}
	for line := range strings.Lines(out.String()) {
		if filepath.Dir(strings.TrimSpace(line)) != dir {
			t.Error(line)
		}
	}
}
