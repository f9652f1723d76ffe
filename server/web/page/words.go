package page

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"

	"github.com/go-json-experiment/json"
)

// ReadWords reads the texts of a room's pages: words/<language>.json of each language into a W, a struct of strings. A
// text that is missing in a language, or that no field takes, is an error that names it.
func ReadWords[W any](files fs.FS, languages ...string) (map[string]W, error) {
	all := make(map[string]W)
	var faults []error
	for _, language := range languages {
		words, err := readWords[W](files, "words/"+language+".json")
		all[language] = words
		faults = append(faults, err)
	}
	return all, errors.Join(faults...)
}

func readWords[W any](files fs.FS, name string) (words W, err error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return words, err
	}
	if err := json.Unmarshal(content, &words, json.RejectUnknownMembers(true)); err != nil {
		return words, fmt.Errorf("%s: %w", name, err)
	}
	for field, value := range reflect.ValueOf(words).Fields() {
		if value.String() == "" {
			err = errors.Join(err, fmt.Errorf("%s: there is no text for %s", name, field.Name))
		}
	}
	return words, err
}

// Words are the kit's own texts in one language.
type Words struct {
	FaultPrefix   string `json:"faultPrefix"` // of the title of a page that shows faults
	FaultsTitle   string `json:"faultsTitle"` // above the list of several
	LanguageLabel string `json:"languageLabel"`
	ContactLabel  string `json:"contactLabel"`
	PrivacyLink   string `json:"privacyLink"`
	ShowButton    string `json:"showButton"` // of a password
	HideButton    string `json:"hideButton"`
	LeastText     string `json:"leastText"` // {count} characters have been typed of {limit}
	MostText      string `json:"mostText"`
	HomeButton    string `json:"homeButton"`
	SendingText   string `json:"sendingText"` // of a form on its way, on its button
	SlowText      string `json:"slowText"`    // the answer takes its time
	OfflineText   string `json:"offlineText"` // the browser knows that there is no line
	BrokenText    string `json:"brokenText"`  // no answer came
	AgainButton   string `json:"againButton"`
	TraceText     string `json:"traceText"` // {trace} and {status} of an error
}

// languages are those that the kit has words in, in the order in which a page offers them.
var languages = []Language{{"nl", "Nederlands"}, {"fr", "Français"}, {"en", "English"}, {"de", "Deutsch"}}

// Language is a language by its own name.
type Language struct{ Code, Name string }
