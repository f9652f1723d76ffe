package store

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
)

// report is one that says what a test wants it to; each has a hash of its own.
func report(number int, class AttemptClass, enhanced string) Return {
	return Return{Class: class, Code: 550, Enhanced: enhanced, Text: "no such user jan@example.com",
		NoMailbox: enhanced == "5.1.1", NotNow: enhanced == "5.2.1",
		Hash: sha256.Sum256([]byte(fmt.Sprint(number)))}
}

// comeBack records a report, and returns the letter and what became of it.
func comeBack(t testing.TB, s *Store, id guid.ID, r Return) (Letter, ReturnOutcome) {
	t.Helper()
	letter, outcome, err := s.RecordReturn(ctx, id, r)
	must(t, err)
	return letter, outcome
}

// welcomed is a biker of Acme whose welcome has left.
func welcomed(t testing.TB, s *Store, email string) (Biker, Letter) {
	t.Helper()
	biker := created(t, s, "Acme", email)
	send(t, s)
	found, err := s.BikerOf("Acme", biker.ID, "")
	must(t, err)
	return biker, found.Letter
}

// classesOf are the classes of a letter's attempts.
func classesOf(letter Letter) string {
	var classes []string
	for _, attempt := range letter.Attempts {
		classes = append(classes, string(attempt.Class))
	}
	return strings.Join(classes, " ")
}

// TestReturned holds what follows from a letter that comes back: its state, its record, the event, what the partner
// reads, and that it can be sent anew.
func TestReturned(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	biker, welcome := welcomed(t, s, "jan@example.com")
	if welcome.State != LetterSent {
		t.Fatal(welcome.State)
	}
	before := s.lastEventOf(t)
	letter, outcome := comeBack(t, s, welcome.ID, report(1, AttemptReturned, "5.1.1"))
	last := letter.Attempts[len(letter.Attempts)-1]
	if outcome != ReturnFailed || letter.State != LetterFailed || classesOf(letter) != "sent returned" ||
		letter.Reason != "returned: 550 5.1.1 no such user jan@example.com" || letter.Tries != welcome.Tries ||
		last.Code != 550 || last.Enhanced != "5.1.1" || last.Text != "no such user jan@example.com" {
		t.Errorf("%s: %+v", outcome, letter)
	}
	feed, err := s.Events(before, 10)
	must(t, err)
	if len(feed.Events) != 1 || feed.Events[0].Type != "letter.failed" || feed.Events[0].Letter != letter.ID ||
		feed.Events[0].Biker != biker.ID || feed.Events[0].Partner != "Acme" {
		t.Errorf("events: %+v", feed.Events)
	}
	if found, err := s.BikerOf("Acme", biker.ID, ""); err != nil || found.Letter.State != LetterFailed {
		t.Errorf("read back: %+v, %v", found.Letter, err)
	}
	if counts, err := s.LetterCounts(); err != nil || counts[LetterSent] != 0 || counts[LetterFailed] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	_, err = s.RetryLetter(ctx, letter.ID)
	must(t, err)
	if again := record(t, s, claim(t, s, 1)[0], AttemptSent); again.State != LetterSent ||
		again.MessageID != welcome.MessageID || classesOf(again) != "sent returned sent" {
		t.Errorf("sent anew: %+v", again)
	}
}

// lastEventOf is the number of the last event.
func (s *Store) lastEventOf(t testing.TB) uint64 {
	t.Helper()
	last, err := read(s, func(t tx) (uint64, error) { return t.lastEvent(), nil })
	must(t, err)
	return last
}

// TestReports holds what each kind of report makes of a letter in each state, and that what changes nothing writes
// nothing.
func TestReports(t *testing.T) {
	for _, test := range []struct {
		name    string
		before  func(*testing.T, *Store, guid.ID)
		report  Return
		outcome ReturnOutcome
		state   LetterState
		classes string
	}{
		{"delayed", nil, report(1, AttemptDelayed, "4.4.1"), ReturnNoted, LetterSent, "sent delayed"},
		{"delivered", nil, report(1, AttemptDelivered, "2.0.0"), ReturnNoted, LetterSent, "sent delivered"},
		{"relayed", nil, report(1, AttemptRelayed, ""), ReturnNoted, LetterSent, "sent relayed"},
		{"expanded", nil, report(1, AttemptExpanded, ""), ReturnNoted, LetterSent, "sent expanded"},
		{"not understood", nil, report(1, AttemptNoted, ""), ReturnNoted, LetterSent, "sent noted"},
		{"twice", func(t *testing.T, s *Store, id guid.ID) { comeBack(t, s, id, report(1, AttemptReturned, "5.1.1")) },
			report(1, AttemptReturned, "5.1.1"), ReturnRepeat, LetterFailed, "sent returned"},
		{"another one", func(t *testing.T, s *Store, id guid.ID) { comeBack(t, s, id, report(1, AttemptReturned, "5.1.1")) },
			report(2, AttemptReturned, "5.1.1"), ReturnNoted, LetterFailed, "sent returned returned"},
		{"the same after a retry", returnedAndRetried, report(1, AttemptReturned, "5.1.1"), ReturnRepeat, LetterQueued,
			"sent returned"},
		{"a new one before the retry has left", returnedAndRetried, report(2, AttemptReturned, "5.1.1"), ReturnNoted,
			LetterQueued, "sent returned returned"},
		{"a new one after the retry has left", func(t *testing.T, s *Store, id guid.ID) {
			returnedAndRetried(t, s, id)
			record(t, s, claim(t, s, 1)[0], AttemptSent)
		}, report(2, AttemptReturned, "5.1.1"), ReturnFailed, LetterFailed, "sent returned sent returned"},
		{"before the answer is recorded", func(t *testing.T, s *Store, id guid.ID) {
			returnedAndRetried(t, s, id)
			claim(t, s, 1)
		}, report(2, AttemptReturned, "5.1.1"), ReturnFailed, LetterFailed, "sent returned returned"},
		{"of an attempt without an answer", func(t *testing.T, s *Store, id guid.ID) {
			returnedAndRetried(t, s, id)
			record(t, s, claim(t, s, 1)[0], AttemptUncertain)
		}, report(2, AttemptReturned, "5.1.1"), ReturnFailed, LetterFailed, "sent returned uncertain returned"},
		{"of one that was refused", func(t *testing.T, s *Store, id guid.ID) {
			returnedAndRetried(t, s, id)
			record(t, s, claim(t, s, 1)[0], AttemptTemporary)
		}, report(2, AttemptReturned, "5.1.1"), ReturnNoted, LetterQueued, "sent returned temporary returned"},
		{"of one that is held", func(t *testing.T, s *Store, id guid.ID) {
			returnedAndRetried(t, s, id)
			holds(s, id)
		}, report(2, AttemptReturned, "5.1.1"), ReturnNoted, LetterHeld, "sent returned returned"},
		{"of one that is gone", func(t *testing.T, s *Store, id guid.ID) {
			must(t, submit(s, func(t tx) error {
				letter, err := t.letter(id)
				if err != nil {
					return err
				}
				return t.deleteLetter(letter)
			}))
		}, report(1, AttemptReturned, "5.1.1"), ReturnUnknown, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openTest(t)
			addPartner(t, s, "Acme")
			_, letter := welcomed(t, s, "jan@example.com")
			if test.before != nil {
				test.before(t, s, letter.ID)
			}
			before := lastTx(t, s)
			got, outcome := comeBack(t, s, letter.ID, test.report)
			if outcome != test.outcome || got.State != test.state || classesOf(got) != test.classes {
				t.Errorf("%s: %s, %s; want %s: %s, %s", outcome, got.State, classesOf(got), test.outcome, test.state,
					test.classes)
			}
			if wrote := lastTx(t, s) > before; wrote != (outcome == ReturnFailed || outcome == ReturnNoted) {
				t.Errorf("written: %v", wrote)
			}
		})
	}
}

func returnedAndRetried(t *testing.T, s *Store, id guid.ID) {
	t.Helper()
	comeBack(t, s, id, report(1, AttemptReturned, "5.1.1"))
	must(t, retries(s, id))
}

// TestAnswerAfterReport holds that a letter that came back stays failed when the smarthost's 250 is recorded after all.
func TestAnswerAfterReport(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	created(t, s, "Acme", "jan@example.com")
	letter := claim(t, s, 1)[0]
	comeBack(t, s, letter.ID, report(1, AttemptReturned, "5.1.1"))
	got := record(t, s, letter, AttemptSent)
	if got.State != LetterFailed || classesOf(got) != "returned sent" || got.Tries != 1 {
		t.Errorf("%+v", got)
	}
	must(t, s.ReleaseLetters(ctx, []guid.ID{letter.ID}))
	must(t, s.RequeueLetters(ctx, []guid.ID{letter.ID}, "x"))
	claim(t, s, 0)
}

// TestReturnedAddress holds for how long and to whom no letter is owed after a report, and what a partner hears; that a
// forward's dead end marks no mailbox; and that the letter counts as not told.
func TestReturnedAddress(t *testing.T) {
	const jan = "jan@example.com"
	forward := report(1, AttemptReturned, "5.1.1")
	forward.NoMailbox = false
	for _, test := range []struct {
		name   string
		report Return
		after  time.Duration
		again  string
		words  string
	}{
		{"no such mailbox", report(1, AttemptReturned, "5.1.1"), 23 * time.Hour, "existing warned",
			"its server knows no such mailbox (550 5.1.1 no such user " + jan + ")"},
		{"not now", report(1, AttemptReturned, "5.2.1"), 23 * time.Hour, "existing warned",
			"its server takes no mail for it now (550 5.2.1 no such user " + jan + ")"},
		{"not now, a day later", report(1, AttemptReturned, "5.2.1"), 24 * time.Hour, "existing letter", ""},
		{"another reason", report(1, AttemptReturned, "5.7.1"), 0, "existing letter", ""},
		{"a forward's dead end", forward, 0, "existing letter", ""},
		{"delayed", report(1, AttemptDelayed, "5.1.1"), 0, "existing letter", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			addPartner(t, s, "Acme")
			_, letter := welcomed(t, s, jan)
			comeBack(t, s, letter.ID, test.report)
			c.Advance(test.after)
			again := post(t, s, "Acme", candidate(jan))
			if told(again) != test.again {
				t.Errorf("posted again: %s, want %s", told(again), test.again)
			}
			if said := strings.Join(again[0].Warnings, " "); !strings.Contains(said, test.words) {
				t.Errorf("the warning: %s", said)
			}
		})
	}
}

// TestReturnedNotice holds that a notice whose letter came back counts as not given, and rests after five in a row.
func TestReturnedNotice(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	welcomed(t, s, "jan@example.com")
	for i := range refusedInARow {
		if got := told(post(t, s, "Acme", candidate("jan@example.com"))); got != "existing letter" {
			t.Fatalf("post %d: %s", i, got)
		}
		letter := record(t, s, claim(t, s, 1)[0], AttemptSent)
		if got := told(post(t, s, "Acme", candidate("jan@example.com"))); got != "existing" {
			t.Fatalf("told, and posted again: %s", got)
		}
		comeBack(t, s, letter.ID, report(i, AttemptReturned, "5.7.1"))
		c.Advance(5 * time.Minute)
	}
	if got := told(post(t, s, "Acme", candidate("jan@example.com"))); got != "existing" {
		t.Errorf("after five in a row: %s", got)
	}
}

// TestMendedAddress holds that the mended address of somebody whose welcome came back gets a welcome of its own, where
// the partner names the same person.
func TestMendedAddress(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	post(t, s, "Acme", named("jan@exmaple.com", "Jan", "Maes", "A1"))
	letter := record(t, s, claim(t, s, 1)[0], AttemptSent)
	comeBack(t, s, letter.ID, report(1, AttemptReturned, "5.1.2"))
	mended := post(t, s, "Acme", named("jan@example.com", "Jan", "Maes", "A1"))
	if mended[0].Outcome != BikerCreated || mended[0].Letter.IsZero() || whom(t, s, "Acme", "A1") != "jan@example.com" {
		t.Errorf("%+v", mended[0])
	}
	if went := sentTo(t, s); len(went) != 1 || went["jan@example.com"] != "welcome" {
		t.Errorf("sent: %v", went)
	}
}

// TestFindingReturned holds by what a letter is found, in which order, and by what it is not.
func TestFindingReturned(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	_, one := welcomed(t, s, "jan@example.com")
	_, other := welcomed(t, s, "an@example.com")
	gone := guid.ID{1}
	for _, test := range []struct {
		name  string
		clues Clues
		want  guid.ID
	}{
		{"nothing", Clues{}, guid.ID{}},
		{"the code", Clues{Letter: one.ID}, one.ID},
		{"the code before all", Clues{Letter: one.ID, EnvelopeID: other.EnvelopeID}, one.ID},
		{"a code of one that is gone", Clues{Letter: gone, MessageIDs: []string{other.MessageID}}, other.ID},
		{"the ENVID", Clues{EnvelopeID: one.EnvelopeID}, one.ID},
		{"the ENVID in capitals", Clues{EnvelopeID: strings.ToUpper(one.EnvelopeID)}, one.ID},
		{"the ENVID before the Message-ID", Clues{EnvelopeID: one.EnvelopeID, MessageIDs: []string{other.MessageID}}, one.ID},
		{"the second Message-ID", Clues{MessageIDs: []string{"x@y", one.MessageID}}, one.ID},
		{"a Message-ID of another domain", Clues{MessageIDs: []string{one.EnvelopeID + "@elsewhere.example"}}, guid.ID{}},
		{"the letter's id", Clues{EnvelopeID: one.ID.String(), MessageIDs: []string{one.ID.String() + "@postern.example"}},
			guid.ID{}},
		{"somebody else's", Clues{EnvelopeID: "QQ314159", MessageIDs: []string{"", "@", "a@b"}}, guid.ID{}},
	} {
		found, is, err := s.ReturnedLetter(test.clues)
		if err != nil || found.ID != test.want || is != !test.want.IsZero() {
			t.Errorf("%s: %s, %v, %v", test.name, found.ID, is, err)
		}
	}
	if strings.Contains(one.MessageID, one.ID.String()) || len(one.EnvelopeID) != 32 ||
		one.EnvelopeID[10:] == other.EnvelopeID[10:] {
		t.Errorf("%s, %s", one.MessageID, other.MessageID)
	}
}

// TestReturnsAfterErasure holds that a report which comes after an erasure, or before it, leaves no words of a server
// behind.
func TestReturnsAfterErasure(t *testing.T) {
	for _, first := range []bool{true, false} {
		s := openTest(t)
		addPartner(t, s, "Acme")
		biker, letter := welcomed(t, s, "jan@example.com")
		if first {
			comeBack(t, s, letter.ID, report(0, AttemptReturned, "5.1.1"))
			comeBack(t, s, letter.ID, report(2, AttemptNoted, ""))
		}
		must(t, s.EraseBiker(ctx, biker.Email))
		if !first {
			comeBack(t, s, letter.ID, report(1, AttemptReturned, "5.1.1"))
		}
		got, err := s.Letter(letter.ID)
		must(t, err)
		if got.State != LetterFailed || got.Reason != "returned: 550 5.1.1" {
			t.Errorf("%s: %s", got.State, got.Reason)
		}
		if found := holders(t, s, spellings("jan@example.com")); len(found) > 0 {
			t.Errorf("report first: %v; found in %v", first, slices.Collect(maps.Values(found)))
		}
	}
}

// TestManyReports holds that a letter remembers few of many messages to its code, keeps the smarthost's answer among
// them, and still fails by a report that says so.
func TestManyReports(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	_, letter := welcomed(t, s, "jan@example.com")
	noted := 0
	for i := range 3 * reportsKnown {
		if _, outcome := comeBack(t, s, letter.ID, report(i, AttemptNoted, "")); outcome == ReturnNoted {
			noted++
		}
	}
	got, outcome := comeBack(t, s, letter.ID, report(-1, AttemptReturned, "5.1.1"))
	if noted != reportsKnown || outcome != ReturnFailed || len(got.Reports) != reportsKnown ||
		classesOf(got) != "sent noted noted noted noted returned" {
		t.Errorf("%d noted; %s: %d, %s", noted, outcome, len(got.Reports), classesOf(got))
	}
	if _, outcome = comeBack(t, s, letter.ID, report(-1, AttemptReturned, "5.1.1")); outcome != ReturnRepeat {
		t.Errorf("again: %s", outcome)
	}
}

// TestNotedText holds that of a message that is not understood 500 characters stay, and of a server's words 500 bytes.
func TestNotedText(t *testing.T) {
	long := strings.Repeat("é", 600)
	for class, want := range map[AttemptClass]int{AttemptNoted: 1000, AttemptReturned: 500} {
		if got := (Attempt{Class: class, Text: long}).cutText(); len(got) != want {
			t.Errorf("%s: %d bytes", class, len(got))
		}
	}
}

// TestReturnedInWords holds that a status with which a server's words begin is said once.
func TestReturnedInWords(t *testing.T) {
	for _, c := range []struct {
		code                 int
		enhanced, text, want string
	}{
		{550, "5.1.1", "no such user", "550 5.1.1 no such user"},
		{550, "5.1.1", "550 5.1.1 no such user", "550 5.1.1 no such user"},
		{550, "5.1.1", "550-5.1.1 no such user", "550 5.1.1 no such user"},
		{550, "5.1.1", "550 no such user", "550 5.1.1 no such user"},
		{550, "5.1.1", "550 5.1.10 no such user", "550 5.1.1 5.1.10 no such user"},
		{550, "", "550 no such user", "550 no such user"},
		{0, "5.1.1", "5.1.1 no such user", "5.1.1 no such user"},
		{550, "5.1.1", "550 5.1.1", "550 5.1.1"},
		{0, "", "no such user", "no such user"},
		{0, "", "", ""},
	} {
		if got := (Attempt{Code: c.code, Enhanced: c.enhanced, Text: c.text}).inWords(); got != c.want {
			t.Errorf("%d, %s, %q: %q instead of %q", c.code, c.enhanced, c.text, got, c.want)
		}
	}
}
