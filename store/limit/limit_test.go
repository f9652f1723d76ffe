package limit

import (
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"off": {}, "20/h": {20, time.Hour}, "5/m": {5, time.Minute}, "1/s": {1, time.Second},
		"20000/24h": {20000, 24 * time.Hour}, "3/90s": {3, 90 * time.Second}, "7/1h30m": {7, 90 * time.Minute},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", text, got, err, want)
		}
		if again, err := Parse(got.String()); err != nil || again != want {
			t.Errorf("%q is written as %q, read again as %v, %v", text, got.String(), again, err)
		}
	}
	for _, text := range []string{"", "20", "/h", "0/h", "-1/h", "20/", "20/x", "20/0s", "20/d", "x/h", "20/h/h",
		"9999999999999/h", "1/9999h", "OFF"} {
		if got, err := Parse(text); err == nil {
			t.Errorf("ParseRate(%q) = %v, want a fault", text, got)
		}
	}
}

// TestRateNeverMore asks as often as allowed for a while, in steps that do not fit the span, and counts each span back.
func TestRateNeverMore(t *testing.T) {
	for _, rate := range []Rate{{1, time.Minute}, {3, time.Hour}, {20, time.Hour}, {500, 24 * time.Hour}} {
		var window Window
		var taken []time.Time
		now := time.Date(2026, 3, 2, 8, 0, 59, 0, time.UTC)
		for end := now.Add(6 * rate.Per); now.Before(end); now = now.Add(rate.Per / 997) {
			next, wait := rate.Take(window, now)
			if wait > 0 {
				if free := now.Add(wait); rate.Wait(window, free) > 0 {
					t.Fatalf("%v: told to wait %v, and then had to wait %v more", rate, wait, rate.Wait(window, free))
				}
				if wait > rate.Per {
					t.Fatalf("%v: told to wait %v", rate, wait)
				}
				continue
			}
			window, taken = next, append(taken, now)
		}
		for i := rate.Count; i < len(taken); i++ {
			if span := taken[i].Sub(taken[i-rate.Count]); span < rate.Per {
				t.Errorf("%v: %d within %v", rate, rate.Count+1, span)
			}
		}
		if len(taken) < 5*rate.Count {
			t.Errorf("%v: only %d taken in six spans", rate, len(taken))
		}
	}
}

// TestRateWaitsNoLongerThanItsSpan uses a rate up at once: once its span is over all of it is free again.
func TestRateWaitsNoLongerThanItsSpan(t *testing.T) {
	for _, rate := range []Rate{{3, 2 * time.Second}, {3, time.Hour}, {3, 24 * time.Hour}} {
		now := time.Date(2026, 3, 2, 8, 0, 59, 0, time.UTC)
		var window Window
		for range rate.Count {
			window, _ = rate.Take(window, now)
		}
		if wait := rate.Wait(window, now); wait != rate.Per {
			t.Errorf("%v: waits %v", rate, wait)
		}
		if taken := rate.Taken(window, now.Add(rate.Per)); taken != 0 {
			t.Errorf("%v: after its span %d count", rate, taken)
		}
	}
}

// TestRateOfAnOldRecord reads a part of which only the beginning was noted: what was taken may be as late as its end.
func TestRateOfAnOldRecord(t *testing.T) {
	rate, begin := Rate{2, time.Hour}, time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	old := Window{Slots: []Slot{{Begin: begin, Taken: 2}}}
	if wait := rate.Wait(old, begin.Add(5*time.Minute)); wait != time.Hour {
		t.Errorf("waits %v", wait)
	}
}

func TestRateWhenTheClockGoesBack(t *testing.T) {
	rate := Rate{2, time.Hour}
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var window Window
	for range 2 {
		window, _ = rate.Take(window, now)
	}
	if _, wait := rate.Take(window, now.Add(-time.Minute)); wait == 0 {
		t.Error("a clock set back by a minute gave a third")
	}
	if _, wait := (Rate{}).Take(window, now); wait != 0 {
		t.Error("no limit refused")
	}
}

// TestRateOfAnotherSpan changes the setting over a window that is kept: neither is it forgotten, nor does it block for
// good.
func TestRateOfAnotherSpan(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 7, 0, 0, time.UTC)
	for _, before := range []Rate{{3, time.Hour}, {3, 24 * time.Hour}, {3, time.Minute}} {
		for _, after := range []Rate{{3, time.Hour}, {3, 24 * time.Hour}, {3, time.Minute}} {
			var window Window
			for range 3 {
				window, _ = before.Take(window, now)
			}
			wait := after.Wait(window, now)
			if wait > after.Per+after.Per/slots || wait == 0 && after.Per >= before.Per {
				t.Errorf("%v counted, then %v: waits %v", before, after, wait)
			}
		}
	}
	ahead, _ := Rate{1, time.Hour}.Take(Window{}, now.Add(10*365*24*time.Hour))
	if wait := (Rate{1, time.Hour}).Wait(ahead, now); wait != 0 {
		t.Errorf("a clock that was years ahead blocks for %v", wait)
	}
}
