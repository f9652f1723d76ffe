package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// addPartner makes a partner, and the plan that all of these tests use.
func addPartner(t testing.TB, s *Store, name string, plans ...string) Partner {
	t.Helper()
	_, err := s.AddPlan(ctx, Plan{Code: "SYN-NL", Client: "Synth NV", Language: "nl"})
	must(t, err)
	_, err = s.AddPlan(ctx, Plan{Code: "SYN-XX", Client: "Other NV"})
	must(t, err)
	partner, err := s.AddPartner(ctx, PartnerInput{Name: name, Plans: plans,
		Token: PartnerToken{Hash: [32]byte([]byte(strings.Repeat(name, 32))), Last: "abcd"}})
	must(t, err)
	return partner
}

// candidate is a person without a fault.
func candidate(email string) Candidate {
	return Candidate{Email: email, Said: email, BikerData: BikerData{BikePlanCode: "SYN-NL", FirstName: "Zoë",
		LastName: "D’hooghe", Language: "fr", EmployeeID: "E-" + email}}
}

func bad(email string, field string) Candidate {
	c := candidate(email)
	c.Faults, c.Language = map[string][]string{field: {"This is wrong."}}, ""
	return c
}

func post(t testing.TB, s *Store, partner string, people ...Candidate) []BikerResult {
	t.Helper()
	answer, err := s.RegisterBikers(ctx, BikerList{Partner: partner, People: people})
	must(t, err)
	return answer.Results
}

func created(t testing.TB, s *Store, partner, email string) Biker {
	t.Helper()
	biker, err := s.BikerByID(post(t, s, partner, candidate(email))[0].Biker)
	must(t, err)
	return biker
}

// told sums up results: outcome, what was updated, how many warnings, whether a letter is owed.
func told(results []BikerResult) string {
	var all []string
	for _, r := range results {
		text := string(r.Outcome)
		for _, more := range []struct {
			is   bool
			text string
		}{{!r.Mine && !r.Biker.IsZero() && r.Outcome != BikerFailed, " foreign"},
			{len(r.Updated) > 0, " " + strings.Join(r.Updated, "+")},
			{len(r.Warnings) > 0, " warned"}, {!r.Letter.IsZero(), " letter"}} {
			if more.is {
				text += more.text
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func eventsSince(t testing.TB, s *Store, after uint64) (types []string, last uint64) {
	t.Helper()
	feed, err := s.Events(after, 1000)
	must(t, err)
	for _, event := range feed.Events {
		if !strings.HasPrefix(event.Type, "operator.") {
			types = append(types, event.Type)
		}
	}
	return types, feed.Next
}

// send takes up all letters that are due and says that they went out.
func send(t testing.TB, s *Store) {
	t.Helper()
	letters, _, err := s.ClaimLetters(ctx, 1000)
	must(t, err)
	recordAll(t, s, letters, AttemptSent)
}

// TestRegisterBikers goes through the outcomes: what is answered, and what is told in the feed.
func TestRegisterBikers(t *testing.T) {
	const jan = "jan@example.com"
	changed := candidate("JAN@example.com")
	changed.FirstName, changed.Language, changed.ContractType = "Johan", "en", "clerk"
	absent := candidate(jan)
	absent.EmployeeID = ""
	otherPlan := candidate(jan)
	otherPlan.BikePlanCode = "SYN-XX"
	noPlan := candidate(jan)
	noPlan.BikePlanCode = "no such"
	taken := candidate("new@example.com")
	taken.EmployeeID = "E-" + jan
	nothing := func(*testing.T, *Store, *clock) {}
	first := func(t *testing.T, s *Store, _ *clock) { created(t, s, "Acme", jan) }
	sent := func(t *testing.T, s *Store, c *clock) { first(t, s, c); send(t, s) }
	again := func(t *testing.T, s *Store, c *clock) { sent(t, s, c); post(t, s, "Acme", candidate(jan)) }
	tests := []struct {
		name           string
		before         func(*testing.T, *Store, *clock)
		people         []Candidate
		want, toldWant string
	}{
		{"new", nothing, []Candidate{candidate(jan)}, "created letter", "biker.created"},
		{"the same while the welcome is unsent", first, []Candidate{candidate(jan)}, "existing", ""},
		{"the same later", sent, []Candidate{candidate(jan)}, "existing letter", "biker.existing"},
		{"and again", again, []Candidate{candidate(jan)}, "existing", ""},
		{"a month later", func(t *testing.T, s *Store, c *clock) { again(t, s, c); c.Advance(721 * time.Hour) },
			[]Candidate{candidate(jan)}, "existing letter", "biker.existing"},
		{"changed", again, []Candidate{changed}, "existing FirstName+Language+ContractType+partner_EmployeeID",
			"biker.updated"},
		{"changed, with a letter", sent, []Candidate{otherPlan}, "existing BikePlanCode letter", "biker.existing"},
		{"absent leaves", again, []Candidate{absent}, "existing", ""},
		{"twice in one list", nothing, []Candidate{candidate(jan), candidate(jan), changed},
			"created letter, existing, existing FirstName+Language+ContractType+partner_EmployeeID",
			"biker.created biker.updated"},
		{"twice in one list, long known", sent, []Candidate{candidate(jan), candidate(jan)},
			"existing letter, existing", "biker.existing"},
		{"an employee id taken over", first, []Candidate{taken}, "created warned letter",
			"biker.updated biker.created"},
		{"displaced while the welcome is unsent",
			func(t *testing.T, s *Store, c *clock) { first(t, s, c); post(t, s, "Acme", taken) },
			[]Candidate{absent}, "existing letter", "biker.existing"},
		{"unknown plan", nothing, []Candidate{noPlan, noPlan}, "failed letter, failed", "biker.failed"},
		{"failed, another fault", func(t *testing.T, s *Store, _ *clock) { post(t, s, "Acme", noPlan) },
			[]Candidate{noPlan, bad(jan, "Language")}, "failed, failed letter", "biker.failed"},
		{"no address", nothing, []Candidate{bad("", "Email"), bad("", "Email"), bad("", "FirstName")},
			"failed, failed, failed", "biker.failed"},
		{"one bad among good", nothing,
			[]Candidate{candidate("a@example.com"), bad(jan, "FirstName"), candidate("b@example.com")},
			"created letter, failed letter, created letter", "biker.created biker.failed biker.created"},
		{"bad, then good", nothing, []Candidate{bad(jan, "FirstName"), candidate(jan)}, "failed letter, created letter",
			"biker.failed biker.created"},
		{"another partner's", func(t *testing.T, s *Store, _ *clock) {
			addPartner(t, s, "Other")
			created(t, s, "Other", jan)
			send(t, s)
		},
			[]Candidate{changed, changed}, "existing foreign letter, existing foreign", "biker.existing"},
		{"blocked", func(t *testing.T, s *Store, _ *clock) {
			send(t, s)
			_, err := s.BlockBiker(ctx, created(t, s, "Acme", jan).ID, true)
			must(t, err)
		}, []Candidate{candidate(jan), bad(jan, "Language")}, "existing, failed", ""},
		{"nobody", nothing, nil, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			s := openTest(t, at(c))
			addPartner(t, s, "Acme")
			test.before(t, s, c)
			_, last := eventsSince(t, s, 0)
			if got := told(post(t, s, "Acme", test.people...)); got != test.want {
				t.Errorf("answered %q, want %q", got, test.want)
			}
			if types, _ := eventsSince(t, s, last); strings.Join(types, " ") != test.toldWant {
				t.Errorf("the feed tells %q, want %q", types, test.toldWant)
			}
		})
	}
}

// TestPreview holds that a dry run says what the call would, but for other partners' people, and writes nothing.
func TestPreview(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme", "SYN-NL")
	addPartner(t, s, "Other")
	created(t, s, "Acme", "own@example.com")
	created(t, s, "Other", "foreign@example.com")
	send(t, s)
	_, last := eventsSince(t, s, 0)
	forbidden := candidate("x@example.com")
	forbidden.BikePlanCode = "SYN-XX"
	taken := candidate("y@example.com")
	taken.EmployeeID = "E-new@example.com"
	results, err := s.PreviewBikers("Acme",
		[]Candidate{candidate("new@example.com"), candidate("NEW@example.com"), candidate("own@example.com"),
			candidate("foreign@example.com"), forbidden, taken})
	must(t, err)
	if got := told(results); got != "created, existing partner_EmployeeID, existing, created, failed, created" {
		t.Errorf("%q", got)
	}
	for _, result := range results {
		if !result.Biker.IsZero() || !result.Letter.IsZero() {
			t.Errorf("%+v", result)
		}
	}
	if types, _ := eventsSince(t, s, last); len(types) != 0 || countKeys(t, s, bikerBucket) != 2 {
		t.Errorf("it wrote: %v", types)
	}
}

// TestPreviewIsTrue holds that a dry run of a list says of each person what the call says, ids and letters aside.
func TestPreviewIsTrue(t *testing.T) {
	person := func(email, employee string) Candidate {
		c := candidate(email)
		c.EmployeeID = employee
		return c
	}
	other := func(c Candidate) Candidate {
		c.FirstName = "An"
		return c
	}
	const a, b, c = "a@example.com", "b@example.com", "c@example.com"
	for i, list := range [][]Candidate{
		{person(a, "2"), person(b, "2")}, {person(a, "9"), person(c, "1")}, {person(a, "2"), person(b, "1")},
		{person(c, "1"), person(a, "1"), person(c, "")}, {person(c, "2"), person(b, "")},
		{person(c, "3"), person(c, "4"), person(a, "3")},
		{person(a, "1"), person(b, "2"), bad(c, "Language"), person(c, "5")},
		{person(c, "1"), person("d@example.com", "1"), person(c, "2")},
		{person(c, "1"), other(person("d@example.com", "2")), person("e@example.com", "2")},
		{other(person(c, "0")), person("d@example.com", "0"), other(person("e@example.com", "0"))},
		{other(person(a, "2")), person(b, "1"), person(b, "7")},
	} {
		s := openTest(t)
		addPartner(t, s, "Acme")
		post(t, s, "Acme", person(a, "1"), person(b, "2"))
		would, err := s.PreviewBikers("Acme", list)
		must(t, err)
		did := post(t, s, "Acme", list...)
		for j := range did {
			did[j].Biker, did[j].Mine, did[j].Letter = guid.ID{}, false, guid.ID{}
		}
		if !reflect.DeepEqual(would, did) {
			t.Errorf("list %d:\nwould %+v\n  did %+v", i, would, did)
		}
	}
}

// TestIdempotencyKey holds that an answer is kept for a day, and that an erasure reaches it.
func TestIdempotencyKey(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	people := []Candidate{bad("", "Email")}
	for i := range 700 {
		people = append(people, candidate(fmt.Sprintf("p%d@example.com", i)))
	}
	list := BikerList{Partner: "Acme", Key: "k1", Body: [32]byte{1}, TraceID: "first", People: people}
	first, err := s.RegisterBikers(ctx, list)
	must(t, err)
	send(t, s)
	list.TraceID = "second"
	for range 2 {
		again, err := s.RegisterBikers(ctx, list)
		must(t, err)
		if again.TraceID != "first" || told(again.Results) != told(first.Results) ||
			again.Results[1].Letter != first.Results[1].Letter {
			t.Fatal("the answer is another one")
		}
	}
	other := list
	other.Body[0] = 9
	if _, err := s.RegisterBikers(ctx, other); !errors.Is(err, ErrOtherBody) || !refuse.Is(err, refuse.Invalid) {
		t.Errorf("another body: %v", err)
	}
	must(t, s.EraseBiker(ctx, "p5@example.com"))
	again, err := s.RegisterBikers(ctx, list)
	must(t, err)
	if got := again.Results[6]; got.Outcome != BikerCreated || !got.Erased || got.Email != "" || !got.Biker.IsZero() {
		t.Errorf("after the erasure: %+v", got)
	}
	c.Advance(24 * time.Hour)
	if _,
		err := s.Prune(ctx, Keep{time.Hour * 9999, time.Hour * 9999, time.Hour * 9999, time.Hour * 9999}); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range [][]byte{idempotencyBucket, idempotencyResultBucket, idempotencyPersonBucket,
		idempotencyBegunBucket} {
		if n := countKeys(t, s, bucket); n != 0 {
			t.Errorf("%d left in %s", n, bucket)
		}
	}
	later, err := s.RegisterBikers(ctx, other)
	must(t, err)
	if later.Results[6].Outcome != BikerCreated || later.Results[7].Outcome != BikerExisting {
		t.Errorf("a day later: %+v", later.Results[6:8])
	}
}

// TestListCutShort holds that a list whose process died between two transactions is finished by the repeat, and
// answered as the first would have been.
func TestListCutShort(t *testing.T) {
	dir := t.TempDir()
	s := openTestIn(t, dir)
	addPartner(t, s, "Acme")
	var people []Candidate
	for i := range 1200 {
		people = append(people, candidate(fmt.Sprintf("p%d@example.com", i%1100))) // the last hundred are named twice
	}
	list := BikerList{Partner: "Acme", Key: "k1", Body: [32]byte{1}, TraceID: "first", People: people}
	run := newRegistration(s, list)
	must(t, run.step(ctx))
	send(t, s) // so that only the list itself tells that these were named before
	closeTest(t, s)

	s = openTestIn(t, dir, func(o *Options) { o.Random = rand.NewChaCha8([32]byte{2}) })
	list.TraceID = "second"
	answer, err := s.RegisterBikers(ctx, list)
	must(t, err)
	if len(answer.Results) != 1200 || answer.TraceID != "first" {
		t.Fatalf("%d results, %s", len(answer.Results), answer.TraceID)
	}
	for i, result := range answer.Results {
		if want := map[bool]BikerOutcome{true: BikerCreated, false: BikerExisting}[i < 1100]; result.Outcome != want ||
			result.Letter.IsZero() != (want == BikerExisting) {
			t.Fatalf("%d: %+v", i, result)
		}
	}
	if n := countKeys(t, s, bikerBucket); n != 1100 {
		t.Errorf("%d bikers", n)
	}
}

// TestOverlappingLists holds that lists which name the same people at the same time make each person once.
func TestOverlappingLists(t *testing.T) {
	s := openTest(t)
	var wait sync.WaitGroup
	for p := range 8 {
		name := fmt.Sprintf("P%d", p)
		addPartner(t, s, name)
		var people []Candidate
		for i := range 300 {
			people = append(people, candidate(fmt.Sprintf("p%d@example.com", (i*7+p*50)%400)))
		}
		wait.Go(func() {
			for range 2 {
				if _, err := s.RegisterBikers(ctx, BikerList{Partner: name, People: people}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	welcomes := 0
	letters, err := s.Letters(LetterFilter{Limit: 10000})
	must(t, err)
	for _, letter := range letters {
		if letter.Kind == LetterWelcome {
			welcomes++
		}
	}
	if n := countKeys(t, s, bikerBucket); n != 400 || welcomes != 400 {
		t.Errorf("%d bikers, %d welcomes", n, welcomes)
	}
}

// TestKeyReusedLater holds that a key works anew after a day, also where nothing has been pruned yet: a nightly job may
// have one key for ever.
func TestKeyReusedLater(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	var people []Candidate
	for i := range 700 {
		people = append(people, candidate(fmt.Sprintf("p%d@example.com", i)))
	}
	list := BikerList{Partner: "Acme", Key: "nightly", Body: [32]byte{1}, People: people}
	_, err := s.RegisterBikers(ctx, list)
	must(t, err)
	c.Advance(25 * time.Hour)
	list.Body = [32]byte{2}
	again, err := s.RegisterBikers(ctx, list)
	must(t, err)
	if len(again.Results) != 700 || again.Results[699].Outcome != BikerExisting ||
		countKeys(t, s, idempotencyBucket) != 1 || countKeys(t, s, idempotencyResultBucket) != 2 {
		t.Errorf("%d results, %d parts kept", len(again.Results), countKeys(t, s, idempotencyResultBucket))
	}
	if err := keepTwice(s, list); err == nil {
		t.Error("two calls at once with one key kept both their results")
	}
}

func keepTwice(s *Store, list BikerList) error {
	return update(ctx, s, func(t tx) error {
		return t.keepResults(list, 0, []BikerResult{{Outcome: BikerFailed}}, false)
	})
}
