package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/limit"
)

// TestBlockedElsewhere holds that a partner cannot tell from its answers whether another partner's person is blocked,
// nor from a dry run whether there is such a person, or whether letters to the address come back. A blocked person gets
// no letter.
func TestBlockedElsewhere(t *testing.T) {
	const jan = "jan@example.com"
	void := func(t *testing.T, s *Store) { t.Helper(); refused(t, s, "5.1.1") }
	sent := func(t *testing.T, s *Store) { t.Helper(); send(t, s) }
	there := func(welcome func(*testing.T, *Store), blocked bool) func(*testing.T, *Store) {
		return func(t *testing.T, s *Store) {
			t.Helper()
			biker := created(t, s, "Acme", jan)
			welcome(t, s)
			if blocked {
				_, err := s.BlockBiker(ctx, biker.ID, true)
				must(t, err)
			}
		}
	}
	nobody := func(*testing.T, *Store) {}
	for _, test := range []struct {
		name   string
		dry    bool
		before []func(*testing.T, *Store) // none is to be told from another
	}{
		{"calls", false, []func(*testing.T, *Store){there(sent, false), there(sent, true)}},
		{"calls to a mailbox that is not there", false,
			[]func(*testing.T, *Store){there(void, false), there(void, true)}},
		{"dry runs", true, []func(*testing.T, *Store){nobody, there(sent, false), there(sent, true), there(void, false),
			there(void, true)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var first []string
			for i, before := range test.before {
				c := newClock()
				s := openTest(t, at(c),
					func(o *Options) { o.Rules.PartnerLetters = limit.Rate{Count: 6, Per: time.Hour} })
				addPartner(t, s, "Acme")
				addPartner(t, s, "Rival")
				before(t, s)
				lists, err := s.Letters(LetterFilter{To: jan})
				must(t, err)
				known := len(lists)
				answers := rivalAsks(t, s, c, jan, test.dry)
				if i == 0 {
					first = answers
				}
				for step := range answers {
					if answers[step] != first[step] {
						t.Errorf("before %d, step %d: %s; at first %s", i, step, answers[step], first[step])
					}
				}
				wantNone(t, s, jan, known)
			}
		})
	}
}

// rivalAsks has another partner post a person in all ways, and gives what it is answered.
func rivalAsks(t *testing.T, s *Store, c *clock, email string, dry bool) (answers []string) {
	t.Helper()
	lists := [][]Candidate{{candidate(email)}, {candidate(email)}, {bad(email, "Language")}, {bad(email, "Language")},
		{bad(email, "FirstName"), candidate(email), bad(email, "FirstName")}}
	for i := range 6 {
		lists = append(lists, []Candidate{bad(email, fmt.Sprint(i))})
	}
	for range 2 {
		for _, list := range lists {
			results, err := s.PreviewBikers("Rival", list)
			if !dry {
				results = post(t, s, "Rival", list...)
			}
			must(t, err)
			var words []string
			for _, result := range results {
				words = append(words, told([]BikerResult{result})+" "+strings.Join(result.Warnings, " "))
			}
			answers = append(answers, strings.Join(words, ", "))
		}
		c.Advance(31 * 24 * time.Hour)
	}
	return answers
}

// wantNone holds that nothing is due to somebody who is blocked, and that nobody's feed tells of letters that never
// leave.
func wantNone(t *testing.T, s *Store, email string, known int) {
	t.Helper()
	biker, err := s.BikerByEmail(email)
	if err != nil || !biker.Blocked {
		return
	}
	letters, err := s.Letters(LetterFilter{To: email})
	must(t, err)
	for _, letter := range letters[:len(letters)-known] {
		if letter.State != LetterCancelled || letter.Reason != "the person is blocked" {
			t.Errorf("%s is %s: %s", letter.Kind, letter.State, letter.Reason)
		}
	}
	if types, _ := eventsSince(t, s, 0); slices.Contains(types, "biker.existing") {
		t.Errorf("the feed tells %v", types)
	}
}

// TestUnblockedElsewhere holds that what a blocked person was not told is told once the person is let in again.
func TestUnblockedElsewhere(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	addPartner(t, s, "Rival")
	biker := created(t, s, "Acme", "jan@example.com")
	send(t, s)
	for _, blocked := range []bool{true, false} {
		_, err := s.BlockBiker(ctx, biker.ID, blocked)
		must(t, err)
		if got := told(post(t, s, "Rival", candidate(biker.Email),
			bad(biker.Email, "Language"))); got != "existing foreign letter, failed letter" {
			t.Errorf("blocked %v: %s", blocked, got)
		}
	}
	if went := sentTo(t, s); went[biker.Email] != "existing failed" {
		t.Errorf("%v", went)
	}
}

// TestOwnMailbox holds that a partner is told of its own people's mailboxes, in a dry run too.
func TestOwnMailbox(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	created(t, s, "Acme", "jan@example.com")
	refused(t, s, "5.1.1")
	for _, c := range []Candidate{candidate("jan@example.com"), bad("jan@example.com", "Language")} {
		would, err := s.PreviewBikers("Acme", []Candidate{c})
		must(t, err)
		if did := post(t, s, "Acme", c); told(did) != told(would) || len(did[0].Warnings) != 1 {
			t.Errorf("did %q, would %q", told(did), told(would))
		}
	}
}
