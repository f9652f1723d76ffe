package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestPeopleCount holds that a quick count is always a fresh one, and that nobody waits for a slow one, of which there
// is one at a time and no more than a thousandth of the time goes into it.
func TestPeopleCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes, counted, fault := time.Duration(0), 0, error(nil)
		p := newPeopleCount(func(context.Context) (int, int, error) {
			counted++
			time.Sleep(takes)
			return counted, 0, fault
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.run(ctx) }()
		synctest.Wait()
		for want := 2; want <= 4; want++ {
			if got, _ := p.get(); got != want {
				t.Errorf("counted %d times, not %d", got, want)
			}
		}
		takes = 100 * time.Millisecond
		if got, _ := p.get(); got != 5 {
			t.Errorf("the first slow count is %d", got)
		}
		began := time.Now()
		for range 1000 {
			p.get()
			time.Sleep(time.Second)
		}
		if spent := time.Duration(counted-5) * takes; counted < 10 || spent > time.Since(began)/countShare+takes {
			t.Errorf("%d counts in %s", counted-5, time.Since(began))
		}
		if waited := time.Since(began) - 1000*time.Second; waited != 0 {
			t.Errorf("somebody waited %s for a count", waited)
		}
		before, _ := p.get()
		fault = errors.New("broken")
		for range 200 {
			time.Sleep(time.Second)
			p.get()
		}
		if after, _ := p.get(); after != before && after != before+1 {
			t.Errorf("a count that failed says %d", after)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
