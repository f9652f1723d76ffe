package page

import (
	"strings"
	"testing"
)

// TestProse: an address stands out, whole and without the sign after it; nothing of a sentence is lost.
func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"Nothing to mark.":                     "Nothing to mark.",
		"Mailed to jan-x@example.org.":         "Mailed to [address jan-x@example.org].",
		"jan@example.org, Ihre E-Mail-Adresse": "[address jan@example.org], Ihre E-Mail-Adresse",
		"Je suis @ home":                       "Je suis @ home",
		"(les e-mails à zoë+a@b-c.example\u00a0!)": "(les e-mails à [address zoë+a@b-c.example]\u00a0!)",
		"<b>@x": "[address <b>@x]",
	} {
		var got strings.Builder
		for _, p := range prose(text) {
			if p.IsAddress {
				got.WriteString("[address " + p.Text + "]")
			} else {
				got.WriteString(p.Text)
			}
		}
		if got.String() != want {
			t.Errorf("%q is %q, not %q", text, &got, want)
		}
	}
	drawn := draw(t, Look{}, Page{Title: "T", Language: "en", Text: []string{`to "<b>"@example.org now`}})
	if want := `<p>to <b class="address">&#34;&lt;b&gt;&#34;@example.org</b> now</p>`; !strings.Contains(drawn, want) {
		t.Errorf("there is no %s in %s", want, drawn)
	}
}
