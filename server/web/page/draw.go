package page

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.html *.css *.js icon.svg words/*.json
var embedded embed.FS

// Parse makes the template of a page's Content from files that define "content". It may use the kit's parts, as
// {{template "rows" .Rows}}.
func Parse(files fs.FS, names ...string) (*template.Template, error) {
	t, err := parts()
	if err != nil {
		return nil, err
	}
	if t, err = t.ParseFS(files, names...); err != nil {
		return nil, err
	}
	if t.Lookup("content") == nil {
		return nil, fmt.Errorf("%v: no template named content", names)
	}
	return t, nil
}

func parts() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{"split": strings.Split, "prose": prose}).ParseFS(embedded, "*.html")
}

// Kit draws the pages of an organisation. It is safe for concurrent use.
type Kit struct {
	look         Look
	usual        *template.Template // of pages without a Content
	words        map[string]Words   // by language
	style, icon  File
	script, live File
}

// New makes a kit. Its error is a file of the program's own that is missing.
func New(look Look) (*Kit, error) {
	k := &Kit{look: look}
	t, err := parts()
	if err != nil {
		return nil, err
	}
	if k.usual, err = t.Parse(`{{define "content"}}{{end}}`); err != nil {
		return nil, err
	}
	var codes []string
	for _, l := range languages {
		codes = append(codes, l.Code)
	}
	if k.words, err = ReadWords[Words](embedded, codes...); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		to                *File
		name, contentType string
	}{
		{&k.style, "style.css", "text/css; charset=utf-8"},
		{&k.script, "page.js", "text/javascript; charset=utf-8"},
		{&k.live, "live.js", "text/javascript; charset=utf-8"},
		{&k.icon, "icon.svg", "image/svg+xml"},
	} {
		data, err := read(f.name)
		if err != nil {
			return nil, err
		}
		*f.to = NewFile("/static/"+f.name, f.contentType, look.coloured(f.name, data))
	}
	return k, nil
}

// read reads a file of the kit. All style sheets are one, so that a page needs a single request for them.
func read(name string) ([]byte, error) {
	data, err := embedded.ReadFile(name)
	if name != "style.css" || err != nil {
		return data, err
	}
	for _, part := range []string{"verdict.css", "live.css"} {
		further, err := embedded.ReadFile(part)
		if err != nil {
			return nil, err
		}
		data = append(data, further...)
	}
	return data, nil
}

// Files are what the pages refer to.
func (k *Kit) Files() []File {
	files := []File{k.style, k.script, k.live, k.icon}
	if k.look.Logo != nil {
		files = append(files, k.look.Logo.file)
	}
	return files
}

// Words are the kit's own texts in a language; those in English where it has none in that.
func (k *Kit) Words(language string) Words {
	if words, there := k.words[language]; there {
		return words
	}
	return k.words["en"]
}

// Draw writes a page.
func (k *Kit) Draw(w io.Writer, p Page) error {
	t := p.Content
	if t == nil {
		t = k.usual
	}
	return t.ExecuteTemplate(w, "page.html", k.layout(p))
}

// layout is what the layout's template is executed with.
type layout struct {
	Page
	Words       Words
	Look        Look
	Tab         string
	Style, Icon string // URLs
	Scripts     []string
	Form        *drawnForm
	Sections    []drawnSection
	Choices     []choice
}

// choice is a language that the page can be switched to.
type choice struct {
	Language
	Current bool
}

// Short is what the switch shows of a language.
func (c choice) Short() string { return strings.ToUpper(c.Code) }

type drawnSection struct {
	Section
	Form *drawnForm
}

func (k *Kit) layout(p Page) layout {
	words := k.Words(p.Language)
	l := layout{Page: p, Words: words, Look: k.look, Tab: p.Title, Style: k.style.URL(), Icon: k.icon.URL(),
		Scripts: p.Scripts, Form: drawn(p.Form, words)}
	if p.isFaulty() {
		l.Tab = words.FaultPrefix + l.Tab
	}
	if k.look.Organisation != "" {
		l.Tab += " · " + k.look.Organisation
	}
	if p.IsLive() {
		l.Scripts = append([]string{k.live.URL()}, l.Scripts...)
	}
	if p.usesScript() {
		l.Scripts = append([]string{k.script.URL()}, l.Scripts...)
	}
	for _, s := range p.Sections {
		l.Sections = append(l.Sections, drawnSection{s, drawn(s.Form, words)})
	}
	if len(p.Languages) > 1 {
		for _, language := range languages {
			if slices.Contains(p.Languages, language.Code) {
				l.Choices = append(l.Choices, choice{language, language.Code == p.Language})
			}
		}
	}
	return l
}

func drawn(f *Form, words Words) *drawnForm {
	if f == nil {
		return nil
	}
	return &drawnForm{*f, words}
}

// Class is the body's.
func (l layout) Class() string {
	if l.Wide {
		return "wide"
	}
	return ""
}
