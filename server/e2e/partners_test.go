package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// The bike plan of everybody whom the tests of load register, and the path where they do.
const (
	loadPlan   = "SYN-NL-GNT-01"
	userCreate = "/receiver/APIv3/user.create"
)

// addPartners makes the bike plan and so many partners on a directory, and gives the header of each.
func addPartners(t testing.TB, dir string, n int) (bearers []string) {
	t.Helper()
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.AddPlan(context.Background(), store.Plan{Code: loadPlan, Client: "Synthetische Bierbrouwerij"})
	for i := 0; i < n && err == nil; i++ {
		var token string
		if token, err = tokens.NewBearer(rand.Reader); err == nil {
			hash, _ := tokens.HashBearer(token)
			_, err = s.AddPartner(context.Background(), store.PartnerInput{Name: partnerName(i),
				Token: store.PartnerToken{Hash: hash, Last: token[len(token)-4:]}})
		}
		bearers = append(bearers, "Bearer "+token)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return bearers
}

func partnerName(n int) string { return fmt.Sprintf("partner-%d", n) }

// personJSON is a person as a partner sends it.
func personJSON(email, employee, plan string) string {
	return fmt.Sprintf(`{"BikePlanCode":%q,"FirstName":"Zoë","LastName":"Claes","Email":%q,"Language":"NL",`+
		`"ContractType":"worker","partner_EmployeeID":%q,"PersonnelNumber":"M-0007"}`, plan, email, employee)
}

// listJSON is the body of a list; employee gives the partner's own id of each person.
func listJSON(emails []string, employee func(email string) string) string {
	people := make([]string, len(emails))
	for i, email := range emails {
		people[i] = personJSON(email, employee(email), loadPlan)
	}
	return `{"users":[` + strings.Join(people, ",") + `]}`
}

// employeeOf is an id that goes with the address.
func employeeOf(email string) string { return "E-" + strings.ToLower(email) }

// outcome is what an answer says of one person.
type outcome struct {
	Index      int                `json:"index"`
	Outcome    store.BikerOutcome `json:"outcome"`
	ID         guid.ID            `json:"id"`
	Letter     guid.ID            `json:"letter"`
	Email      string             `json:"Email"`
	EmployeeID string             `json:"partner_EmployeeID"`
	Updated    []string           `json:"updated"`
}

// listAnswer is what a list is answered.
type listAnswer struct {
	Success  bool      `json:"success"`
	Created  int       `json:"created"`
	Existing int       `json:"existing"`
	Failed   int       `json:"failed"`
	Results  []outcome `json:"results"`
}

// outcomes reads the answer to a list, or to a person alone, and holds that a list's counts are those of its results.
func outcomes(body []byte, single bool) ([]outcome, error) {
	if single {
		one := make([]outcome, 1)
		return one, json.Unmarshal(body, &one[0])
	}
	var list listAnswer
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	counts := make(map[store.BikerOutcome]int)
	for i, one := range list.Results {
		counts[one.Outcome]++
		if one.Index != i {
			return nil, fmt.Errorf("result %d has the index %d", i, one.Index)
		}
	}
	want := listAnswer{counts[store.BikerFailed] == 0, counts[store.BikerCreated], counts[store.BikerExisting],
		counts[store.BikerFailed], nil}
	got := list
	if got.Results = nil; fmt.Sprint(got) != fmt.Sprint(want) {
		return nil, fmt.Errorf("an answer of %+v says %+v", want, got)
	}
	return list.Results, nil
}
