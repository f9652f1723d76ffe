package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"postern/server/web/schema"
	"postern/store/refuse"
)

// languagePath is where a page's switch posts the language that somebody has chosen, and the page to come back to.
const languagePath = "/language"

// languageCookie remembers the choice of a browser, also where nobody is logged in.
var languageCookie = Cookie{Name: "postern-language", Life: 400 * 24 * time.Hour}

// Speak says in which language the person who is logged in is answered, whatever the browser asks for, and where the
// choice of another one is posted to, so that it is kept with the person. An error page goes by it, too.
func (c *Call) Speak(language, switchPath string) { c.spoken, c.switches = language, switchPath }

// Suggest says which language the person reads who has opened a mailed link. What was chosen in the browser goes
// before it.
func (c *Call) Suggest(language string) { c.suggested = language }

// Spoken is the language of an answer: that of Speak, of the browser's own choice, of Suggest, each where it is among
// the supported ones, else the one of them that the browser asks for.
func (c *Call) Spoken(supported ...string) string {
	for _, language := range []string{c.spoken, languageCookie.Value(c), c.suggested} {
		if slices.Contains(supported, language) {
			return language
		}
	}
	return c.Language(supported...)
}

// KeepLanguage has the browser remember a choice of language.
func (c *Call) KeepLanguage(language string) { languageCookie.Set(c, language) }

// Back sends a browser back to the page that its form was on, or, where that is none of ours, to another.
func (c *Call) Back(form map[string]string, otherwise string) error {
	if isLocal(form["back"]) {
		return c.SeeOther(form["back"])
	}
	return c.SeeOther(otherwise)
}

// isLocal reports whether a URL is a path of this server: a browser that is sent there stays here.
func isLocal(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(text, "/") &&
		!strings.HasPrefix(text, "//") && !strings.Contains(text, `\`)
}

var languageDoc = Doc{
	ID: "formLanguage", Summary: "Choose the language of pages",
	Text: "It changes nothing but the browser's cookie. Who is logged in chooses on pages of their own.",
	In: TakesForm(Field("language", "As en, nl, fr or de."),
		schema.Property{Name: "back", Schema: schema.Of(schema.String), Text: "The page to come back to."}),
	Out: []Answer{LeadsOn("Back to the page."), Refuses(http.StatusBadRequest, "There is no such language here.")},
}

// languageRoute takes the choice of whoever is not logged in.
func languageRoute() Route {
	return Route{Method: http.MethodPost, Path: languagePath, Page: true, Doc: languageDoc, Handle: chooseLanguage}
}

func chooseLanguage(c *Call) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	words, err := readErrorWords()
	if err != nil {
		return err
	}
	if !slices.Contains(words.languages, form["language"]) {
		return refuse.New(refuse.Invalid, "There is no such language here.")
	}
	c.KeepLanguage(form["language"])
	return c.Back(form, "/")
}

// switchPath is where this call's page posts a choice of language to.
func (c *Call) switchPath() string {
	if c.switches != "" {
		return c.switches
	}
	return languagePath
}

// here is where the page of this call can be opened again. What a form was answered with can't be: that leads to the
// page of the form where it has the same path, else to the first page of its room.
func (c *Call) here() string {
	if isSafe(c.R.Method) {
		return c.R.URL.RequestURI()
	}
	for _, path := range []string{c.R.URL.Path, section(c.R.URL.Path)} {
		if handle, _, _ := c.handler.public.router.Lookup(http.MethodGet, path); handle != nil {
			return path
		}
	}
	return "/"
}
