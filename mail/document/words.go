package document

import (
	"embed"
	"fmt"

	"github.com/go-json-experiment/json"

	"postern/store"
)

// Languages are those that documents are there in, the fallback first: each is a file in words.
var Languages = []string{fallback, "nl", "fr", "de"}

//go:embed words/*.json
var wordFiles embed.FS

// fallback is the language of readers whose own we don't have.
const fallback = "en"

// words are all the texts of the document in one language.
type words struct {
	language string // the one that these words are in

	Time               string `json:"time"` // layout, as package moment takes it
	Title              string `json:"title"`
	Check              string `json:"check"` // above the link
	Station            string `json:"station"`
	Phone              string `json:"phone"`
	AsOf               string `json:"asOf"`       // with {time}
	NotCleaned         string `json:"notCleaned"` // with {numbers} of compartments
	LoadedAt           string `json:"loadedAt"`   // with {time}
	RejectedAt         string `json:"rejectedAt"` // with {time}
	Product            string `json:"product"`    // with {product}
	LoadComment        string `json:"loadComment"`
	Customer           string `json:"customer"`
	CustomerReference  string `json:"customerReference"`
	Equipment          string `json:"equipment"`
	Vehicle            string `json:"vehicle"`
	ProductNature      string `json:"productNature"`
	NextLoad           string `json:"nextLoad"`
	TimeIn             string `json:"timeIn"`
	TimeOut            string `json:"timeOut"`
	Cleaner            string `json:"cleaner"`
	Driver             string `json:"driver"`
	Compartments       string `json:"compartments"`
	Number             string `json:"number"` // of a compartment
	UNNumber           string `json:"unNumber"`
	PreviousLoad       string `json:"previousLoad"`
	Cleaned            string `json:"cleaned"`
	Codes              string `json:"codes"`
	OtherCodes         string `json:"otherCodes"` // with {codes}
	Yes                string `json:"yes"`
	No                 string `json:"no"`
	AdditionalServices string `json:"additionalServices"`
	Comments           string `json:"comments"`
	Seals              string `json:"seals"`
	FurtherSeals       string `json:"furtherSeals"`
	SignDriver         string `json:"signDriver"`
	SignStation        string `json:"signStation"`
	Page               string `json:"page"`   // with {page} and {pages}
	Source             string `json:"source"` // with {time}

	Kinds        map[string]string              `json:"kinds"`
	Natures      map[string]string              `json:"natures"` // of products, by a station's word in small letters
	Verdicts     map[store.Verdict]verdictWords `json:"verdicts"`
	CodeMeanings map[string]string              `json:"codeMeanings"` // by the code
}

// verdictWords say a verdict at a glance, and what it means.
type verdictWords struct {
	Headline string `json:"headline"`
	Meaning  string `json:"meaning"`
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
