package mail

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp/smtptest"
)

// TestCheckLogins: each check tries the login. One that is refused counts with the courier's, which rest then, and
// one that is let in ends their rest.
func TestCheckLogins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const refused = 10
		s := smtptest.NewServer(smtptest.Times(refused, "auth", "535 5.7.8 wrong"))
		o := newHarness(t, 2)
		defer o.close()
		h := o.secured(s)
		for i := range refused {
			steps := h.Check(t.Context())
			if last := steps[len(steps)-1]; last.Name != "AUTH" || last.Fault == "" || s.Count("auth") != i+1 {
				t.Errorf("check %d: %+v", i, steps)
			}
		}
		o.register(1)
		o.start(h)
		time.Sleep(refusedWithin / 2)
		if fault := o.courier.Status().Fault; s.Count("auth") != refused ||
			!strings.Contains(fault.Text, "the next is tried in ") {
			t.Errorf("%d logins; fault %+v", s.Count("auth"), fault)
		}
		steps := h.Check(t.Context())
		synctest.Wait()
		if len(steps) != 5 || s.Count("auth") != refused+2 { // the check's, and the courier's right after it
			t.Errorf("%+v after %d logins", steps, s.Count("auth"))
		}
		o.eachOnce(s, 1)
	})
}

// TestCheckEndsPause: letters go out at once after a check that found a smarthost well that was at fault.
func TestCheckEndsPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Times(9, "greet", "554 closed"))
		o := newHarness(t, 1)
		defer o.close()
		o.register(3)
		h := o.smarthost(s)
		o.start(h)
		time.Sleep(16 * time.Minute)
		synctest.Wait()
		if wait := time.Until(o.courier.Status().PausedUntil); wait < time.Minute || s.Count("greet") != 9 {
			t.Fatalf("paused for %s after %d tries", wait, s.Count("greet"))
		}
		h.Check(t.Context())
		synctest.Wait()
		o.eachOnce(s, 3)
	})
}
