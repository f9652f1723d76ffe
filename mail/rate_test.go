package mail

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp/smtptest"
	"postern/store"
)

// TestRate: evenly spread, no more in any minute, at the full rate where there is enough to send, and a letter alone at
// once.
func TestRate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		most, connections int
		answer            func(phase string, n int) string
	}{
		"30":                 {30, 2, nil},
		"1":                  {1, 2, nil},
		"600, 20 at a time":  {600, 20, nil},
		"7, slow":            {7, 3, smtptest.Times(1e6, "dot", smtptest.Slowly)},
		"30, all put off":    {30, 2, smtptest.Times(60, "rcpt", "450 4.2.0 later")},
		"30, some break off": {30, 2, smtptest.Times(7, "greet", smtptest.Drop)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var at []time.Time
				s := smtptest.NewServer(nil)
				s.Script = func(phase string, n int) string {
					if phase == "mail" {
						at = append(at, time.Now())
					}
					if tt.answer == nil {
						return ""
					}
					return tt.answer(phase, n)
				}
				o := newHarness(t, tt.connections)
				defer o.close()
				o.options.PerMinute = tt.most
				letters := min(3*tt.most, 100)
				o.register(letters)
				o.start(o.smarthost(s))
				time.Sleep(2*time.Hour - time.Minute)
				synctest.Wait()
				o.eachOnce(s, letters)
				for i := range at {
					if i >= tt.most && at[i].Sub(at[i-tt.most]) < time.Minute {
						t.Errorf("letters %d and %d within %s", i-tt.most, i, at[i].Sub(at[i-tt.most]))
					}
				}
				if took := at[letters-1].Sub(at[0]); tt.answer == nil &&
					took > time.Duration(letters)*time.Minute/time.Duration(tt.most)+time.Second {
					t.Errorf("%d letters took %s", letters, took)
				}
				owed := time.Now()
				o.register(1)
				synctest.Wait()
				if n := len(at); at[n-1] != owed || o.courier.Status().Fault.Code != 0 {
					t.Errorf("a letter after a long rest was offered %s after it was owed", at[n-1].Sub(owed))
				}
				for _, letter := range must(o.store.Letters(store.LetterFilter{Limit: 1000})) {
					for _, a := range letter.Attempts {
						if tt.answer == nil && a.Class != store.AttemptSent {
							t.Errorf("waiting was held to be a fault: %+v", a)
						}
					}
				}
			})
		})
	}
}

// TestRateRefund: what never reached MAIL uses up nothing; what is with workers counts for as long as it is.
func TestRateRefund(t *testing.T) {
	t.Parallel()
	r, now := newRate(4), time.Unix(0, 0)
	for i, step := range []struct {
		pass  time.Duration
		back  bool // one comes back, of which MAIL was said
		empty bool // one comes back that was not said
		wait  time.Duration
	}{
		{0, false, false, 0}, {0, false, true, 0}, {15 * time.Second, true, false, 0},
		{0, false, false, 15 * time.Second},
		{15 * time.Second, false, false, 0}, {15 * time.Second, false, false, 0},
		{15 * time.Second, false, false, 15 * time.Second},
		{15 * time.Second, false, false, 0}, {30 * time.Second, false, false, 15 * time.Second},
	} {
		now = now.Add(step.pass)
		if step.back || step.empty {
			r.ended(now, step.back)
		}
		got := r.wait(now)
		if got != step.wait {
			t.Fatalf("step %d: wait %s, want %s; %+v", i, got, step.wait, r)
		}
		if got == 0 {
			r.dispatched(now)
		}
	}
	if newRate(0).wait(now) != 0 || newRate(0).ahead() < mostAhead || newRate(60).ahead() != 5 {
		t.Error("no limit is one")
	}
}
