package page

import (
	"strings"
	"testing"
	"testing/fstest"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func draw(t testing.TB, look Look, p Page) string {
	t.Helper()
	kit, err := New(look)
	check(t, err)
	var text strings.Builder
	check(t, kit.Draw(&text, p))
	return text.String()
}

// holds wants texts in what was drawn, and others not.
func holds(t *testing.T, drawn string, has, not []string) {
	t.Helper()
	for _, text := range has {
		if !strings.Contains(drawn, text) {
			t.Errorf("there is no %s in\n%s", text, drawn)
		}
	}
	for _, text := range not {
		if strings.Contains(drawn, text) {
			t.Errorf("there is %s in\n%s", text, drawn)
		}
	}
}

// TestFaults: one fault stands at its field, which has the focus; several are listed above the fields too, with links.
func TestFaults(t *testing.T) {
	fields := []Field{
		{Name: "a", Label: "A", Type: Text, Value: `"typed"`},
		{Name: "b", Label: "B", Type: Password, Value: "secret"},
	}
	const summary, focus, invalid = `<div class="error" role="alert"`, ` autofocus>`, `aria-invalid="true"`
	const atB = `aria-describedby="b-fault" aria-invalid="true" required`
	for name, test := range map[string]struct {
		faults   []Fault
		has, not []string
	}{
		"none": {nil,
			[]string{"<title>T</title>", `value="&#34;typed&#34;"`}, []string{summary, focus, invalid, "secret"}},
		"one": {[]Fault{{"b", "Wrong B."}},
			[]string{"<title>Error: T</title>", `id="b-fault">Wrong B.`, atB + focus}, []string{summary, "secret"}},
		"whole": {[]Fault{{"", "Wrong."}},
			[]string{summary, focus, "<p>Wrong.</p>"}, []string{invalid, "Please check"}},
		"two": {[]Fault{{"a", "Wrong A."}, {"b", "Wrong B."}},
			[]string{summary, `href="#a">Wrong A.</a>`, `href="#b">Wrong B.</a>`, `id="a-fault">Wrong A.`, atB},
			[]string{"required autofocus", "secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			form := &Form{Action: "/x", Faults: test.faults, Fields: fields, Button: "Go"}
			holds(t, draw(t, Look{}, Page{Title: "T", Language: "en", Form: form}), test.has, test.not)
		})
	}
}

// TestFields: each type of field is drawn as what it is.
func TestFields(t *testing.T) {
	form := &Form{
		Action: "/x", Button: "Go", Username: "a@example.com", Hidden: []Hidden{{"token", "x<y"}},
		Faults: []Fault{{"why", "Choose one."}},
		Fields: []Field{
			{Name: "mail", Label: "Mail", Type: Email, Autocomplete: "email"},
			{Name: "new", Label: "New", Type: Password, Hint: "Long.", More: More{"Why?", "Because."}, Least: 15},
			{Name: "words", Label: "Words", Type: Lines, Value: "</textarea>", Optional: true, Most: 2000},
			{Name: "why", Label: "Why", Type: Choices, Value: "b",
				Choices: []Choice{{Value: "a", Label: "Aa"}, {Value: "b", Label: "Bb"}}},
			{Name: "one", Label: "One", Type: Select, Value: "d",
				Choices: []Choice{{Value: "c", Label: "Cc"}, {Value: "d", Label: "Dd"}}},
			{Name: "any", Label: "Any", Type: Boxes,
				Choices: []Choice{{Value: "e", Label: "Ee"}, {Value: "f", Label: "Ff", Chosen: true}}},
		}}
	drawn := draw(t, Look{}, Page{Title: "T", Language: "nl", Sections: []Section{{Folded: true, Form: form}}})
	holds(t, drawn, []string{
		`<details class="section" open>`, `<input type="hidden" name="token" value="x&lt;y">`,
		`<input type="email" autocomplete="username" value="a@example.com" readonly hidden>`,
		`type="email" autocapitalize="none" spellcheck="false" inputmode="email" value="" autocomplete="email"`,
		`<p class="hint" id="new-hint">Long.</p>`, `data-show="Toon" data-hide="Verberg" aria-describedby="new-hint"`,
		`data-limit="15" data-count="Tekens: {count} (minstens {limit})" required>`,
		`<summary>Why?</summary><p>Because.</p>`,
		`data-limit="2000" data-count="Tekens: {count} (hoogstens {limit})" data-most>&lt;/textarea&gt;</textarea>`,
		`<fieldset id="why" aria-describedby="why-fault">`, `value="a" autofocus>Aa`, `value="b" checked>Bb`,
		`<select id="one" name="one" required>`, `<option value="c">Cc</option>`,
		`<option value="d" selected>Dd</option>`, `<input type="checkbox" name="any-e">Ee`,
		`<input type="checkbox" name="any-f" checked>Ff`, `<script src="/static/page.js?v=`,
	}, nil)
}

// TestWays: the header leads to a room's other pages, and says which this one is, or lies under.
func TestWays(t *testing.T) {
	ways := []Way{{URL: "/a", Text: "Aa"}, {URL: "/b", Text: "Bb", Current: true}}
	action := &Form{Action: "/out", Button: "Out", Hidden: []Hidden{{"word", "w"}}}
	for back, current := range map[string]string{"/b": "page", "/b/1": "true"} {
		drawn := draw(t, Look{}, Page{Title: "T", Language: "en", Ways: ways, WaysLabel: "Room", Back: back, Action: action})
		holds(t, drawn, []string{`<nav class="rooms" aria-label="Room">`, `<a href="/a">Aa</a>`,
			`<a href="/b" aria-current="` + current + `">Bb</a>`, `name="word" value="w"><button>Out</button>`}, nil)
	}
}

// TestPolicy: a page that has no use for a script may run none.
func TestPolicy(t *testing.T) {
	const allowed = "script-src 'self'"
	password := &Form{Fields: []Field{{Type: Password}}}
	for _, test := range []struct {
		page   Page
		policy string
	}{
		{Page{}, usualPolicy}, {Page{Form: &Form{Fields: []Field{{Type: Text}}}}, usualPolicy},
		{Page{Form: password}, scriptPolicy},
		{Page{Sections: []Section{{Form: password}}}, scriptPolicy}, {Page{Scripts: []string{"/x.js"}}, scriptPolicy},
		{Page{Policy: "own"}, "own"},
	} {
		if got := test.page.ContentPolicy(); got != test.policy {
			t.Errorf("%+v has %q", test.page, got)
		}
	}
	if !strings.Contains(scriptPolicy, allowed) || strings.Contains(usualPolicy, allowed) ||
		strings.Contains(scriptPolicy, "unsafe") {
		t.Error(scriptPolicy)
	}
}

// TestParse: a room's own content is drawn between the kit's parts, and may use them.
func TestParse(t *testing.T) {
	const own = `{{define "content"}}<b>{{.X}}</b>{{template "rows" .Rows}}{{end}}`
	content, err := Parse(fstest.MapFS{"a.html": {Data: []byte(own)}}, "a.html")
	check(t, err)
	data := map[string]any{"X": "<>", "Rows": []Row{{Label: "Mail", Value: "a@b.example"}}}
	holds(t, draw(t, Look{}, Page{Title: "T", Language: "de", Content: content, Data: data}), []string{
		"<b>&lt;&gt;</b><dl>\n<div><dt>Mail</dt><dd>a<wbr>@b.example</dd></div>\n</dl>"}, nil)
	if _, err := Parse(fstest.MapFS{"a.html": {Data: []byte("no definition")}}, "a.html"); err == nil {
		t.Error("a page without content is taken")
	}
	if _, err := Parse(fstest.MapFS{}, "missing.html"); err == nil {
		t.Error("a missing file is taken")
	}
}
