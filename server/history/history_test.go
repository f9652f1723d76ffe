package history

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
	"postern/store/series"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string, o store.Options) *store.Store {
	t.Helper()
	o.Random = rand.Reader
	s, err := store.Open(dir, o)
	check(t, err)
	return s
}

func register(t testing.TB, s *store.Store, email string) {
	t.Helper()
	_, err := s.RegisterUser(t.Context(), store.Registration{Email: email, FirstName: "Jan", LastName: "Peeters",
		OrganisationName: "S", Language: "en"})
	check(t, err)
}

func sum(h *History, ctx context.Context) (all series.Slot) {
	for _, slot := range h.Between(ctx, time.Time{}, time.Now().Add(time.Hour)) {
		all.Add(slot)
	}
	return all
}

// TestHistory counts what the feed tells and what is measured, and goes on after a crash and a start where it stood:
// what was counted and not stored is counted again, and nothing twice.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var h *History
		s := open(t, dir, store.Options{Committed: func(took time.Duration, _ int) { h.Committed(took) }})
		h = New(Options{Store: s, Log: zerolog.New(t.Output()), Now: time.Now})
		register(t, s, "before@example.com") // the first start with a history
		run := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- h.Run(ctx) }()
			return func() { cancel(); check(t, <-ended) }
		}
		stop := run()
		register(t, s, "one@example.com")
		time.Sleep(61 * time.Second)
		h.Attempted(store.LetterActivate, store.Attempt{Class: store.AttemptSent, Took: store.Span(time.Second)}, "", 0)
		h.Attempted(store.LetterActivate, store.Attempt{Class: store.AttemptTemporary}, "", 0)
		h.Paused(true)
		register(t, s, "two@example.com")
		got := sum(h, t.Context())
		if got.Users != 3 || got.Queue != 2 || got.Seen != 7 || got.Commit.Count() < 2 {
			t.Errorf("%+v", got)
		}
		crashed := filepath.Join(t.TempDir(), "postern.db")
		check(t, s.Copy(crashed)) // as a crash would leave it
		stop()
		if got := sum(h, t.Context()); got.Mail.Count() != 1 || got.Queue != 3 {
			t.Errorf("at the end: %+v", got)
		}
		check(t, s.Close())

		s = open(t, filepath.Dir(crashed), store.Options{})
		h = New(Options{Store: s, Log: zerolog.New(t.Output()), Now: time.Now})
		if got := sum(h, t.Context()); got.Users != 3 || got.Seen != 7 {
			t.Errorf("after a crash: %+v", got)
		}
		check(t, s.Close())

		s = open(t, dir, store.Options{})
		h = New(Options{Store: s, Log: zerolog.New(t.Output()), Now: time.Now})
		if got := sum(h, t.Context()); got.Users != 3 || got.Seen != 8 || got.Mail.Count() != 1 {
			t.Errorf("after a start: %+v", got)
		}
		time.Sleep(series.Kept + time.Hour)
		stop = run()
		time.Sleep(2 * time.Minute)
		stop()
		if _, kept, err := s.Counted(); err != nil || len(kept) != 1 {
			t.Errorf("a month later: %+v, %v", kept, err)
		}
		check(t, s.Close())
		h.keep(t.Context()) // fails, is logged, and keeps what there is
		if got := sum(h, t.Context()); got.Seen == 0 {
			t.Errorf("%+v", got)
		}
	})
}
