package web

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/store/limit"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(limit.Rate{Count: 2, Per: time.Hour}, []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
			time.Now)
		take := func(addr string, taken bool) {
			t.Helper()
			client := netip.MustParseAddr(addr)
			if wait := l.Take(client); (wait == 0) != taken {
				t.Errorf("%s waits %v", addr, wait)
			}
		}
		for range 5 {
			take("198.51.100.7", true) // exempt
		}
		take("192.0.2.1", true)
		take("192.0.2.1", true)
		take("192.0.2.1", false)
		take("192.0.2.2", true)
		take("2001:db8::1", true)
		take("2001:db8::2", true) // the same /64
		take("2001:db8::3", false)
		for i := range 18 { // the /48's ten times two, two of them used
			take(fmt.Sprintf("2001:db8:0:%x::1", i+1), true)
		}
		take("2001:db8:0:ff::1", false)
		take("2001:db8:1::1", true)
		time.Sleep(l.Take(netip.MustParseAddr("192.0.2.1")))
		take("192.0.2.1", true)
		if wait := l.Take(netip.Addr{}); wait != 0 {
			t.Error("a Unix socket waits")
		}
	})
}

// TestLimiterIsBounded: a flood of addresses neither grows it nor frees those who have used up their limit.
func TestLimiterIsBounded(t *testing.T) {
	l := NewLimiter(limit.Rate{Count: 3, Per: time.Hour}, nil, time.Now)
	l.most = 100
	busy := netip.MustParseAddr("192.0.2.1")
	for range 3 {
		l.Take(busy)
	}
	for i := range 5000 {
		l.Take(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if len(l.clients) > 100 || l.Take(busy) == 0 {
		t.Errorf("%d clients, and the busy one waits %v", len(l.clients), l.Take(busy))
	}
	if off := NewLimiter(limit.Rate{}, nil, time.Now); off.Take(busy) != 0 || len(off.clients) != 0 {
		t.Error("off limits")
	}
}

func TestLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "fr": "fr", "FR-be": "fr", "es, fr;q=0.2": "fr", "nl;q=0.5, fr;q=0.8": "fr", "nl, fr": "nl",
		"fr;q=0, nl;q=0.001": "nl",
		"nl_BE":              "nl", "fr_FR;q=0.4, nl_BE;q=0.5": "nl", "zh_Hans_CN, de_DE;q=0.1": "de",
		"nl-BE;q=0.8,fr": "fr",
		"*":              "en", "es, *;q=0.5, fr;q=0.4": "en", "fr ; q=0.9 , nl;Q=1.000": "nl", "french": "en",
		"fr;q=2, nl;q=0.1": "nl", "fr;q=0.1234, nl;q=0.1": "nl",
		"fr;level=1, nl;q=0.1": "nl", "fr;q=-1, nl;q=0.1": "nl", ",,;q=1,nl": "nl", "de-Latn-DE-1996": "de",
		"fr;q=1.001": "en", "fr;q=": "en",
	} {
		if got := Language(header, "en", "nl", "fr", "de"); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// TestLimiterTries: of calls at once, as many run as may still count, the others wait for them; those that come to
// something use nothing up.
func TestLimiterTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(limit.Rate{Count: 5, Per: time.Hour}, nil, time.Now)
		client := netip.MustParseAddr("192.0.2.1")
		var ran, most, underWay atomic.Int32
		atOnce := func(calls int, counts bool) {
			ran.Store(0)
			for range calls {
				go func() {
					_, _ = l.Try(t.Context(), client, func() bool {
						ran.Add(1)
						most.Store(max(most.Load(), underWay.Add(1)))
						time.Sleep(time.Millisecond)
						underWay.Add(-1)
						return counts
					})
				}()
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if atOnce(100, false); ran.Load() != 100 || most.Load() != 5 {
			t.Errorf("%d of 100 ran, %d at once", ran.Load(), most.Load())
		}
		if atOnce(100, true); ran.Load() != 5 {
			t.Errorf("%d ran that count, want 5", ran.Load())
		}
		if atOnce(100, false); ran.Load() != 0 {
			t.Errorf("%d ran over the limit", ran.Load())
		}
		if len(l.gates) != 0 {
			t.Errorf("%d gates are left of clients without calls", len(l.gates))
		}
	})
}

// TestLimiterTryEnds: a caller who goes waits no longer, and holds up nobody; other clients never wait for this one.
func TestLimiterTryEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(limit.Rate{Count: 1, Per: time.Hour}, nil, time.Now)
		var calls sync.WaitGroup
		began := time.Now()
		try := func(addr string, patience, takes, ends time.Duration, refused bool) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			ran := false
			wait, err := l.Try(ctx, netip.MustParseAddr(addr),
				func() bool { ran = true; time.Sleep(takes); return false })
			if wait != 0 || (err != nil) != refused || ran == refused || time.Since(began) != ends {
				t.Errorf("%s with %v of patience: wait %v, %v, ran %v, after %v", addr, patience, wait, err, ran,
					time.Since(began))
			}
		}
		calls.Go(func() { try("192.0.2.1", time.Hour, time.Minute, time.Minute, false) })
		synctest.Wait()
		calls.Go(func() { try("192.0.2.1", time.Second, 0, time.Second, true) })
		calls.Go(func() { try("192.0.2.1", time.Hour, time.Second, time.Minute+time.Second, false) })
		try("192.0.2.2", time.Hour, 0, 0, false)
		calls.Wait()
		if len(l.gates) != 0 {
			t.Errorf("%d gates are left", len(l.gates))
		}
	})
}
