package page

import (
	"fmt"
	"math"
	"regexp"
	"testing"
)

func colour(t testing.TB, text string) Colour {
	t.Helper()
	c, err := ParseColour(text)
	check(t, err)
	return c
}

func TestParseColour(t *testing.T) {
	for _, text := range []string{"#0b5a6b", "#FFFFFF", "#000000"} {
		if c := colour(t, text); !c.isSet {
			t.Errorf("%s is none", text)
		}
	}
	for _, text := range []string{"", "#", "0b5a6b", "#0b5a6", "#0b5a6bb", "#0b5a6g", "red", "#fff", "#é5a6b"} {
		if c, err := ParseColour(text); err == nil || c.isSet {
			t.Errorf("%q is taken as %v", text, c)
		}
	}
	// known ratios: WebAIM's contrast checker
	for _, test := range []struct {
		a, b  string
		ratio float64
	}{
		{"#ffffff", "#000000", 21}, {"#767676", "#ffffff", 4.54}, {"#0000ff", "#ffffff", 8.59},
		{"#ff0000", "#ffffff", 4}, {"#777777", "#777777", 1},
	} {
		if got := contrast(colour(t, test.a), colour(t, test.b)); math.Abs(got-test.ratio) > 0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", test.a, test.b, got, test.ratio)
		}
	}
}

// TestEveryColourCanBeRead: whatever an organisation's colour is, what is derived from it keeps WCAG's contrasts.
func TestEveryColourCanBeRead(t *testing.T) {
	const step = 15
	for r := 0; r < 256; r += step {
		for g := 0; g < 256; g += step {
			for b := 0; b < 256; b += step {
				c := colour(t, fmt.Sprintf("#%02x%02x%02x", r, g, b))
				light, dark := c.light(), c.dark()
				if light.button != c {
					t.Fatalf("%v: the button is %v", c, light.button)
				}
				for _, pair := range []struct {
					a, b  Colour
					least float64
				}{
					{light.onButton, light.button, textContrast}, {dark.onButton, dark.button, textContrast},
					{light.accent, white, textContrast}, {light.accent, lightBack, textContrast},
					{dark.accent, darkPaper, textContrast}, {dark.button, darkPaper, controlContrast},
				} {
					if got := contrast(pair.a, pair.b); got < pair.least {
						t.Fatalf("%v: %v on %v has %.2f, less than %v", c, pair.a, pair.b, got, pair.least)
					}
				}
			}
		}
	}
}

// TestStyle: the backgrounds that the colours are measured against are the style sheet's, and a colour of one's own
// comes after its.
func TestStyle(t *testing.T) {
	sheet, err := read("style.css")
	check(t, err)
	usually := colour(t, usualColour)
	for name, want := range map[string][]Colour{
		"paper": {white, darkPaper}, "back": {lightBack, {}}, "accent": {usually, {}}, "button": {usually, {}},
	} {
		found := regexp.MustCompile(`--`+name+`: (#[0-9a-f]{6});`).FindAllStringSubmatch(string(sheet), -1)
		if len(found) != 2 {
			t.Fatalf("%s is there %d times", name, len(found))
		}
		for i, c := range want {
			if c.isSet && found[i][1] != c.String() {
				t.Errorf("%s is %s, want %v", name, found[i][1], c)
			}
		}
	}
	kit, err := New(Look{Colour: colour(t, "#ffcc00")})
	check(t, err)
	own := string(kit.style.Data[len(sheet):])
	const want = ":root { --accent: #786000; --button: #ffcc00; --on-button: #000000; }\n" +
		"@media (prefers-color-scheme: dark) " +
		"{ :root { --accent: #ffcc00; --button: #ffcc00; --on-button: #000000; } }\n"
	if own != want {
		t.Errorf("the style ends with\n%s", own)
	}
	usual, err := New(Look{Colour: usually})
	check(t, err)
	if string(usual.style.Data) != string(sheet) || usual.style.URL() == kit.style.URL() ||
		usual.icon.URL() == kit.icon.URL() {
		t.Error("the usual colour changes the style, or one's own does not")
	}
}
