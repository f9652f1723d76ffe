package push

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

const allColumns = "BikePlanCode,FirstName,LastName,Email,Language,ContractType,partner_EmployeeID,PersonnelNumber\n"

// brief is what a test looks at: a line a person, or the faults of a file of which nothing can be taken.
func brief(f *File, err error) (lines []string) {
	if err != nil {
		return strings.Split(err.Error(), "\n")
	}
	for _, p := range f.People {
		what := string(p.body)
		if f.Format == CSV && len(p.Faults) == 0 {
			what = string(f.bodyOf(p))
		}
		if len(p.Faults) > 0 {
			what = strings.Join(p.Faults, " + ")
		}
		lines = append(lines, fmt.Sprintf("%d %s %s", p.Line, p.Email, what))
	}
	return lines
}

// compare holds each line against a wanted one, of which a part is enough.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.EqualFunc(got, want, strings.Contains) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReadCSV(t *testing.T) {
	const (
		jane = `"FirstName":"Jane","LastName":"Doe","Email":"j@e.org","Language":"NL"`
		head = "Email;FirstName;LastName;Language;BikePlanCode\n"
	)
	for name, test := range map[string]struct {
		content string
		want    []string
	}{
		"plain": {allColumns + "P,Jane,Doe,j@e.org,NL,clerk,007,00123\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane +
				`,"ContractType":"clerk","partner_EmployeeID":"007","PersonnelNumber":"00123"}`}},
		"empty optional fields": {allColumns + "P,Jane,Doe,j@e.org,NL,,,\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane + `}`}},
		"an empty required field": {allColumns + "P,Jane,Doe,,NL,,,\n", []string{`"Email":"","Language":"NL"}`}},
		"Excel in Belgium": {"\ufeffemail;FIRSTNAME;LastName;Language;BikePlanCode\r\n\"j@e.org\";Jane;Doe;NL;P\r\n;;;;\r\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane}},
		"tabs, a header in marks": {
			"\"Email\"\t\"FirstName\"\t\"LastName\"\tLanguage\tBikePlanCode\nj@e.org\tJane\tDoe\tNL\tP",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane}},
		"separators and line breaks in fields": {allColumns +
			"P,\"a,b\r\nc\",\"say \"\"hi\"\"\",x@e.org,NL,,,\n\n\nP,Jane,Doe,j@e.org,NL,,,\n",
			[]string{`2 x@e.org {"BikePlanCode":"P","FirstName":"a,b\nc","LastName":"say \"hi\""`, `6 j@e.org {`}},
		"a column errors": {
			"errors,Email,FirstName,LastName,Language,BikePlanCode\nline 2: bad,j@e.org,Jane,Doe,NL,P\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane}},
		"errors elsewhere": {"Email,FirstName,LastName,Errors,Language,BikePlanCode\nj@e.org,Jane,Doe,bad,NL,P\n",
			[]string{"2 j@e.org {\"BikePlanCode\":\"P\"," + jane}},
		"formulas are data": {allColumns + "P,=1+1,-Doe,j@e.org,NL,,+32,@x\n",
			[]string{`"FirstName":"=1+1","LastName":"-Doe"`}},
		"header alone": {allColumns, nil},

		"all faulty lines": {allColumns +
			"P,Jane\nP,\"Jane,Doe,a@e.org,NL,,,\nP,Ja\"ne,Doe,b@e.org,NL,,,\nP,Zo\xeb,Doe,c@e.org,NL,,,\n" +
			"P,Jane,Doe,j@e.org,NL,,,\n1,2,3,4,5,6,7,8,9\n",
			[]string{"2  number of fields: 2, but the header has 8", "3  a field in quotation marks does not end",
				"4  a quotation mark stands within a field",
				`5 c@e.org {"BikePlanCode":"P","FirstName":"Zoë"`, "6 j@e.org {", "7 4 number of fields: 9"}},
		"a mark that is never closed": {allColumns + "P,Jane,Doe,j@e.org,NL,,,\nP,\"x",
			[]string{"2 j@e.org {", "3  a field in quotation marks"}},

		"nothing": {"",
			[]string{"f: line 1: the file is empty: its first line must name the columns BikePlanCode, FirstName"}},
		"no header": {"P,Jane,Doe,j@e.org,NL,,,\n",
			[]string{"f: line 1: this must be the header, naming the columns BikePlanCode"}},
		"header faults": {"\nemail,Email,Naam,,FirstName,LastName\n",
			[]string{"line 2: column Email stands there twice, as columns 1 and 2",
				`line 2: column 3, "Naam", is unknown: the columns are BikePlanCode`,
				"column BikePlanCode is missing: the required columns are BikePlanCode", "column Language is missing"}},
		"a broken header": {"Email,\"First\"Name\n",
			[]string{"line 1: in the header a field in quotation marks does not end"}},
		"a misspelt column": {strings.Replace(allColumns, "LastName", "Lastnam", 1),
			[]string{`column 3, "Lastnam", is unknown (did you mean LastName?)`, "column LastName is missing"}},

		// As spreadsheets and people really write it.
		"lines of an old Mac": {strings.ReplaceAll(allColumns+"P,Jane,Doe,j@e.org,NL,,,\n", "\n", "\r"),
			[]string{"2 j@e.org {\"BikePlanCode\":\"P\"," + jane}},
		"mixed ends of lines": {allColumns +
			"P,Jane,Doe,j@e.org,NL,,,\r\nP,Jane,Doe,j@e.org,NL,,,\rP,Jane,Doe,j@e.org,NL,,,\n",
			[]string{"2 j@e.org {", "3 j@e.org {", "4 j@e.org {"}},
		"rows without their last empty cells": {allColumns + "P,Jane,Doe,j@e.org,NL\nP,Jane,Doe,j@e.org,NL,clerk\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane + `}`,
				`3 j@e.org {"BikePlanCode":"P",` + jane + `,"ContractType":"clerk"}`}},
		"empty columns at the right": {strings.TrimSpace(allColumns) +
			",,,\nP,Jane,Doe,j@e.org,NL,,,7,,,\nP,Jane,Doe,j@e.org,NL,,,7\n",
			[]string{`"PersonnelNumber":"7"}`, `"PersonnelNumber":"7"}`}},
		"a separator at the end of rows alone": {allColumns + "P,Jane,Doe,j@e.org,NL,,,7,\n",
			[]string{`"PersonnelNumber":"7"}`}},
		"columns without a name": {strings.Replace(head, ";", ";;", 1) +
			"j@e.org;;Jane;Doe;NL;P\nj@e.org;x;Jane;Doe;NL;P\n",
			[]string{"2 j@e.org {", `3  column 2 has no name in the header, and here it holds "x"`}},
		"something beyond the header": {allColumns + "P,Jane,Doe,j@e.org,NL,,,7,x\n",
			[]string{"2 j@e.org number of fields: 9, but the header has 8"}},
		"titles above the header": {"Nieuwe medewerkers; maart 2026\n\n\"zie \"ook\";\n;;;;\n" + head +
			"j@e.org;Jane;Doe;NL;P\n", []string{`6 j@e.org {"BikePlanCode":"P",` + jane}},
		"sep=": {"sep=;\r\n" + strings.TrimSpace(head) + "\r\nj@e.org;Jane, Jr;Doe;NL;P\r\n",
			[]string{`3 j@e.org {"BikePlanCode":"P","FirstName":"Jane, Jr"`}},
		"SEP=, its own separator behind it": {"\"SEP=|\"||||\n" + strings.ReplaceAll(head, ";", "|") +
			"j@e.org|Jane|Doe|NL|P\n", []string{`3 j@e.org {"BikePlanCode":"P",` + jane}},
		"sep= a tab": {"sep=\t\n" + strings.ReplaceAll(head, ";", "\t") + "j@e.org\tJane\tDoe\tNL\tP\n",
			[]string{"3 j@e.org {"}},
		"sep= nothing": {"sep=\nEmail\n",
			[]string{"line 1: the line sep= names no separator"}},
		"pipes": {strings.ReplaceAll(head, ";", "|") + "j@e.org|Jane|Doe|NL|P\n", []string{"2 j@e.org {"}},
		"names of columns as people write them": {
			" E-mail ;\u00a0First name;LAST_NAME;language\ufeff;Bike Plan Code;Partner employee ID;;\n" +
				"j@e.org;Jane;Doe;NL;P;7;;\n",
			[]string{`{"BikePlanCode":"P",` + jane + `,"partner_EmployeeID":"7"}`}},
		"numbers that are marked as text": {allColumns +
			"P,Jane,Doe,j@e.org,NL,,=\"007\",'00123\nP,Jane,Doe,j@e.org,NL,,\"=\"\"007\"\"\",\"'00123\"\n",
			[]string{`"partner_EmployeeID":"007","PersonnelNumber":"00123"}`,
				`"partner_EmployeeID":"007","PersonnelNumber":"00123"}`}},
		"apostrophes of names": {allColumns + "P,Jef,'t Kint,'j@e.org,NL,,,\n",
			[]string{`2 'j@e.org {"BikePlanCode":"P","FirstName":"Jef","LastName":"'t Kint","Email":"'j@e.org"`}},
		"files behind one another": {allColumns + "P,Jane,Doe,j@e.org,NL,,,\n" + allColumns +
			"P,Jane,Doe,k@e.org,NL,,,\n", []string{"2 j@e.org {", "4 k@e.org {"}},
		"UTF-16": {utf16le("\ufeff" + allColumns + "P,Zoë,Doe,j@e.org,NL,,,\r\n"),
			[]string{`2 j@e.org {"BikePlanCode":"P","FirstName":"Zoë"`}},
		"UTF-16 without a mark": {utf16le(allColumns + "P,Zoë,Doe,j@e.org,NL,,,\r\n"),
			[]string{`"FirstName":"Zoë"`}},
		"a workbook": {"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml…xl/workbook.xml",
			[]string{"line 1: this is a workbook (.xlsx), not a CSV; open it and save the sheet as CSV (in Excel 'CSV UTF-8')"}},
		"a workbook of OpenOffice": {"PK\x03\x04\x14\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK",
			[]string{"this is a workbook (.ods)"}},
		"an old workbook": {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", []string{"older Excel (.xls)"}},
		"a table that is called .xls": {"\ufeff\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">",
			[]string{"this is a web page"}},
		"compressed": {"\x1f\x8b\x08\x00", []string{"unpack it first"}},
		"too large":  {strings.Repeat(" ", MaxFile+1), []string{"more than 64 MiB"}},
	} {
		t.Run(name, func(t *testing.T) { compare(t, brief(Read("f", []byte(test.content), CSV, "")), test.want) })
	}
}

// utf16le writes a text as Excel's 'Unicode text' has it.
func utf16le(text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

// TestEncodings reads the same people as each program saves them.
func TestEncodings(t *testing.T) {
	text := allColumns + "P,Zoë,D’Hondt €,j@e.org,NL,,,\n"
	for _, test := range []struct {
		encoding, content string
		note              string
	}{
		{"", text, ""}, {"", "\ufeff" + text, ""}, {"utf-8", text, ""}, {"windows-1252", "\ufeff" + text, ""},
		{"", strings.NewReplacer("ë", "\xeb", "’", "\x92", "€", "\x80").Replace(text),
			`2 this line is not UTF-8: it was read as Windows-1252, here "Zoë"; another encoding is named by --encoding`},
		{"windows-1252", strings.NewReplacer("ë", "\xeb", "’", "\x92", "€", "\x80").Replace(text), ""},
		{"CP1252", strings.NewReplacer("ë", "\xeb", "’", "\x92", "€", "\x80").Replace(text), ""},
		{"macintosh", strings.NewReplacer("ë", "\x91", "’", "\xd5", "€", "\xdb").Replace(text), ""},
		{"utf-16", utf16le(text), ""},
	} {
		encoding := Encoding("")
		if test.encoding != "" {
			var err error
			if encoding, err = ParseEncoding(test.encoding); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Read("p.csv", []byte(test.content), CSV, encoding)
		if err != nil {
			t.Errorf("%s: %v", test.encoding, err)
			continue
		}
		compare(t, brief(f, nil), []string{`2 j@e.org {"BikePlanCode":"P","FirstName":"Zoë","LastName":"D’Hondt €"`})
		var notes []string
		for _, note := range f.Notes {
			notes = append(notes, fmt.Sprint(note.Line, " ", note.Text))
		}
		if got := strings.Join(notes, "\n"); got != test.note {
			t.Errorf("%s %.20q: notes %q, want %q", test.encoding, test.content, got, test.note)
		}
	}
	latin9 := strings.NewReplacer("ë", "\xeb", "€", "\xa4").Replace(allColumns + "P,Zoë,€,j@e.org,NL\n")
	for encoding, want := range map[Encoding]string{Latin9: `"Zoë","LastName":"€"`,
		Windows1252: `"Zoë","LastName":"¤"`} {
		f, err := Read("p.csv", []byte(latin9), CSV, encoding)
		if err != nil || !strings.Contains(string(f.bodyOf(f.People[0])), want) {
			t.Errorf("%s: %v", encoding, err)
		}
	}
	// Lines of two programs in one file: each is read as it was written.
	mixed, err := Read("p.csv",
		[]byte(allColumns+"P,Zoë,A,a@e.org,NL\nP,Zo\xeb,B,b@e.org,NL\nP,\xc9milie,C,c@e.org,NL\n"), CSV, "")
	if err != nil || len(mixed.Notes) != 1 || mixed.Notes[0].Line != 3 ||
		!strings.Contains(mixed.Notes[0].Text, "it and 1 more were read") {
		t.Fatalf("%v, %+v", err, mixed)
	}
	compare(t, brief(mixed, nil), []string{`"Zoë"`, `"Zoë"`, `"Émilie"`})
	if _, err := Read("p.csv", []byte(allColumns+"P,Zo\xeb,B,b@e.org,NL\n"), CSV, UTF8); err == nil ||
		!strings.Contains(err.Error(), `line 2: byte 0xEB is not UTF-8`) {
		t.Errorf("said to be UTF-8: %v", err)
	}
	if _, err := ParseEncoding("ebcdic"); err == nil ||
		!strings.Contains(err.Error(), "utf-8, utf-16, windows-1252, iso-8859-15") {
		t.Error(err)
	}
}

// TestNotes holds what is said of a file before it is sent.
func TestNotes(t *testing.T) {
	notes := func(format Format, content string) (all []string) {
		f, err := Read("p", []byte(content), format, "")
		if err != nil {
			t.Fatal(err)
		}
		return f.NotesText()
	}
	compare(t, notes(CSV, "Lijst\n"+allColumns+
		"P,NULL,Doe,a@e.org,NL,,0,\n"+
		"P,ZoÃ«,#N/A,b@e.org,NL,,0,\"1,23457E+11\"\n"+
		"P,Jane,Doe,c@e.org,NL,,0,\n"+
		"P,Jane,Doe,C@e.org,NL,,7,\n"+
		"P,Jo,Doe,c@e.org,NL,,7,\n"+
		"short\n"), []string{
		"p: line 2: this line is taken as the header; what stands above it is passed over",
		`p: line 3: FirstName "NULL" looks like a program's word for nothing`,
		`p: line 3: partner_EmployeeID "0" stands for 3 people (lines 3, 4, 5): ` +
			`it can name one of them, and the others are registered without it`,
		`p: line 4: FirstName "ZoÃ«" looks like UTF-8 that was read as Windows-1252: it should perhaps be Zoë`,
		`p: line 4: LastName "#N/A" looks like the error value of a spreadsheet`,
		`p: line 4: PersonnelNumber "1,23457E+11" looks like a long number that a spreadsheet has shortened`,
		`p: line 5: Email "c@e.org" stands for 2 people (lines 5, 7)`,
	})
	compare(t, notes(JSON, "[{\"email\":\"a@e.org\",\"partner_employeeid\":1.0},\n"+
		"{\"Email\":\"b@e.org\",\"FirstName\":\"Zo\ufffd\",\"partner_EmployeeID\":5},\n"+
		"{\"Email\":\"c@e.org\",\"partner_EmployeeID\":\"5\"}]"), []string{
		`p: line 1: partner_EmployeeID "1.0" looks like a number to which a program has added a decimal place`,
		`p: line 2: FirstName "Zo` + "\ufffd" + `" holds the character U+FFFD`,
		`p: line 2: partner_EmployeeID "5" stands for 2 people (lines 2, 3)`,
	})
	many := notes(JSONL, strings.Repeat("{\"FirstName\":\"NULL\"}\n", 25))
	if len(many) != 21 || many[20] != "p: and 5 more like these" {
		t.Errorf("%q", many)
	}
	if fine := notes(CSV, string(people(50))); fine != nil {
		t.Errorf("of people who are right: %q", fine)
	}
}

// TestFailuresFile holds the very octets of a failures file, and that mended it is pushed as if it had never failed.
func TestFailuresFile(t *testing.T) {
	f := mustRead(t, "dir/people.csv",
		[]byte("Email;FirstName;LastName;Language;BikePlanCode\nx;=1+1;\"a;\"\"b\"\"\";NL;P\nonly;two\n"+
			"j@e.org;\"Ja;ne;Doe;NL;P\n"))
	failures := []Failure{{f.People[0], []string{"Email: This is wrong.", "Language: This too."}}}
	for _, p := range f.People[1:] {
		failures = append(failures, Failure{p, p.Faults})
	}
	got := string(f.Failures(failures))
	from := fmt.Sprintf("of %s (content %x)", f.Name, f.hash[:4])
	want := "\ufefferrors;Email;FirstName;LastName;Language;BikePlanCode\n" +
		"line 2 " + from + " | Email: This is wrong. | Language: This too.;x;=1+1;\"a;\"\"b\"\"\";NL;P\n" +
		"line 3 " + from + " | number of fields: 2, but the header has 5;only;two\n" +
		"line 4 " + from + " | " + f.People[2].Faults[0] + ";\"j@e.org;\"\"Ja;ne;Doe;NL;P\"\n"
	if got != want || f.FailuresName() != "people.failed.csv" {
		t.Errorf("%s:\n%s\nwant\n%s", f.FailuresName(), got, want)
	}
	again := mustRead(t, "people.failed.csv", []byte(got))
	compare(t, brief(again, nil), []string{"2 x " + string(f.bodyOf(f.People[0])),
		"3 only number of fields: 3, but the header has 6", "4 j@e.org;"})
	if again.FailuresName() != "people.failed.csv" || again.hash == f.hash {
		t.Error("not numbered, or not another content")
	}
}

// sameAgain writes everybody to a failures file and reads it back.
func sameAgain(t *testing.T, f *File) {
	t.Helper()
	var failures []Failure
	for _, p := range f.People {
		failures = append(failures, Failure{p, append([]string{"why\r\n\"not\""}, p.Faults...)})
	}
	content := f.Failures(failures)
	again, err := Read("again."+f.failuresFormat(), content, Format(f.failuresFormat()), "")
	if err != nil {
		t.Fatalf("%v\n%q", err, content)
	}
	if len(again.People) != len(f.People) {
		t.Fatalf("%d people became %d\n%q", len(f.People), len(again.People), content)
	}
	for i, p := range f.People {
		q := again.People[i]
		if !reflect.DeepEqual(p.cells, q.cells) || string(p.body) != string(q.body) || p.raw != q.raw {
			t.Fatalf("%+v became %+v", *p, *q)
		}
		// JSON that was not UTF-8 is mended by having been written as UTF-8.
		isText := !slices.ContainsFunc(p.Faults, func(fault string) bool { return strings.Contains(fault, "Latin-1") })
		if wasGood, isGood := len(p.Faults) == 0, len(q.Faults) == 0; wasGood != isGood && isText {
			t.Fatalf("faults %q became %q", p.Faults, q.Faults)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, rows := range []string{"P,Jane,Doe,j@e.org,NL,,,\n", "P,\"a\r\nb\",\"\"\"\",x,NL,,,\n\n,,,,,,,\nshort\n",
		"\"open\nP,q\"uote\n", "\xff,\r,\x00,\r\r\n", "=,+,-,@,\\.,' x',\t,#\n",
		"P,=\"1\",\"=\"\"2\"\"\",x,NL\n", "P,J,D,x,NL,,,,,\r\rP,J\n", allColumns, "P,Zo\xeb,Zoë,x,NL\n"} {
		f.Add(allColumns + rows)
		f.Add("Lijst\n\nsep=;\n" + strings.ReplaceAll(allColumns+rows, ",", ";"))
		f.Add("errors;" + strings.ReplaceAll(allColumns+rows, ",", ";"))
	}
	f.Fuzz(func(t *testing.T, content string) {
		read, err := Read("f.csv", []byte(content), CSV, "")
		if err != nil {
			return
		}
		text := string((&File{Format: CSV}).decode([]byte(content), ""))
		lines := strings.SplitAfter(lineBreaks.Replace(text), "\n")
		last := 0
		for _, p := range read.People {
			if p.Line <= last || p.Line > len(lines) {
				t.Fatalf("line %d after line %d of %d", p.Line, last, len(lines))
			}
			last = p.Line
			if len(p.Faults) > 0 {
				continue
			}
			for _, cell := range p.cells {
				if strings.ContainsAny(cell, "\n\"") {
					break // the rest is written in another way, or in a later line
				}
				if !strings.Contains(lines[p.Line-1], cell) {
					t.Fatalf("line %d is %q and has no %q", p.Line, lines[p.Line-1], cell)
				}
			}
		}
		sameAgain(t, read)
	})
}
