package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// named is a person with names and an employee id of the test's own.
func named(email, first, last, employee string) Candidate {
	c := candidate(email)
	c.FirstName, c.LastName, c.EmployeeID = first, last, employee
	return c
}

// whom returns the address of whom an employee id names.
func whom(t testing.TB, s *Store, partner, employee string) string {
	t.Helper()
	found, err := s.BikerOf(partner, guid.ID{}, employee)
	if refuse.Is(err, refuse.NotFound) {
		return ""
	}
	must(t, err)
	return found.Biker.Email
}

// sentTo sends all that is due and gives the kinds of letter that went to each address.
func sentTo(t testing.TB, s *Store) map[string]string {
	t.Helper()
	claimed, _, err := s.ClaimLetters(ctx, 1000)
	must(t, err)
	went := make(map[string]string)
	for _, letter := range claimed {
		class := AttemptSent
		if _, overtaken, err := s.ContentsOf(letter); err != nil || overtaken {
			must(t, err)
			class = AttemptOvertaken
		} else {
			went[letter.To] = strings.TrimSpace(went[letter.To] + " " + string(letter.Kind))
		}
		record(t, s, letter, class)
	}
	return went
}

// TestSharedEmployeeID holds that what exports fill empty cells with costs nobody the letter, and that repeats write
// nothing, in a list, in several calls, and with an Idempotency-Key.
func TestSharedEmployeeID(t *testing.T) {
	people := []Candidate{named("jan@example.com", "Jan", "Maes", "0"), named("an@example.com", "An", "Bah", "0"),
		named("tom@example.com", "Tom", "Maes", "0")}
	for name, call := range map[string]func(*testing.T, *Store, int) string{
		"one list": func(t *testing.T, s *Store, _ int) string { return told(post(t, s, "Acme", people...)) },
		"several calls": func(t *testing.T, s *Store, _ int) string {
			var all []BikerResult
			for _, one := range people {
				all = append(all, post(t, s, "Acme", one)...)
			}
			return told(all)
		},
		"the other way round": func(t *testing.T, s *Store, round int) string {
			list := slices.Clone(people)
			if round > 0 {
				slices.Reverse(list)
			}
			results := post(t, s, "Acme", list...)
			if round > 0 {
				slices.Reverse(results)
			}
			return told(results)
		},
		"with keys": func(t *testing.T, s *Store, round int) string {
			answer, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: fmt.Sprint(round), People: people})
			must(t, err)
			return told(answer.Results)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTest(t)
			addPartner(t, s, "Acme")
			for round, want := range []string{"created letter, created warned letter, created warned letter",
				"existing, existing warned, existing warned",
				"existing letter, existing warned letter, existing warned letter",
				"existing, existing warned, existing warned"} {
				if round == 2 {
					if went := sentTo(t, s); len(went) != 3 {
						t.Errorf("letters went to %v", went)
					}
				}
				_, last := eventsSince(t, s, 0)
				if got := call(t, s, round); got != want {
					t.Errorf("round %d: %q, want %q", round, got, want)
				}
				if types, _ := eventsSince(t, s, last); round%2 == 1 && len(types) > 0 {
					t.Errorf("round %d tells %v", round, types)
				}
			}
			if got := whom(t, s, "Acme", "0"); got != "jan@example.com" {
				t.Errorf("0 names %q", got)
			}
		})
	}
}

// TestCorrectedAddress holds that an employee id follows a person to a corrected address, once, also where the partner
// goes on posting the old one.
func TestCorrectedAddress(t *testing.T) {
	former, now := named("jan@exmaple.com", "Jan", "D’Hooghe", "7"), named("jan@example.com", "JAN", "d’hooghe", "7")
	s := openTest(t)
	addPartner(t, s, "Acme")
	created := post(t, s, "Acme", former)[0].Biker
	if got := told(post(t, s, "Acme", now)); got != "created warned letter" {
		t.Errorf("corrected: %s", got)
	}
	lost, err := s.BikerByID(created)
	if err != nil || lost.EmployeeID != "" || lost.LinkGeneration != 2 {
		t.Errorf("%+v, %v", lost, err)
	}
	if went := sentTo(t, s); went[now.Email] != "welcome" || went[former.Email] != "" {
		t.Errorf("%v", went)
	}
	// The old address is posted too: it is invited after all, and nothing goes back and forth.
	if got := told(post(t, s, "Acme", former, now)); got != "existing warned letter, existing letter" {
		t.Errorf("both: %s", got)
	}
	_, last := eventsSince(t, s, 0)
	for _, list := range [][]Candidate{{former}, {now}, {former, now}, {now, former}, {former}} {
		if got := told(post(t, s, "Acme", list...)); strings.Contains(got, "letter") ||
			strings.Contains(got, "partner_EmployeeID") {
			t.Errorf("posted again: %s", got)
		}
	}
	if types, _ := eventsSince(t, s, last); len(types) > 0 || whom(t, s, "Acme", "7") != now.Email {
		t.Errorf("%v; 7 names %s", types, whom(t, s, "Acme", "7"))
	}
	must(t, s.EraseBiker(ctx, now.Email))
	if got := told(post(t, s, "Acme", former)); got != "existing partner_EmployeeID" ||
		whom(t, s, "Acme", "7") != former.Email {
		t.Errorf("once nobody else has it: %s", got)
	}
}

// TestNamesake: somebody whose invitation became void because another one of the same names was posted with the same id
// is told again of the account, once, although they had been told before.
func TestNamesake(t *testing.T) {
	first, second := named("jan@example.com", "Jan", "Maes", "0"), named("jan.maes@example.com", "Jan", "Maes", "0")
	s := openTest(t)
	addPartner(t, s, "Acme")
	post(t, s, "Acme", first)
	send(t, s)
	if got := told(post(t, s, "Acme", first)); got != "existing letter" {
		t.Fatalf("before: %s", got)
	}
	send(t, s)
	if got := told(post(t, s, "Acme", second)); got != "created warned letter" {
		t.Errorf("the second: %s", got)
	}
	if got := told(post(t, s, "Acme", first)); got != "existing warned letter" {
		t.Errorf("the first one again: %s", got)
	}
	send(t, s)
	_, last := eventsSince(t, s, 0)
	for range 3 {
		if got := told(post(t, s, "Acme", first, second)); strings.Contains(got, "existing letter, existing letter") {
			t.Errorf("posted again: %s", got)
		}
		send(t, s)
	}
	if types, _ := eventsSince(t, s, last); strings.Count(strings.Join(types, " "), "biker.existing") > 1 {
		t.Errorf("told too often: %v", types)
	}
}

// TestEmployeeIDStays goes through whom an employee id names after a post.
func TestEmployeeIDStays(t *testing.T) {
	const jan, an = "jan@example.com", "an@example.com"
	for _, test := range []struct {
		name          string
		before, posts []Candidate
		want, names   string
	}{
		{"father and son in one list", nil, []Candidate{named(jan, "Jan", "Maes", "0"), named(an, "Jan", "Maes", "0")},
			"created letter, created warned letter", jan},
		{"father and son, the son first", []Candidate{named(jan, "Jan", "Maes", "0")},
			[]Candidate{named(an, "Jan", "Maes", "0"), named(jan, "Jan", "Maes", "0")},
			"created warned letter, existing", jan},
		{"of somebody who is there", []Candidate{named(jan, "Jan", "Maes", "1"), named(an, "An", "Bah", "2")},
			[]Candidate{named(an, "An", "Bah", "1")}, "existing warned", jan},
		{"of the same names, who are both there",
			[]Candidate{named(jan, "Jan", "Maes", "1"), named(an, "Jan", "Maes", "2")},
			[]Candidate{named(an, "Jan", " maes", "1")}, "existing LastName+partner_EmployeeID warned", an},
		{"with other changes", []Candidate{named(jan, "Jan", "Maes", "1"), named(an, "An", "Bah", "")},
			[]Candidate{named(an, "An", "Baert", "1")}, "existing LastName warned", jan},
		{"freed further up", []Candidate{named(jan, "Jan", "Maes", "1")},
			[]Candidate{named(jan, "Jan", "Maes", "2"), named(an, "An", "Bah", "1")},
			"existing partner_EmployeeID, created letter", an},
		{"of another partner", []Candidate{named(jan, "Jan", "Maes", "2")}, []Candidate{named(an, "An", "Bah", "1")},
			"created letter", an},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := openTest(t)
			addPartner(t, s, "Acme")
			addPartner(t, s, "Other")
			post(t, s, "Other", named("other@example.com", "An", "Bah", "1"))
			for _, one := range test.before {
				post(t, s, "Acme", one)
			}
			would, err := s.PreviewBikers("Acme", test.posts)
			must(t, err)
			did := post(t, s, "Acme", test.posts...)
			if told(did) != test.want || told(would) != strings.ReplaceAll(test.want, " letter", "") {
				t.Errorf("did %q, would %q, want %q", told(did), told(would), test.want)
			}
			employee := test.posts[len(test.posts)-1].EmployeeID
			if got := whom(t, s, "Acme", employee); got != test.names {
				t.Errorf("%s names %q, want %q", employee, got, test.names)
			}
			_, last := eventsSince(t, s, 0)
			post(t, s, "Acme", test.posts[len(test.posts)-1])
			if types, _ := eventsSince(t, s, last); len(types) > 0 {
				t.Errorf("a repeat tells %v", types)
			}
		})
	}
}

// TestMovedEmployee holds that ids are a partner's own: who moves brings none along, and may have one there.
func TestMovedEmployee(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	addPartner(t, s, "Other")
	former := named("jan@exmaple.com", "Jan", "Maes", "0")
	id := post(t, s, "Acme", former)[0].Biker
	post(t, s, "Acme", named("jan@example.com", "Jan", "Maes", "0"))
	post(t, s, "Other", named("an@example.com", "An", "Bah", "0"))
	_, err := s.MoveBiker(ctx, id, "Other", "SYN-NL")
	must(t, err)
	send(t, s)
	c.Advance(time.Hour)
	if got := told(post(t, s, "Other", former)); got != "existing warned letter" ||
		whom(t, s, "Other", "0") != "an@example.com" {
		t.Errorf("%s; 0 names %s", got, whom(t, s, "Other", "0"))
	}
	former.EmployeeID = "1"
	if got := told(post(t, s, "Other", former)); got != "existing partner_EmployeeID" ||
		whom(t, s, "Acme", "0") != "jan@example.com" {
		t.Errorf("%s", got)
	}
}
