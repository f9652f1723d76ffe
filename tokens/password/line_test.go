package password

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// crowd is calls that wait in a line.
type crowd struct {
	t            *testing.T
	line         *line
	served, busy atomic.Int32
}

// wait has one more call wait, until the test ends or its turn comes, which it keeps.
func (c *crowd) wait(turn Turn) {
	go func() {
		switch _, err := c.line.take(c.t.Context(), turn); {
		case err == nil:
			c.served.Add(1)
		case errors.Is(err, ErrBusy):
			c.busy.Add(1)
		}
	}()
	synctest.Wait()
}

// refused reports whether a call is told at once that there are too many.
func (c *crowd) refused(turn Turn) bool {
	began := time.Now()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Millisecond)
	defer cancel()
	_, err := c.line.take(ctx, turn)
	return errors.Is(err, ErrBusy) && time.Now().Equal(began)
}

// TestLine: calls are served in their order, wait for so long and no longer, and leave nothing behind.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crowd{t: t, line: newLine(2, waitLongest)}
		giveOne, err := c.line.take(t.Context(), Turn{})
		check(t, err)
		giveOther, err := c.line.take(t.Context(), Turn{Client: "a"})
		check(t, err)

		cancelled, cancel := context.WithCancel(t.Context())
		var leaver error
		go func() { _, leaver = c.line.take(cancelled, Turn{}) }()
		synctest.Wait()
		var served []int
		for i := range 3 {
			go func() {
				give, err := c.line.take(t.Context(), Turn{Client: fmt.Sprint(i)})
				check(t, err)
				served = append(served, i)
				give()
			}()
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		if !errors.Is(leaver, context.Canceled) {
			t.Errorf("who left: %v", leaver)
		}
		giveOne()
		synctest.Wait()
		if fmt.Sprint(served) != "[0 1 2]" {
			t.Errorf("served: %v", served)
		}
		again, err := c.line.take(t.Context(), Turn{})
		check(t, err)
		for i := range waitingMost {
			c.wait(Turn{Client: fmt.Sprint(i)})
		}
		if !c.refused(Turn{Client: "one more"}) {
			t.Error("with the line full, one more waits")
		}
		time.Sleep(waitLongest) // the bubble's time
		synctest.Wait()
		if c.busy.Load() != waitingMost || len(c.line.waiting) != 0 {
			t.Errorf("%d were told that it is busy; waiting: %v", c.busy.Load(), c.line.waiting)
		}
		again()
		giveOther()
		if _, err := c.line.take(cancelled, Turn{}); !errors.Is(err, context.Canceled) {
			t.Errorf("for somebody who has gone: %v", err)
		}
		if give, err := c.line.take(t.Context(), Turn{}); err != nil {
			t.Errorf("afterwards: %v", err)
		} else {
			give()
		}
	})
}

// TestLineKeepsOthersIn: one client's, one network's and everybody's flood leaves room for those outside it, and people
// who are known have a turn and a line of their own.
func TestLineKeepsOthersIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crowd{t: t, line: newLine(1, waitLongest)}
		_, err := c.line.take(t.Context(), Turn{})
		check(t, err)
		for range waitingOfClient {
			c.wait(Turn{Client: "192.0.2.1"})
		}
		if !c.refused(Turn{Client: "192.0.2.1"}) || c.refused(Turn{Client: "192.0.2.2"}) {
			t.Error("one client's flood is not refused, or keeps another out")
		}
		for i := range waitingOfNetwork {
			c.wait(Turn{Client: fmt.Sprint("2001:db8:0:", i), Network: "2001:db8::"})
		}
		if !c.refused(Turn{Client: "2001:db8:0:ffff", Network: "2001:db8::"}) ||
			c.refused(Turn{Client: "2001:db8:1:0", Network: "2001:db8:1::"}) {
			t.Error("one network's flood is not refused, or keeps another out")
		}
		for i := range waitingMost - waitingOfClient - waitingOfNetwork {
			c.wait(Turn{Client: fmt.Sprint("198.51.100.", i)})
		}
		if !c.refused(Turn{Client: "203.0.113.1"}) || !c.refused(Turn{}) {
			t.Error("the line has no end")
		}

		give, err := c.line.take(t.Context(), Turn{Person: "zoe"})
		check(t, err) // in the turn that is kept
		for range waitingOfPerson {
			c.wait(Turn{Person: "zoe"})
		}
		if !c.refused(Turn{Person: "zoe"}) || c.refused(Turn{Person: "emilie"}) {
			t.Error("one person's flood is not refused, or keeps another out")
		}
		served := c.served.Load()
		give()
		synctest.Wait()
		if c.served.Load() != served+1 {
			t.Error("nobody who is known got the turn that is kept for them")
		}
		time.Sleep(waitLongest)
	})
}
