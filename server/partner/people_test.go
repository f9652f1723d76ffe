package partner

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"postern/store"
)

// judged reads one person as a list's item.
func judged(t testing.TB, item string) store.Candidate {
	t.Helper()
	in, err := takeApart([]byte("[" + item + "]"))
	if err != nil {
		t.Fatalf("%s: %v", item, err)
	}
	people, err := in.candidates()
	if err != nil || len(people) != 1 {
		t.Fatalf("%s: %d people, %v", item, len(people), err)
	}
	return people[0]
}

// TestFieldRules holds what each field may be. want are the fields at fault.
func TestFieldRules(t *testing.T) {
	name := func(n int) string { return `"` + strings.Repeat("é", n) + `"` }
	for _, test := range []struct{ name, item, want string }{
		{"fine", jane, ""},
		{"least", `{"bikeplancode":"P","FIRSTNAME":"J","lastName":"J","email":"j@example.org","language":"en"}`, ""},
		{"nothing", `{}`, "BikePlanCode Email FirstName Language LastName"},
		{"null and empty", changed(`"FR"`, `null`, `"Jane"`, `" "`, `"ABC123"`, `""`, `"A1234"`, `null`),
			"FirstName Language"},
		{"longest names", changed(`"Jane"`, name(100), `"Johansson"`, name(101)), "LastName"},
		{"link in a name", changed("Jane", "http://x"), "FirstName"},
		{"address in a name", changed("Johansson", "a@b"), "LastName"},
		{"line break in a name", changed("Jane", `a\nb`), "FirstName"},
		{"control character in a name", changed("Jane", `a\u0007`), "FirstName"},
		{"numbers as names", changed(`"Jane"`, "7"), "FirstName"},
		{"no address", changed("jane@example.org", "jane@example"), "Email"},
		{"display name", changed("jane@example.org", "Jane <jane@example.org>"), "Email"},
		{"languages", changed("FR", "de"), "Language"},
		{"language of another type", changed(`"FR"`, `["FR"]`), "Language"},
		{"contract type in any case", changed(`"ContractType": ""`, `"ContractType": "WORKER"`), ""},
		{"contract type", changed(`"ContractType": ""`, `"ContractType": "boss"`), "ContractType"},
		{"longest ids", changed(`"ABC123"`, name(100), `"A1234"`, name(101)), "PersonnelNumber"},
		{"ids of another type", changed(`"ABC123"`, "true", `"A1234"`, "[]"), "PersonnelNumber partner_EmployeeID"},
		{"nothing to see", changed("SYN-FR-LIE-02", `\u200b`, "Jane", `\u3164`, "Johansson", `\u0301`,
			"jane@example.org", `\ufeff`, `"FR"`, `"\u2060"`), "BikePlanCode Email FirstName Language LastName"},
		{"nothing to see in what is optional",
			changed(`"ContractType": ""`, `"ContractType": "\u200b"`, "ABC123", `\u2800`, "A1234", `\u00ad`), ""},
		{"invisible margins", changed("SYN-FR-LIE-02", `\u200bSYN-FR-LIE-02\ufeff`, "Jane", `\u202aJane\u202c`,
			"jane@example.org", `\u200ejane@example.org\u2060`, `"FR"`, `" fr\u200b"`), ""},
		{"invisible within an address", changed("jane@", `ja\u200bne@`), "Email"},
		{"longest code", changed("SYN-FR-LIE-02", strings.Repeat("x", 65)), "BikePlanCode"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := judged(t, test.item)
			if got := strings.Join(slices.Sorted(maps.Keys(c.Faults)), " "); got != test.want {
				t.Errorf("faults %v, want %q", c.Faults, test.want)
			}
			if c.Faults != nil &&
				(c.FirstName != "" || c.PersonnelNumber != "" || len(c.EmployeeID) > 210 || len(c.BikePlanCode) > 64) {
				t.Errorf("kept of who failed: %+v", c)
			}
		})
	}
}

// TestValues looks at what is handed to the store.
func TestValues(t *testing.T) {
	c := judged(t, changed("Jane", ` Hele\u0300ne `, "Johansson", "D’hooghe  van der Meersch", "jane@", " Jane+x@",
		`"FR"`, `"fr"`, `"ABC123"`, "10", `"A1234"`, `"000123"`,
		`"ContractType": ""`, `"contracttype": "Clerk"`))
	want := store.Candidate{Said: "Jane+x@example.org", Email: "Jane+x@example.org",
		BikerData: store.BikerData{BikePlanCode: "SYN-FR-LIE-02", FirstName: "Hel\u00e8ne",
			LastName: "D’hooghe  van der Meersch", Language: "fr", ContractType: "clerk", EmployeeID: "10",
			PersonnelNumber: "000123"}}
	same(t, "candidate", fmt.Sprintf("%+v", c), fmt.Sprintf("%+v", want))
	failed := judged(t, changed("Jane", "", "jane@example.org", "a@@b", "ABC123", strings.Repeat("1", 200)))
	if failed.Said != "a@@b" || failed.Email != "" || failed.Language != "fr" ||
		failed.EmployeeID != strings.Repeat("1", 100)+"…" || failed.BikePlanCode != "SYN-FR-LIE-02" {
		t.Errorf("%+v", failed)
	}
}

// TestNationalNumber holds that a number which should not be sent is warned of, and never repeated.
func TestNationalNumber(t *testing.T) {
	for _, test := range []struct {
		number string
		warned bool
	}{
		{`"85073003328"`, true}, {`85073003328`, true}, {`"85.07.30-033.28"`, true}, {`" 85.07.30-033 28 "`, true},
		{`"850730-033-28"`, true},
		{`"17073003384"`, true}, {`"17073003355"`, true}, // the same digits, born in 2017 and in 1917
		{`"85073003329"`, false}, {`"8507300332"`, false}, {`"850730033280"`, false}, {`"85073003328x"`, false},
		{`"8507300332８"`, false},
		{`"....85073003328"`, true}, {`".....85073003328"`, false}, {`"A1234"`, false}, {`"..........."`, false},
	} {
		c := judged(t, changed(`"A1234"`, test.number))
		if warned := len(c.Warnings) == 1; warned != test.warned || c.Faults != nil {
			t.Errorf("%s: %+v", test.number, c)
		}
		if strings.Contains(strings.Join(c.Warnings, ""), "0033") {
			t.Errorf("%s is repeated: %v", test.number, c.Warnings)
		}
	}
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	for _, body := range []string{`{"user":` + changed("A1234", "85073003328") + `}`,
		`[` + changed("A1234", "85073003328", "Jane", "") + `]`} {
		if _, answer := s.post(t, paye, "", body); !strings.Contains(answer, nationalWarning) ||
			strings.Contains(answer+s.logged(), "3003328") {
			t.Errorf("answer %s", answer)
		}
	}
}

// TestWarnings holds that unknown properties are named, of the person and around it, each person's own.
func TestWarnings(t *testing.T) {
	in, err := takeApart([]byte(`[{"x":1},{"x":1},{"user":{"y":2},"z":3},{},{"user":null}]`))
	if err != nil {
		t.Fatal(err)
	}
	people, err := in.candidates()
	if err != nil {
		t.Fatal(err)
	}
	for i, names := range []string{`"x"`, `"x"`, `"z", "y"`, ``, `"user"`} {
		want := "Ignored, as these properties are not known here: " + names + "."
		if got := strings.Join(people[i].Warnings, "|"); got != want && names != "" || names == "" && got != "" {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
}

// FuzzList puts an item between two good ones: a body is refused as a whole, or each item has its own result, and the
// good ones what they have alone.
func FuzzList(f *testing.F) {
	for _, seed := range []string{jane, `{"user":` + jane + `}`, `7`, `null`, `{}`, `{"a":1,"a":{"b":1,"b":2}}`,
		`{"user":{},"USER":{}}`, `[]`, `"\ud800"`, "\xff", `{"Email":"a@b.org","email":1e9}`,
		`{"x":[{"y":1,"Y":2}]}`, `1,{}`, `{"user":[{"user":5}]}`,
		`{"PersonnelNumber":85073003328,"` + "\u212a" + `":0}`} {
		f.Add(seed)
	}
	alone := judged(f, jane)
	f.Fuzz(func(t *testing.T, item string) {
		body := []byte(`{"users":[` + jane + `,` + item + `,` + jane + `]}`)
		in, err := takeApart(body)
		if err != nil {
			return
		}
		var listed struct {
			Users []jsontext.Value `json:"users"`
		}
		if err := json.Unmarshal(body, &listed, jsontext.AllowDuplicateNames(true),
			jsontext.AllowInvalidUTF8(true)); err != nil {
			t.Fatalf("taken, though %v", err)
		}
		count := len(listed.Users)
		people, err := in.candidates()
		if err != nil || len(people) != count || in.single {
			t.Fatalf("%d people of %d, %v", len(people), count, err)
		}
		for _, i := range []int{0, len(people) - 1} {
			if fmt.Sprintf("%+v", people[i]) != fmt.Sprintf("%+v", alone) {
				t.Errorf("%d is %+v", i, people[i])
			}
		}
		for _, c := range people {
			if c.Faults == nil && (c.Email == "" || c.FirstName == "" || c.Language == "" || c.BikePlanCode == "") ||
				len(c.EmployeeID) > 4*maxNumber+3 {
				t.Errorf("%+v", c)
			}
		}
		single, err := takeApart([]byte(`{"user":` + item + `}`))
		if err == nil && single.single {
			if one, err := single.candidates(); err == nil && len(one) != 1 {
				t.Errorf("%d people", len(one))
			}
		}
	})
}
