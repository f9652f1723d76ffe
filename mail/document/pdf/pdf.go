// Package pdf writes PDF 1.7 files (ISO 32000-1) of text, filled shapes and links, with the structure that screen
// readers go by. It knows no more than that: no layout, no images, no other fonts than TrueType, no scripts that need
// shaping. A document belongs to one goroutine; fonts are read once and shared by all.
//
// The same calls give the same bytes: nothing is taken from the clock, from chance, or from the order of a map.
package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Info is what a document says of itself.
type Info struct {
	Title, Language   string // as a viewer's window has it; as en or nl-BE
	Producer          string
	Created, Modified time.Time
}

// Document is a PDF in the making.
type Document struct {
	info    Info
	root    *Element
	pages   []*Page
	subsets []*subset
}

// New begins a document without pages.
func New(info Info) *Document {
	return &Document{info: info, root: &Element{role: "Document"}}
}

// Structure is the element that holds all others.
func (d *Document) Structure() *Element { return d.root }

// AddPage adds a page of that size in points.
func (d *Document) AddPage(width, height float64) *Page {
	p := &Page{document: d, index: len(d.pages), width: width, height: height}
	d.pages = append(d.pages, p)
	return p
}

// Pages are the pages so far.
func (d *Document) Pages() []*Page { return d.pages }

// Bytes returns the whole file. Nothing may be added after it.
func (d *Document) Bytes() []byte {
	f := &file{}
	f.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") // the second line tells tools that bytes follow (§7.5.2)
	catalog, tree, fonts := f.reserve(), f.reserve(), f.reserve()
	for _, p := range d.pages {
		p.number = f.reserve()
	}
	for _, p := range d.pages {
		p.write(f, tree, fonts)
	}
	f.pageTree(tree, d.pages)
	f.resources(fonts, d.subsets)
	structure := f.structure(d)
	metadata := f.reserve()
	f.stream(metadata, "/Type/Metadata/Subtype/XML", d.metadata(), false)
	f.object(catalog, "<</Type/Catalog/Pages %d 0 R/Lang%s/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R"+
		"/Metadata %d 0 R/ViewerPreferences<</DisplayDocTitle true>>>>",
		tree, textString(d.info.Language), structure, metadata)
	info := f.reserve()
	f.object(info, "<</Title%s/Producer%s/CreationDate%s/ModDate%s>>", textString(d.info.Title),
		textString(d.info.Producer), date(d.info.Created), date(d.info.Modified))
	f.end(catalog, info)
	return f.Bytes()
}

// metadata says the same as the information dictionary, in the form that newer tools read (XMP, ISO 16684-1).
func (d *Document) metadata() []byte {
	escape := func(text string) string {
		var out strings.Builder
		_ = xml.EscapeText(&out, []byte(text)) // a Builder takes everything
		return out.String()
	}
	return fmt.Appendf(nil, `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate><pdf:Producer>%s</pdf:Producer>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`, escape(d.info.Title), escape(d.info.Language), d.info.Created.UTC().Format(time.RFC3339),
		d.info.Modified.UTC().Format(time.RFC3339), escape(d.info.Producer))
}

// file is what has been written, and where each object in it begins.
type file struct {
	bytes.Buffer
	offsets []int // by the objects' numbers, which begin with 1
}

// reserve gives the number of an object that is written later.
func (f *file) reserve() int {
	f.offsets = append(f.offsets, 0)
	return len(f.offsets)
}

func (f *file) object(number int, format string, args ...any) {
	f.offsets[number-1] = f.Len()
	fmt.Fprintf(f, "%d 0 obj\n", number)
	fmt.Fprintf(f, format, args...)
	f.WriteString("\nendobj\n")
}

// compressors are reused, since each has some 800 KB.
var compressors = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

// stream writes an object with content, of which dictionary says more than the length and the compression.
func (f *file) stream(number int, dictionary string, content []byte, compressed bool) {
	if compressed {
		var packed bytes.Buffer
		w := compressors.Get().(*zlib.Writer)
		w.Reset(&packed)
		_, _ = w.Write(content) // a Buffer takes everything
		_ = w.Close()
		compressors.Put(w)
		content, dictionary = packed.Bytes(), dictionary+"/Filter/FlateDecode"
	}
	f.object(number, "<<%s/Length %d>>\nstream\n%s\nendstream", dictionary, len(content), content)
}

func (f *file) pageTree(number int, pages []*Page) {
	var kids strings.Builder
	for _, p := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", p.number)
	}
	f.object(number, "<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids.String())
}

// end writes the cross-reference table and the trailer (§7.5.4, §7.5.5). The identifier is made of the content, so that
// tools can tell two files apart.
func (f *file) end(catalog, info int) {
	id := sha256.Sum256(f.Bytes())
	at := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, offset := range f.offsets {
		fmt.Fprintf(f, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(f, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%x><%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(f.offsets)+1, catalog, info, id[:16], id[:16], at)
}
