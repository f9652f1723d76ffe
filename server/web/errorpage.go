package web

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// The texts of error pages, a file for each language: words/<language>.json, by status.
//
//go:embed words/*.json
var wordFiles embed.FS

// errorText is what a person is told of an error: what it means here, and what to do.
type errorText struct {
	Title    string `json:"title"`
	Sentence string `json:"sentence"`
}

// otherError is the key of the text for every status without one of its own.
const otherError = "other"

// errorWords are the texts by language and status.
type errorWords struct {
	languages []string // English first: it is for everybody whose own is not there
	texts     map[string]map[string]errorText
}

// readErrorWords reads the files once, when the first error is to be told.
var readErrorWords = sync.OnceValues(func() (errorWords, error) {
	all := errorWords{languages: []string{"en"}, texts: make(map[string]map[string]errorText)}
	files, err := wordFiles.ReadDir("words")
	for _, file := range files {
		language := strings.TrimSuffix(file.Name(), ".json")
		texts, fault := readErrorTexts(file.Name())
		err = errors.Join(err, fault)
		if all.texts[language] = texts; language != all.languages[0] {
			all.languages = append(all.languages, language)
		}
	}
	return all, err
})

func readErrorTexts(name string) (texts map[string]errorText, err error) {
	content, err := wordFiles.ReadFile("words/" + name)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, &texts, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("words/%s: %w", name, err)
	}
	return texts, nil
}

// Speak says in which language the person who calls is to be answered, where more is known than what the browser asks
// for. An error page is in it, too.
func (c *Call) Speak(language string) { c.language = language }

// Spoken is the language of Speak where that is among the supported ones, else the one of them that the browser asks
// for.
func (c *Call) Spoken(supported ...string) string {
	if slices.Contains(supported, c.language) {
		return c.language
	}
	return c.Language(supported...)
}

// section is the first segment of a path, as /biker: what a room's pages have in common.
func section(path string) string {
	if slash := strings.IndexByte(strings.TrimPrefix(path, "/"), '/'); slash >= 0 {
		return path[:slash+1]
	}
	return path
}

// errorPage tells a person about a problem in their own language. The problem's own sentence is for programs: rooms
// show what their pages expect to go wrong themselves.
func (c *Call) errorPage(p *Problem) error {
	words, err := readErrorWords()
	if err != nil {
		return err
	}
	supported := c.handler.languages[section(c.R.URL.Path)]
	if supported == nil {
		supported = words.languages
	}
	language := c.Spoken(supported...)
	text, own := words.texts[language][strconv.Itoa(p.Status)]
	if !own {
		text = words.texts[language][otherError]
	}
	return c.Page(p.Status, Page{Language: language, Title: text.Title, Content: c.handler.middleware.layout.failure,
		Data: struct {
			errorText
			Status  int
			TraceID string
		}{text, p.Status, c.TraceID}})
}
