package page

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

const svgOpen = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" ` +
	`xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 160 40">`

// TestStillSVG: what drawing programs save is taken as it is.
func TestStillSVG(t *testing.T) {
	for name, data := range map[string]string{
		"styled": svgOpen + `<style>.a{fill:url(#g)}@media (max-width:9px){.b:not(.c){fill:rgb(1,2,3)}}</style>` +
			`<path style="a:b"/><use xlink:href="#g"/></svg>`,
		"sized":   `<svg xmlns="http://www.w3.org/2000/svg" width="160px" height="40"/>`,
		"picture": svgOpen + `<image href="data:image/png;base64,AA=="/></svg>`,
		"filter": svgOpen + `<filter id="f" x="-5%"><feGaussianBlur stdDeviation="2"/></filter>` +
			`<g filter="url( '#f' )" transform="translate(1 2) rotate(30)"/></svg>`,
		"words": svgOpen + `<title>Acme (Europe) @ work</title><text aria-label="a(b)" id="a(b)">url(x)</text></svg>`,
		"program": `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">` +
			`<svg xmlns="http://www.w3.org/2000/svg" xmlns:i="http://www.inkscape.org/namespaces/inkscape" ` +
			`xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" ` +
			`xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" viewBox="0,0 160,40" i:version="1.3">` +
			`<sodipodi:namedview pagecolor="#fff"/><metadata><rdf:RDF/></metadata></svg>`,
		"marked": "\ufeff" + svgOpen + "</svg>\n<!-- made by hand -->\n",
	} {
		t.Run(name, func(t *testing.T) { checkLogo(t, data, "") })
	}
}

// TestActiveSVG: what runs, loads or leads somewhere is refused, and named.
func TestActiveSVG(t *testing.T) {
	inside := func(text string) string { return svgOpen + text + "</svg>" }
	const xhtml = `xmlns:h="http://www.w3.org/1999/xhtml"`
	for name, test := range map[string]struct{ data, wrong string }{
		"html":            {"<html><svg/></html>", "first element is not svg"},
		"nothing":         {"<!--<svg>-->", "first element is not svg"},
		"no namespace":    {`<svg viewBox="0 0 160 40"/>`, `xmlns="http://www.w3.org/2000/svg"`},
		"other namespace": {`<svg xmlns="http://www.w3.org/1999/xhtml" viewBox="0 0 160 40"/>`, `xmlns="http`},
		"cut":             {svgOpen, "no SVG file that can be read"},
		"no size":         {`<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"/>`, "viewBox"},
		"huge":            {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1e300 1"/>`, "viewBox"},
		"nan":             {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 NaN NaN"/>`, "viewBox"},
		"two roots":       {inside("") + `<svg xmlns="http://www.w3.org/2000/svg"/>`, "the element svg after its svg"},
		"script after":    {inside("") + `<script xmlns="http://www.w3.org/2000/svg"/>`, "the element script after"},
		"text after":      {inside("") + "alert(1)", "text outside its svg"},

		"script":          {inside(`<script>alert(1)</script>`), "the element script"},
		"prefixed script": {inside(`<x:Script xmlns:x="http://www.w3.org/2000/svg"/>`), "the element Script"},
		"foreign object":  {inside(`<foreignObject/>`), "the element foreignObject"},
		"link":            {inside(`<a href="#x"/>`), "the element a"},
		"animation":       {inside(`<set attributeName="href" to="javascript:x()"/>`), "the element set"},
		"unknown":         {inside(`<portal/>`), "the element portal"},
		"form":            {inside(`<h:form ` + xhtml + ` action="https://example.org/"/>`), "the element form of"},
		"refresh":         {inside(`<h:meta ` + xhtml + ` http-equiv="refresh"/>`), "the element meta of"},
		"deep": {inside(`<metadata><h:script ` + xhtml + `/></metadata>`),
			`the element script of "http://www.w3.org/1999/xhtml"`},
		"no space": {inside(`<g xmlns=""/>`), `the element g of ""`},

		"event":          {inside(`<path onLoad="x()"/>`), "the attribute onLoad"},
		"base":           {inside(`<g xml:base="https://example.org/"/>`), "the attribute base"},
		"foreign use":    {inside(`<use xlink:href="https://example.org/x.svg#a"/>`), "its href refers to another"},
		"undeclared":     {strings.Replace(inside(`<use xlink:href="#a"/>`), "xmlns:xlink", "data-x", 1), `href of "xlink"`},
		"foreign image":  {inside(`<image href="//example.org/x.png"/>`), "its href refers"},
		"svg in svg":     {inside(`<image href="data:image/svg+xml;base64,AA=="/>`), "its href refers"},
		"javascript":     {inside(`<use href="javascript:x()"/>`), "its href refers"},
		"foreign fill":   {inside(`<path fill="url(https://example.org/#a)"/>`), "its attribute fill refers"},
		"foreign style":  {inside(`<path style="fill:URL( 'x.svg#a')"/>`), "its attribute style refers"},
		"foreign filter": {inside(`<path filter="url(#a) url(x#b)"/>`), "its attribute filter refers"},
		"image set":      {inside(`<path style="mask:image-set('https://example.org/a' 1x)"/>`), "image-set()"},
		"source":         {inside(`<path mask="src('https://example.org/a')"/>`), "src()"},

		"import":         {inside(`<style>@import "x.css";</style>`), "the rule @import"},
		"cut import":     {inside(`<style>@imp<!-- -->ort "x.css";</style>`), "the rule @import"},
		"stowed import":  {inside(`<style>@imp<![CDATA[ort]]> "x.css";</style>`), "the rule @import"},
		"font":           {inside(`<style>@font-face{src:url(https://example.org/f)}</style>`), "the rule @font-face"},
		"sheet":          {inside(`<style>a{fill:url(/**/x)}</style>`), "a style in it refers to another file"},
		"image of sheet": {inside(`<style>a{b:-webkit-image-set("x" 1x)}</style>`), "-webkit-image-set()"},
		"escaped":        {inside(`<style>a{b:u\72l(//x)}</style>`), `has a \`},
		"entities":       {`<!DOCTYPE svg [<!ENTITY a "b">]>` + inside("&a;"), "DOCTYPE"},
		"more entities": {`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/a.dtd" [<!ENTITY a "b">]>` +
			inside(""), "DOCTYPE"},
		"stylesheet": {`<?xml-stylesheet href="x.css"?>` + inside(""), "xml-stylesheet"},
	} {
		t.Run(name, func(t *testing.T) { checkLogo(t, test.data, test.wrong) })
	}
}

// FuzzLogo: no file crashes the start, and what is taken has a size and no script.
func FuzzLogo(f *testing.F) {
	f.Add([]byte(svgOpen + `<path style="fill:url(#a)"/></svg>`))
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="2"><style>@media a{}</style></svg>`))
	f.Add([]byte(svgOpen + `<image href="data:image/png;base64,AA=="/><style>a{b:c(#d)}</style></svg>`))
	f.Add(pngOf(f, 3, 2))
	isLoading := regexp.MustCompile(`(?i)<script|@import|image-set\(|url\(['"\s]*http`)
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseLogo(data)
		if err != nil {
			return
		}
		// In words and comments, and between, all of it is but text.
		isText := regexp.MustCompile(`^\x89PNG|<!--|CDATA|<\?|<text|<title|<desc|>[^<]+<`).Match(data)
		if l.Width < 1 || l.Height < 1 || !isText && isLoading.Match(bytes.ToLower(data)) {
			t.Errorf("%q is taken as %+v", data, l)
		}
	})
}
