package document

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// placed is a text as it stands on a page: its left end and baseline in points from the lower left corner.
type placed struct {
	text string
	x, y float64
	font string // resource name
	size float64
}

// page is what one page's content stream draws.
type page struct {
	texts   []placed
	content string
}

var (
	streams   = regexp.MustCompile(`(?s)/Filter /FlateDecode /Length (\d+)>>\nstream\n`)
	operators = regexp.MustCompile(
		`(?s)BT /F(\w+) ([\d.]+) Tf ET|BT ([-\d.]+) ([-\d.]+) Td \(((?:\\.|[^\\)])*)\) Tj ET`)
)

// readPDF reads back what this package writes: not any PDF, but with the library's own output checked for the marks by
// which every reader finds its way (ISO 32000-1 §7.5): header, cross-reference offset, trailer.
func readPDF(t testing.TB, pdf []byte) (pages []page) {
	t.Helper()
	tail := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(pdf)
	if !bytes.HasPrefix(pdf, []byte("%PDF-1.")) || tail == nil {
		t.Fatalf("no PDF: %.20q … %q", pdf, pdf[max(0, len(pdf)-30):])
	}
	if offset, _ := strconv.Atoi(string(tail[1])); !bytes.HasPrefix(pdf[offset:], []byte("xref\n0 ")) {
		t.Fatalf("the cross-reference table is not at %d", offset)
	}
	for _, at := range streams.FindAllSubmatchIndex(pdf, -1) {
		length, _ := strconv.Atoi(string(pdf[at[2]:at[3]]))
		inflate, err := zlib.NewReader(bytes.NewReader(pdf[at[1] : at[1]+length]))
		check(t, err)
		content, err := io.ReadAll(inflate)
		check(t, err)
		pages = append(pages, page{readTexts(string(content)), string(content)})
	}
	if want := fmt.Sprintf("/Count %d\n", len(pages)); !bytes.Contains(pdf, []byte(want)) {
		t.Fatalf("%d content streams, but not %s", len(pages), want)
	}
	return pages
}

// readTexts returns the texts of a content stream in their order.
func readTexts(content string) (texts []placed) {
	var font string
	var size float64
	for _, m := range operators.FindAllStringSubmatch(content, -1) {
		if m[1] != "" {
			font, size = m[1], number(m[2])
			continue
		}
		texts = append(texts, placed{utf16Text(m[5]), number(m[3]), number(m[4]), font, size})
	}
	return texts
}

func number(text string) float64 {
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

// utf16Text reads a PDF string's bytes: escapes undone, then UTF-16 big-endian.
func utf16Text(escaped string) string {
	raw := strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(escaped)
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16([]byte(raw[2*i:]))
	}
	return string(utf16.Decode(units))
}
