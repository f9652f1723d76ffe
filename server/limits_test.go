package server

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
)

// TestLimitWatch holds that the log has one line an hour and limit, however much goes over it, and that all is counted.
func TestLimitWatch(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	began := now
	w := newLimitWatch(zerolog.New(&log), func() time.Time { return now })
	for range 150 { // two and a half hours
		w.note(store.StrangerLetters, store.Refused)
		w.note(store.StrangerLetters, store.Withheld)
		now = now.Add(time.Minute)
	}
	w.note("register", store.Refused)
	if lines := strings.Count(log.String(), "\n"); lines != 4 {
		t.Errorf("%d lines:\n%s", lines, log.String())
	}
	if list := w.inForce(); len(list) != 2 || list[1].Limit != store.StrangerLetters || !list[1].Since.Equal(began) {
		t.Errorf("in force: %+v", list)
	}
	now = now.Add(limitQuiet)
	if list := w.inForce(); len(list) != 0 {
		t.Errorf("still in force: %+v", list)
	}
	w.note(store.StrangerLetters, store.Held)
	if list := w.inForce(); len(list) != 1 || !list[0].Since.Equal(now) || !list[0].Last.Equal(now) {
		t.Errorf("in force again: %+v", list)
	}
	counted := ""
	w.each(func(limit, outcome string, count uint64) { counted += fmt.Sprintf("%s %s %d; ", limit, outcome, count) })
	want := "register refused 1; stranger_letters held 1; stranger_letters refused 150; stranger_letters withheld 150; "
	if counted != want {
		t.Errorf("counted: %s", counted)
	}
	for limit := range w.limits {
		if limitWords[limit] == "" {
			t.Errorf("nothing is said of %s", limit)
		}
	}
}
