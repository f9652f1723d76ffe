package document

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-json-experiment/json"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"postern/store"
	"postern/store/guid"
)

var update = flag.Bool("update", false, "write the golden files anew")

var languages = []string{"en", "nl", "fr", "de"}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixtures are made-up cleanings, by the names of their files.
func fixtures(t testing.TB) map[string]store.Cleaning {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	check(t, err)
	cleanings := map[string]store.Cleaning{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		check(t, err)
		var c store.Cleaning
		check(t, json.Unmarshal(content, &c, json.RejectUnknownMembers(true)))
		cleanings[strings.TrimSuffix(filepath.Base(file), ".json")] = c
	}
	if len(cleanings) == 0 {
		t.Fatal("no fixtures")
	}
	return cleanings
}

// worst is a cleaning in which every text is as long as it may be, and some are as hard to lay out as they come.
func worst() store.Cleaning {
	words := strings.Repeat("Straßenbahnhaltestelle über Łódź ", 7)[:200]
	c := store.Cleaning{ID: guid.ID{1}, ChangedAt: time.Date(2025, 3, 3, 8, 26, 0, 0, time.UTC),
		CleaningData: store.CleaningData{
			Number: strings.Repeat("W", 200), Station: store.Station{
				Name: words, City: words, Country: words, Phone: words},
			Customer: words, CustomerReference: strings.Repeat("M", 200),
			Equipment: store.Equipment{
				Kind: "tankTrailer", Identification: strings.Repeat("Q", 200), Vehicle: words},
			ProductNature: words, NextLoad: strings.Repeat("i", 200), Cleaner: words, Driver: strings.Repeat("山", 200),
			AdditionalServices: strings.Repeat("W", 2000), Comments: strings.Repeat("Line after line\r\n", 125),
			TimeIn: time.Date(2025, 3, 3, 7, 0, 0, 0, time.UTC), TimeOut: time.Date(2025, 3, 3, 8, 0, 0, 0, time.UTC),
			Seals: slices.Repeat([]string{words}, 20), Status: store.Completed,
		}}
	for n := range 12 {
		c.Compartments = append(c.Compartments, store.Compartment{Number: 1000 + n, Cleaned: n%2 == 0,
			PreviousLoad: store.PreviousLoad{UNNumber: "1230", Name: strings.Repeat("W", 200)},
			Codes:        slices.Repeat([]string{"P10"}, 40)})
	}
	c.Compartments[11].Codes = slices.Repeat([]string{"T01"}, 400) // taller than a page
	return c
}

const link = "https://postern.example.com/eecd/cleanings/00000000-0000-4000-8000-000000000001"

func render(t testing.TB, c store.Cleaning, link, language string) []byte {
	t.Helper()
	pdf, err := Render(c, link, language)
	check(t, err)
	return pdf
}

// TestGolden compares the texts of each made-up cleaning's document with what was looked at and found good.
func TestGolden(t *testing.T) {
	for name, c := range fixtures(t) {
		for _, language := range languages {
			var got strings.Builder
			pages := readPDF(t, render(t, c, link, language))
			if len(pages) != 1 {
				t.Errorf("%s in %s has %d pages", name, language, len(pages))
			}
			for _, text := range pages[0].texts {
				fmt.Fprintf(&got, "%3.0f %3.0f %4.1f  %s\n", text.x, text.y, text.size, text.text)
			}
			file := filepath.Join("testdata", name+"."+language+".golden")
			if *update {
				check(t, os.WriteFile(file, []byte(got.String()), 0o644))
			}
			want, err := os.ReadFile(file)
			check(t, err)
			if got.String() != string(want) {
				t.Errorf("%s differs; look at the PDF, then run with -update:\n%s", file, got.String())
			}
		}
	}
}

// TestOnTheSheet holds that no text leaves the sheet's content or lies upon another, also where all texts are too long.
func TestOnTheSheet(t *testing.T) {
	cleanings := fixtures(t)
	cleanings["worst"] = worst()
	measure := newMeasure(t)
	const left, right, top, bottom = margin, sheetWidth - margin, sheetHeight - margin, 10
	for name, c := range cleanings {
		for _, language := range languages {
			if name == "worst" && language != "fr" { // the longest words; it has ten pages
				continue
			}
			for n, page := range readPDF(t, render(t, c, link+strings.Repeat("/long", 20), language)) {
				var boxes [][4]float64
				for _, text := range page.texts {
					// What a letter covers around its baseline, in parts of the font size.
					size := text.size * pointsToMM
					x, y := text.x*pointsToMM, text.y*pointsToMM
					box := [4]float64{x, y - 0.22*size, x + measure(text), y + 0.75*size}
					if box[0] < left-0.1 || box[2] > right+0.1 || box[1] < bottom || box[3] > top+0.1 {
						t.Errorf("%s in %s, page %d: off the sheet: %.40q at %.1f", name, language, n+1, text.text, box)
					}
					for i, other := range boxes {
						if box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3] {
							t.Errorf("%s in %s, page %d: %.40q lies upon %.40q", name, language, n+1, text.text,
								page.texts[i].text)
						}
					}
					boxes = append(boxes, box)
				}
			}
		}
	}
}

// newMeasure returns the width in millimetres of a text as placed. The resource names of the two weights are told apart
// by the document's first texts: its title in regular, its number in bold.
func newMeasure(t testing.TB) func(placed) float64 {
	p, err := newPaper("", "en", time.Unix(0, 0))
	check(t, err)
	texts := readPDF(t, render(t, store.Cleaning{CleaningData: store.CleaningData{Number: "N"}}, link, "en"))[0].texts
	bold := texts[slices.IndexFunc(texts, func(text placed) bool { return text.text == "N" })].font
	return func(text placed) float64 {
		s := style{size: text.size}
		if text.font == bold {
			s.weight = "B"
		}
		return p.measure(s)(text.text)
	}
}

// TestNothingLost holds that every text of a document that runs over several pages is there in full, in its place and
// order, and that the pages are numbered.
func TestNothingLost(t *testing.T) {
	c := worst()
	pages := readPDF(t, render(t, c, link, "de"))
	if len(pages) < 3 {
		t.Errorf("%d pages for the worst case", len(pages))
	}
	heads := 0
	// what stands under one another from the same left end, labels and repeated heads aside
	columns := map[float64]string{}
	for n, page := range pages {
		foot := page.texts[len(page.texts)-1].text
		if want := fmt.Sprintf("Seite %d von %d", n+1, len(pages)); foot != want {
			t.Errorf("page %d ends with %q, want %q", n+1, foot, want)
		}
		for _, text := range page.texts {
			if text.text == "Reinigungscodes" {
				heads++
			}
			if text.size > 13 {
				t.Errorf("so long a number must not be in large letters: %q", text.text)
			}
			if text.size > label.size {
				columns[text.x] += squeeze(text.text)
			}
		}
	}
	if heads < 5 {
		t.Errorf("the head of a table over five pages stands %d times", heads)
	}
	values := []string{c.Number, c.Station.Name, c.Station.City + ", " + c.Station.Country, c.Station.Phone, c.Customer,
		c.CustomerReference, "Tankauflieger" + c.Equipment.Identification, c.Equipment.Vehicle,
		c.ProductNature, c.NextLoad,
		// the driver's
		"2025-03-03 07:00 UTC", "2025-03-03 08:00 UTC", c.Cleaner, strings.Repeat(string(replacement), 200),
		c.AdditionalServices, c.Comments, strings.Join(c.Seals, ", "), "Gereinigt, noch nicht abgezeichnet"}
	var loads, codes string
	for _, compartment := range c.Compartments {
		loads += "UN 1230" + compartment.PreviousLoad.Name
		codes += strings.Join(compartment.Codes, "")
	}
	for _, value := range append(values, loads, codes, "JaNeinJaNeinJaNeinJaNeinJaNeinJaNein") {
		found := false
		for _, column := range columns {
			found = found || strings.Contains(column, squeeze(value))
		}
		if !found {
			t.Errorf("not there in full: %.60q (%d octets)", value, len(value))
		}
	}
}

// squeeze takes the spaces away, at which lines may have been broken.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }

// TestSameOctets holds that only the data decide about the bytes: not the time, the process, or others that render at
// once (which the race detector watches). Every character of the fonts is in it, also those that share a glyph.
func TestSameOctets(t *testing.T) {
	fonts := sha256.Sum256(slices.Concat(goregular.TTF, gobold.TTF, dejavusans.TTF, dejavusansbold.TTF))
	charset, err := newCharset()
	check(t, err)
	c := fixtures(t)["compartments"]
	for r := rune(' '); r <= 0xFFFF; r++ {
		if charset.family(r) != "" {
			c.Comments, c.Station.Name = c.Comments+string(r), c.Station.Name+string(r)
		}
	}
	first := sha256.Sum256(render(t, c, link, "fr"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2 {
				if pdf, err := Render(c, link, "fr"); err != nil || sha256.Sum256(pdf) != first {
					t.Errorf("rendered again it differs (%v)", err)
				}
			}
		})
	}
	wg.Wait()
	if sha256.Sum256(slices.Concat(goregular.TTF, gobold.TTF, dejavusans.TTF, dejavusansbold.TTF)) != fonts {
		t.Error("rendering writes into the fonts, which all renderings share")
	}
	c.ChangedAt = time.Time{}
	if a, b := render(t, c, link, "en"), render(t, c, link, "en"); !bytes.Equal(a, b) ||
		!bytes.Contains(a, []byte("(D:19700101000000)")) {
		t.Error("without a time of change, it takes the present")
	}
}

// TestRareCharacters holds that what the usual font lacks is in the PDF, where it should be, and that the other font
// is in those documents alone which need it.
func TestRareCharacters(t *testing.T) {
	c := fixtures(t)["bare"]
	plain := render(t, c, link, "en")
	c.Station.Name, c.Customer, c.Driver = "GROẞE REINIGUNG", "საქართველოს ტერმინალი", "Արամ Հակոբյան"
	c.Comments = "a‐b‑c‒d, Nʼgolo, Vũ Đặng Ệ, ≤ 5 ℃ → ok"
	c.CustomerReference = strings.Repeat("საქართველო ", 18)
	pdf := render(t, c, link, "en")
	all := ""
	for _, text := range readPDF(t, pdf)[0].texts {
		all += squeeze(text.text)
	}
	for _, value := range []string{c.Station.Name, c.Customer, c.Driver, c.Comments, c.CustomerReference} {
		if !strings.Contains(all, squeeze(value)) {
			t.Errorf("not there: %q in %q", value, all)
		}
	}
	if name := []byte("DejaVu"); bytes.Contains(plain, []byte("dejavu")) || bytes.Contains(plain, name) {
		t.Error("a document that needs no rare character has their font in it")
	}
	if len(pdf) > 5*len(plain) {
		t.Errorf("%d octets with rare characters, %d without", len(pdf), len(plain))
	}
}

func TestMetadata(t *testing.T) {
	c := fixtures(t)["signed-off"]
	for language, lang := range map[string]string{"nl": "nl", "": "en", "xx": "en", "../words/nl": "en"} {
		pdf := string(render(t, c, link, language))
		for _, want := range []string{"/Lang (" + lang + ")", "/CreationDate (D:20250303082600)",
			"/URI (" + link + ")"} {
			if !strings.Contains(pdf, want) {
				t.Errorf("in %q: no %s", language, want)
			}
		}
	}
	if _, err := Render(c, strings.Repeat("x", 2332), "en"); err == nil {
		t.Error("a QR code of an endless link")
	}
}

// TestWords holds that no language lacks a word.
func TestWords(t *testing.T) {
	english, err := wordFiles.ReadFile("words/en.json")
	check(t, err)
	var want map[string]any
	check(t, json.Unmarshal(english, &want))
	files, err := wordFiles.ReadDir("words")
	check(t, err)
	for _, file := range files {
		language := strings.TrimSuffix(file.Name(), ".json")
		w, err := wordsIn(language)
		if err != nil || w.language != language {
			t.Errorf("%s: %v", language, err)
		}
		text, err := json.Marshal(w)
		check(t, err)
		if strings.Contains(string(text), `""`) {
			t.Errorf("%s lacks a word: %s", language, text)
		}
		for _, kind := range []string{"tankTrailer", "tankContainer", "ibc", "silo"} {
			if w.Kinds[kind] == "" {
				t.Errorf("%s has no word for %s", language, kind)
			}
		}
		for _, status := range []store.CleaningStatus{
			store.Planned, store.Completed, store.SignedOff, store.Cancelled, store.Invalid} {
			if w.Statuses[status] == "" {
				t.Errorf("%s has no word for %s", language, status)
			}
		}
	}
}

func TestWithPoppler(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed; the other tests read the PDF with their own eyes")
	}
	file := filepath.Join(t.TempDir(), "document.pdf")
	check(t, os.WriteFile(file, render(t, fixtures(t)["compartments"], link, "de"), 0o600))
	out, err := exec.Command(tool, "-layout", file, "-").CombinedOutput()
	check(t, err)
	for _, want := range []string{"SYN-BE-000002", "Zoë Claes", "Kammern", "UN 1173 ETHYL ACETATE", "Größe ß", "Œuvre",
		"Ωμέγα", "Жуков"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("pdftotext does not find %q in\n%s", want, out)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for name, c := range map[string]store.Cleaning{"simple": fixtures(b)["signed-off"], "worst": worst()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				render(b, c, link, "en")
			}
		})
	}
}
