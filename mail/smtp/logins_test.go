package smtp

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLogins: one login tries for all until one was taken; who waits gets its fault; one that was cut off speaks for
// nobody.
func TestLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, ctx := newLogins(), t.Context()
		wrong := &fault{phase: PhaseAuth, err: errAuthAborted, login: true}
		if l.begin(ctx) != nil {
			t.Fatal("the first does not begin")
		}
		got := make(chan *fault)
		wait := func() {
			go func() { got <- l.begin(ctx) }()
			synctest.Wait()
		}
		wait()
		l.end(&fault{phase: PhaseConnect, err: context.Canceled}, true)
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
		time.Sleep(refusedPause)
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
		if fail := l.begin(ctx); fail == nil ||
			!strings.HasPrefix(fail.attempt().Text, "refused logins of late: 3; the next is tried in 14m54s: ") {
			t.Errorf("barred: %+v", fail.attempt())
		}
		time.Sleep(refusedIn)
		if fail := l.begin(ctx); fail != nil {
			t.Errorf("after a quarter of an hour: %v", fail.err)
		}
	})
}
