package store

import (
	"errors"
	"slices"
	"testing"

	"postern/store/guid"
	"postern/store/refuse"
)

// eventTypes are the types of a cleaning's events, the oldest first, with who decided.
func eventTypes(t testing.TB, s *Store, cleaning guid.ID) (types []string, by []guid.ID) {
	t.Helper()
	feed, err := s.Events(0, 1000)
	must(t, err)
	for _, event := range feed.Events {
		if event.Cleaning == cleaning && event.Type != "cleaning.stored" {
			types, by = append(types, event.Type), append(by, event.User)
		}
	}
	return types, by
}

// TestReopenLoad decides a load, reopens it and has another person decide it otherwise: both decisions stay in the
// events, and both people are told of theirs.
func TestReopenLoad(t *testing.T) {
	s := openTest(t)
	stored, err := s.PutCleanings(ctx, "alpha", []CleaningInput{someCleaning(1, SignedOff)})
	must(t, err)
	id := stored[0].Cleaning.ID
	jan, els := activated(t, s, "jan@example.com"), activated(t, s, "els@example.com")
	reopen := func(partner string, want refuse.Kind) {
		t.Helper()
		_, err := s.ReopenLoad(ctx, partner, id, "the wrong tank")
		wantKind(t, err, want)
	}
	decide := func(by User, d Decision) {
		t.Helper()
		_, err := s.DecideLoad(ctx, holder(by), id, d)
		must(t, err)
	}
	_, err = s.ReopenLoad(ctx, "alpha", cleaningID(9), "no such")
	wantKind(t, err, refuse.NotFound)
	reopen("alpha", refuse.Conflict)
	decide(jan, Decision{LoadCompleted, "Ethanol 96 %", "24 t"})
	reopen("beta", refuse.NotFound)
	reopen("alpha", 0)
	reopen("alpha", refuse.Conflict)
	c, err := s.CleaningOf("alpha", id)
	must(t, err)
	want := Reopening{At: s.file.Now(), Reason: "the wrong tank", Partner: "alpha", Decider: jan.ID}
	if c.Cleaning.Load != (Load{Status: LoadOpen}) || c.Cleaning.Reopened != want || c.Decider != (User{}) {
		t.Errorf("reopened: %+v", c)
	}
	if _, err := s.PutCleanings(ctx, "alpha", []CleaningInput{someCleaning(1, Completed)}); err != nil {
		t.Errorf("an open load's data: %v", err)
	}
	decide(els, Decision{LoadRejected, "", "wet"})
	if c, err = s.CleaningOf("alpha", id); err != nil || c.Decider.ID != els.ID || c.Cleaning.Reopened != want {
		t.Errorf("decided again: %+v, %v", c, err)
	}
	types, by := eventTypes(t, s, id)
	all := []string{"load.completed", "load.reopened", "load.rejected"}
	if !slices.Equal(types, all) || by[0] != jan.ID || by[2] != els.ID {
		t.Errorf("events: %v by %v", types, by)
	}
	for _, user := range []User{jan, els} {
		decided, err := s.DecidedBy(user.ID, guid.ID{}, 10)
		told := slices.ContainsFunc(lettersOf(t, s, user), func(l Letter) bool { return l.Kind == LetterDecided })
		if err != nil || len(decided) != 1 || !told {
			t.Errorf("%s: %+v, told: %v, %v", user.Email, decided, told, err)
		}
	}
	_, err = s.CleaningOf("beta", id)
	wantKind(t, err, refuse.NotFound)
	reopen("", 0)
	if decided, err := s.DecidedBy(jan.ID, guid.ID{}, 10); err != nil || len(decided) != 0 {
		t.Errorf("a decision that nothing is told of any more: %+v, %v", decided, err)
	}
}

// TestErasureAfterReopening erases people whose decisions were taken back, for reasons that name them or not.
func TestErasureAfterReopening(t *testing.T) {
	for reason, left := range map[string]string{"the wrong tank": "the wrong tank", "mrs. d’hooghe erred": ""} {
		s := openTest(t)
		addCleaning(t, s, 1, SignedOff)
		jan, els := activated(t, s, "jan@example.com"), activated(t, s, "els@example.com")
		for i, user := range []User{jan, jan, els} {
			if i > 0 {
				_, err := s.ReopenLoad(ctx, "", cleaningID(1), reason)
				must(t, err)
			}
			_, err := s.DecideLoad(ctx, holder(user), cleaningID(1), Decision{LoadRejected, "", "no"})
			must(t, err)
		}
		erase(t, s, jan)
		c, err := s.Cleaning(cleaningID(1))
		if err != nil || c.Reopened.Reason != left || c.Reopened.Decider != jan.ID || c.Load.Comment != "no" ||
			c.Load.By != els.ID {
			t.Errorf("%+v, %+v, %v", c.Load, c.Reopened, err)
		}
		erase(t, s, els)
		_, err = s.ReopenLoad(ctx, "", cleaningID(1), "once more") // who decided is gone
		err = errors.Join(err, s.DeleteCleaning(ctx, cleaningID(1)))
		must(t, err)
	}
}
