package letters

import (
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestBothPartsSayTheSame compares the words and the links of the two parts.
func TestBothPartsSayTheSame(t *testing.T) {
	marks := regexp.MustCompile(`(?s)<head>.*</head>|<div style="display:none.*?</div>|<[^>]*>`)
	href := regexp.MustCompile(`href="([^"]*)"`)
	words := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	c := testComposer(t)
	for letter := range allSamples {
		l, in := letterOf(letter.kind, letter.language)
		o := compose(t, c, l, in)
		text, page := o.text, strings.Replace(o.html, "<td class=\"ink rule\"", ": <td", -1)
		for _, m := range href.FindAllStringSubmatch(o.html, -1) {
			link := html.UnescapeString(m[1])
			if !strings.Contains(text, link) {
				t.Errorf("%v: the text lacks the link %s", letter, link)
			}
			text = strings.NewReplacer(" <"+link+">", "", link, "").Replace(text)
		}
		if strings.Contains(text, "https://") {
			t.Errorf("%v: the page lacks a link of the text:\n%s", letter, text)
		}
		text = strings.NewReplacer("\n> ", "\n", "-- \r\n", "", ":", " ").Replace(text)
		page = html.UnescapeString(marks.ReplaceAllString(page, " "))
		_, page, _ = strings.Cut(page, "Synthetische Tankreiniging Kaai 9") // the line above the card
		page = regexp.MustCompile(` ([.,)])`).ReplaceAllString(words(strings.ReplaceAll(page, ":", " ")), "$1")
		if want := regexp.MustCompile(` ([.,)])`).ReplaceAllString(words(text), "$1"); page != want {
			t.Errorf("%v:\ntext %s\npage %s", letter, want, page)
		}
	}
}

// TestPage holds what mail clients need, and what they must not be made to fetch.
func TestPage(t *testing.T) {
	c := testComposer(t)
	for letter := range allSamples {
		kind := letter.kind
		l, in := letterOf(kind, letter.language)
		page := compose(t, c, l, in).html
		for _, want := range []string{`<html lang="` + letter.language + `">`,
			`<meta name="color-scheme" content="light dark">`,
			`<meta name="supported-color-schemes"`, "(prefers-color-scheme: dark)", `role="presentation"`,
			"max-width:580px"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %s", kind, want)
			}
		}
		for _, bad := range []string{"<img", "<script", "<link", "src=", "url(", "@import", "<form", "{{", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page has %s", kind, bad)
			}
		}
		// the ground has its class first
		if strings.Count(page, "<table") != strings.Count(page, `<table role="presentation"`)+1 {
			t.Errorf("%s: a table without role", kind)
		}
		buttons := 1
		if kind == "failed" || kind == "password-changed" || kind == "test" {
			buttons = 0 // there is nothing to do there, or hopefully nothing
		}
		if strings.Count(page, `class="button"`) != buttons {
			t.Errorf("%s: not %d buttons", kind, buttons)
		}
		if len(page) > 102<<10 {
			t.Errorf("%s: %d octets, Gmail cuts at 102 kB", kind, len(page))
		}
	}
}

// TestContrast measures the words of each class on what lies under them: 4.5 to 1 at least (WCAG 2.2, 1.4.3).
func TestContrast(t *testing.T) {
	c := testComposer(t)
	var body, dark string
	for _, kind := range []string{"decided", "activate"} { // together they have every mark
		l, in := letterOf(kind, "en")
		page := compose(t, c, l, in).html
		_, style, _ := strings.Cut(page, "prefers-color-scheme: dark")
		style, page, _ = strings.Cut(style, "</style>")
		body, dark = body+page, style
	}
	find := map[string]func(class, property string) []string{
		"dark": func(class, property string) []string {
			return all(dark, `\.`+class+` \{(?:[^}]*;)? ?`+property+`: (#\w{6})`)
		},
		"light": func(class, property string) []string {
			return all(body, `class="[^"]*\b`+class+`\b[^>]*style="(?:[^"]*;)?`+property+`:(#\w{6})`)
		},
	}
	for _, pair := range [][2]string{{"ink", "card"}, {"soft", "card"}, {"soft", "ground"}, {"link", "card"},
		{"label", "button"}, {"quote", "quote"}} {
		for scheme, colours := range find {
			words, grounds := colours(pair[0], "color"), colours(pair[1], "background-color")
			if len(words) == 0 || len(grounds) == 0 {
				t.Errorf("%s: no colours for %v", scheme, pair)
			}
			for _, colour := range words {
				if ratio := contrast(t, colour, grounds[0]); ratio < 4.5 {
					t.Errorf("%s: %s (%s) on %s (%s): %.2f", scheme, pair[0], colour, pair[1], grounds[0], ratio)
				}
			}
		}
	}
}

// all returns what the pattern's group matches, wherever it does.
func all(text, pattern string) (found []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// contrast is WCAG's ratio of two colours as #rrggbb.
func contrast(t *testing.T, a, b string) float64 {
	luminance := func(colour string) float64 {
		n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
		if err != nil || len(colour) != 7 {
			t.Fatalf("colour %q: %v", colour, err)
		}
		sum := 0.0
		for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
			c := float64(n>>(8*i)&0xff) / 255
			if c <= 0.04045 {
				sum += weight * c / 12.92
			} else {
				sum += weight * math.Pow((c+0.055)/1.055, 2.4)
			}
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
