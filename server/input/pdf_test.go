package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// somePDF is a small PDF whose end names a place that is beside the right one by so much.
func somePDF(table string, beside int, behind string) string {
	body := "%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + strings.Repeat("% filling\n", 500)
	return fmt.Sprintf("%s%s\ntrailer\n<</Size 2/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF%s",
		body, table, len(body)+beside, behind)
}

func TestPDFFault(t *testing.T) {
	const table, stream = "xref\n0 2\n0000000000 65535 f \n", "2 0 obj\n<</Type/XRef>>"
	whole := somePDF(table, 0, "\n")
	twice := whole + "3 0 obj\n1\nendobj\n" + strings.Replace(whole[len("%PDF-1.7\n"):], "obj", "obj ", 1)
	for name, test := range map[string]struct{ pdf, want string }{
		"whole":                          {whole, ""},
		"with a stream":                  {somePDF(stream, 0, ""), ""},
		"of lines that end otherwise":    {strings.ReplaceAll(whole, "startxref\n", "startxref\r\n"), ""},
		"a bit beside":                   {somePDF(table, -7, "\r\n"), ""},
		"with something behind":          {somePDF(table, 0, strings.Repeat("\x00", 1000)), ""},
		"saved twice":                    {twice, ""},
		"empty":                          {"", noPDF},
		"short":                          {"%PD", noPDF},
		"a page":                         {"<html>" + whole, noPDF},
		"with a byte order mark":         {"\ufeff" + whole, noPDF},
		"the beginning alone":            {"%PDF-1.7\n", incompletePDF},
		"cut":                            {whole[:len(whole)-8], incompletePDF},
		"with much behind":               {somePDF(table, 0, strings.Repeat("x", pdfTail)), incompletePDF},
		"far beside":                     {somePDF(table, -500, ""), damagedPDF},
		"beyond the end":                 {somePDF(table, 1<<20, ""), damagedPDF},
		"of a size that no file has":     {strings.Replace(whole, "startxref\n", "startxref\n9999999", 1), damagedPDF},
		"cut in the middle, with an end": {whole[:300] + "\nstartxref\n5000\n%%EOF\n", damagedPDF},
	} {
		if got, err := PDFFault(strings.NewReader(test.pdf), len(test.pdf)); got != test.want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	broken := errors.New("broken")
	if _, err := PDFFault(readerAt{iotest.ErrReader(broken)}, 100); !errors.Is(err, broken) {
		t.Errorf("unreadable: %v", err)
	}
}

type readerAt struct{ io.Reader }

func (r readerAt) ReadAt(p []byte, _ int64) (int, error) { return r.Read(p) }

func FuzzPDFFault(f *testing.F) {
	f.Add([]byte(somePDF("xref\n", 0, "")))
	f.Add([]byte("%PDF-1.7 startxref 0 %%EOF"))
	f.Fuzz(func(t *testing.T, pdf []byte) {
		fault, err := PDFFault(bytes.NewReader(pdf), len(pdf))
		if err != nil || fault == "" && !bytes.HasPrefix(pdf, []byte(PDFStart)) {
			t.Errorf("%q, %v", fault, err)
		}
	})
}
