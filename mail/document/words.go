package document

import (
	"embed"
	"fmt"

	"github.com/go-json-experiment/json"

	"postern/store"
)

// A language is one file in words; adding one needs no code.
//
//go:embed words/*.json
var wordFiles embed.FS

// fallback is the language of readers whose own we don't have.
const fallback = "en"

// words are all the texts of the document in one language.
type words struct {
	language string // the one that these words are in

	Title              string                          `json:"title"`
	Check              string                          `json:"check"` // above the link
	Station            string                          `json:"station"`
	Phone              string                          `json:"phone"`
	Customer           string                          `json:"customer"`
	CustomerReference  string                          `json:"customerReference"`
	Equipment          string                          `json:"equipment"`
	Vehicle            string                          `json:"vehicle"`
	ProductNature      string                          `json:"productNature"`
	NextLoad           string                          `json:"nextLoad"`
	TimeIn             string                          `json:"timeIn"`
	TimeOut            string                          `json:"timeOut"`
	Cleaner            string                          `json:"cleaner"`
	Driver             string                          `json:"driver"`
	Compartments       string                          `json:"compartments"`
	Number             string                          `json:"number"` // of a compartment
	PreviousLoad       string                          `json:"previousLoad"`
	Cleaned            string                          `json:"cleaned"`
	Codes              string                          `json:"codes"`
	Yes                string                          `json:"yes"`
	No                 string                          `json:"no"`
	AdditionalServices string                          `json:"additionalServices"`
	Comments           string                          `json:"comments"`
	Seals              string                          `json:"seals"`
	Page               string                          `json:"page"`   // with {page} and {pages}
	Source             string                          `json:"source"` // with {time}
	Kinds              map[string]string               `json:"kinds"`
	Statuses           map[store.CleaningStatus]string `json:"statuses"`
}

// wordsIn returns the words of a language, or the fallback's.
func wordsIn(language string) (words, error) {
	w := words{language: language}
	content, err := wordFiles.ReadFile("words/" + language + ".json")
	if err != nil {
		w.language = fallback
		if content, err = wordFiles.ReadFile("words/" + fallback + ".json"); err != nil {
			return words{}, err
		}
	}
	if err := json.Unmarshal(content, &w, json.RejectUnknownMembers(true)); err != nil {
		return words{}, fmt.Errorf("reading the document's words in %s: %w", w.language, err)
	}
	return w, nil
}

// orItself returns a word for a value, or the value where there is none: better a foreign word than a gap.
func orItself[K ~string](table map[K]string, value K) string {
	if word := table[value]; word != "" {
		return word
	}
	return string(value)
}
