package document

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"postern/mail/moment"
	"postern/store"
)

// reader is whom a document is for: all that is said of a cleaning is said in the reader's words and time.
type reader struct {
	words words
	zone  *time.Location
}

// fact is a label with its value.
type fact struct {
	label, value string
	marks        bool // it tells this tank from others
}

// pairs lists what is known, in pairs that belong together. What nobody has said has no value.
func (r reader) pairs(c store.Cleaning) [][2]fact {
	w := r.words
	return [][2]fact{
		{
			{w.Equipment, joined(" ", orItself(w.Kinds, c.Equipment.Kind), c.Equipment.Identification), true},
			{w.Vehicle, c.Equipment.Vehicle, true},
		},
		{{w.Customer, c.Customer, false}, {w.CustomerReference, c.CustomerReference, false}},
		{{w.TimeIn, r.moment(c.TimeIn), false}, {w.TimeOut, r.moment(c.TimeOut), false}},
		{{w.ProductNature, r.nature(c.ProductNature), false}, {w.NextLoad, c.NextLoad, false}},
		{{w.Cleaner, c.Cleaner, false}, {w.Driver, c.Driver, false}},
	}
}

// decision returns what was decided about the load, and when.
func (r reader) decision(load store.Load) []string {
	at := r.moment(load.DecidedAt)
	switch load.Status {
	case store.LoadCompleted:
		return []string{fill(r.words.LoadedAt, "{time}", at), fill(r.words.Product, "{product}", load.ProductName)}
	case store.LoadRejected:
		return []string{fill(r.words.RejectedAt, "{time}", at)}
	}
	return nil
}

// notCleaned warns of the compartments that were not cleaned, where some were. It is empty where there are none.
func (r reader) notCleaned(c store.Cleaning) string {
	var numbers []string
	for _, compartment := range c.Compartments {
		if !compartment.Cleaned {
			numbers = append(numbers, strconv.Itoa(compartment.Number))
		}
	}
	if len(numbers) == 0 || c.Verdict() == store.VerdictPlanned {
		return ""
	}
	return fill(r.words.NotCleaned, "{numbers}", strings.Join(numbers, ", "))
}

// nature puts the words that stations have for the nature of a product into the reader's language: several together,
// if each is known, else as they are given.
func (r reader) nature(given string) string {
	var words []string
	for word := range strings.FieldsFuncSeq(given, func(r rune) bool { return !unicode.IsLetter(r) }) {
		translated := r.words.Natures[strings.ToLower(word)]
		if translated == "" {
			return given
		}
		words = append(words, translated)
	}
	return strings.Join(words, " / ")
}

// moment returns a time as the reader writes it, with its zone. A zero time gives nothing.
func (r reader) moment(t time.Time) string { return moment.In(r.zone, t, r.words.Time) }

// joined puts the parts that are not empty together.
func joined(separator string, parts ...string) string { return strings.Join(present(parts), separator) }

// fill puts a value into its place in a text.
func fill(text, place, value string) string { return strings.ReplaceAll(text, place, value) }
