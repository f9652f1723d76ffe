package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/limit"
	"postern/store/refuse"
)

func claim(t testing.TB, s *Store, want int) []Letter {
	t.Helper()
	claimed, _, err := s.ClaimLetters(ctx, 100)
	if err != nil || len(claimed) != want {
		t.Fatalf("claimed %d letters (%v), want %d", len(claimed), err, want)
	}
	return claimed
}

func record(t testing.TB, s *Store, letter Letter, class AttemptClass) Letter {
	t.Helper()
	return recordAll(t, s, []Letter{letter}, class)[0]
}

// recordAll records attempts that ended alike, in one transaction.
func recordAll(t testing.TB, s *Store, letters []Letter, class AttemptClass) []Letter {
	t.Helper()
	var outcomes []Outcome
	for _, letter := range letters {
		outcomes = append(outcomes, Outcome{letter.ID,
			Attempt{At: s.file.Now(), Class: class, Phase: "rcpt", Code: 451, Text: "why"}})
	}
	recorded, err := s.RecordAttempts(ctx, outcomes)
	if err != nil || len(recorded) != len(letters) {
		t.Fatalf("recorded %d of %d, %v", len(recorded), len(letters), err)
	}
	return recorded
}

func TestAttemptClasses(t *testing.T) {
	tests := []struct {
		class    AttemptClass
		state    LetterState
		min, max time.Duration // until the next try
		tries    int
		putOff   int
	}{
		{AttemptSent, LetterSent, 0, 0, 1, 0},
		{AttemptPermanent, LetterFailed, 0, 0, 1, 0},
		{AttemptTemporary, LetterQueued, 24 * time.Second, 36 * time.Second, 1, 1},
		{AttemptUncertain, LetterQueued, 24 * time.Second, 36 * time.Second, 1, 1},
		{AttemptSmarthost, LetterQueued, 0, 0, 1, 0},
		{AttemptOvertaken, LetterCancelled, 0, 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(string(test.class), func(t *testing.T) {
			s := openTest(t)
			user := register(t, s, "a@example.com")
			letter := claim(t, s, 1)[0]
			claim(t, s, 0)
			if test.class == AttemptOvertaken {
				block(t, s, user, true)
			}
			if test.class == AttemptOvertaken {
				if _, overtaken, err := s.ContentsOf(letter); err != nil || !overtaken {
					t.Fatalf("not overtaken: %v", err)
				}
			}
			got := record(t, s, letter, test.class)
			if got.State != test.state || got.Tries != test.tries || got.PutOff != test.putOff {
				t.Errorf("%s after %d tries, put off by %d; want %s after %d, %d",
					got.State, got.Tries, got.PutOff, test.state, test.tries, test.putOff)
			}
			if wait := got.DueAt.Sub(letter.DueAt); wait < test.min || wait > test.max {
				t.Errorf("due in %v, want %v to %v", wait, test.min, test.max)
			}
			if got.MessageID != letter.MessageID {
				t.Error("the Message-ID has changed")
			}
		})
	}
}

// TestSchedule holds each delay within ± 20 % of the schedule's, and giving up after the letter's own 72 hours.
func TestSchedule(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	register(t, s, "a@example.com")
	start := c.Now()
	for try := 0; ; try++ {
		letter := claim(t, s, 1)[0]
		got := record(t, s, letter, AttemptTemporary)
		if got.State == LetterFailed {
			if age := c.Now().Sub(start); age != 72*time.Hour ||
				!strings.Contains(got.Reason, "given up after 72h0m0s: rcpt: 451 why") {
				t.Errorf("given up after %v: %q", age, got.Reason)
			}
			if len(got.Attempts) != attemptsKept {
				t.Errorf("%d attempts kept", len(got.Attempts))
			}
			return
		}
		wait, want := got.DueAt.Sub(c.Now()), retryDelays[min(try, len(retryDelays)-1)]
		if (wait < want*8/10 || wait > want*12/10) && c.Now().Add(wait).Sub(start) != 72*time.Hour {
			t.Errorf("try %d: next in %v, want %v ± 20 %%", try, wait, want)
		}
		c.Advance(wait - time.Millisecond)
		claim(t, s, 0)
		c.Advance(time.Millisecond)
	}
}

// TestTimeHeldAndPaused holds that of a delay no more counts towards giving up than what neither the operator's hold
// nor a pause took of it.
func TestTimeHeldAndPaused(t *testing.T) {
	const before = 10 * time.Second // of a delay of 24 s or more
	hold := func(s *Store, id guid.ID) error { _, err := s.HoldLetter(ctx, id); return err }
	release := func(s *Store, id guid.ID) error { _, err := s.ReleaseLetter(ctx, id); return err }
	pause := func(s *Store, _ guid.ID) error { return s.PauseSending(ctx, true) }
	resume := func(s *Store, _ guid.ID) error { return s.PauseSending(ctx, false) }
	for _, test := range []struct {
		name       string
		stop, goOn func(*Store, guid.ID) error
		stopped    time.Duration
		want       func(delay time.Duration) time.Duration
	}{
		{"held", hold, release, 100 * time.Hour, func(time.Duration) time.Duration { return before }},
		{"held briefly", hold, release, time.Second, func(time.Duration) time.Duration { return before }},
		{"paused", pause, resume, 100 * time.Hour, func(time.Duration) time.Duration { return before }},
		{"paused briefly", pause, resume, time.Second,
			func(delay time.Duration) time.Duration { return delay - time.Second }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			register(t, s, "a@example.com")
			letter := record(t, s, claim(t, s, 1)[0], AttemptTemporary)
			delay := letter.DueAt.Sub(c.Now())
			c.Advance(before)
			must(t, test.stop(s, letter.ID))
			register(t, s, "b@example.com") // owed meanwhile: it has waited for nothing of its own
			c.Advance(test.stopped)
			must(t, test.goOn(s, letter.ID))
			got, err := s.Letter(letter.ID)
			must(t, err)
			if want := test.want(delay); time.Duration(got.Waited) != want {
				t.Errorf("it has waited %v of %v, want %v", got.Waited, delay, want)
			}
		})
	}
}

// TestWaitingForTheSmarthost costs a letter nothing, however long it takes.
func TestWaitingForTheSmarthost(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	register(t, s, "a@example.com")
	for range 7 * 24 {
		record(t, s, claim(t, s, 1)[0], AttemptSmarthost)
		c.Advance(time.Hour)
	}
	if err := s.PauseSending(ctx, true); err != nil {
		t.Fatal(err)
	}
	claim(t, s, 0)
	if _, any, err := s.NextDue(); any || err != nil {
		t.Errorf("paused, and something is due: %v", err)
	}
	c.Advance(100 * 24 * time.Hour)
	if err := s.PauseSending(ctx, false); err != nil {
		t.Fatal(err)
	}
	<-s.Owed()
	letter := record(t, s, claim(t, s, 1)[0], AttemptTemporary)
	if letter.State != LetterQueued || letter.PutOff != 1 || letter.Tries != 7*24+1 || len(letter.Attempts) != 2 {
		t.Errorf("%s after %d tries, put off by %d; %d attempts kept",
			letter.State, letter.Tries, letter.PutOff, len(letter.Attempts))
	}
}

func TestClaimsAfterADeath(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	s := openTestIn(t, dir, at(c))
	for i := range 5 {
		register(t, s, fmt.Sprintf("a%d@example.com", i))
		c.Advance(time.Second)
	}
	claimed := claim(t, s, 5)
	for i := 1; i < len(claimed); i++ {
		if claimed[i].DueAt.Before(claimed[i-1].DueAt) {
			t.Error("not the longest due first")
		}
	}
	record(t, s, claimed[0], AttemptSent)
	if err := s.ReleaseLetters(ctx, []guid.ID{claimed[1].ID}); err != nil {
		t.Fatal(err)
	}
	closeTest(t, s)
	s = openTestIn(t, dir, at(c))
	if n, _, err := s.RecoverClaims(ctx); n != 3 || err != nil {
		t.Errorf("recovered %d, %v; want 3", n, err)
	}
	claim(t, s, 4)
}

func TestCancelledOnTheWire(t *testing.T) {
	s := openTest(t)
	user := register(t, s, "a@example.com")
	letter := claim(t, s, 1)[0]
	erase(t, s, user)
	if got := record(t, s, letter, AttemptTemporary); got.State != LetterCancelled {
		t.Errorf("refused after it was cancelled: %s", got.State)
	}
	if got := record(t, s, letter, AttemptSent); got.State != LetterSent || got.To != "" || got.Attempts[0].Text != "" {
		t.Errorf("sent after it was cancelled: %+v", got)
	}
}

func TestRetry(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	register(t, s, "a@example.com")
	letter := record(t, s, claim(t, s, 1)[0], AttemptTemporary)
	if _, err := s.RetryLetter(ctx, letter.ID); err != nil {
		t.Fatal(err)
	}
	letter = record(t, s, claim(t, s, 1)[0], AttemptPermanent)
	if letter.State != LetterFailed || letter.Reason != "rcpt: 451 why" {
		t.Errorf("%s: %q", letter.State, letter.Reason)
	}
	if n, err := s.RetryFailed(ctx); n != 1 || err != nil {
		t.Errorf("retried %d, %v", n, err)
	}
	letter = record(t, s, claim(t, s, 1)[0], AttemptPermanent)
	if err := s.RequeueLetters(ctx, []guid.ID{letter.ID, {1}}, "the sender may not send"); err != nil {
		t.Fatal(err)
	}
	letter = record(t, s, claim(t, s, 1)[0], AttemptSent)
	_, err := s.RetryLetter(ctx, letter.ID)
	wantKind(t, err, refuse.Conflict)
	_, err = s.RetryLetter(ctx, guid.ID{1})
	wantKind(t, err, refuse.NotFound)
}

func TestListLetters(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	for i := range 5 {
		register(t, s, fmt.Sprintf("a%d@example.com", i))
	}
	record(t, s, claim(t, s, 5)[2], AttemptSent)
	list := func(f LetterFilter) (to string) {
		t.Helper()
		found, err := s.Letters(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range found {
			to += letter.To[:2]
		}
		return to
	}
	newest, _ := s.Letters(LetterFilter{Limit: 2})
	for got, want := range map[string]string{
		list(LetterFilter{}):                         "a4a3a2a1a0",
		list(LetterFilter{Limit: 2}):                 "a4a3",
		list(LetterFilter{Before: newest[1].ID}):     "a2a1a0",
		list(LetterFilter{State: LetterSent}):        "a2",
		list(LetterFilter{To: "A3@example.com"}):     "a3",
		list(LetterFilter{State: LetterQueued}):      "a4a3a1a0",
		list(LetterFilter{To: "nobody@example.com"}): "",
	} {
		if got != want {
			t.Errorf("listed %q, want %q", got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	news := s.Watch()
	for i := range 10 {
		register(t, s, fmt.Sprintf("a%d@example.com", i))
		c.Advance(time.Hour)
	}
	<-news
	feed, err := s.Events(3, 4)
	if err != nil || len(feed.Events) != 4 || feed.Events[0].Seq != 4 || feed.Next != 7 {
		t.Errorf("%+v, %v", feed, err)
	}
	if feed, err := s.Events(10, 4); err != nil || len(feed.Events) != 0 || feed.Next != 10 {
		t.Errorf("at the end: %+v, %v", feed, err)
	}
	_, err = s.Events(11, 4)
	wantKind(t, err, refuse.Conflict)
	keep := keepAll
	keep.Events = 5 * time.Hour
	if n, err := s.Prune(ctx, keep); n != 5 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	_, err = s.Events(4, 4)
	wantKind(t, err, refuse.Gone)
	if feed, err := s.Events(5, 100); err != nil || len(feed.Events) != 5 {
		t.Errorf("%d left, %v", len(feed.Events), err)
	}
	c.Advance(years / 10)
	if _, err := s.Prune(ctx, keep); err != nil {
		t.Fatal(err)
	}
	if feed, err := s.Events(10, 100); err != nil || len(feed.Events) != 0 {
		t.Errorf("all pruned: %+v, %v", feed, err)
	}
}

func TestPrune(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	activated(t, s, "stays@example.com")
	gone := register(t, s, "goes@example.com")
	addCleaning(t, s, 1, SignedOff)
	for _, letter := range claim(t, s, 2) {
		record(t, s, letter, AttemptSent)
	}
	c.Advance(31 * 24 * time.Hour)
	day := 24 * time.Hour
	if _, err := s.Prune(ctx,
		Keep{Unconfirmed: 30 * day, Sent: 40 * day, Events: 365 * day, Cleanings: 365 * day}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UserByEmail("goes@example.com"); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("never confirmed, and still there: %v", err)
	}
	if letters := lettersOf(t, s, gone); len(letters) != 1 || letters[0].To != "" {
		t.Errorf("letters: %+v", letters)
	}
	if _, err := s.Prune(ctx, Keep{Unconfirmed: day, Sent: day, Events: day, Cleanings: day}); err != nil {
		t.Fatal(err)
	}
	for bucket, want := range map[string]int{"users": 1, "letters": 0, "cleanings": 0, "letters.person": 0, "events": 1,
		"addresses": 0} {
		if n := countKeys(t, s, []byte(bucket)); n != want {
			t.Errorf("%d keys in %s, want %d", n, bucket, want)
		}
	}
}

// TestAnything does facts at random, as many processes and people would, and lets the check of the file judge.
func TestAnything(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	s := openTestIn(t, dir, at(c), func(o *Options) { o.Rules.StrangerLetters = limit.Rate{} })
	random := rand.New(rand.NewPCG(1, 2))
	classes := []AttemptClass{AttemptSent, AttemptTemporary, AttemptPermanent, AttemptSmarthost, AttemptUncertain}
	var hand []Letter
	for range 3000 {
		c.Advance(time.Duration(random.IntN(600)) * time.Second)
		user, _ := s.UserByEmail(fmt.Sprintf("a%d@example.com", random.IntN(20)))
		n := byte(random.IntN(9))
		switch random.IntN(14) {
		case 0, 1:
			_, _ = s.RegisterUser(ctx, someone(fmt.Sprintf("a%d@example.com", random.IntN(20))))
		case 2, 3:
			_, _ = s.ActivateUser(ctx, link(s, user, n))
		case 4:
			_, _ = s.SignInUser(ctx, SignIn{Email: user.Email})
		case 5:
			_ = s.MailCleaning(ctx, holder(user), cleaningID(n))
		case 6:
			_, _ = s.DecideLoad(ctx, holder(user), cleaningID(n), Decision{LoadRejected, "", "no"})
		case 7:
			_, _ = s.PutCleanings(ctx, "", []CleaningInput{someCleaning(n, SignedOff)})
		case 8:
			claimed, _, err := s.ClaimLetters(ctx, 5)
			if err != nil {
				t.Fatal(err)
			}
			hand = append(hand, claimed...)
		case 9, 10:
			for _, letter := range hand {
				record(t, s, letter, classes[random.IntN(len(classes))])
			}
			hand = nil
		case 11:
			_ = s.EraseUser(ctx, user.ID)
		case 12:
			_, _ = s.BlockUser(ctx, user.ID, n < 5)
			_ = s.DisownUser(ctx, user.ID)
			_ = s.DeleteCleaning(ctx, cleaningID(n))
			_, _ = s.RetryFailed(ctx)
		case 13:
			if _, err := s.Prune(ctx, Keep{Unconfirmed: 20 * time.Hour, Sent: 30 * time.Hour, Events: 40 * time.Hour,
				Cleanings: 50 * time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
		if random.IntN(300) == 0 {
			closeTest(t, s)
			s, hand = openTestIn(t, dir, at(c)), nil
			if _, _, err := s.RecoverClaims(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFailedLastDay counts failed letters by when they failed; those that are tried again are none.
func TestFailedLastDay(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	var failed []Letter
	for i, class := range []AttemptClass{AttemptPermanent, AttemptSent, AttemptPermanent, AttemptTemporary,
		AttemptPermanent} {
		register(t, s, fmt.Sprintf("d%d@example.com", i))
		failed = append(failed, record(t, s, claim(t, s, 1)[0], class))
		c.Advance(10 * time.Second)
	}
	_, err := s.RetryLetter(ctx, failed[4].ID)
	must(t, err)
	const day = 24 * time.Hour
	for _, tt := range []struct {
		age  time.Duration // of the first
		want int
	}{{50 * time.Second, 2}, {time.Hour, 2}, {day, 2}, {day + time.Second, 1}, {day + 20*time.Second, 1},
		{day + 21*time.Second, 0}, {2 * day, 0}} {
		c.Advance(tt.age - c.Now().Sub(failed[0].Attempts[0].At))
		if got, err := s.FailedLastDay(); got != tt.want || err != nil {
			t.Errorf("%d failed within a day, %v, when the first is %s old; want %d", got, err, tt.age, tt.want)
		}
	}
}

// TestWatchLetters: whoever waits for a letter is woken by its end, whatever that is.
func TestWatchLetters(t *testing.T) {
	for _, class := range []AttemptClass{AttemptSent, AttemptPermanent, AttemptOvertaken} {
		s := openTest(t)
		user := register(t, s, "a@example.com")
		letter := claim(t, s, 1)[0]
		if class == AttemptOvertaken {
			user.LinkGeneration++
			_, err := write(ctx, s, func(tx tx) (int, error) { return 0, users.Put(tx.Tx, user.ID[:], user) })
			must(t, err)
		}
		news := s.Watch()
		record(t, s, letter, class)
		select {
		case <-news:
		default:
			t.Errorf("%s wakes nobody", class)
		}
	}
}
