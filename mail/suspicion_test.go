package mail

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
)

// turnAway is a smarthost that says 421 to whoever is of one domain.
func turnAway(phase string, n int) string {
	if strings.HasPrefix(phase, "to stranger") {
		return "421 4.3.0 not this one"
	}
	return ""
}

// TestTurnedAway: recipients who get a 421 each delay others once, for moments; as soon as others have gone through it is their
// letters' own trouble, however many they are.
func TestTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSink(turnAway)
		o := openOffice(t, 2)
		defer o.close()
		o.start(o.smarthost(s))
		for i := range rounds(40, 12) {
			o.strangers(100*i, 1+i/2)
			time.Sleep(3 * time.Second)
			owed, user := time.Now(), o.register(1)[0]
			for synctest.Wait(); o.letter(user).State != store.LetterSent; synctest.Wait() {
				time.Sleep(time.Second)
			}
			if took := time.Since(owed); took > talkingPause || i > 0 && took > 0 {
				t.Errorf("after %d strangers, a letter took %s", 1+i/2, took)
			}
			time.Sleep(time.Duration(i) * 10 * time.Second) // strangers' next tries as well
		}
		if failed := o.count(store.LetterFailed); failed != 0 || !o.courier.Status().PausedUntil.IsZero() {
			t.Errorf("%d failed; %+v", failed, o.courier.Status())
		}
	})
}

// strangers owes letters to people whom the smarthost turns away.
func (o *office) strangers(from, n int) {
	o.t.Helper()
	for i := range n {
		if _, err := o.store.RegisterUser(o.t.Context(), store.Registration{Email: fmt.Sprintf("stranger%d@x.example", from+i),
			FirstName: "A", LastName: "B", OrganisationName: "C", Language: "en"}); err != nil {
			o.t.Fatal(err)
		}
	}
}

// TestAllTurnedAway: a smarthost that says 421 to everybody is at fault, before and after it was known to say it of single
// letters; nobody's letter fails, and all arrive.
func TestAllTurnedAway(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false}[:rounds(2, 1)] {
		synctest.Test(t, func(t *testing.T) {
			s, down := newSink(nil), new(atomic.Bool)
			s.script = func(phase string, n int) string {
				if phase == "rcpt" && down.Load() {
					return "421 4.3.2 overloaded"
				}
				return turnAway(phase, n)
			}
			o := openOffice(t, 1)
			defer o.close()
			o.start(o.smarthost(s))
			if known {
				o.strangers(0, 1)
				time.Sleep(time.Second)
				o.register(1)
				time.Sleep(time.Minute)
			}
			down.Store(true)
			began := s.count("rcpt")
			o.register(30)
			time.Sleep(2 * time.Hour)
			if n := s.count("rcpt") - began; n < 300 || n > 2*60*3+30*5 { // once in 20 s, but where it is known as single letters' trouble at first
				t.Errorf("known %t: %d letters tried in two hours", known, n)
			}
			for _, letter := range must(o.store.Letters(store.LetterFilter{State: store.LetterQueued})) {
				if most := map[bool]int{true: 5}[known]; letter.Tries > most && strings.HasPrefix(letter.To, "driver") {
					t.Errorf("known %t: a letter was blamed %d times", known, letter.Tries)
				}
			}
			down.Store(false)
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if failed := o.count(store.LetterFailed); failed != 0 || o.count(store.LetterSent) < 30 {
				t.Errorf("known %t: %d sent, %d failed; log:\n%s", known, o.count(store.LetterSent), failed, o.log)
			}
		})
	}
}

// TestSizeBelowAll: a smarthost that names a SIZE below any letter's pauses sending, and fails nothing.
func TestSizeBelowAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSink(nil)
		s.extensions = []string{"SIZE 1000"}
		o := openOffice(t, 2)
		defer o.close()
		o.register(5)
		o.start(o.smarthost(s))
		time.Sleep(time.Hour)
		synctest.Wait()
		if o.count(store.LetterQueued) != 5 || o.courier.Status().Fault.Phase != phaseSize || s.count("mail") != 0 {
			t.Errorf("%d queued, fault %+v", o.count(store.LetterQueued), o.courier.Status().Fault)
		}
		s.offer()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		o.eachOnce(s, 5)
	})
}

// TestSenderRefused: a sender that may not send is the smarthost's fault in all the ways in which they say so, and no letter
// fails for it; three recipients must be different.
func TestSenderRefused(t *testing.T) {
	for _, tt := range []struct{ phase, answer string }{
		{"mail", "530 5.7.57 client was not authenticated"}, {"mail", "550 5.7.1 not your address"}, {"mail", "553 sender rejected"},
		{"dot", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException"}, {"dot", "550 5.7.60 SMTP; not your address"},
		{"rcpt", "550 5.7.1 relaying denied"}, {"rcpt", "554 5.7.1 access denied"},
	} {
		t.Run(tt.phase+" "+tt.answer, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSink(times(9, tt.phase, tt.answer))
				o := openOffice(t, 2)
				defer o.close()
				o.register(20)
				o.start(o.smarthost(s))
				time.Sleep(time.Hour)
				synctest.Wait()
				o.eachOnce(s, 20)
			})
		})
	}
	s, to := newSuspicion(), store.Letter{To: "one@x.example"}
	for range 5 {
		to.ID[0]++
		refused := store.Attempt{Class: store.AttemptPermanent, Phase: phaseDot, Code: 554}
		if a, again := s.judge(to, refused); a.Class != store.AttemptPermanent || again != nil {
			t.Errorf("one recipient's letters were taken for three's: %+v", a)
		}
	}
}
