package push

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is how a file's letters are written.
type Encoding string

// The encodings that programs save people in.
const (
	UTF8        Encoding = "utf-8"
	UTF16       Encoding = "utf-16"       // Excel's 'Unicode text'; PowerShell
	Windows1252 Encoding = "windows-1252" // Excel's plain 'CSV' in Belgium, France and the Netherlands
	Latin9      Encoding = "iso-8859-15"
	Macintosh   Encoding = "macintosh" // Excel's 'CSV (Macintosh)'
	IBM850      Encoding = "ibm850"    // Excel's 'CSV (MS-DOS)'
)

// Encodings are the names of all.
var Encodings = []string{
	string(UTF8), string(UTF16), string(Windows1252), string(Latin9), string(Macintosh), string(IBM850),
}

// otherNames are what else they are called. Latin-1's letters are a part of Windows-1252.
var otherNames = map[string]Encoding{
	"utf8": UTF8, "utf16": UTF16, "utf-16le": UTF16, "latin9": Latin9, "latin-9": Latin9, "cp850": IBM850,
	"850":    IBM850,
	"cp1252": Windows1252, "1252": Windows1252, "iso-8859-1": Windows1252, "latin1": Windows1252,
	"latin-1": Windows1252,
}

// ParseEncoding reads the name of an encoding, in any case.
func ParseEncoding(name string) (Encoding, error) {
	small := strings.ToLower(name)
	if known, is := otherNames[small]; is {
		return known, nil
	}
	if !slices.Contains(Encodings, small) {
		return "", fmt.Errorf("it must be one of: %s", strings.Join(Encodings, ", "))
	}
	return Encoding(small), nil
}

var decoders = map[Encoding]encoding.Encoding{
	UTF16:       unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	Windows1252: charmap.Windows1252, Latin9: charmap.ISO8859_15, Macintosh: charmap.Macintosh,
	IBM850: charmap.CodePage850,
}

var (
	bom               = []byte("\ufeff")
	bomLittle, bomBig = []byte("\xff\xfe"), []byte("\xfe\xff")
)

// decode returns a file's text as UTF-8 without byte order mark. Where it had to guess it says so: a byte order mark
// and the zeros of UTF-16 leave no doubt, and a CSV's lines that are not UTF-8 are read as Windows-1252, one by one,
// since lines of two programs come together in one file. JSON is UTF-8 unless another encoding is named (RFC 8259
// §8.1).
func (f *File) decode(content []byte, named Encoding) []byte {
	switch {
	case bytes.HasPrefix(content, bom):
		return content[len(bom):]
	case bytes.HasPrefix(content, bomLittle), bytes.HasPrefix(content, bomBig), named == "" && looksLikeUTF16(content):
		named = UTF16
	}
	if decoder, is := decoders[named]; is {
		text, err := decoder.NewDecoder().Bytes(content)
		if err != nil {
			return content // of these none fails
		}
		return text
	}
	if named == "" && f.Format == CSV && !utf8.Valid(content) {
		return f.readWindowsLines(content)
	}
	return content
}

// looksLikeUTF16 recognises UTF-16 without a byte order mark by its first letters, which are ASCII in a header.
func looksLikeUTF16(content []byte) bool {
	return len(content) >= 4 && content[0] != 0 && content[1] == 0 && content[2] != 0 && content[3] == 0
}

// readWindowsLines reads the lines that are not UTF-8 as Windows-1252, and notes which they are.
func (f *File) readWindowsLines(content []byte) []byte {
	var out bytes.Buffer
	n, first, others := 0, Fault{}, 0
	for line := range bytes.Lines(content) {
		n++
		if utf8.Valid(line) {
			out.Write(line)
			continue
		}
		if others++; others == 1 {
			first = Fault{n, fmt.Sprintf("%.40q", fromWindows(string(around(line, notUTF8At(line)))))}
		}
		out.WriteString(fromWindows(string(line)))
	}
	what := "it was"
	if others > 1 {
		what = fmt.Sprintf("it and %d more were", others-1)
	}
	f.note(first.Line,
		"this line is not UTF-8: %s read as Windows-1252, here %s; another encoding is named by --encoding",
		what, first.Text)
	return out.Bytes()
}

// notUTF8At finds the first byte that is not UTF-8; -1: there is none.
func notUTF8At(raw []byte) int {
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// notUTF8 gives a fault for bytes that are not UTF-8.
func notUTF8(raw []byte) (fault string, wrong bool) {
	at := notUTF8At(raw)
	if at < 0 {
		return "", false
	}
	read := strings.TrimSpace(fromWindows(string(around(raw, at))))
	return fmt.Sprintf("byte 0x%02X is not UTF-8: it looks like Latin-1/Windows-1252 (there it reads %.40q); "+
		"save the file as UTF-8, or name its encoding by --encoding", raw[at], read), true
}

// around returns the word in which a byte stands.
func around(raw []byte, at int) []byte {
	const most = 20
	isEnd := func(b byte) bool { return strings.IndexByte(" \t\r\n,;\"", b) >= 0 }
	from, to := at, at+1
	for from > 0 && at-from < most && !isEnd(raw[from-1]) {
		from--
	}
	for to < len(raw) && to-at < most && !isEnd(raw[to]) {
		to++
	}
	return raw[from:to]
}

// fromWindows reads bytes as Windows-1252, of which Latin-1's letters are a part.
func fromWindows(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(text)
	if err != nil {
		return strings.ToValidUTF8(text, "\ufffd")
	}
	return decoded
}

// notPeople says what a file is that holds people for another program only, by its first bytes (as file(1) tells them).
func notPeople(content []byte) string {
	const saveAs = "; open it and save the sheet as CSV (in Excel 'CSV UTF-8')"
	start := lowerASCII(bytes.TrimLeft(bytes.TrimPrefix(content[:min(len(content), 4<<10)], bom), " \t\r\n"))
	begins := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return bytes.HasPrefix(start, []byte(prefix)) })
	}
	switch {
	case begins("pk\x03\x04"):
		return zipped(content) + saveAs
	case begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "\x09\x08\x10\x00", "\x09\x04\x06\x00", "\x09\x02\x06\x00"):
		return "this is a workbook of an older Excel (.xls), not a CSV" + saveAs
	case begins("<!doctype html", "<html", "<table", "<head", "<meta"):
		return "this is a web page, which some programs call .xls or .csv" + saveAs
	case begins("<?xml", "<workbook"):
		return "this is XML, not a CSV" + saveAs
	case begins("%pdf-"):
		return "this is a PDF: ask for the people as CSV"
	case begins("{\\rtf"):
		return "this is a text document (RTF): ask for the people as CSV"
	case begins("\x1f\x8b", "bzh", "7z\xbc\xaf", "\xfd7zxz", "rar!", "\x28\xb5\x2f\xfd"):
		return "this is a compressed file: unpack it first"
	}
	return ""
}

// lowerASCII leaves every byte alone that is no letter of ASCII, as in what is no text.
func lowerASCII(content []byte) []byte {
	small := bytes.Clone(content)
	for i, b := range small {
		if 'A' <= b && b <= 'Z' {
			small[i] += 'a' - 'A'
		}
	}
	return small
}

// zipped tells apart what is packed as a zip archive.
func zipped(content []byte) string {
	for mark, name := range map[string]string{
		"xl/workbook.xml": ".xlsx", "xl/workbook.bin": ".xlsb", "Index/Tables": ".numbers",
		"application/vnd.oasis.opendocument.spreadsheet": ".ods",
	} {
		if bytes.Contains(content, []byte(mark)) {
			return "this is a workbook (" + name + "), not a CSV"
		}
	}
	return "this is a workbook or another zip archive, not a CSV"
}
