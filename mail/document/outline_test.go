package document

import (
	"strings"
	"testing"
	"time"

	"postern/store"
)

// TestOutline: all that is in a cleaning's data is in its outline, in every language.
func TestOutline(t *testing.T) {
	at := time.Date(2025, 3, 3, 7, 10, 0, 0, time.UTC)
	c := store.Cleaning{CleaningData: store.CleaningData{
		Number: "n", Station: store.Station{Name: "station", City: "city", Country: "country", Phone: "phone"},
		Customer: "customer", CustomerReference: "reference", ProductNature: "nature", NextLoad: "next",
		Equipment:          store.Equipment{Kind: "ibc", Identification: "identification", Vehicle: "vehicle"},
		AdditionalServices: "services", Comments: "comments", Cleaner: "cleaner", Driver: "chauffeur",
		TimeIn: at, TimeOut: at, Seals: []string{"seal1", "seal2"}, Status: store.SignedOff,
		Compartments: []store.Compartment{
			{Number: 7, Cleaned: true, PreviousLoad: store.PreviousLoad{UNNumber: "1230", Name: "METHANOL"},
				Codes: []string{"P10", "X99"}}, {Number: 8},
		},
	}, Load: store.Load{Status: store.LoadCompleted, DecidedAt: at, ProductName: "product", Comment: "loaded well"}}
	for _, language := range Languages {
		o, err := OutlineOf(c, language, time.UTC)
		check(t, err)
		var said []string
		for _, facts := range [][]Fact{o.Facts, o.More, {o.LoadComment}, o.Texts, o.Compartments[0].Codes} {
			for _, f := range facts {
				if said = append(said, f.Value); f.Label == "" {
					t.Errorf("%s: %q has no label", language, f.Value)
				}
			}
		}
		all := strings.Join(append(append(said, o.Decision...), o.Warning, o.Compartments[0].PreviousLoad), "\n")
		for _, want := range []string{"station, city, country", "phone", "customer", "reference", "identification",
			"vehicle", "nature", "next", "services", "comments", "cleaner", "chauffeur", "seal1, seal2", "07:10 UTC",
			"product", "loaded well",
			"UN 1230 METHANOL", "8"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: there is no %q in\n%s", language, want, all)
			}
		}
		codes := o.Compartments[0].Codes
		if len(o.Compartments) != 2 || o.Compartments[1].Cleaned || codes[0].Value == "" ||
			codes[1] != (Fact{Label: "X99"}) {
			t.Errorf("%s: %+v", language, o.Compartments)
		}
		if o.Headline == "" || o.CompartmentsAre == "" || o.Meaning == "" {
			t.Errorf("%s: %+v", language, o)
		}
	}
	bare, err := OutlineOf(store.Cleaning{}, "en", time.UTC)
	if err != nil || len(bare.Facts)+len(bare.More)+len(bare.Texts)+len(bare.Compartments) > 0 ||
		len(bare.Decision)+len(bare.Warning) > 0 {
		t.Errorf("of nothing: %+v, %v", bare, err)
	}
}
