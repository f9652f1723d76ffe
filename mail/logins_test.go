package mail

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
)

// TestWrongPassword: however many connections there are, and however often the operator says to go on, no more than three
// logins are refused in any 15 minutes; no letter counts it, and all are there when the password is right.
func TestWrongPassword(t *testing.T) {
	for name, refusal := range map[string]string{"535": "535 5.7.8 wrong", "454": "454 4.7.0 too many login attempts", "hung up": drop} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var at []time.Time
				s := newSink(nil)
				s.script = func(phase string, n int) string {
					if phase != "auth" || time.Since(began) > 2*time.Hour {
						return ""
					}
					at = append(at, time.Now())
					return refusal
				}
				o := openOffice(t, 20)
				defer o.close()
				o.register(200)
				o.start(o.secured(s))
				synctest.Wait()
				if s.count("dial") != 1 {
					t.Errorf("%d connections at start", s.count("dial"))
				}
				for range 60 { // two hours
					time.Sleep(2 * time.Minute)
					o.pause(true)
					o.pause(false)
				}
				for i := range at {
					if i >= 3 && at[i].Sub(at[i-3]) < 15*time.Minute {
						t.Errorf("four refusals from %s to %s", at[i-3], at[i])
					}
				}
				if len(at) < 20 || s.count("dial") != len(at) {
					t.Errorf("%d logins refused on %d connections", len(at), s.count("dial"))
				}
				if fault := o.courier.Status().Fault; fault.Phase != phaseAuth || refusal != drop && !strings.HasSuffix(fault.Text, refusal[10:]) {
					t.Errorf("fault %+v", fault)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				o.eachOnce(s, 200)
				for _, letter := range must(o.store.Letters(store.LetterFilter{Limit: 1000})) {
					if letter.Tries != 0 {
						t.Errorf("a letter was blamed: %+v", letter.Attempts)
					}
				}
			})
		})
	}
}

// pause stops sending, or lets it go on, as the operator does.
func (o *office) pause(paused bool) {
	o.t.Helper()
	if err := o.store.PauseSending(context.Background(), paused); err != nil {
		o.t.Fatal(err)
	}
	synctest.Wait()
}

// TestPasswordChanged: when a password that was right is refused, the many connections stay within the limit too.
func TestPasswordChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, refused := newSink(nil), 0
		began := time.Now()
		s.script = func(phase string, n int) string {
			switch {
			case phase == "dot":
				return slowly // so that all connections are needed
			case phase == "auth" && time.Since(began) > time.Minute:
				refused++
				return "535 5.7.8 wrong"
			}
			return ""
		}
		o := openOffice(t, 20)
		defer o.close()
		o.register(100)
		o.start(o.secured(s))
		time.Sleep(2 * time.Minute)
		if open := s.count("auth"); open != 20 {
			t.Errorf("%d connections", open)
		}
		o.register(100)
		time.Sleep(10 * time.Minute)
		if refused != 3 {
			t.Errorf("%d logins refused", refused)
		}
	})
}

// TestLogins: one login tries for all until one was taken; who waits gets its fault; one that was cut off speaks for nobody.
func TestLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, ctx := newLogins(), t.Context()
		wrong := &fault{phase: phaseAuth, err: errAuthAborted, login: true}
		if l.begin(ctx) != nil {
			t.Fatal("the first does not begin")
		}
		got := make(chan *fault)
		wait := func() {
			go func() { got <- l.begin(ctx) }()
			synctest.Wait()
		}
		wait()
		l.end(&fault{phase: phaseConnect, err: context.Canceled}, true)
		if fail := <-got; fail != nil {
			t.Errorf("after one that was cut off: %v", fail.err)
		}
		wait()
		l.end(wrong, false)
		if fail := <-got; fail != wrong {
			t.Errorf("after a refusal: %v", fail)
		}
		if fail := l.begin(ctx); fail == nil {
			t.Error("the next one tries at once")
		}
		time.Sleep(firstPause)
		l.begin(ctx)
		l.end(nil, false)
		for range refusedMost - 1 { // one was refused already
			if l.begin(ctx) != nil {
				t.Error("logins do not go side by side")
			}
		}
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if fail := l.begin(limited); fail == nil || fail.err != context.DeadlineExceeded {
			t.Errorf("a third beside them: %v", fail)
		}
		l.end(wrong, false)
		l.end(wrong, false)
		if fail := l.begin(ctx); fail == nil || !strings.HasPrefix(fail.attempt().Text, "refused logins of late: 3; the next is tried in 14m54s: ") {
			t.Errorf("barred: %+v", fail.attempt())
		}
		time.Sleep(refusedIn)
		if fail := l.begin(ctx); fail != nil {
			t.Errorf("after a quarter of an hour: %v", fail.err)
		}
	})
}
