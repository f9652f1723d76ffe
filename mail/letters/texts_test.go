package letters

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestTextsAreComplete(t *testing.T) {
	texts, err := loadTexts(embedded, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range samples {
		for _, language := range sample.languages {
			for _, kind := range sample.kinds {
				l, _ := letterOf(kind, language)
				if texts[language] == nil || texts[language].letters[l.Kind] == nil {
					t.Errorf("no %s letter in language %q", kind, language)
				}
			}
		}
	}
	if got, want := len(texts["de"].letters), len(users.kinds())+len(operators.kinds()); got != want {
		t.Errorf("%d letters in German, want the %d to users and operators alone", got, want)
	}
	frame := []string{"Language", "Subject", "Preview"}
	var fields []string
	for field := range reflect.TypeFor[values]().Fields() {
		if !slices.Contains(frame, field.Name) {
			fields = append(fields, field.Name)
		}
	}
	slices.Sort(fields)
	if named := slices.Sorted(maps.Keys(uses)); !slices.Equal(fields, named) {
		t.Errorf("values has %v, uses %v", fields, named)
	}
}

// TestAnotherLanguage adds languages by files alone: one for everybody, one for each population.
func TestAnotherLanguage(t *testing.T) {
	files := textFiles(t)
	for name, file := range maps.Clone(files) {
		base, isEnglish := strings.CutSuffix(name, ".en.txt")
		if !isEnglish {
			continue
		}
		files[base+".es.txt"] = file
		kind := path.Base(base)
		if kind == "words" || kind == bikers.footer() || slices.Contains(bikers.kinds(), kind) {
			files[base+".pl.txt"] = file
		}
		if kind == "words" || kind == users.footer() || slices.Contains(users.kinds(), kind) {
			files[base+".it.txt"] = file
		}
	}
	texts, err := loadTexts(files, "")
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]int{"es": len(vocabularies), "pl": len(bikers.kinds()),
		"it": len(users.kinds())} {
		if texts[code] == nil || len(texts[code].letters) != want {
			t.Errorf("%s: not %d letters", code, want)
		}
	}
}

// TestLiteralWords: what a text says literally is no HTML, and none of fmt's verbs.
func TestLiteralWords(t *testing.T) {
	const words = "<b>R&D</b> 100 %d {{if .Phone}}<i>{{end}}{{.Number}} [a < b](.Link) 'q'"
	files := textFiles(t)
	files["texts/document.en.txt"] = &fstest.MapFile{
		Data: []byte("Subject: S & s\nPreview: <p>\n\n" + words + " {{.Station}}\n")}
	texts, err := loadTexts(files, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := texts["en"].letters["document"].render(
		&values{Number: "<N>", Station: "S", Link: "https://a.example/?x&y"})
	if err != nil {
		t.Fatal(err)
	}
	for want, part := range map[string]string{
		"<b>R&D</b> 100 %d <N> a < b <https://a.example/?x&y> 'q' S\n": string(
			p.text),
		">a &lt; b</a> &#39;q&#39; S</p>": string(
			p.html),
		"&lt;b&gt;R&amp;D&lt;/b&gt; 100 %d &lt;N&gt; <a class=\"link\" href=\"https://a.example/?x&amp;y\"": string(
			p.html),
	} {
		if !strings.Contains(part, want) {
			t.Errorf("no %q in:\n%s", want, part)
		}
	}
	if p.subject != "S & s" {
		t.Errorf("subject %q", p.subject)
	}
}

func TestBrokenTexts(t *testing.T) {
	const head = "Subject: S\nPreview: P\n\n"
	const body = "{{.Number}} {{.Station}}\n\n[Go](.Link)\n"
	for _, tt := range []struct{ file, content, want string }{
		{"document.nl.txt", "", "document.nl.txt:1: it must start with"},
		{"document.nl.txt", "Subject: S\n\n" + body, "document.nl.txt:1: it must start with"},
		{"document.nl.txt", head, "document.nl.txt: it has no text"},
		{"document.nl.txt", head + "{{.Number}} {{.Station}}\n", "document.nl.txt: the letter must tell .Link"},
		{"document.nl.txt", head + body + "{{.Nummer}}", "document.nl.txt:7: this letter knows no value .Nummer"},
		{"document.nl.txt", head + body + "{{.NotMe}}", "document.nl.txt:7: this letter knows no value .NotMe"},
		{"document.nl.txt", head + body + "{{if .Nummer}}x{{end}}", "knows no value .Nummer"},
		{"document.nl.txt", head + body + "\n[x](.Nummer)", "document.nl.txt:8: this letter knows no value .Nummer"},
		{"document.nl.txt", head + body + "\n[x](https://a.example)", "document.nl.txt:8: a link is written"},
		{"document.nl.txt", head + body + "\nx {{.Link}}",
			"document.nl.txt:8: the value .Link is written [label](.Link)"},
		{"document.nl.txt", head + body + "\n[x](.Number)", "the value .Number is written {{.Number}}"},
		{"document.nl.txt", head + body + "\n{{printf \"%d\" .Number}}", "document.nl.txt:8: {{printf"},
		{"document.nl.txt", head + body + "\n{{.Number}", "document.nl.txt:8: a brace stands alone"},
		{"document.nl.txt", head + body + "\n{{if .Phone}}x", "document.nl.txt:8: an {{if}} has no {{end}}"},
		{"document.nl.txt", head + body + "\nx{{end}}", "document.nl.txt:8: {{end}} has no {{if}}"},
		{"document.nl.txt", head + body + "\n{{if .Phone}}\n\nx\n", "document.nl.txt:8: an {{if}} has no {{end}}"},
		{"document.nl.txt", head + body + "\n{{if .Phone}}\n\nx\n\n{{else}}\n\n{{else}}\n",
			"document.nl.txt:14: {{else}} has no {{if}}"},
		{"document.nl.txt", head + body + "\n{{if .Phone}}\n\n- A: a\n{{end}}\n",
			"document.nl.txt:11: {{end}} has no {{if}}"},
		{"document.nl.txt", head + body + "\n- A: a\n{{if .Phone}}\n\nx\n\n{{end}}\n",
			"document.nl.txt:9: an {{if}} has no {{end}}"},
		{"document.nl.txt", head + body + "\na\nb [c\nd {{.X}}](.Link)\n",
			"document.nl.txt:10: this letter knows no value .X"},
		{"document.nl.txt", head + body + "\na\nb\n[x](y)\n", "document.nl.txt:10: a link is written"},
		{"document.nl.txt", head + body + "\n- fact", "document.nl.txt:8: a fact is written"},
		{"document.nl.txt", head + body + "\n> words", "document.nl.txt:8: a block starts with"},
		{"document.nl.txt", head + body + "\n\x07", "document.nl.txt:8: there is a control character"},
		{"document.nl.txt", head + body + "\n\xff", "document.nl.txt:8: it is not UTF-8"},
		{"document.nl.txt", "Subject: [S](.Link)\nPreview: P\n\n" + body, "document.nl.txt:1: a link has no place"},
		{"document.nl.txt", "Subject: S\nPreview: {{.X}}\n\n" + body,
			"document.nl.txt:2: this letter knows no value .X"},
		{"footer-users.de.txt", "{{.Number}}", "footer-users.de.txt:1: this letter knows no value .Number"},
		{"words.fr.txt", "minutes: a | b\nhours: a | b\ndays: a | b\n", "words.fr.txt: it needs all four lines"},
		{"words.fr.txt", "hours: heure", "words.fr.txt:1: write hours"},
		{"words.fr.txt", "time: 15:04", "words.fr.txt:1: write a layout"},
		{"words.fr.txt", "weeks: a | b", "words.fr.txt:1: \"weeks\" is unknown"},
		{"words.fr.txt", "days: a | b\ndays: a | b", "words.fr.txt:2: \"days\" is unknown here or stands twice"},
		{"activte.nl.txt", head, "activte.nl.txt: it is no letter's text"},
		{"activate.nl", head, "activate.nl: it is no letter's text"},
		{"activate.es.txt", head, "document.es.txt: it is missing"},
		{"activate.es.txt", head, "footer-users.es.txt: it is missing"},
		{"activate.es.txt", head, "words.es.txt: it is missing"},
		{"welcome.de.txt", head, "failed.de.txt: it is missing; a language needs all letters to bikers"},
		{"footer-bikers.de.txt", "x", "welcome.de.txt: it is missing"},
		{"footer-bikers.nl.txt", "{{.Name}}", "footer-bikers.nl.txt:1: this letter knows no value .Name"},
		{"footer.nl.txt", "x", "footer.nl.txt: it is no letter's text"},
		{"words.es.txt", "", "words.es.txt: there is no letter in that language"},
		{"footer-users.nl.txt", "{{if .Contact}}\n\nx\n", "footer-users.nl.txt:1: an {{if}} has no {{end}}"},
		{"test.es.txt", head, "footer-operators.es.txt: it is missing; a language needs all letters to operators"},
		{"test.nl.txt", head + "{{.SentAt}} {{.Link}}", "test.nl.txt:4: this letter knows no value .Link"},
		{"failed.nl.txt", head + "{{.FirstName}}", "failed.nl.txt:4: this letter knows no value .FirstName"},
		{"recover.nl.txt", head + "{{.Sender}} {{.LinkLife}} {{.Link}}", "the value .Link is written [label](.Link)"},
	} {
		files := textFiles(t)
		files["texts/"+tt.file] = &fstest.MapFile{Data: []byte(tt.content)}
		err := languageFault(t, files, strings.Split(tt.file, ".")[1])
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q:\n%v\nwant %q", tt.file, tt.content, err, tt.want)
		}
	}
}

// languageFault returns what is wrong with the texts of one language, as loadTexts finds it for all of them.
func languageFault(t *testing.T, files fstest.MapFS, code string) error {
	t.Helper()
	own, err := fs.Sub(files, "texts")
	if err != nil {
		t.Fatal(err)
	}
	byLanguage := map[string]languageFiles{}
	fault := collect(byLanguage, own, "")
	_, err = loadLanguage(code, byLanguage[code], string(files["layout.html"].Data), "")
	return errors.Join(fault, err)
}

// TestAllFaultsAtOnce: missing files, of a whole population too, and a broken one of another language are told
// together.
func TestAllFaultsAtOnce(t *testing.T) {
	files := textFiles(t)
	delete(files, "texts/activate.en.txt")
	delete(files, "texts/words.en.txt")
	files["texts/decided.de.txt"] = &fstest.MapFile{Data: []byte("Guten Tag")}
	for name := range maps.Clone(files) {
		if kind, isDutch := strings.CutSuffix(path.Base(name), ".nl.txt"); isDutch &&
			slices.Contains(bikers.kinds(), kind) {
			delete(files, name)
		}
	}
	delete(files, "texts/footer-bikers.nl.txt")
	_, err := loadTexts(files, "")
	for _, want := range []string{"activate.en.txt", "words.en.txt", "decided.de.txt", "welcome.nl.txt",
		"failed.nl.txt"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

func TestSpan(t *testing.T) {
	texts, err := loadTexts(embedded, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		language string
		d        time.Duration
		want     string
	}{
		{"en", time.Hour, "1 hour"}, {"en", 24 * time.Hour, "24 hours"}, {"en", 168 * time.Hour, "7 days"},
		{"en", 48 * time.Hour, "2 days"}, {"en", 36 * time.Hour, "36 hours"}, {"en", 90 * time.Minute, "90 minutes"},
		{"en", 25*time.Hour + 59*time.Minute, "25 hours"}, {"en", time.Minute, "1 minute"},
		{"nl", time.Hour, "1 uur"}, {"nl", 24 * time.Hour, "24 uur"}, {"nl", 72 * time.Hour, "3 dagen"},
		{"fr", time.Hour, "1 heure"}, {"fr", 24 * time.Hour, "24 heures"}, {"fr", 72 * time.Hour, "3 jours"},
		{"de", time.Hour, "1 Stunde"}, {"de", 24 * time.Hour, "24 Stunden"}, {"de", 72 * time.Hour, "3 Tage"},
	} {
		if got := texts[tt.language].span(tt.d); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.language, tt.d, got, tt.want)
		}
	}
}
