package mail

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// No more than mostRefused logins are refused within refusedWithin, over all connections.
const (
	mostRefused   = 3
	refusedWithin = 15 * time.Minute
)

// TestWrongPassword: however many connections there are, no more than three logins are refused in any 15 minutes; no
// letter counts it, and all are there when the password is right.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Time
		s := smtptest.NewServer(nil)
		s.Script = func(phase string, n int) string {
			if phase != "auth" || time.Since(began) > 2*time.Hour {
				return ""
			}
			at = append(at, time.Now())
			return "535 5.7.8 wrong"
		}
		o := newHarness(t, 20)
		defer o.close()
		o.register(200)
		o.start(o.secured(s))
		synctest.Wait()
		if s.Count("dial") != 1 {
			t.Errorf("%d connections at start", s.Count("dial"))
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		for i := range at {
			if i >= mostRefused && at[i].Sub(at[i-mostRefused]) < refusedWithin {
				t.Errorf("four refusals from %s to %s", at[i-mostRefused], at[i])
			}
		}
		if len(at) < 20 || s.Count("dial") != len(at) {
			t.Errorf("%d logins refused on %d connections", len(at), s.Count("dial"))
		}
		if fault := o.courier.Status().Fault; fault.Phase != smtp.PhaseAuth || !strings.HasSuffix(fault.Text, "wrong") {
			t.Errorf("fault %+v", fault)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		o.eachOnce(s, 200)
		for _, letter := range must(o.store.Letters(store.LetterFilter{Limit: 1000})) {
			if letter.PutOff != 0 {
				t.Errorf("a letter was blamed: %+v", letter.Attempts)
			}
		}
	})
}

// TestLoginRefusals: what counts as a wrong password rests after three times, for 15 minutes; what does not is tried
// on.
func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	for answer, rests := range map[string]bool{
		"535 5.7.8 wrong": true, "535 wrong": true, "535 5.7.3 Authentication unsuccessful": true,
		"534 5.7.9 mechanism is too weak": true,
		"538 5.7.11 encrypt first":        true, "530 5.7.0 must STARTTLS": true, "525 5.7.13 disabled": true,
		"526 Authentication failure":                       true,
		"550 5.7.30 basic authentication is not supported": true, "550 Authentication failed (#5.7.1)": true,
		"550 no permission":                          true,
		"454 4.7.0 temporary authentication failure": false, "454 4.7.0 too many login attempts": false,
		"421 4.3.2 bye":                     false,
		"432 4.7.12 a transition is needed": false, "451 4.7.0 later": false, "450 later": false,
		"500 5.5.1 what": false, "502 5.5.1 no AUTH": false, "503 5.5.1 EHLO first": false,
		"504 5.5.4 no such mechanism": false,
		"521 no mail here":            false, "554 5.3.2 system not accepting messages": false,
		smtptest.Drop: false, smtptest.Stall: false, smtptest.Garbage: false, "334 YWdhaW4=": false,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, letters := smtptest.NewServer(smtptest.Times(5, "auth", answer)), rounds(10, 3)
				o := newHarness(t, 2)
				defer o.close()
				o.register(letters)
				o.start(o.secured(s))
				time.Sleep(14 * time.Minute)
				synctest.Wait()
				if sent := o.count(store.LetterSent); rests != (sent == 0) ||
					rests != (s.Count("auth") == mostRefused) {
					t.Errorf("%d sent after %d logins; log:\n%s", sent, s.Count("auth"), o.log)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				o.eachOnce(s, letters)
			})
		})
	}
}

// TestRestEnds: an operator who resumes sending, or whose check is let in, ends the rest after refused logins, and
// letters go out at once. A check that is refused does not end it.
func TestRestEnds(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*harness, *smtp.Smarthost) []smtp.Step{
		"resume": func(o *harness, _ *smtp.Smarthost) []smtp.Step {
			o.pause(true)
			o.pause(false)
			return nil
		},
		"resume in a hurry": func(o *harness, _ *smtp.Smarthost) []smtp.Step {
			for _, paused := range []bool{true, false} {
				if err := o.store.PauseSending(context.Background(), paused); err != nil {
					o.t.Error(err)
				}
			}
			return nil
		},
		"check": func(o *harness, h *smtp.Smarthost) []smtp.Step { return h.Check(o.t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(smtptest.Times(mostRefused+1, "auth", "535 5.7.8 wrong"))
				o := newHarness(t, 2)
				defer o.close()
				o.register(10)
				h := o.secured(s)
				o.start(h)
				time.Sleep(5 * time.Minute)
				if steps := h.Check(t.Context()); s.Count("auth") != mostRefused+1 || steps[len(steps)-1].Fault == "" {
					t.Errorf("%d logins; %+v", s.Count("auth"), steps)
				}
				synctest.Wait()
				if o.count(store.LetterSent) != 0 || s.Count("auth") != mostRefused+1 {
					t.Errorf("%d sent, %d logins while they rest", o.count(store.LetterSent), s.Count("auth"))
				}
				act(o, h)
				synctest.Wait()
				o.eachOnce(s, 10)
			})
		})
	}
}

// pause stops sending, or lets it go on, as the operator does.
func (o *harness) pause(paused bool) {
	o.t.Helper()
	if err := o.store.PauseSending(context.Background(), paused); err != nil {
		o.t.Fatal(err)
	}
	synctest.Wait()
}

// TestPasswordChanged: when a password that was right is refused, the many connections stay within the limit too.
func TestPasswordChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, refused := smtptest.NewServer(nil), 0
		began := time.Now()
		s.Script = func(phase string, n int) string {
			switch {
			case phase == "dot":
				return smtptest.Slowly // so that all connections are needed
			case phase == "auth" && time.Since(began) > time.Minute:
				refused++
				return "535 5.7.8 wrong"
			}
			return ""
		}
		o := newHarness(t, 20)
		defer o.close()
		o.register(100)
		o.start(o.secured(s))
		time.Sleep(2 * time.Minute)
		if open := s.Count("auth"); open != 20 {
			t.Errorf("%d connections", open)
		}
		o.register(100)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if refused != 3 {
			t.Errorf("%d logins refused", refused)
		}
	})
}
