package letters

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/tokens"
)

func TestFillActivationURL(t *testing.T) {
	id := cleaningID.String()
	for _, tt := range []struct{ template, want, without string }{
		{"https://a.example/x", "https://a.example/x?token=T%2B%26&cleaningId=" + id,
			"https://a.example/x?token=T%2B%26"},
		{"https://a.example", "https://a.example?token=T%2B%26&cleaningId=" + id, "https://a.example?token=T%2B%26"},
		{"https://a.example/?l=nl", "https://a.example/?l=nl&token=T%2B%26&cleaningId=" + id,
			"https://a.example/?l=nl&token=T%2B%26"},
		{"https://a.example/?", "https://a.example/?token=T%2B%26&cleaningId=" + id,
			"https://a.example/?token=T%2B%26"},
		{"https://a.example/?l=nl&", "https://a.example/?l=nl&token=T%2B%26&cleaningId=" + id,
			"https://a.example/?l=nl&token=T%2B%26"},
		{"https://a.example/#/go?x", "https://a.example/?token=T%2B%26&cleaningId=" + id + "#/go?x",
			"https://a.example/?token=T%2B%26#/go?x"},
		{"https://a.example/?l=nl#top", "https://a.example/?l=nl&token=T%2B%26&cleaningId=" + id + "#top",
			"https://a.example/?l=nl&token=T%2B%26#top"},
		{"https://a.example/{cleaningId}/in", "https://a.example/" + id + "/in?token=T%2B%26",
			"https://a.example//in?token=T%2B%26"},
		{"https://a.example/#/{token}/{cleaningId}", "https://a.example/#/T%2B%26/" + id,
			"https://a.example/#/T%2B%26/"},
		{"https://a.example/in?t={token}", "https://a.example/in?t=T%2B%26", "https://a.example/in?t=T%2B%26"},
		{"https://a.example/in?c={cleaningId}&t={token}&u={token}",
			"https://a.example/in?c=" + id + "&t=T%2B%26&u=T%2B%26", "https://a.example/in?c=&t=T%2B%26&u=T%2B%26"},
	} {
		if err := CheckActivationURL(tt.template); err != nil {
			t.Errorf("%s: refused: %v", tt.template, err)
		}
		if got := fillActivationURL(tt.template, "T+&", cleaningID); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.template, got, tt.want)
		}
		if got := fillActivationURL(tt.template, "T+&", guid.ID{}); got != tt.without {
			t.Errorf("%s without a cleaning: %s, want %s", tt.template, got, tt.without)
		}
	}
}

func TestCheckActivationURL(t *testing.T) {
	for template, want := range map[string]string{
		"":                               "whole",
		"/activate":                      "whole",
		"a.example/activate":             "whole",
		"ftp://a.example/":               "whole",
		"javascript:alert('{token}')":    "whole",
		"https://":                       "whole",
		"https://:443/":                  "whole",
		"https://{token}.a.example/":     "only after the host",
		"https://a.example:{token}/":     "can't be read",
		"{token}://a.example/":           "whole",
		"https://u:p@a.example/":         "no place",
		"https://{token}@a.example/":     "no place",
		"https://a.example/{Token}":      "only {token}",
		"https://a.example/{token":       "only {token}",
		"https://a.example/a b":          "percent-encoded",
		"https://a.example/\r\nBcc: x@y": "percent-encoded",
		"https://bücher.example/":        "percent-encoded",
		"https://a.example/\"><b>":       "percent-encoded",
		"https://a.example/%zz":          "can't be read",
		"https://a.example:65536/":       "the port",
	} {
		err := CheckActivationURL(template)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a sentence with %q", template, err, want)
		}
	}
}

// FuzzActivationURL: what the check lets through leads, filled in, to the same host, with the token in it.
func FuzzActivationURL(f *testing.F) {
	f.Add("https://a.example/in?c={cleaningId}#{token}")
	f.Add("http://[::1]:8080/?x#y")
	f.Fuzz(func(t *testing.T, template string) {
		if CheckActivationURL(template) != nil {
			return
		}
		for _, id := range []guid.ID{{}, cleaningID} {
			filled := fillActivationURL(template, "pst1_a-b", id)
			u, err := url.Parse(filled)
			if err != nil || u.Host == "" || !strings.Contains(filled, "pst1_a-b") ||
				strings.ContainsAny(filled, "{} \r\n<>\"") {
				t.Errorf("%q became %q (%v)", template, filled, err)
			}
		}
	})
}

// anyLink finds the links of a text, with what stands around them.
var anyLink = regexp.MustCompile(`(?s)(.?)(https?://[^\s<>"]+)(.?)`)

// TestTextLinks: whatever a letter's links end in, mail programs find all of them: they end in a letter or digit, or
// stand in angle brackets.
func TestTextLinks(t *testing.T) {
	rounds := 4 // each with other tokens
	if testing.Short() {
		rounds = 2
	}
	for _, set := range []struct{ activation, privacy string }{
		{"https://eecd.kaai9.example/eecd/activate", "https://kaai9.example/privacy"},
		{"https://front.example/{token}", "https://kaai9.example/"},
		{"https://front.example/#/{token}/in/", "https://kaai9.example/privacy_-"},
		{"https://front.example/in?t={token}&c={cleaningId}", "https://kaai9.example/?what=a&b=."},
		{"https://front.example/in?c={cleaningId}&t={token}", "https://kaai9.example/a_(b)"},
		{"https://front.example/in?t={token}&x=!", "https://kaai9.example/#privacy,"},
	} {
		o := testOptions(t)
		o.ActivationURL, o.PrivacyURL = set.activation, set.privacy
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for sample := range allSamples {
			for round := range rounds {
				l, in := letterOf(sample.kind, sample.language)
				if round%2 == 1 && sample.kind != "document" && sample.kind != "decided" && sample.kind != "rejected" {
					l.Cleaning = guid.ID{}
				}
				text := strings.ReplaceAll(compose(t, c, l, in).text, "\r\n", "\n")
				links := anyLink.FindAllStringSubmatch(text, -1)
				if len(links) != strings.Count(text, "://") || len(links) == 0 && sample.kind != "test" {
					t.Fatalf("%v: %d links found in\n%s", sample, len(links), text)
				}
				for _, link := range links {
					if enclosed := link[1] == "<" && link[3] == ">"; !enclosed &&
						(link[1] != "\n" || link[3] != "\n" || !endsPlain(link[2])) {
						t.Errorf("%v: %q", sample, link[0])
					}
				}
			}
		}
	}
}

// TestMint: a token that is alone at its link's end leaves the link bare.
func TestMint(t *testing.T) {
	c := testComposer(t)
	for range 500 {
		token, err := c.mint(tokens.Confirmation,
			tokens.Claims{Subject: userID, IssuedAt: sentAt, ExpiresAt: sentAt.Add(time.Hour)})
		if err != nil || !endsPlain(token) {
			t.Fatalf("%q, %v", token, err)
		}
	}
}
