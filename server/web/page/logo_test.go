package page

import (
	"bytes"
	"image"
	"image/png"
	"regexp"
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
	const open = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" ` +
		`xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 160 40">`
	inside := func(text string) string { return open + text + "</svg>" }
	for name, test := range map[string]struct {
		data  string
		wrong string // a part of the error; empty: none
	}{
		"png":             {string(pngOf(t, 160, 40)), ""},
		"svg":             {inside(`<style>.a{fill:url(#g)}</style><path style="a:b"/><use xlink:href="#g"/>`), ""},
		"svg, sized":      {`<svg xmlns="http://www.w3.org/2000/svg" width="160px" height="40"/>`, ""},
		"svg, picture":    {inside(`<image href="data:image/png;base64,AA=="/>`), ""},
		"empty":           {"", "must be an SVG or PNG"},
		"jpeg":            {"\xff\xd8\xff\xe0", "must be an SVG or PNG"},
		"html":            {"<html><svg/></html>", "first element is not svg"},
		"cut png":         {string(pngOf(t, 160, 40)[:20]), "no PNG file that can be read"},
		"wide png":        {string(pngOf(t, 5000, 1)), "5000 × 1 pixels"},
		"large":           {string(make([]byte, MostLogo+1)), "more than 256 KiB"},
		"cut svg":         {open, "no SVG file that can be read"},
		"no size":         {`<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"/>`, "viewBox"},
		"huge":            {`<svg viewBox="0 0 1e300 1"/>`, "viewBox"},
		"nan":             {`<svg viewBox="0 0 NaN NaN"/>`, "viewBox"},
		"script":          {inside(`<script>alert(1)</script>`), "the element script"},
		"prefixed script": {inside(`<x:Script xmlns:x="http://www.w3.org/2000/svg"/>`), "the element Script"},
		"event":           {inside(`<path onLoad="x()"/>`), "a script in onLoad"},
		"foreign object":  {inside(`<foreignObject/>`), "the element foreignObject"},
		"link":            {inside(`<a href="#x"/>`), "the element a"},
		"animation":       {inside(`<set attributeName="href" to="javascript:x()"/>`), "the element set"},
		"foreign use":     {inside(`<use xlink:href="https://example.org/x.svg#a"/>`), "its href refers to another"},
		"foreign image":   {inside(`<image href="//example.org/x.png"/>`), "its href refers"},
		"svg in svg":      {inside(`<image href="data:image/svg+xml;base64,AA=="/>`), "its href refers"},
		"javascript":      {inside(`<use href="javascript:x()"/>`), "its href refers"},
		"foreign fill":    {inside(`<path fill="url(https://example.org/#a)"/>`), "its fill refers"},
		"foreign style":   {inside(`<path style="fill:URL( 'x.svg#a')"/>`), "its style refers"},
		"import":          {inside(`<style>@import "x.css";</style>`), "loads another file"},
		"font":            {inside(`<style>@font-face{src:url(https://example.org/f)}</style>`), "loads another file"},
		"escaped":         {inside(`<style>a{b:u\72l(//x)}</style>`), "loads another file"},
		"entities":        {`<!DOCTYPE svg [<!ENTITY a "b">]>` + inside("&a;"), "DOCTYPE"},
		"stylesheet":      {`<?xml-stylesheet href="x.css"?>` + inside(""), "xml-stylesheet"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ParseLogo([]byte(test.data))
			switch {
			case test.wrong == "" && (err != nil || l.Width != 160 || l.Height != 40):
				t.Errorf("%+v, %v", l, err)
			case test.wrong != "" && (err == nil || l != nil || !strings.Contains(err.Error(), test.wrong)):
				t.Errorf("%+v, %v", l, err)
			}
		})
	}
}

// FuzzLogo: no file crashes the start, and what is taken has a size and no script.
func FuzzLogo(f *testing.F) {
	f.Add([]byte(`<svg viewBox="0 0 160 40"><path style="fill:url(#a)"/></svg>`))
	f.Add([]byte(`<svg width="1" height="2"><image href="data:image/png;base64,AA=="/></svg>`))
	f.Add(pngOf(f, 3, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseLogo(data)
		if err != nil {
			return
		}
		isText := regexp.MustCompile(`^\x89PNG|<!--|CDATA|<\?`).Match(data) // where <script may stand and be none
		if l.Width < 1 || l.Height < 1 || !isText && bytes.Contains(bytes.ToLower(data), []byte("<script")) {
			t.Errorf("%q is taken as %+v", data, l)
		}
	})
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
