// Package pdftest reads back what package pdf writes, for tests: not any PDF, but with the marks checked by which every
// reader finds its way through the file, through the texts and through the structure.
package pdftest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// File is a PDF that has been read.
type File struct {
	Objects map[int]string // as written, without "obj" and "endobj"
	Trailer string
	Pages   []Page
	Outline string // the structure in reading order, an element a line: its role, its description, its text
}

// Page is what one page shows.
type Page struct {
	Texts   []Text
	Content string // its drawing operators
	marked  map[int]string
}

// Text is a line or a part of one: its left end and its baseline in points from the lower left corner.
type Text struct {
	Text       string
	X, Y, Size float64
	Font       string // PostScript name
}

// Read takes a file apart, and ends the test where it is none.
func Read(t testing.TB, pdf []byte) *File {
	t.Helper()
	f := &File{Objects: map[int]string{}}
	const end = `(?s)\nxref\n0 (\d+)\n0{10} 65535 f \n(.*)trailer\n<<(.*)>>\nstartxref\n(\d+)\n%%EOF\n$`
	tail := regexp.MustCompile(end).FindSubmatchIndex(pdf)
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.")) || tail == nil {
		t.Fatalf("no PDF: %.20q … %q", pdf, pdf[max(0, len(pdf)-60):])
	}
	if at := atoi(string(pdf[tail[8]:tail[9]])); at != tail[0]+1 {
		t.Fatalf("startxref says %d, and the table is at %d", at, tail[0]+1)
	}
	f.Trailer = string(pdf[tail[6]:tail[7]])
	table := string(pdf[tail[4]:tail[5]])
	for n := 1; n < atoi(string(pdf[tail[2]:tail[3]])); n++ {
		const entry = 20 // bytes (§7.5.4)
		at := atoi(table[entry*(n-1):][:10])
		begin := fmt.Sprintf("%d 0 obj\n", n)
		if !bytes.HasPrefix(pdf[at:], []byte(begin)) {
			t.Fatalf("object %d is not at %d", n, at)
		}
		object, _, _ := strings.Cut(string(pdf[at+len(begin):]), "\nendobj\n")
		f.Objects[n] = object
	}
	f.readPages(t)
	root := f.object(t, f.Trailer, "Root")
	var outline strings.Builder
	f.element(t, &outline, ref(t, f.object(t, root, "StructTreeRoot"), "K"), 0)
	f.Outline = outline.String()
	return f
}

// object is the one that a dictionary's entry refers to.
func (f *File) object(t testing.TB, dictionary, key string) string {
	t.Helper()
	return f.Objects[ref(t, dictionary, key)]
}

func ref(t testing.TB, dictionary, key string) int {
	t.Helper()
	m := regexp.MustCompile(`/` + key + ` ?\[?(\d+) 0 R`).FindStringSubmatch(dictionary)
	if m == nil {
		t.Fatalf("no /%s in %.200s", key, dictionary)
	}
	return atoi(m[1])
}

// Stream is an object's content, decompressed.
func (f *File) Stream(t testing.TB, number int) []byte {
	t.Helper()
	m := regexp.MustCompile(`(?s)^<<.*/Length (\d+)>>\nstream\n(.*)\nendstream$`).FindStringSubmatch(f.Objects[number])
	if m == nil || atoi(m[1]) != len(m[2]) {
		t.Fatalf("object %d is no stream of its length: %.80q", number, f.Objects[number])
	}
	if !strings.Contains(f.Objects[number][:80], "/FlateDecode") {
		return []byte(m[2])
	}
	inflate, err := zlib.NewReader(strings.NewReader(m[2]))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(inflate)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var kids = regexp.MustCompile(`(\d+) 0 R`)

func (f *File) readPages(t testing.TB) {
	t.Helper()
	_, list, _ := strings.Cut(f.object(t, f.object(t, f.Trailer, "Root"), "Pages"), "/Kids")
	for _, kid := range kids.FindAllStringSubmatch(list, -1) {
		page := f.Objects[atoi(kid[1])]
		fonts := map[string]font{}
		named := regexp.MustCompile(`/(F\d+) (\d+) 0 R`).FindAllStringSubmatch(f.object(t, page, "Resources"), -1)
		for _, m := range named {
			fonts[m[1]] = f.font(t, f.Objects[atoi(m[2])])
		}
		p := Page{Content: string(f.Stream(t, ref(t, page, "Contents"))), marked: map[int]string{}}
		p.read(t, fonts)
		f.Pages = append(f.Pages, p)
	}
}

// font is what tells a text's characters by their codes.
type font struct {
	name  string
	runes map[string]string
}

func (f *File) font(t testing.TB, dictionary string) font {
	t.Helper()
	name := regexp.MustCompile(`/BaseFont/[A-Z]{6}\+([\w-]+)`).FindStringSubmatch(dictionary)
	if name == nil {
		t.Fatalf("no name of a subset in %s", dictionary)
	}
	known := font{name[1], map[string]string{}}
	for _, m := range regexp.MustCompile(`<(\w{4})> <(\w+)>\n`).
		FindAllSubmatch(f.Stream(t, ref(t, dictionary, "ToUnicode")), -1) {
		var units []uint16
		for i := 0; i < len(m[2]); i += 4 {
			unit, _ := strconv.ParseUint(string(m[2][i:i+4]), 16, 16)
			units = append(units, uint16(unit))
		}
		known.runes[string(m[1])] = string(utf16.Decode(units))
	}
	return known
}

var operators = regexp.MustCompile(`(?m)^(?:/(\w+) (?:<</MCID (\d+)>> BDC|BMC)|(EMC)|` +
	`BT /(F\d+) ([\d.]+) Tf [\d. ]+ rg ([-\d.]+) ([-\d.]+) Td <(\w*)> Tj ET)$`)

// read collects the texts of a page. Each belongs to a marked part, which is a part of the structure or says that it is
// none.
func (p *Page) read(t testing.TB, fonts map[string]font) {
	t.Helper()
	const outside, artifact = -2, -1
	mark := outside
	for _, m := range operators.FindAllStringSubmatch(p.Content, -1) {
		switch {
		case m[1] != "" && mark != outside || m[3] != "" && mark == outside:
			t.Fatalf("marked parts overlap at %q", m[0])
		case m[3] != "":
			mark = outside
		case m[1] == "Artifact":
			mark = artifact
		case m[1] != "":
			mark = atoi(m[2])
			if _, twice := p.marked[mark]; twice {
				t.Fatalf("two parts have the number %d", mark)
			}
			p.marked[mark] = ""
		default:
			text := ""
			for code := m[8]; code != ""; code = code[4:] {
				text += fonts[m[4]].runes[code[:4]]
			}
			if mark == outside || text == "" {
				t.Fatalf("a text without marks or characters: %q", m[0])
			}
			if last := len(p.Texts) - 1; mark != artifact && p.marked[mark] != "" && p.Texts[last].Y != atof(m[7]) {
				p.marked[mark] += " " // a new line, and not the same in another font
			}
			p.Texts = append(p.Texts, Text{text, atof(m[6]), atof(m[7]), atof(m[5]), fonts[m[4]].name})
			if mark != artifact {
				p.marked[mark] += text
			}
		}
	}
	if mark != outside {
		t.Fatal("a marked part has no end")
	}
}

var elementForm = regexp.MustCompile(`(?s)^<</Type/StructElem/S/(\w+)/P \d+ 0 R(?:/Pg (\d+) 0 R)?(.*)/K\[(.*)\]>>$`)

// element writes an element and those below it. What it has of pages is taken out there, so that what nobody has is
// left.
func (f *File) element(t testing.TB, out *strings.Builder, number, depth int) {
	t.Helper()
	m := elementForm.FindStringSubmatch(f.Objects[number])
	if m == nil {
		t.Fatalf("no element: %q", f.Objects[number])
	}
	var text string
	var below []int
	for _, kid := range regexp.MustCompile(`<<.*?>>|\d+ 0 R|\d+`).FindAllString(m[4], -1) {
		switch {
		case strings.HasSuffix(kid, " 0 R"):
			below = append(below, atoi(strings.TrimSuffix(kid, " 0 R")))
		case strings.Contains(kid, "/OBJR"):
			text += "(a link) "
		case strings.Contains(kid, "/MCR"):
			mcid := regexp.MustCompile(`/MCID (\d+)`).FindStringSubmatch(kid)
			text += f.pageOf(t, ref(t, kid, "Pg")).take(t, atoi(mcid[1])) + " "
		default:
			text += f.pageOf(t, atoi(m[2])).take(t, atoi(kid)) + " "
		}
	}
	fmt.Fprintf(out, "%s%s", strings.Repeat("  ", depth), m[1])
	if alt := regexp.MustCompile(`/Alt\((.*?)\)`).FindStringSubmatch(m[3]); alt != nil {
		fmt.Fprintf(out, " (%s)", alt[1])
	}
	if text = strings.TrimSpace(text); text != "" {
		fmt.Fprintf(out, ": %s", text)
	}
	out.WriteByte('\n')
	for _, number := range below {
		f.element(t, out, number, depth+1)
	}
}

// pageOf is a page by the number of its object.
func (f *File) pageOf(t testing.TB, number int) *Page {
	t.Helper()
	index := regexp.MustCompile(`/StructParents (\d+)`).FindStringSubmatch(f.Objects[number])
	if index == nil {
		t.Fatalf("object %d is no page", number)
	}
	return &f.Pages[atoi(index[1])]
}

// take is the text of a marked part, which belongs to one element alone.
func (p *Page) take(t testing.TB, mark int) string {
	t.Helper()
	text, is := p.marked[mark]
	if !is {
		t.Fatalf("the structure names a part %d that is not there, or twice", mark)
	}
	delete(p.marked, mark)
	return text
}

// Unread are the texts that are marked and in no element.
func (f *File) Unread() (texts []string) {
	for _, p := range f.Pages {
		for _, text := range p.marked {
			texts = append(texts, text)
		}
	}
	return texts
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("pdftest: " + err.Error()) // the patterns above let digits alone through
	}
	return n
}

func atof(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("pdftest: " + err.Error())
	}
	return n
}
