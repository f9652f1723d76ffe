package document

import (
	"strings"
	"time"

	"postern/store"
)

// Outline is all that a document says of a cleaning, in words and in its order, for a page that says the same. What
// nobody has said is not in it.
type Outline struct {
	Headline        string // the verdict at a glance
	Meaning         string
	Warning         string   // of compartments that were not cleaned
	Decision        []string // what was decided about the load, and when
	Facts           []Fact   // whose tank it is that was cleaned, and where
	More            []Fact   // what is known besides
	CompartmentsAre string   // heads the compartments
	Compartments    []Compartment
	LoadComment     Fact   // of who decided about the load
	Texts           []Fact // that may be long
}

// Fact is something known, with its name.
type Fact struct {
	Label, Value string
	Phone        bool // the value is a telephone number
}

// Compartment is one chamber of the tank.
type Compartment struct {
	Number       int
	Cleaned      bool
	PreviousLoad string
	Codes        []Fact // with their meanings, empty where we have no words for one
}

// OutlineOf returns what the document of a cleaning says to a reader of that language and zone.
func OutlineOf(c store.Cleaning, language string, zone *time.Location) (Outline, error) {
	w, err := wordsIn(language)
	if err != nil {
		return Outline{}, err
	}
	r := reader{w, zone}
	verdict := w.Verdicts[c.Verdict()]
	o := Outline{
		Headline: verdict.Headline, Meaning: verdict.Meaning,
		Warning: r.notCleaned(c), Decision: present(r.decision(c.Load)),
		Facts: facts(Fact{Label: w.Station, Value: joined(", ", c.Station.Name, c.Station.City, c.Station.Country)},
			Fact{Label: w.Phone, Value: c.Station.Phone, Phone: true}),
		CompartmentsAre: w.Compartments,
		Texts: facts(Fact{Label: w.AdditionalServices, Value: c.AdditionalServices},
			Fact{Label: w.Comments, Value: c.Comments}, Fact{Label: w.Seals, Value: strings.Join(c.Seals, ", ")}),
	}
	if c.Load.Comment != "" {
		o.LoadComment = Fact{Label: w.LoadComment, Value: c.Load.Comment}
	}
	for _, pair := range r.pairs(c) {
		for _, f := range pair {
			list := &o.More
			if f.marks {
				list = &o.Facts
			}
			*list = append(*list, facts(Fact{Label: f.label, Value: f.value})...)
		}
	}
	for _, compartment := range c.Compartments {
		o.Compartments = append(o.Compartments, r.compartment(compartment))
	}
	return o, nil
}

func (r reader) compartment(c store.Compartment) Compartment {
	out := Compartment{Number: c.Number, Cleaned: c.Cleaned,
		PreviousLoad: joined(" ", unNumber(c.PreviousLoad.UNNumber), c.PreviousLoad.Name)}
	for _, code := range c.Codes {
		out.Codes = append(out.Codes, Fact{Label: code, Value: r.words.CodeMeanings[code]})
	}
	return out
}

// facts returns those that somebody has said.
func facts(all ...Fact) (known []Fact) {
	for _, f := range all {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	return known
}

// present returns the texts that are not empty.
func present(texts []string) (kept []string) {
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}
