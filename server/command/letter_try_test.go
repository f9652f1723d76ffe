package command

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/server/operator"
	"postern/server/web"
	"postern/store"
)

// waiter is a command that waits for a test letter, on a store whose letters the test sends itself.
type waiter struct {
	store    *store.Store
	call     *call
	out, err bytes.Buffer // to be read while the command waits, or after it
	done     chan error
}

func newWaiter(t *testing.T, ctx context.Context) *waiter {
	t.Helper()
	dir := t.TempDir()
	kept, err := store.Open(dir,
		store.Options{MailDomain: "kaai9.example", Rules: store.Rules{GiveUpAfter: 72 * time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	acts, err := operator.New(operator.Options{Store: kept, Dir: dir, Draining: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.New(t.Output()), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	w := &waiter{store: kept, done: make(chan error, 1)}
	w.call = &call{Process: Process{Out: &w.out, Err: &w.err}, asker: asker{ctx: ctx, session: &session{
		RoundTripper: inProcess{middleware.Handler(web.ForAnybody, acts.Routes())}, running: true, end: kept.Close,
	}}}
	go func() {
		w.done <- w.call.testLetter(operator.TestLetter{Email: "jan@example.org"}, true, false)
	}()
	time.Sleep(time.Second) // the store gathers writes for a moment
	synctest.Wait()
	return w
}

// try does what the courier does with what is due.
func (w *waiter) try(t *testing.T, attempt store.Attempt) {
	t.Helper()
	due, _, err := w.store.ClaimLetters(context.Background(), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d letters are due, %v; so far:\n%s%s", len(due), err, &w.out, &w.err)
	}
	attempt.At = time.Now()
	if _, err := w.store.RecordAttempts(context.Background(),
		[]store.Outcome{{Letter: due[0].ID, Attempt: attempt}}); err != nil {
		t.Fatal(err)
	}
}

// end returns the command's error, and closes the store.
func (w *waiter) end(t *testing.T) error {
	t.Helper()
	err := <-w.done
	if err := w.call.close(); err != nil {
		t.Error(err)
	}
	return err
}

// TestAwait: each try that comes to nothing is told once, and the letter when it is sent.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWaiter(t, t.Context())
		for range 2 {
			w.try(t, store.Attempt{Class: store.AttemptTemporary, Phase: "rcpt", Code: 450, Text: "come\nback"})
			time.Sleep(4 * time.Minute)
			synctest.Wait()
		}
		if told := w.err.String(); strings.Count(told, "not yet: rcpt: come back; next try: 20") != 2 ||
			strings.Count(told, "\n") != 2 {
			t.Errorf("told: %q", told)
		}
		w.try(t, store.Attempt{Class: store.AttemptSent, Phase: "dot", Code: 250, Text: "queued as 4bX1"})
		if err := w.end(t); err != nil {
			t.Error(err)
		}
		for _, want := range []string{"owed: ", "state       sent\n", "waited      ", "  450  ",
			"  4bX1      queued as 4bX1\n"} {
			if !strings.Contains(w.out.String(), want) {
				t.Errorf("no %q in:\n%s", want, &w.out)
			}
		}
	})
}

// TestAwaitEnds: what ends the waiting beside sending.
func TestAwaitEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		act  func(t *testing.T, w *waiter, stop func())
		want string
	}{
		"refused": {func(t *testing.T, w *waiter, _ func()) {
			w.try(t, store.Attempt{Class: store.AttemptPermanent, Phase: "rcpt", Code: 550, Text: "no"})
		}, "the letter has failed: rcpt: 550 no"},
		"paused": {func(t *testing.T, w *waiter, _ func()) {
			if err := w.store.PauseSending(context.Background(), true); err != nil {
				t.Error(err)
			}
		}, "sending is paused, so the letter waits"},
		"stopped": {func(_ *testing.T, _ *waiter, stop func()) { stop() }, "stays queued"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			w := newWaiter(t, ctx)
			tt.act(t, w, stop)
			if err := w.end(t); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", name, err, tt.want)
			}
			stop()
		})
	}
}
