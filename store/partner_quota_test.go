package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/store/limit"
	"postern/store/refuse"
)

// TestPeopleBudget holds how many people a partner's calls have stored of, that repeats cost nothing, and that a call
// which has begun is finished.
func TestPeopleBudget(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.PartnerPeople = limit.Rate{Count: 1000, Per: 24 * time.Hour} })
	addPartner(t, s, "Acme")
	addPartner(t, s, "Other")
	var people []Candidate
	for i := range 1200 {
		people = append(people, candidate(fmt.Sprintf("p%d@example.com", i)))
	}
	if results := post(t, s, "Acme", people...); len(results) != 1200 || results[1199].Outcome != BikerCreated {
		t.Error("a list that had begun was cut")
	}
	send(t, s)
	changed := candidate("p0@example.com")
	changed.FirstName = "Johan"
	refused := map[string][]Candidate{"new": {candidate("new@example.com")}, "changed": {changed},
		"told again": {candidate("p1@example.com")},
		"failed":     {bad("x@example.com", "Language")}, "noted": {bad("", "Email")},
		"one new in a list": append(people[700:1200:1200], candidate("new@example.com"))}
	for name, list := range refused {
		for _, key := range []string{"", "k " + name} {
			before := countKeys(t, s, eventBucket)
			answer, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: key, People: list})
			var refusal *refuse.Refusal
			if !errors.As(err, &refusal) || refusal.Kind != refuse.TooMany || refusal.RetryAfter <= 0 ||
				!strings.Contains(refusal.Reason, "1000/24h") {
				t.Errorf("%s, key %q: %v, %v", name, key, answer, err)
			}
			if countKeys(t, s, eventBucket) != before || countKeys(t, s, idempotencyBucket) != 0 {
				t.Errorf("%s, key %q: something was done", name, key)
			}
		}
	}
	long := BikerList{Partner: "Acme", Key: "long", People: append(toldPeople(t, s, 600), candidate("new@example.com"))}
	for range 2 { // its first people cost nothing
		_, err := s.RegisterBikers(ctx, long)
		wantKind(t, err, refuse.TooMany)
	}
	created(t, s, "Other", "new@example.com") // another partner's budget is its own
	c.Advance(27 * time.Hour)
	if answer, err := s.RegisterBikers(ctx, long); err != nil || len(answer.Results) != 601 {
		t.Errorf("the call that was refused: %d, %v", len(answer.Results), err)
	}
	if got := told(post(t, s, "Acme", refused["changed"]...)); got != "existing FirstName letter" {
		t.Errorf("a day later: %s", got)
	}
}

// toldPeople returns so many people of whom everything has been told, for a partner whose budget is used up.
func toldPeople(t *testing.T, s *Store, n int) (people []Candidate) {
	t.Helper()
	for i := range n {
		people = append(people, candidate(fmt.Sprintf("noted%d@example.com", i)))
	}
	post(t, s, "Other", people...)
	for _, one := range people {
		biker, err := s.BikerByEmail(one.Email)
		must(t, err)
		_, err = s.MoveBiker(ctx, biker.ID, "Acme", "SYN-NL")
		must(t, err)
	}
	for i := range people {
		people[i].EmployeeID = ""
	}
	return people
}

// TestRepeatsCostNothing holds that who posts everybody every five minutes meets no budget, the daily note included.
func TestRepeatsCostNothing(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) {
		o.Rules.PartnerPeople = limit.Rate{Count: 4, Per: time.Hour}
		o.Rules.PartnerAnswers = limit.Rate{Count: 1, Per: time.Hour}
	})
	addPartner(t, s, "Acme")
	people := []Candidate{candidate("jan@example.com"), bad("an@example.com", "Language")}
	post(t, s, "Acme", people...)
	send(t, s)
	post(t, s, "Acme", people...)
	created(t, s, "Acme", "tom@example.com")
	for i := range 30 {
		answer, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: fmt.Sprint("k", i%2), People: people})
		must(t, err)
		if got := told(answer.Results); got != "existing, failed" {
			t.Fatalf("%s", got)
		}
		c.Advance(13 * time.Hour)
		for range 4 { // the budget is used up all the while
			_, _ = s.RegisterBikers(ctx, BikerList{Partner: "Acme",
				People: []Candidate{candidate(fmt.Sprintf("n%d-%v@example.com", i, c.Now().UnixMilli()))}})
			_, _ = s.RegisterBikers(ctx,
				BikerList{Partner: "Acme", People: []Candidate{candidate(fmt.Sprintf("m%d@example.com", i))}})
		}
	}
}

// TestAnswersBudget holds how much is kept for one partner's keys; an answer that is kept is given all the same, and
// calls without a key are taken.
func TestAnswersBudget(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c), func(o *Options) { o.Rules.PartnerAnswers = limit.Rate{Count: 1, Per: 24 * time.Hour} })
	addPartner(t, s, "Acme")
	people := make([]Candidate, 2000)
	for i := range people {
		people[i] = bad("", "Email")
		people[i].Said = strings.Repeat("x", 250)
	}
	call := func(key string, people ...Candidate) error {
		_, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: key, People: people})
		return err
	}
	taken := 0
	for ; taken < 100; taken++ {
		if err := call(fmt.Sprint("k", taken), people...); err != nil {
			wantKind(t, err, refuse.TooMany)
			break
		}
	}
	if taken < 1 || taken > 2 {
		t.Errorf("%d answers are kept", taken)
	}
	must(t, call("k0", people...))
	must(t, call("", candidate("jan@example.com")))
	wantKind(t, call("new", candidate("jan@example.com")), refuse.TooMany)
	c.Advance(27 * time.Hour)
	must(t, call("new", candidate("jan@example.com")))
}
