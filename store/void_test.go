package store

import (
	"strings"
	"testing"
	"time"
)

// refuse has the next due letter refused as one to a mailbox that is not there, or with another code.
func refuse(t testing.TB, s *Store, enhanced string) Letter {
	t.Helper()
	letter := claim(t, s, 1)[0]
	done, err := s.RecordAttempts(ctx, []Outcome{{letter.ID, Attempt{At: s.options.Now(), Class: AttemptPermanent, Phase: "rcpt",
		Code: 550, Enhanced: enhanced, Text: "no such user here"}}})
	must(t, err)
	return done[0]
}

// TestVoidAddress holds that nothing more is written to a mailbox that is not there, and what ends that.
func TestVoidAddress(t *testing.T) {
	const jan = "jan@example.com"
	signIn := func(s *Store) error { _, err := s.SignInUser(ctx, SignIn{Email: jan}); return err }
	for _, test := range []struct {
		name  string
		after func(*testing.T, *Store, *clock, Letter)
		void  bool
	}{
		{"refused", func(*testing.T, *Store, *clock, Letter) {}, true},
		{"a month later", func(_ *testing.T, _ *Store, c *clock, _ Letter) { c.Advance(voidFor) }, false},
		{"the operator has it tried again", func(t *testing.T, s *Store, _ *clock, l Letter) {
			_, err := s.RetryLetter(ctx, l.ID)
			must(t, err)
		}, false},
		{"registered anew", func(t *testing.T, s *Store, _ *clock, _ Letter) {
			user, err := s.UserByEmail(jan)
			must(t, err)
			must(t, s.EraseUser(ctx, user.ID))
			register(t, s, jan)
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock()
			s := openTest(t, at(c))
			register(t, s, jan)
			failed := refuse(t, s, "5.1.1")
			c.Advance(2 * time.Minute)
			test.after(t, s, c, failed)
			err := signIn(s)
			if IsKind(err, Forbidden) != test.void || test.void && !strings.Contains(err.Error(), "no such user here") || !test.void && err != nil {
				t.Errorf("signing in: %v", err)
			}
		})
	}
	t.Run("another refusal", func(t *testing.T) {
		c := newClock()
		s := openTest(t, at(c))
		register(t, s, jan)
		refuse(t, s, "5.7.1")
		c.Advance(2 * time.Minute)
		must(t, signIn(s))
	})
	t.Run("bikers", func(t *testing.T) {
		s := openTest(t)
		addPartner(t, s, "Acme")
		biker := created(t, s, "Acme", jan)
		refuse(t, s, "5.1.1")
		again := post(t, s, "Acme", candidate(jan))
		if got := told(again); got != "existing warned" || !strings.Contains(again[0].Warnings[0], "no such user here") {
			t.Errorf("posted again: %+v", again)
		}
		if got := told(post(t, s, "Acme", bad(jan, "Language"))); got != "failed warned" {
			t.Errorf("failing: %s", got)
		}
		must(t, s.ForgotPassword(ctx, jan))
		if letters, err := s.LettersTo(biker.ID, 10); err != nil || len(letters) != 1 {
			t.Errorf("%d letters, %v", len(letters), err)
		}
		must(t, s.EraseBiker(ctx, jan))
		if got := told(post(t, s, "Acme", candidate(jan))); got != "created letter" {
			t.Errorf("registered anew: %s", got)
		}
	})
}

// TestOperatorsLetters holds what the operator may do with a letter in each state.
func TestOperatorsLetters(t *testing.T) {
	hold := func(s *Store, id ID) error { _, err := s.HoldLetter(ctx, id); return err }
	cancel := func(s *Store, id ID) error { _, err := s.CancelLetter(ctx, id); return err }
	release := func(s *Store, id ID) error { _, err := s.ReleaseLetter(ctx, id); return err }
	retry := func(s *Store, id ID) error { _, err := s.RetryLetter(ctx, id); return err }
	for _, test := range []struct {
		name  string
		acts  []func(*Store, ID) error
		last  Kind
		state LetterState
	}{
		{"held", []func(*Store, ID) error{hold}, 0, LetterHeld},
		{"held twice", []func(*Store, ID) error{hold, hold}, 0, LetterHeld},
		{"held and released", []func(*Store, ID) error{hold, release}, 0, LetterQueued},
		{"held and tried again", []func(*Store, ID) error{hold, retry}, 0, LetterQueued},
		{"released while queued", []func(*Store, ID) error{release}, Conflict, LetterQueued},
		{"cancelled", []func(*Store, ID) error{cancel}, 0, LetterCancelled},
		{"held and cancelled", []func(*Store, ID) error{hold, cancel}, 0, LetterCancelled},
		{"cancelled twice", []func(*Store, ID) error{cancel, cancel}, Conflict, LetterCancelled},
		{"held after it was cancelled", []func(*Store, ID) error{cancel, hold}, Conflict, LetterCancelled},
		{"held while it is tried", []func(*Store, ID) error{take, hold}, Conflict, LetterQueued},
		{"cancelled while it is tried, and not sent", []func(*Store, ID) error{take, cancel}, 0, LetterCancelled},
		{"cancelled while it is tried, and sent", []func(*Store, ID) error{take, cancel, deliver}, 0, LetterSent},
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

func take(s *Store, _ ID) error { _, _, err := s.ClaimLetters(ctx, 1); return err }

func deliver(s *Store, id ID) error {
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
	record(t, s, claimed[0], AttemptTemporary)
	must(t, s.ReleaseLetters(ctx, []ID{claimed[1].ID, claimed[2].ID}))
	stats, err := s.QueueStats()
	if err != nil || !stats.Oldest.Equal(first.Add(time.Minute)) || stats.Counts[LetterQueued] != 3 {
		t.Errorf("%+v, %v", stats, err)
	}
}
