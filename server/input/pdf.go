package input

import (
	"errors"
	"io"
	"regexp"
	"strconv"
)

// PDFStart is what every PDF begins with (ISO 32000-2 §7.5.2).
const PDFStart = "%PDF-"

// What is wrong with a document.
const (
	noPDF         = "This is not a PDF: it does not begin with " + PDFStart + "."
	incompletePDF = "This PDF is incomplete: it does not end as one, with startxref, a number and %%EOF."
	damagedPDF    = "This PDF is damaged, or incomplete: its table of objects is not where its end says."
)

// pdfTail is in how many bytes at a PDF's end readers look for its end marker; some writers put a few bytes behind it.
const pdfTail = 2048

// endOfPDF is the last line but one of a PDF, with where its table of objects begins (ISO 32000-2 §7.5.5).
var endOfPDF = regexp.MustCompile(`startxref\s+(\d{1,12})\s+%%EOF`)

// tableOfPDF is how that table begins, as a table or as an object with a stream (ISO 32000-2 §7.5.4, §7.5.8).
var tableOfPDF = regexp.MustCompile(`xref\s|\d+\s+\d+\s+obj`)

// nearTable is by how many bytes the place of the table may be missed: readers find it, and some writers count line
// breaks otherwise.
const nearTable = 32

// PDFFault looks whether a document can be a whole PDF, by its beginning, its end and the place that its end names. It
// reads a few thousand bytes, and takes no page apart. The fault is a sentence, empty where there is none; err is the
// document's own, where it cannot be read.
func PDFFault(document io.ReaderAt, size int) (fault string, err error) {
	begin, err := stretch(document, 0, len(PDFStart), size)
	switch {
	case err != nil:
		return "", err
	case string(begin) != PDFStart:
		return noPDF, nil
	}
	end, err := stretch(document, size-pdfTail, size, size)
	if err != nil {
		return "", err
	}
	all := endOfPDF.FindAllSubmatch(end, -1)
	if len(all) == 0 {
		return incompletePDF, nil
	}
	at, err := strconv.Atoi(string(all[len(all)-1][1]))
	if err != nil || at >= size {
		return damagedPDF, nil
	}
	table, err := stretch(document, at-nearTable, at+2*nearTable, size)
	if err == nil && !tableOfPDF.Match(table) {
		fault = damagedPDF
	}
	return fault, err
}

// stretch reads from one place to another, as far as that lies in the document.
func stretch(document io.ReaderAt, from, to, size int) ([]byte, error) {
	from, to = max(from, 0), min(to, size)
	read := make([]byte, max(to-from, 0))
	n, err := document.ReadAt(read, int64(from))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return read[:n], err
}
