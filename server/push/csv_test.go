package push

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
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
	const jane = `"FirstName":"Jane","LastName":"Doe","Email":"j@e.org","Language":"NL"`
	for name, test := range map[string]struct {
		content string
		want    []string
	}{
		"plain": {allColumns + "P,Jane,Doe,j@e.org,NL,clerk,007,00123\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane + `,"ContractType":"clerk","partner_EmployeeID":"007","PersonnelNumber":"00123"}`}},
		"empty optional fields":   {allColumns + "P,Jane,Doe,j@e.org,NL,,,\n", []string{`2 j@e.org {"BikePlanCode":"P",` + jane + `}`}},
		"an empty required field": {allColumns + "P,Jane,Doe,,NL,,,\n", []string{`"Email":"","Language":"NL"}`}},
		"Excel in Belgium": {"\ufeffemail;FIRSTNAME;LastName;Language;BikePlanCode\r\n\"j@e.org\";Jane;Doe;NL;P\r\n;;;;\r\n",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane}},
		"tabs, a header in marks": {"\"Email\"\t\"FirstName\"\t\"LastName\"\tLanguage\tBikePlanCode\nj@e.org\tJane\tDoe\tNL\tP",
			[]string{`2 j@e.org {"BikePlanCode":"P",` + jane}},
		"separators and line breaks in fields": {allColumns + "P,\"a,b\r\nc\",\"say \"\"hi\"\"\",x@e.org,NL,,,\n\n\nP,Jane,Doe,j@e.org,NL,,,\n",
			[]string{`2 x@e.org {"BikePlanCode":"P","FirstName":"a,b\nc","LastName":"say \"hi\""`, `6 j@e.org {`}},
		"a column errors":   {"errors,Email,FirstName,LastName,Language,BikePlanCode\nline 2: bad,j@e.org,Jane,Doe,NL,P\n", []string{"2 j@e.org {\"BikePlanCode\":\"P\"," + jane}},
		"errors elsewhere":  {"Email,FirstName,LastName,Errors,Language,BikePlanCode\nj@e.org,Jane,Doe,bad,NL,P\n", []string{"2 j@e.org {\"BikePlanCode\":\"P\"," + jane}},
		"formulas are data": {allColumns + "P,=1+1,-Doe,j@e.org,NL,,+32,@x\n", []string{`"FirstName":"=1+1","LastName":"-Doe"`}},
		"header alone":      {allColumns, nil},

		"all faulty lines": {allColumns + "P,Jane\nP,\"Jane,Doe,a@e.org,NL,,,\nP,Ja\"ne,Doe,b@e.org,NL,,,\nP,Zo\xeb,Doe,c@e.org,NL,,,\nP,Jane,Doe,j@e.org,NL,,,\n1,2,3,4,5,6,7,8,9\n",
			[]string{"2  number of fields: 2, expected are 8 as in the header", "3  a field in quotation marks does not end", "4  a quotation mark stands within a field",
				"5 c@e.org octet 0xEB is not UTF-8: it looks like Latin-1/Windows-1252 (there it reads \"Zoë\"); save the file as UTF-8, in Excel as 'CSV UTF-8'",
				"6 j@e.org {", "7 4 number of fields: 9"}},
		"a mark that is never closed": {allColumns + "P,Jane,Doe,j@e.org,NL,,,\nP,\"x", []string{"2 j@e.org {", "3  a field in quotation marks"}},

		"nothing":   {"", []string{"f: line 1: the file is empty: its first line must name the columns BikePlanCode, FirstName"}},
		"no header": {"P,Jane,Doe,j@e.org,NL,,,\n", []string{"f: line 1: this must be the header, naming the columns BikePlanCode"}},
		"header faults": {"\nemail,Email,Naam,,FirstName,LastName\n", []string{"line 2: column Email stands there twice, as columns 1 and 2",
			`line 2: column 3, "Naam", is unknown: expected are BikePlanCode`, "line 2: column 4 has no name", "column BikePlanCode is missing: required are BikePlanCode", "column Language is missing"}},
		"a broken header":     {"Email,\"First\"Name\n", []string{"line 1: in the header a field in quotation marks does not end"}},
		"lines of an old Mac": {strings.ReplaceAll(allColumns+"P,J,D,j@e.org,NL,,,\n", "\n", "\r"), []string{"in CR alone"}},
		"UTF-16":              {"\xff\xfeE\x00", []string{"line 1: the file is UTF-16: save it as UTF-8"}},
		"too large":           {strings.Repeat(" ", MaxFile+1), []string{"more than 64 MiB"}},
	} {
		t.Run(name, func(t *testing.T) { compare(t, brief(Read("f", []byte(test.content), CSV)), test.want) })
	}
}

// TestFailuresFile holds the very octets of a failures file, and that mended it is pushed as if it had never failed.
func TestFailuresFile(t *testing.T) {
	f := mustRead(t, "dir/people.csv", []byte("Email;FirstName;LastName;Language;BikePlanCode\nx;=1+1;\"a;\"\"b\"\"\";NL;P\nonly;two\nj@e.org;\"Ja;ne;Doe;NL;P\n"))
	failures := []Failure{{f.People[0], []string{"Email: This is wrong.", "Language: This too."}}}
	for _, p := range f.People[1:] {
		failures = append(failures, Failure{p, p.Faults})
	}
	got := string(f.Failures(failures))
	from := fmt.Sprintf("of %s (content %x)", f.Name, f.hash[:4])
	want := "\ufefferrors;Email;FirstName;LastName;Language;BikePlanCode\n" +
		"line 2 " + from + " | Email: This is wrong. | Language: This too.;x;=1+1;\"a;\"\"b\"\"\";NL;P\n" +
		"line 3 " + from + " | number of fields: 2, expected are 5 as in the header;only;two\n" +
		"line 4 " + from + " | " + f.People[2].Faults[0] + ";\"j@e.org;\"\"Ja;ne;Doe;NL;P\"\n"
	if got != want || f.FailuresName() != "people.failed.csv" {
		t.Errorf("%s:\n%s\nwant\n%s", f.FailuresName(), got, want)
	}
	again := mustRead(t, "people.failed.csv", []byte(got))
	compare(t, brief(again, nil), []string{"2 x " + string(f.bodyOf(f.People[0])), "3 only number of fields: 3, expected are 6", "4 j@e.org;"})
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
	again, err := Read("again."+f.failuresFormat(), content, Format(f.failuresFormat()))
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
		// A row that was not UTF-8 is mended by having been written as UTF-8.
		isText := !slices.ContainsFunc(p.Faults, func(fault string) bool { return strings.Contains(fault, "Latin-1") })
		if wasGood, isGood := len(p.Faults) == 0, len(q.Faults) == 0; wasGood != isGood && isText {
			t.Fatalf("faults %q became %q", p.Faults, q.Faults)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, rows := range []string{"P,Jane,Doe,j@e.org,NL,,,\n", "P,\"a\r\nb\",\"\"\"\",x,NL,,,\n\n,,,,,,,\nshort\n", "\"open\nP,q\"uote\n", "\xff,\r,\x00,\r\r\n", "=,+,-,@,\\.,' x',\t,#\n"} {
		f.Add(allColumns + rows)
		f.Add("errors;" + strings.ReplaceAll(allColumns+rows, ",", ";"))
	}
	f.Fuzz(func(t *testing.T, content string) {
		read, err := Read("f.csv", []byte(content), CSV)
		if err != nil {
			return
		}
		lines := strings.SplitAfter(strings.TrimPrefix(content, "\ufeff"), "\n")
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
