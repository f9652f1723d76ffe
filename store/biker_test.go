package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/refuse"
)

// TestHeldLetters holds the guards on what one partner causes, and that the operator can release what they hold.
func TestHeldLetters(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.PartnerLetters = limit.Rate{Count: 120, Per: time.Hour} })
	addPartner(t, s, "Acme")
	for i := range 105 {
		post(t, s, "Acme", bad(fmt.Sprintf("f%d@example.com", i), "Language"))
	}
	for i := range 30 {
		created(t, s, "Acme", fmt.Sprintf("p%d@example.com", i))
	}
	counts, err := s.LetterCounts()
	must(t, err)
	if counts[LetterQueued] != 120 || counts[LetterHeld] != 15 {
		t.Errorf("%v", counts)
	}
	held, err := s.Letters(LetterFilter{State: LetterHeld})
	must(t, err)
	if len(held) != 15 || held[0].Kind != LetterWelcome || !strings.Contains(held[0].Reason, "120/h") ||
		held[14].Kind != LetterUnregistered || !strings.Contains(held[14].Reason, "100/h") {
		t.Errorf("%d held: %+v", len(held), held)
	}
	released, err := s.ReleaseLetter(ctx, held[0].ID)
	must(t, err)
	if released.State != LetterQueued || released.Reason != "" {
		t.Errorf("%+v", released)
	}
	_, err = s.ReleaseLetter(ctx, held[0].ID)
	wantKind(t, err, refuse.Conflict)
	must(t, s.EraseBiker(ctx, held[1].To)) // cancels a held one
	if n, err := s.ReleaseHeld(ctx); err != nil || n != 13 {
		t.Errorf("released %d, %v", n, err)
	}
	if to, err := s.Letters(LetterFilter{To: "F7@example.com"}); err != nil || len(to) != 1 {
		t.Errorf("to an address without an account: %+v, %v", to, err)
	}
}

// TestBikerOf holds who may read a person back.
func TestBikerOf(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	addPartner(t, s, "Other")
	jan := created(t, s, "Acme", "jan@example.com")
	for _, test := range []struct {
		partner  string
		id       guid.ID
		employee string
		want     refuse.Kind
	}{
		{"Acme", jan.ID, "", 0}, {"Acme", guid.ID{}, jan.EmployeeID, 0}, {"Acme", jan.ID, jan.EmployeeID, 0},
		{"Acme", jan.ID, "E-2", refuse.NotFound}, {"Acme", guid.ID{}, "E-2", refuse.NotFound},
		{"Other", jan.ID, "", refuse.NotFound}, {"Other", guid.ID{}, jan.EmployeeID, refuse.NotFound},
	} {
		found, err := s.BikerOf(test.partner, test.id, test.employee)
		wantKind(t, err, test.want)
		if err == nil && (found.Biker.ID != jan.ID || found.Letter.ID != jan.Welcome) {
			t.Errorf("%+v", found)
		}
	}
}

// TestEraseBiker holds that nothing names an erased person, and that the events stay.
func TestEraseBiker(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	created(t, s, "Acme", "jan@example.com")
	post(t, s, "Acme", bad("jan@example.com", "Language"))
	post(t, s, "Acme", bad("nobody@example.com", "Language"))
	_, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: "k",
		People: []Candidate{candidate("jan@example.com"), bad("jan@example.com", "Language"),
			bad("nobody@example.com", "Language")}})
	must(t, err)
	before, last := eventsSince(t, s, 0)
	must(t, s.EraseBiker(ctx, "JAN@example.com"))
	must(t, s.EraseBiker(ctx, "nobody@example.com"))
	wantKind(t, s.EraseBiker(ctx, "jan@example.com"), refuse.NotFound)
	for _, bucket := range buckets {
		must(t, eachValue(s, bucket, func(key, value []byte) {
			for _, word := range []string{"jan@", "nobody@", "Zoë", "D’hooghe"} {
				if strings.Contains(string(key)+string(value), word) {
					t.Errorf("%s still holds %q: %q", bucket, word, value)
				}
			}
		}))
	}
	after, _ := eventsSince(t, s, 0)
	if more, _ := eventsSince(t, s, last); !slices.Equal(after[:len(before)], before) ||
		!slices.Equal(more, []string{"person.erased"}) {
		t.Errorf("%v, then %v", after, more)
	}
	for _, email := range []string{"jan@example.com", "nobody@example.com"} {
		if letters, err := s.Letters(LetterFilter{To: email}); err != nil || len(letters) != 0 {
			t.Errorf("letters to %s: %+v, %v", email, letters, err)
		}
	}
	if again := told(post(t, s, "Acme", candidate("jan@example.com"))); again != "created letter" {
		t.Errorf("registered anew: %s", again)
	}
}

// eachValue visits all of a bucket.
func eachValue(s *Store, bucket []byte, visit func(key, value []byte)) error {
	return look(s, func(t tx) error {
		c := t.Cursor(bucket)
		for key, value := c.First(); key != nil; key, value = c.Next() {
			visit(key, value)
		}
		return nil
	})
}

// TestMoveBiker holds where a biker may go.
func TestMoveBiker(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	addPartner(t, s, "Other", "SYN-XX")
	jan := created(t, s, "Acme", "jan@example.com")
	for _, test := range []struct {
		partner, plan string
		fields        string
	}{{"none", "none", "partner plan"}, {"Other", "SYN-NL", "plan"}, {"acme", "SYN-XX", ""}, {"other", "SYN-XX", ""}} {
		moved, err := s.MoveBiker(context.Background(), jan.ID, test.partner, test.plan)
		var refusal *refuse.Refusal
		if errors.As(err, &refusal) {
			for _, field := range strings.Fields(test.fields) {
				if len(refusal.Fields[field]) == 0 {
					t.Errorf("%v: nothing about %s: %v", test, field, refusal.Fields)
				}
			}
		}
		if (err == nil) != (test.fields == "") || err == nil && !strings.EqualFold(moved.Partner, test.partner) {
			t.Errorf("%v: %+v, %v", test, moved, err)
		}
	}
	_, err := s.RevokePartner(ctx, "Acme")
	must(t, err)
	_, err = s.MoveBiker(ctx, jan.ID, "Acme", "SYN-NL")
	wantKind(t, err, refuse.Invalid)
	if _, err := s.BikerOf("Acme", jan.ID, ""); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("still the former partner's: %v", err)
	}
	if found, err := s.BikerOf("Other", jan.ID, ""); err != nil || found.Biker.EmployeeID != "" {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestOtherPartnersLimit holds that what one partner's limit holds keeps no other's letters from a person, and that
// nobody reads of another partner.
func TestOtherPartnersLimit(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.PartnerLetters = limit.Rate{Count: 1, Per: time.Hour} })
	for _, name := range []string{"Rival", "Acme", "Third"} {
		addPartner(t, s, name)
	}
	created(t, s, "Rival", "used.up@example.com")
	own := created(t, s, "Acme", "jan@example.com")
	send(t, s)
	held := func(results []BikerResult) bool {
		letter, err := s.Letter(results[0].Letter)
		must(t, err)
		return letter.State == LetterHeld
	}
	if !held(post(t, s, "Rival", candidate("jan@example.com"))) ||
		told(post(t, s, "Rival", candidate("jan@example.com"))) != "existing foreign" {
		t.Error("a partner over its limit owes a letter once, and held")
	}
	if results := post(t, s, "Third", candidate("jan@example.com")); told(results) != "existing foreign letter" ||
		held(results) {
		t.Errorf("%+v", results)
	}
	read, err := s.BikerOf("Acme", own.ID, "")
	must(t, err)
	if read.Letter.Kind != LetterWelcome || strings.Contains(read.Letter.Reason, "Rival") {
		t.Errorf("read back: %+v", read.Letter)
	}
	squatted := post(t, s, "Rival", candidate("squat@example.com"))
	if !held(squatted) || told(post(t, s, "Acme", candidate("squat@example.com"))) != "existing foreign letter" {
		t.Error("a welcome that another partner's limit holds keeps a person from any letter")
	}
}

// TestFailedLettersToOne holds how many letters about failures an address gets, whatever is wrong.
func TestFailedLettersToOne(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	owed := 0
	for day := range 2 {
		for i := range 30 {
			fault := bad("victim@example.com", fmt.Sprintf("field %d %d", day, i))
			fault.Faults[""] = []string{fmt.Sprintf("sentence %d", i)}
			owed += strings.Count(told(post(t, s, "Acme", fault)), "letter")
		}
		c.Advance(27 * time.Hour)
	}
	if owed != 10 {
		t.Errorf("%d letters in two days", owed)
	}
	same := bad("other@example.com", "")
	if told(post(t, s, "Acme", same)) != "failed letter" {
		t.Error("no letter")
	}
	same.Faults[""] = []string{"Another sentence about it."}
	if got := told(post(t, s, "Acme", same)); got != "failed" {
		t.Errorf("the same fields in other words: %s", got)
	}
}

// TestFailedLanguage holds in which language a letter about a failure is.
func TestFailedLanguage(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	for language, c := range map[string]Candidate{
		"nl": bad("a@example.com", "Language"), // the plan's
		"en": {Email: "b@example.com", Faults: map[string][]string{"BikePlanCode": {"x"}}},
		"fr": {Email: "c@example.com", Faults: map[string][]string{"FirstName": {"x"}},
			BikerData: BikerData{Language: "fr", BikePlanCode: "SYN-NL"}},
	} {
		letter, err := s.Letter(post(t, s, "Acme", c)[0].Letter)
		if err != nil || letter.Language != language {
			t.Errorf("%s: %+v, %v", language, letter, err)
		}
	}
}

// TestDisplaced holds what becomes of who has lost an employee id.
func TestDisplaced(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	taker := candidate("taker@example.com")
	biker, session := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	taker.EmployeeID = biker.EmployeeID
	recovery := invitation(s, biker)
	post(t, s, "Acme", taker)
	wantSession(t, s, session, true)
	if _, err := s.CheckLink(recovery); err != nil {
		t.Errorf("the recovery link of somebody with a password: %v", err)
	}
	if lost, err := s.BikerByID(biker.ID); err != nil || lost.EmployeeID != "" {
		t.Errorf("%+v, %v", lost, err)
	}
}
