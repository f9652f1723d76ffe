package store

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// refused has the next due letter refused as one to a mailbox that is not there, or with another code.
func refused(t testing.TB, s *Store, enhanced string) Letter {
	t.Helper()
	letter := claim(t, s, 1)[0]
	done, err := s.RecordAttempts(ctx,
		[]Outcome{{letter.ID, Attempt{At: s.file.Now(), Class: AttemptPermanent, Phase: "rcpt",
			Code: 550, Enhanced: enhanced, Text: "no such user " + letter.To}}})
	must(t, err)
	return done[0]
}

// TestUndeliverable holds that partners' repeats owe no letter to a mailbox that is not there, that they are told so in
// the server's words, and what ends that.
func TestUndeliverable(t *testing.T) {
	const jan = "jan@example.com"
	for _, test := range []struct {
		name     string
		enhanced string
		after    func(*testing.T, *Store, *clock, Letter)
		existing string // posted again
		failed   string // posted again with a fault
	}{
		{"5.1.1", "5.1.1", nil, "existing warned", "failed warned"},
		{"5.1.2", "5.1.2", nil, "existing warned", "failed warned"},
		{"5.1.10", "5.1.10", nil, "existing warned", "failed warned"},
		{"another refusal", "5.7.1", nil, "existing letter", "failed letter"},
		{"nearly a day later", "5.1.1",
			func(_ *testing.T, _ *Store, c *clock, _ Letter) { c.Advance(undeliverableFor - time.Minute) },
			"existing warned", "failed warned"},
		{"a day later", "5.1.1", func(_ *testing.T, _ *Store, c *clock, _ Letter) { c.Advance(undeliverableFor) },
			"existing letter", "failed letter"},
		{"a clock that was ahead", "5.1.1", func(_ *testing.T, _ *Store, c *clock, _ Letter) { c.Advance(-years) },
			"existing letter", "failed letter"},
		{"another letter went through", "5.1.1", func(t *testing.T, s *Store, _ *clock, _ Letter) {
			must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
			send(t, s)
		}, "existing letter", "failed letter"},
		{"the operator has it tried again", "5.1.1", func(t *testing.T, s *Store, _ *clock, l Letter) {
			_, err := s.RetryLetter(ctx, l.ID)
			must(t, err)
			send(t, s)
		}, "existing letter", "failed letter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			addPartner(t, s, "Acme")
			created(t, s, "Acme", jan)
			failed := refused(t, s, test.enhanced)
			if test.after != nil {
				test.after(t, s, c, failed)
			}
			again := post(t, s, "Acme", candidate(jan))
			if got := told(again); got != test.existing {
				t.Errorf("posted again: %s", got)
			}
			for _, sentence := range again[0].Warnings {
				if !strings.Contains(sentence, "(550 "+test.enhanced+" no such user "+jan+")") ||
					!strings.Contains(sentence, "before 2026-03-03T08:00Z") {
					t.Errorf("the warning: %s", sentence)
				}
			}
			if got := told(post(t, s, "Acme", bad(jan, "Language"))); got != test.failed {
				t.Errorf("failing: %s", got)
			}
		})
	}
}

// TestUndeliverableReturned holds that a partner is told the server's words of a letter that came back, and once:
// reports repeat the status in them.
func TestUndeliverableReturned(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	_, letter := welcomed(t, s, "jan@example.com")
	back := report(0, AttemptReturned, "5.1.1")
	back.Text = "550 5.1.1 " + back.Text
	comeBack(t, s, letter.ID, back)
	again := post(t, s, "Acme", candidate("jan@example.com"))
	if got := strings.Join(again[0].Warnings, " "); !strings.Contains(got, "(550 5.1.1 no such user jan@example.com)") {
		t.Errorf("the warning: %s", got)
	}
}

// TestUndeliverableLinks holds that a link which a person asks for always goes, also where the server knows no such
// mailbox, and that no stranger reads the server's words.
func TestUndeliverableLinks(t *testing.T) {
	const jan = "jan@example.com"
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	user := register(t, s, jan)
	refused(t, s, "5.1.1")
	biker := created(t, s, "Acme", jan)
	refused(t, s, "5.1.1")
	c.Advance(2 * time.Minute)
	if in, err := s.SignInUser(ctx, SignIn{Email: jan}); err != nil || !in.MustActivate ||
		len(lettersOf(t, s, user)) != 2 {
		t.Errorf("signing in: %+v, %v, %d letters", in, err, len(lettersOf(t, s, user)))
	}
	refused(t, s, "5.1.1")
	must(t, s.ForgotPassword(ctx, jan, netip.Addr{}))
	refused(t, s, "5.1.1")
	c.Advance(2 * time.Minute)
	must(t, s.RenewLink(ctx, invitation(s, biker), netip.Addr{}))
	if letters, err := s.LettersTo(biker.ID, 10); err != nil || len(letters) != 3 {
		t.Errorf("%d letters, %v", len(letters), err)
	}
	erase(t, s, user)
	register(t, s, jan) // over a minute after the last one
	must(t, s.EraseBiker(ctx, jan))
	if got := told(post(t, s, "Acme", candidate(jan))); got != "created letter" {
		t.Errorf("registered anew: %s", got)
	}
}

// TestOperatorsLetters holds what the operator may do with a letter in each state.
func TestOperatorsLetters(t *testing.T) {
	hold := func(s *Store, id guid.ID) error { _, err := s.HoldLetter(ctx, id); return err }
	cancel := func(s *Store, id guid.ID) error { _, err := s.CancelLetter(ctx, id); return err }
	release := func(s *Store, id guid.ID) error { _, err := s.ReleaseLetter(ctx, id); return err }
	retry := func(s *Store, id guid.ID) error { _, err := s.RetryLetter(ctx, id); return err }
	for _, test := range []struct {
		name  string
		acts  []func(*Store, guid.ID) error
		last  refuse.Kind
		state LetterState
	}{
		{"held", []func(*Store, guid.ID) error{hold}, 0, LetterHeld},
		{"held twice", []func(*Store, guid.ID) error{hold, hold}, 0, LetterHeld},
		{"held and released", []func(*Store, guid.ID) error{hold, release}, 0, LetterQueued},
		{"held and tried again", []func(*Store, guid.ID) error{hold, retry}, 0, LetterQueued},
		{"released while queued", []func(*Store, guid.ID) error{release}, refuse.Conflict, LetterQueued},
		{"cancelled", []func(*Store, guid.ID) error{cancel}, 0, LetterCancelled},
		{"held and cancelled", []func(*Store, guid.ID) error{hold, cancel}, 0, LetterCancelled},
		{"cancelled twice", []func(*Store, guid.ID) error{cancel, cancel}, refuse.Conflict, LetterCancelled},
		{"held after it was cancelled", []func(*Store, guid.ID) error{cancel, hold}, refuse.Conflict, LetterCancelled},
		{"held while it is tried", []func(*Store, guid.ID) error{take, hold}, refuse.Conflict, LetterQueued},
		{"cancelled while it is tried, and not sent", []func(*Store, guid.ID) error{take, cancel}, 0, LetterCancelled},
		{"cancelled while it is tried, and sent", []func(*Store, guid.ID) error{take, cancel, deliver}, 0, LetterSent},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openTest(t)
			letter, err := s.OweTest(ctx, "jan@example.com", "nl")
			must(t, err)
			for i, act := range test.acts {
				if err = act(s, letter.ID); i < len(test.acts)-1 {
					must(t, err)
				}
			}
			wantKind(t, err, test.last)
			if now, err := s.Letter(letter.ID); err != nil || now.State != test.state || now.Kind != LetterTest {
				t.Errorf("%+v, %v", now, err)
			}
		})
	}
}

func take(s *Store, _ guid.ID) error { _, _, err := s.ClaimLetters(ctx, 1); return err }

func deliver(s *Store, id guid.ID) error {
	_, err := s.RecordAttempts(ctx, []Outcome{{id, Attempt{Class: AttemptSent}}})
	return err
}

// TestQueueStats holds how the queue is summed up.
func TestQueueStats(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	if stats, err := s.QueueStats(); err != nil || !stats.Oldest.IsZero() {
		t.Errorf("%+v, %v", stats, err)
	}
	first := c.Now()
	for range 3 {
		_, err := s.OweTest(ctx, "jan@example.com", "nl")
		must(t, err)
		c.Advance(time.Minute)
	}
	claimed := claim(t, s, 3)
	if stats, err := s.QueueStats(); err != nil || !stats.Oldest.Equal(first) {
		t.Errorf("with all of them in hand: %+v, %v", stats, err)
	}
	record(t, s, claimed[0], AttemptTemporary)
	must(t, s.ReleaseLetters(ctx, []guid.ID{claimed[1].ID, claimed[2].ID}))
	stats, err := s.QueueStats()
	if err != nil || !stats.Oldest.Equal(first.Add(time.Minute)) || stats.Counts[LetterQueued] != 3 {
		t.Errorf("%+v, %v", stats, err)
	}
}

// TestUnknownMailbox holds that a code of a missing mailbox beside words about the sender says nothing of the mailbox.
func TestUnknownMailbox(t *testing.T) {
	for text, want := range map[string]bool{
		"no such user": true, "": true, "Sender address rejected: User unknown": false,
	} {
		attempt := Attempt{Class: AttemptPermanent, Code: 550, Enhanced: "5.1.1", Text: text}
		if attempt.unknownMailbox() != want {
			t.Errorf("550 5.1.1 %s: the mailbox is unknown: %v", text, !want)
		}
	}
}
