package store

import (
	"errors"
	"testing"
)

func TestSignals(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	watch := s.Watch()
	must(t, submit(s, func(t tx) error {
		t.signalOwed()
		t.signalEvents()
		if len(s.Owed()) != 0 {
			return errors.New("woken before the commit")
		}
		return t.Delete(limitBucket, []byte("a"))
	}))
	<-watch
	if len(s.Owed()) != 1 || len(s.Resumed()) != 0 {
		t.Error("the wrong ones were told")
	}
	select {
	case <-s.Watch():
		t.Error("a new watch is closed without an event")
	default:
	}
	must(t, submit(s, func(t tx) error {
		t.signalResumed()
		return t.Delete(limitBucket, []byte("a"))
	}))
	if len(s.Resumed()) != 1 {
		t.Error("resumed, and nobody was told")
	}
}
