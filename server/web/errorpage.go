package web

import (
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"postern/server/web/page"
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
	kit := c.handler.middleware.kit.Words(language)
	return c.Page(p.Status, page.Page{
		Title: text.Title, Text: []string{text.Sentence}, Button: c.home(kit.HomeButton),
		Language: language, Languages: supported,
		Note: strings.NewReplacer("{trace}", c.TraceID, "{status}", strconv.Itoa(p.Status)).Replace(kit.TraceText),
	})
}

// home leads to the first page of the room that the path is in.
func (c *Call) home(text string) page.Link {
	path := section(c.R.URL.Path)
	if handle, _, _ := c.handler.public.router.Lookup(http.MethodGet, path); handle == nil || path == c.R.URL.Path {
		return page.Link{}
	}
	return page.Link{URL: path, Text: text}
}
