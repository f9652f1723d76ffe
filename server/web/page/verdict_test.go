package page

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestVerdict: the sign is told apart by its shape, and the word is the page's heading.
func TestVerdict(t *testing.T) {
	const own = `{{define "content"}}{{template "verdict" .Verdict}}{{template "cards" .Cards}}{{end}}`
	content, err := Parse(fstest.MapFS{"a.html": {Data: []byte(own)}}, "a.html")
	check(t, err)
	for tone, shape := range map[Tone]string{Done: "<circle", Wrong: `d="M15 1h18l14`, Plain: `d="M24 3 46`} {
		drawn := draw(t, Look{}, Page{Title: "T", Language: "en", Bare: true, Content: content, Data: map[string]any{
			"Verdict": Verdict{Tone: tone, Word: "<W>", Text: []string{"Why."}, Warn: "Mind.", Note: "Now."},
			"Cards": []Card{{Title: "One", Tag: Wrong.Notice("No"),
				Rows: []Row{{Label: "Tel.", Value: "+32 (0)3 55-1", Phone: true}}}}}})
		holds(t, drawn, []string{shape,
			"<h1>&lt;W&gt;</h1>\n<p>Why.</p>\n<p class=\"warn\">Mind.</p>\n<p class=\"fine\">Now.</p>",
			`<h3>One <span class="tag error">No</span></h3>`, `<a href="tel:&#43;323551">&#43;32 (0)3 55-1</a>`}, nil)
		if strings.Count(drawn, "<h1>") != 1 {
			t.Errorf("%s has other headings", tone)
		}
	}
}
