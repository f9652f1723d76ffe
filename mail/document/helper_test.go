package document

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/go-json-experiment/json"

	"postern/mail/document/pdf/pdftest"
	"postern/store"
	"postern/store/guid"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const link = "https://postern.example.com/eecd/cleanings/00000000-0000-4000-8000-000000000001"

// asOf is when every document of the tests is rendered: at 14:05 in Brussels.
var asOf = time.Date(2025, 3, 17, 13, 5, 59, 0, time.UTC)

func options(t testing.TB, language string) Options {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Brussels")
	check(t, err)
	return Options{Link: link, Language: language, Zone: zone, AsOf: asOf}
}

func render(t testing.TB, c store.Cleaning, o Options) []byte {
	t.Helper()
	file, err := Render(c, o)
	check(t, err)
	return file
}

// readFixtures reads the made-up cleanings, by the names of their files.
var readFixtures = sync.OnceValues(func() (map[string]store.Cleaning, error) {
	cleanings := map[string]store.Cleaning{}
	files, err := filepath.Glob("testdata/*.json")
	for _, file := range files {
		var c store.Cleaning
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(content, &c, json.RejectUnknownMembers(true)); err != nil {
			return nil, err
		}
		cleanings[strings.TrimSuffix(filepath.Base(file), ".json")] = c
	}
	return cleanings, err
})

func fixture(t testing.TB, name string) store.Cleaning {
	t.Helper()
	cleanings, err := readFixtures()
	check(t, err)
	c, is := cleanings[name]
	if name == "worst" {
		return worst()
	}
	if !is {
		t.Fatalf("there is no cleaning %s", name)
	}
	return c
}

// looked are the fixtures with the language that each is looked at in; the first in all of them.
var looked = func() (all []struct{ name, language string }) {
	for i, name := range []string{
		"signed-off", "compartments", "rejected", "inspected-again", "oil", "food", "polymer", "polymer-lacking",
		"not-signed", "invalid", "bare", "twelve", "long-comment", "far",
	} {
		for n, language := range Languages {
			if i == 0 || n == i%len(Languages) {
				all = append(all, struct{ name, language string }{name, language})
			}
		}
	}
	return all
}()

// document is a rendered fixture, read back. The tests share them: under the race detector rendering takes its time.
type document struct {
	file []byte
	read *pdftest.File
}

var documents = map[string]document{}

func documentOf(t testing.TB, name, language string) document {
	t.Helper()
	known, is := documents[name+language]
	if !is {
		file := render(t, fixture(t, name), options(t, language))
		known = document{file, pdftest.Read(t, file)}
		documents[name+language] = known
	}
	return known
}

// worst is a cleaning in which every text is as long as it may be, and some are as hard to lay out as they come.
func worst() store.Cleaning {
	words := strings.Repeat("Straßenbahnhaltestelle über Łódź ", 7)[:200]
	c := store.Cleaning{ID: guid.ID{1}, ChangedAt: time.Date(2025, 3, 3, 8, 26, 0, 0, time.UTC),
		Load: store.Load{Status: store.LoadCompleted, DecidedAt: asOf, ProductName: strings.Repeat("W", 200),
			Comment: strings.Repeat("M", 2000)},
		CleaningData: store.CleaningData{
			Number: strings.Repeat("W", 200), Station: store.Station{
				Name: words, City: words, Country: words, Phone: words},
			Customer: words, CustomerReference: strings.Repeat("M", 200),
			Equipment: store.Equipment{
				Kind: "tankTrailer", Identification: strings.Repeat("Q", 200), Vehicle: words},
			ProductNature: words, NextLoad: strings.Repeat("i", 200), Cleaner: words, Driver: strings.Repeat("山", 200),
			AdditionalServices: strings.Repeat("W", 2000), Comments: strings.Repeat("Line after line\r\n", 125),
			TimeIn: time.Date(2025, 3, 3, 7, 0, 0, 0, time.UTC), TimeOut: time.Date(2025, 3, 3, 8, 0, 0, 0, time.UTC),
			Seals: slices.Repeat([]string{words}, 20), Status: store.SignedOff,
		}}
	for n := range 12 {
		c.Compartments = append(c.Compartments, store.Compartment{Number: 1000 + n, Cleaned: n%2 == 0,
			PreviousLoad: store.PreviousLoad{UNNumber: "1230", Name: strings.Repeat("W", 200)},
			Codes:        slices.Repeat([]string{"P10"}, 40)})
	}
	c.Compartments[11].Codes = slices.Repeat([]string{"T01"}, 400) // taller than a page
	return c
}

// squeeze takes the spaces away, at which lines may have been broken.
func squeeze(text string) string { return strings.Join(strings.Fields(text), "") }
