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

// TestFaults: one fault stands at its field, which has the focus; several are listed above the fields too, with links.
func TestFaults(t *testing.T) {
	fields := []Field{{Name: "a", Label: "A", Type: Text, Value: `"typed"`}, {Name: "b", Label: "B", Type: Password, Value: "secret"}}
	const summary, focus = `<div class="error" role="alert"`, ` autofocus>`
	for name, test := range map[string]struct {
		faults   []Fault
		has, not []string
	}{
		"none":  {nil, []string{"<title>T</title>", `value="&#34;typed&#34;"`}, []string{summary, focus, "aria-invalid", "secret"}},
		"one":   {[]Fault{{"b", "Wrong B."}}, []string{"<title>Error: T</title>", `id="b-fault">Wrong B.`, `aria-describedby="b-fault" aria-invalid="true" required autofocus>`}, []string{summary, "secret"}},
		"whole": {[]Fault{{"", "Wrong."}}, []string{summary, focus, "<p>Wrong.</p>"}, []string{"aria-invalid", "Please check"}},
		"two": {[]Fault{{"a", "Wrong A."}, {"b", "Wrong B."}}, []string{summary, `<a href="#a">Wrong A.</a>`, `<a href="#b">Wrong B.</a>`, `id="a-fault">Wrong A.`},
			[]string{"required autofocus", "secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			drawn := draw(t, Look{}, Page{Title: "T", Language: "en", Form: &Form{Action: "/x", Faults: test.faults, Fields: fields, Button: "Go"}})
			for _, text := range test.has {
				if !strings.Contains(drawn, text) {
					t.Errorf("there is no %s in\n%s", text, drawn)
				}
			}
			for _, text := range test.not {
				if strings.Contains(drawn, text) {
					t.Errorf("there is %s in\n%s", text, drawn)
				}
			}
		})
	}
}

// TestFields: each type of field is drawn as what it is.
func TestFields(t *testing.T) {
	drawn := draw(t, Look{}, Page{Title: "T", Language: "nl", Sections: []Section{{Title: "S", Folded: true, Form: &Form{Action: "/x", Button: "Go",
		Username: "a@example.com", Hidden: []Hidden{{"token", "x<y"}}, Faults: []Fault{{"why", "Choose one."}},
		Fields: []Field{
			{Name: "mail", Label: "Mail", Type: Email, Autocomplete: "email"},
			{Name: "new", Label: "New", Type: Password, Hint: "Long.", More: More{"Why?", "Because."}, Least: 15},
			{Name: "words", Label: "Words", Type: Lines, Value: "</textarea>", Optional: true, Most: 2000},
			{Name: "why", Label: "Why", Type: Choices, Value: "b", Choices: []Choice{{"a", "Aa"}, {"b", "Bb"}}},
		}}}}})
	for _, text := range []string{
		`<details class="section" open>`, `<input type="hidden" name="token" value="x&lt;y">`, `<input type="email" autocomplete="username" value="a@example.com" readonly hidden>`,
		`type="email" autocapitalize="none" spellcheck="false" inputmode="email" value="" autocomplete="email" required>`,
		`<p class="hint" id="new-hint">Long.</p>`, `data-show="Toon" data-hide="Verberg" aria-describedby="new-hint" data-limit="15" data-count="Tekens: {count} (minstens {limit})" required>`,
		`<summary>Why?</summary><p>Because.</p>`, `data-limit="2000" data-count="Tekens: {count} (hoogstens {limit})" data-most>&lt;/textarea&gt;</textarea>`,
		`<fieldset id="why" aria-describedby="why-fault">`, `value="a" autofocus>Aa`, `value="b" checked>Bb`, `<script src="/static/page.js?v=`,
	} {
		if !strings.Contains(drawn, text) {
			t.Errorf("there is no %s in\n%s", text, drawn)
		}
	}
}

// TestLive: a form that is sent in place has the script for it, and the words that it needs; without one there is neither.
func TestLive(t *testing.T) {
	form := Form{Action: "/x", Button: "Go", Live: true, Keep: "x 1"}
	drawn := draw(t, Look{}, Page{Title: "T", Language: "fr", Sections: []Section{{Title: "S", Form: &form,
		Button: Link{URL: "/y", Text: "Y", Style: Second}}}})
	for _, text := range []string{"<body\n data-sending=\"Envoi en cours…\" data-slow=\"", `<form method="post" action="/x" data-live data-keep="x 1">`,
		`<script src="/static/live.js?v=`, `<a class="button second" href="/y">Y</a>`} {
		if !strings.Contains(drawn, text) {
			t.Errorf("there is no %s in\n%s", text, drawn)
		}
	}
	form.Live, form.Keep = false, ""
	drawn = draw(t, Look{}, Page{Title: "T", Language: "fr", Form: &form})
	if strings.Contains(drawn, "data-") || strings.Contains(drawn, "live.js") {
		t.Error(drawn)
	}
}

// TestVerdict: the sign is told apart by its shape, and the word is the page's heading.
func TestVerdict(t *testing.T) {
	content, err := Parse(fstest.MapFS{"a.html": {Data: []byte(`{{define "content"}}{{template "verdict" .Verdict}}{{template "cards" .Cards}}{{end}}`)}}, "a.html")
	check(t, err)
	for tone, shape := range map[Tone]string{Done: "<circle", Wrong: `d="M15 1h18l14`, Plain: `d="M24 3 46`} {
		drawn := draw(t, Look{}, Page{Title: "T", Language: "en", Bare: true, Content: content, Data: map[string]any{
			"Verdict": Verdict{Tone: tone, Word: "<W>", Text: []string{"Why."}, Warn: "Mind.", Note: "Now."},
			"Cards":   []Card{{Title: "One", Tag: Wrong.Notice("No"), Rows: []Row{{Label: "Tel.", Value: "+32 (0)3 55-1", Phone: true}}}}}})
		for _, text := range []string{shape, "<h1>&lt;W&gt;</h1>\n<p>Why.</p>\n<p class=\"warn\">Mind.</p>\n<p class=\"fine\">Now.</p>",
			`<h3>One <span class="tag error">No</span></h3>`, `<a href="tel:&#43;323551">&#43;32 (0)3 55-1</a>`} {
			if !strings.Contains(drawn, text) {
				t.Errorf("%s: there is no %s in\n%s", tone, text, drawn)
			}
		}
		if strings.Count(drawn, "<h1>") != 1 {
			t.Errorf("%s has other headings", tone)
		}
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
		{Page{}, usualPolicy}, {Page{Form: &Form{Fields: []Field{{Type: Text}}}}, usualPolicy}, {Page{Form: password}, scriptPolicy},
		{Page{Sections: []Section{{Form: password}}}, scriptPolicy}, {Page{Scripts: []string{"/x.js"}}, scriptPolicy}, {Page{Form: &Form{Live: true}}, scriptPolicy}, {Page{Policy: "own"}, "own"},
	} {
		if got := test.page.ContentPolicy(); got != test.policy {
			t.Errorf("%+v has %q", test.page, got)
		}
	}
	if !strings.Contains(scriptPolicy, allowed) || strings.Contains(usualPolicy, allowed) || strings.Contains(scriptPolicy, "unsafe") {
		t.Error(scriptPolicy)
	}
}

// TestParse: a room's own content is drawn between the kit's parts, and may use them.
func TestParse(t *testing.T) {
	content, err := Parse(fstest.MapFS{"a.html": {Data: []byte(`{{define "content"}}<b>{{.X}}</b>{{template "rows" .Rows}}{{end}}`)}}, "a.html")
	check(t, err)
	drawn := draw(t, Look{}, Page{Title: "T", Language: "de", Content: content, Data: map[string]any{"X": "<>", "Rows": []Row{{Label: "Mail", Value: "a@b.example"}}}})
	if want := "<b>&lt;&gt;</b><dl>\n<div><dt>Mail</dt><dd>a<wbr>@b.example</dd></div>\n</dl>"; !strings.Contains(drawn, want) {
		t.Error(drawn)
	}
	if _, err := Parse(fstest.MapFS{"a.html": {Data: []byte("no definition")}}, "a.html"); err == nil {
		t.Error("a page without content is taken")
	}
	if _, err := Parse(fstest.MapFS{}, "missing.html"); err == nil {
		t.Error("a missing file is taken")
	}
}
