package page

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

func TestLogo(t *testing.T) {
	for name, test := range map[string]struct {
		data  string
		wrong string // a part of the error; empty: none
	}{
		"png":      {string(pngOf(t, 160, 40)), ""},
		"empty":    {"", "must be an SVG or PNG"},
		"jpeg":     {"\xff\xd8\xff\xe0", "must be an SVG or PNG"},
		"cut png":  {string(pngOf(t, 160, 40)[:20]), "no PNG file that can be read"},
		"wide png": {string(pngOf(t, 5000, 1)), "5000 × 1 pixels"},
		"large":    {string(make([]byte, MostLogo+1)), "more than 256 KiB"},
	} {
		t.Run(name, func(t *testing.T) { checkLogo(t, test.data, test.wrong) })
	}
}

// checkLogo wants a logo of 160 × 40, or an error that says what is wrong.
func checkLogo(t *testing.T, data, wrong string) {
	t.Helper()
	l, err := ParseLogo([]byte(data))
	switch {
	case wrong == "" && (err != nil || l.Width != 160 || l.Height != 40):
		t.Errorf("%+v, %v", l, err)
	case wrong != "" && (err == nil || l != nil || !strings.Contains(err.Error(), wrong)):
		t.Errorf("%+v, %v", l, err)
	}
}

// TestBrand: the logo stands in place of the name, which is what it says to who does not see it.
func TestBrand(t *testing.T) {
	logo, err := ParseLogo(pngOf(t, 300, 100))
	check(t, err)
	look := Look{Organisation: `A "&" B`, Logo: logo}
	drawn := draw(t, look, Page{Title: "T", Language: "fr"})
	for _, want := range []string{
		`<img src="/static/logo.png?v=`, `alt="A &#34;&amp;&#34; B"`, `width="300" height="100">`,
		`<title>T · A &#34;&amp;&#34; B</title>`,
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("there is no %s in\n%s", want, drawn)
		}
	}
	kit, err := New(look)
	check(t, err)
	if files := kit.Files(); files[len(files)-1].Path != "/static/logo.png" {
		t.Errorf("the files are %+v", files)
	}
	drawn = draw(t, Look{Organisation: "A"}, Page{Title: "T", Language: "fr"})
	if !strings.Contains(drawn, `<p class="brand">A</p>`) || strings.Contains(drawn, "<img") {
		t.Error(drawn)
	}
}
