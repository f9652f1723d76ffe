package document

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"postern/mail/document/pdf/pdftest"
	"postern/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden compares what a screen reader reads in each made-up cleaning's document, in its order, with what was
// looked at and found good.
func TestGolden(t *testing.T) {
	all, err := readFixtures()
	check(t, err)
	seen := map[string]bool{}
	for _, of := range looked {
		seen[of.name] = true
		got := documentOf(t, of.name, of.language).read.Outline
		file := filepath.Join("testdata", of.name+"."+of.language+".golden")
		if *update {
			check(t, os.WriteFile(file, []byte(got), 0o644))
		}
		want, err := os.ReadFile(file)
		check(t, err)
		is, was := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range max(len(is), len(was)) {
			if i == len(is) || i == len(was) || is[i] != was[i] {
				t.Errorf("%s differs from line %d on; look at the PDF, then run with -update: %q", file, i+1,
					is[min(i, len(is)-1)])
				break
			}
		}
	}
	if len(seen) != len(all) {
		t.Errorf("%d of %d cleanings are looked at", len(seen), len(all))
	}
}

// TestOnTheSheet holds that no text leaves the sheet's content or lies upon another, also where all texts are too long.
func TestOnTheSheet(t *testing.T) {
	faces, err := readTypefaces()
	check(t, err)
	const left, right, top, bottom = margin, sheetWidth - margin, sheetHeight - margin, 10
	for _, of := range append(looked, struct{ name, language string }{"worst", "fr"}) { // fr has the longest words
		for n, page := range documentOf(t, of.name, of.language).read.Pages {
			var boxes [][4]float64
			for _, text := range page.Texts {
				family := faces.usual
				if strings.HasPrefix(text.Font, "DejaVu") {
					family = faces.rare
				}
				// What a letter covers around its baseline, in parts of the font size.
				size, x, y := text.Size*pointsToMM, text.X*pointsToMM, text.Y*pointsToMM
				width := family.weight(strings.HasSuffix(text.Font, "Bold")).Width(text.Text, text.Size) * pointsToMM
				box := [4]float64{x, y - 0.22*size, x + width - 0.01, y + 0.75*size}
				if box[0] < left-0.1 || box[2] > right+0.1 || box[1] < bottom || box[3] > top+0.1 {
					t.Errorf("%s, page %d: off the sheet: %.40q at %.1f", of, n+1, text.Text, box)
				}
				for i, other := range boxes {
					if box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3] {
						t.Errorf("%s, page %d: %.40q lies upon %.40q", of, n+1, text.Text, page.Texts[i].Text)
					}
				}
				boxes = append(boxes, box)
			}
		}
	}
}

// TestNothingLost holds that every text of a document that runs over several pages is there in full, is read, and that
// the pages are numbered and have the table's head.
func TestNothingLost(t *testing.T) {
	c, doc := worst(), documentOf(t, "worst", "fr").read
	if len(doc.Pages) < 3 {
		t.Errorf("%d pages for the worst case", len(doc.Pages))
	}
	heads := 0
	for n, page := range doc.Pages {
		foot := page.Texts[len(page.Texts)-1].Text
		if want := fmt.Sprintf("Page %d sur %d", n+1, len(doc.Pages)); foot != want {
			t.Errorf("page %d ends with %q, want %q", n+1, foot, want)
		}
		for _, text := range page.Texts {
			if text.Text == "Codes de nettoyage" {
				heads++
			}
			if text.Size > 16 {
				t.Errorf("so long a number must not be in large letters: %q", text.Text)
			}
		}
	}
	if heads < 4 || strings.Count(doc.Outline, "Codes de nettoyage") != 1 {
		t.Errorf("the head of a table over four pages stands %d times, and is read %d times", heads,
			strings.Count(doc.Outline, "Codes de nettoyage"))
	}
	if unread := doc.Unread(); len(unread) > 0 {
		t.Errorf("not read: %q", unread)
	}
	values := []string{c.Number, c.Station.Name, c.Station.City + ", " + c.Station.Country, c.Station.Phone, c.Customer,
		c.CustomerReference, "Semi-remorque citerne" + c.Equipment.Identification, c.Equipment.Vehicle, c.ProductNature,
		c.NextLoad, "03/03/2025 08:00 CET (Europe/Brussels)", "03/03/2025 09:00 CET (Europe/Brussels)", c.Cleaner,
		strings.Repeat(string(replacement), 200), // the driver's
		c.AdditionalServices, c.Comments, strings.Join(c.Seals, ", "), c.Load.ProductName, c.Load.Comment}
	for _, compartment := range c.Compartments {
		values = append(values, compartment.PreviousLoad.Name, strings.Join(compartment.Codes, ""))
	}
	all := squeeze(doc.Outline)
	for _, value := range values {
		if !strings.Contains(all, squeeze(value)) {
			t.Errorf("not there in full: %.60q (%d bytes)", value, len(value))
		}
	}
}

// TestSameBytes holds that only the data and the minute decide about the bytes: not the second, the process, or others
// that render at once (which the race detector watches).
func TestSameBytes(t *testing.T) {
	c, o := fixture(t, "far"), options(t, "fr")
	first := render(t, c, o)
	o.AsOf = o.AsOf.Truncate(time.Minute)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if again, err := Render(c, o); err != nil || !bytes.Equal(again, first) {
				t.Errorf("rendered again it differs (%v)", err)
			}
		})
	}
	wg.Wait()
	o.AsOf = o.AsOf.Add(time.Minute)
	if bytes.Equal(render(t, c, o), first) {
		t.Error("it does not say of which minute it is")
	}
}

// TestRareCharacters holds that what the usual font lacks is in the PDF, and that the other font is in those documents
// alone which need it.
func TestRareCharacters(t *testing.T) {
	plain := documentOf(t, "bare", "fr")
	c := fixture(t, "bare")
	c.Station.Name, c.Customer, c.Driver = "GROẞE REINIGUNG", "საქართველოს ტერმინალი", "Արամ Հակոբյան"
	c.Comments = "a‐b‑c‒d, Nʼgolo, Vũ Đặng Ệ, ≤ 5 ℃ → ok"
	c.CustomerReference = strings.Repeat("საქართველო ", 18)
	file := render(t, c, options(t, "fr"))
	all := squeeze(pdftest.Read(t, file).Outline)
	for _, value := range []string{c.Station.Name, c.Customer, c.Driver, c.Comments, c.CustomerReference} {
		if !strings.Contains(all, squeeze(value)) {
			t.Errorf("not there: %q in %q", value, all)
		}
	}
	if bytes.Contains(plain.file, []byte("DejaVu")) || !bytes.Contains(file, []byte("DejaVu")) {
		t.Error("the rare characters' font is where it is not needed, or not where it is")
	}
	if len(file) > 5*len(plain.file) {
		t.Errorf("%d bytes with rare characters, %d without", len(file), len(plain.file))
	}
}

func TestMetadata(t *testing.T) {
	c := fixture(t, "bare")
	for language, lang := range map[string]string{"nl": "nl", "": "en", "xx": "en", "../words/nl": "en"} {
		file := string(render(t, c, options(t, language)))
		for _, want := range []string{"/Lang(" + lang + ")", "/ModDate(D:20250308090000+00'00')",
			"/CreationDate(D:20250317130500+00'00')", "/URI(" + link + ")", "/DisplayDocTitle true",
			"SYN-BE-000010)/Producer"} {
			if !strings.Contains(file, want) {
				t.Errorf("in %q: no %s", language, want)
			}
		}
	}
	o := options(t, "en")
	o.Link = strings.Repeat("x", 2332)
	if _, err := Render(c, o); err == nil {
		t.Error("a QR code of an endless link")
	}
}

// TestVerdict: only a document that is valid is not crossed out on every page.
func TestVerdict(t *testing.T) {
	crossed := fmt.Sprintf("%s RG", blush)
	for _, of := range looked {
		isValid := fixture(t, of.name).Verdict() == store.VerdictValid
		for _, page := range documentOf(t, of.name, of.language).read.Pages {
			if strings.Contains(page.Content, crossed) == isValid {
				t.Errorf("%s is valid: %t, and crossed out: %t", of, isValid, !isValid)
			}
		}
	}
}

// TestWords holds that no language lacks a word, and that all have the same places in it.
func TestWords(t *testing.T) {
	files, err := wordFiles.ReadDir("words")
	check(t, err)
	shapes := map[string][]string{}
	for _, file := range files {
		content, err := wordFiles.ReadFile("words/" + file.Name())
		check(t, err)
		var all map[string]any
		check(t, json.Unmarshal(content, &all))
		shapes[file.Name()] = shape("", all)
		if !slices.Equal(shapes[file.Name()], shapes["de.json"]) {
			t.Errorf("%s has other words than de.json", file.Name())
		}
		w, err := wordsIn(strings.TrimSuffix(file.Name(), ".json"))
		check(t, err)
		for _, kind := range []string{"tankTrailer", "tankContainer", "ibc", "silo"} {
			if w.Kinds[kind] == "" {
				t.Errorf("%s has no word for %s", w.language, kind)
			}
		}
		for _, word := range store.VerdictValid.Words() {
			v := store.Verdict(word)
			if w.Verdicts[v].Headline == "" || w.Verdicts[v].Meaning == "" {
				t.Errorf("%s has no words for %s", w.language, v)
			}
		}
	}
	for _, language := range Languages {
		if shapes[language+".json"] == nil {
			t.Errorf("there are no words in %s", language)
		}
	}
	if len(shapes) != len(Languages) {
		t.Errorf("there are words in %d languages, not in %d", len(shapes), len(Languages))
	}
}

// shape lists the names in a file of words, with the places in braces that their texts have.
func shape(name string, value any) (names []string) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			names = append(names, shape(name+"."+key, inner)...)
		}
	case string:
		places := strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\u00a0' || r == ':' || r == ',' })
		places = slices.DeleteFunc(places, func(word string) bool { return !strings.HasPrefix(word, "{") })
		names = append(names, name+strings.Join(places, "")+map[bool]string{true: " (empty)"}[v == ""])
	}
	slices.Sort(names)
	return names
}

func TestNature(t *testing.T) {
	w, err := wordsIn("fr")
	check(t, err)
	s := reader{words: w}
	for given, want := range map[string]string{
		"chemical": "Chimique", "CHEMICAL": "Chimique", "Chemical, liquid": "Chimique / Liquide",
		"food/feed": "Alimentaire / Alimentation animale", "glucose": "glucose", "food grade": "food grade", "": "",
	} {
		if got := s.nature(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, name := range []string{"signed-off", "far", "worst"} {
		b.Run(name, func(b *testing.B) {
			c, o := fixture(b, name), options(b, "en")
			b.ReportAllocs()
			for b.Loop() {
				render(b, c, o)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "documents/s")
		})
	}
}
