package partner

import (
	"fmt"
	"strings"
	"testing"
)

// listBody is a list of so many made-up people.
func listBody(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"users":[`)
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b,
			`{"BikePlanCode": "SYN-FR-LIE-02", "FirstName": "Jean-François", "LastName": "van der Meersch %d", `+
				`"Email": "jf.vandermeersch.%d@example.org", "Language": "FR", "ContractType": "worker", `+
				`"partner_EmployeeID": "SYN%05d", "PersonnelNumber": "M-%d"}`, i, i, i, i)
	}
	b.WriteString("]}")
	return []byte(b.String())
}

// BenchmarkList decodes the largest list, without storing it, per person.
func BenchmarkList(b *testing.B) {
	body := listBody(maxPeople)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		in, err := takeApart(body)
		if err != nil {
			b.Fatal(err)
		}
		people, err := in.candidates()
		if err != nil || len(people) != maxPeople || people[7].Faults != nil {
			b.Fatal(len(people), people[7], err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/maxPeople, "ns/person")
}
