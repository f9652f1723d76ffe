package mail

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/guid"
)

// TestSmarthostDown: registrations go on, nothing fails, and each letter arrives once when the smarthost is back.
func TestSmarthostDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := smtptest.NewServer(nil)
		s.Script = func(phase string, n int) string {
			if phase == "dial" && time.Since(began) < time.Minute {
				return smtptest.Drop
			}
			return ""
		}
		o := newHarness(t, 2)
		defer o.close()
		o.register(50)
		o.start(o.smarthost(s))
		time.Sleep(30 * time.Second)
		o.register(50)
		synctest.Wait()
		if dials := s.Count("dial"); dials != 4 && dials != 3 { // at 0 (one or both workers), 5 and 15 s
			t.Errorf("%d dials in 30 s", dials)
		}
		if until := o.courier.Status().PausedUntil; !until.After(time.Now()) || o.count(store.LetterQueued) != 100 {
			t.Errorf("paused until %s, %d queued", until, o.count(store.LetterQueued))
		}
		if claimed := o.inHand(); claimed != 0 {
			t.Errorf("%d letters are in hand during the pause", claimed)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		o.eachOnce(s, 100)
		if status := o.courier.Status(); !status.PausedUntil.IsZero() || status.Fault.Phase != smtp.PhaseConnect {
			t.Errorf("status %+v", status)
		}
		if letters, _ := o.store.Letters(store.LetterFilter{}); letters[99].PutOff != 0 ||
			len(letters[99].Attempts) > 2 {
			t.Errorf("the smarthost's faults count against the letter: %+v", letters[99])
		}
	})
}

// eachOnce wants all letters sent, and each of them arrived once.
func (o *harness) eachOnce(s *smtptest.Server, n int) {
	o.t.Helper()
	seen := make(map[string]bool)
	for _, a := range s.Arrivals() {
		if seen[a.ID] {
			o.t.Errorf("%s arrived twice", a.To)
		}
		seen[a.ID] = true
	}
	if len(seen) != n || o.count(store.LetterSent) != n {
		o.t.Errorf("%d of %d letters arrived, %d are sent; log:\n%s", len(seen), n, o.count(store.LetterSent), o.log)
	}
}

// TestBreaker: pauses double from 5 s to 5 min, one letter probes, and a success ends it.
func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		s := smtptest.NewServer(nil)
		s.Script = func(phase string, n int) string {
			if phase == "greet" {
				at = append(at, time.Now())
				if n <= 10 {
					return "554 closed"
				}
			}
			return ""
		}
		o := newHarness(t, 1)
		defer o.close()
		o.register(3)
		o.start(o.smarthost(s))
		time.Sleep(40 * time.Minute)
		synctest.Wait()
		for i, want := range []int{5, 10, 20, 40, 80, 160, 300, 300, 300, 300} {
			if got := at[i+1].Sub(at[i]).Round(time.Second); got != time.Duration(want)*time.Second {
				t.Errorf("pause %d was %s, want %d s", i, got, want)
			}
		}
		o.eachOnce(s, 3)
		if len(at) != 11 {
			t.Errorf("%d connections", len(at))
		}
	})
}

// TestResumeEndsPause: the operator who has mended the smarthost need not wait for the end of a long pause.
func TestResumeEndsPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Times(9, "greet", "554 closed"))
		o := newHarness(t, 1)
		defer o.close()
		o.register(3)
		o.start(o.smarthost(s))
		time.Sleep(16 * time.Minute)
		synctest.Wait()
		if wait := time.Until(o.courier.Status().PausedUntil); wait < time.Minute || s.Count("greet") != 9 {
			t.Fatalf("paused for %s after %d tries", wait, s.Count("greet"))
		}
		for _, paused := range []bool{true, false} {
			if err := o.store.PauseSending(context.Background(), paused); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		o.eachOnce(s, 3)
	})
}

// TestSameRefusals: three recipients refused alike are the smarthost's fault, and none of them is failed for it.
func TestSameRefusals(t *testing.T) {
	t.Parallel()
	for phase, answer := range map[string]string{
		"dot": "550 5.7.60 not your address", "rcpt": "550 5.7.1 relaying denied"} {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(smtptest.Times(5, phase, answer))
				o := newHarness(t, 1)
				defer o.close()
				o.register(6)
				o.start(o.smarthost(s))
				synctest.Wait()
				if failed := o.count(store.LetterFailed); failed != 0 || o.courier.Status().PausedUntil.IsZero() ||
					s.Count(phase) != 3 {
					t.Errorf("%d failed after %d refusals; log:\n%s", failed, s.Count(phase), o.log)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				o.eachOnce(s, 6)
			})
		})
	}
}

// TestOwnRefusals: letters that are refused alike because of what they are do not stop the others for ever, and fail in
// the end.
func TestOwnRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		o := newHarness(t, 1)
		defer o.close()
		o.register(3)
		bad := 0
		s.Script = func(phase string, n int) string {
			if phase == "dot" {
				bad++
				if n <= 3 || n > 5 && bad <= 8 { // the first three, and again when they come after the two others
					return "554 5.7.1 spam"
				}
			}
			return ""
		}
		o.start(o.smarthost(s))
		synctest.Wait()
		o.register(2)
		time.Sleep(time.Minute)
		synctest.Wait()
		if sent, failed := o.count(store.LetterSent), o.count(store.LetterFailed); sent != 2 || failed != 3 {
			t.Errorf("%d sent, %d failed; log:\n%s", sent, failed, o.log)
		}
	})
}

// TestPoison: a letter at which the smarthost always breaks down stops the others for moments alone, and is the
// letter's own trouble as soon as they have shown that the smarthost works.
func TestPoison(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Times(1e6, "to driver1@drivers.example", "421 4.3.0 out of memory"))
		o := newHarness(t, 1)
		defer o.close()
		poison := o.register(100)[0]
		o.start(o.smarthost(s))
		time.Sleep(time.Minute)
		synctest.Wait()
		if sent := o.count(store.LetterSent); sent != 99 {
			t.Errorf("%d sent; log:\n%s", sent, o.log)
		}
		if letter := o.letter(poison); letter.PutOff == 0 || letter.State != store.LetterQueued ||
			!o.courier.Status().PausedUntil.IsZero() {
			t.Errorf("%+v", letter)
		}
	})
}

// TestProbe: what the letter after a pause proves. An answer about a letter ends the pause; a connection that breaks
// makes the next one longer; a letter that never reached the smarthost proves nothing.
func TestProbe(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		attempt store.Attempt
		open    bool
		pause   time.Duration
	}{
		"sent":      {store.Attempt{Class: store.AttemptSent, Phase: smtp.PhaseDot, Code: 250}, false, 0},
		"refused":   {store.Attempt{Class: store.AttemptPermanent, Phase: smtp.PhaseRcpt, Code: 550}, false, 0},
		"broken":    {store.Attempt{Class: store.AttemptTemporary, Phase: smtp.PhaseData}, true, 2 * firstPause},
		"uncertain": {store.Attempt{Class: store.AttemptUncertain, Phase: smtp.PhaseDot}, true, 2 * firstPause},
		"overtaken": {store.Attempt{Class: store.AttemptOvertaken}, true, firstPause},
		"unfit":     {store.Attempt{Class: store.AttemptPermanent, Phase: phaseCompose}, true, firstPause},
	} {
		b, first, probe := newBreaker(), guid.ID{1}, guid.ID{2}
		if !b.trip(first, tt.attempt) || b.trip(probe, tt.attempt) || b.ready() { // the second was under way already
			t.Errorf("%s: %+v", name, b)
		}
		b.over = true
		b.dispatched(probe)
		if b.ready() || b.ended(first, tt.attempt) {
			t.Errorf("%s: %+v with the probe out", name, b)
		}
		b.ended(probe, tt.attempt)
		if b.open != tt.open || b.pause != tt.pause || !b.probe.IsZero() {
			t.Errorf("%s: %+v", name, b)
		}
		b.timer.Stop()
	}
}
