package web

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowdown: three failures are free, then each try waits longer; what was none counts for nothing; and a failure
// is forgotten every half hour.
func TestSlowdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlowdown(3, nil, time.Now)
		try := func(addr string, failed bool, want time.Duration) {
			t.Helper()
			ended, wait, err := s.Begin(t.Context(), netip.MustParseAddr(addr))
			if wait == 0 {
				ended(failed)
			}
			if wait != want || err != nil {
				t.Errorf("%s waits %v (%v), want %v", addr, wait, err, want)
			}
		}
		for range 9 {
			try("192.0.2.100", false, 0)
		}
		for range 3 {
			try("192.0.2.1", true, 0)
			try("2001:db8::1", true, 0)
		}
		try("2001:db8::2", true, time.Second) // the same /64
		try("2001:db8:0:1::1", true, 0)
		for _, delay := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			try("192.0.2.1", true, delay)
			try("192.0.2.1", true, delay) // too soon, so it did not count
			time.Sleep(delay)
			try("192.0.2.1", false, 0) // nor did that
			try("192.0.2.1", true, 0)
		}
		for range 10 {
			_, wait, _ := s.Begin(t.Context(), netip.MustParseAddr("192.0.2.1"))
			time.Sleep(wait)
			try("192.0.2.1", true, 0)
		}
		if _, wait, _ := s.Begin(t.Context(), netip.MustParseAddr("192.0.2.1")); wait < 15*time.Minute ||
			wait > time.Hour {
			t.Errorf("after many failures it waits %v", wait)
		}
		time.Sleep(24 * time.Hour)
		for range 3 {
			try("192.0.2.1", true, 0)
		}
		try("192.0.2.1", true, time.Second)
	})
}

// TestSlowdownAtOnce: of many tries at once only as many as are free run, the others wait for them; right ones let
// everybody in, wrong ones refuse the rest.
func TestSlowdownAtOnce(t *testing.T) {
	for _, failed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := NewSlowdown(5, nil, time.Now)
			var running, most, ran, refused atomic.Int32
			for range 40 {
				go func() {
					ended, wait, err := s.Begin(t.Context(), netip.MustParseAddr("192.0.2.1"))
					if err != nil || wait > 0 {
						refused.Add(1)
						return
					}
					most.Store(max(most.Load(), running.Add(1)))
					time.Sleep(10 * time.Millisecond)
					ran.Add(1)
					running.Add(-1)
					ended(failed)
				}()
			}
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			want := map[bool]int32{false: 40, true: 5}[failed]
			if most.Load() != 5 || ran.Load() != want || ran.Load()+refused.Load() != 40 || len(s.gates) != 0 {
				t.Errorf("failed %v: %d at once, %d ran, %d refused", failed, most.Load(), ran.Load(), refused.Load())
			}
			stuck, _, _ := s.Begin(t.Context(), netip.MustParseAddr("192.0.2.9"))
			defer stuck(false)
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			for range 4 {
				ended, _, _ := s.Begin(t.Context(), netip.MustParseAddr("192.0.2.9"))
				defer ended(false)
			}
			if _, _, err := s.Begin(gone, netip.MustParseAddr("192.0.2.9")); err == nil {
				t.Error("who has gone waits")
			}
		})
	}
}

// TestSlowdownOfNetworks: who commands a whole IPv6 /48 has ten times the failures of a client, however many addresses
// they come from, and is forgotten ten times as fast; others go on.
func TestSlowdownOfNetworks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlowdown(3,
			[]netip.Prefix{netip.MustParsePrefix("2001:db8:9::/48"), netip.MustParsePrefix("192.0.2.9/32")}, time.Now)
		fail := func(format string, i int) time.Duration {
			t.Helper()
			ended, wait, err := s.Begin(t.Context(), netip.MustParseAddr(fmt.Sprintf(format, i)))
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				ended(true)
			}
			return wait
		}
		const flood = "2001:db8:1:%x::1"
		for i := range 30 {
			if wait := fail(flood, i); wait != 0 {
				t.Fatalf("failure %d waits %v", i, wait)
			}
		}
		if wait := fail(flood, 1000); wait != time.Second {
			t.Errorf("the next /64 waits %v", wait)
		}
		if wait := fail("2001:db8:2:%x::1", 1000); wait != 0 {
			t.Errorf("another /48 waits %v", wait)
		}
		time.Sleep(forgetEvery / 10)
		if wait := fail(flood, 1000); wait != 0 {
			t.Errorf("after 3 min it waits %v", wait)
		}
		if wait := fail(flood, 1001); wait != time.Second {
			t.Errorf("then it waits %v", wait)
		}
		time.Sleep(forgetEvery * 3)
		for i := range 30 {
			if wait := fail(flood, 2000+i); wait != 0 {
				t.Fatalf("forgotten, failure %d waits %v", i, wait)
			}
		}
		for i := range 500 {
			if fail("2001:db8:9:%x::1", i%2) != 0 || fail("192.0.2.%d", 9) != 0 {
				t.Fatal("an exempt client is slowed down")
			}
		}
		if len(s.gates) != 0 {
			t.Errorf("%d gates stay", len(s.gates))
		}
	})
}

// TestSlowdownOfNetworksAtOnce: of a network's tries at once no more run than its failures that are free.
func TestSlowdownOfNetworksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlowdown(1, nil, time.Now)
		var ran, refused atomic.Int32
		for i := range 100 {
			go func() {
				ended, wait, err := s.Begin(t.Context(), netip.MustParseAddr(fmt.Sprintf("2001:db8:1:%x::1", i)))
				if err != nil || wait > 0 {
					refused.Add(1)
					return
				}
				ran.Add(1)
				time.Sleep(10 * time.Millisecond)
				ended(true)
			}()
		}
		synctest.Wait()
		if ran.Load() != 10 {
			t.Errorf("%d run at once", ran.Load())
		}
		time.Sleep(100 * time.Millisecond)
		if ran.Load() != 10 || refused.Load() != 90 || len(s.gates) != 0 {
			t.Errorf("%d ran, %d were refused", ran.Load(), refused.Load())
		}
	})
}

// TestSlowdownIsBounded: a flood of addresses neither grows it nor frees those who are slowed down.
func TestSlowdownIsBounded(t *testing.T) {
	s := NewSlowdown(3, nil, func() time.Time { return time.Unix(1e9, 0) })
	s.most = 100
	busy := netip.MustParseAddr("192.0.2.1")
	fail := func(client netip.Addr) {
		if ended, wait, _ := s.Begin(t.Context(), client); wait == 0 {
			ended(true)
		}
	}
	for range 4 {
		fail(busy)
	}
	for i := range 5000 {
		fail(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if _, wait, _ := s.Begin(t.Context(), busy); wait == 0 || len(s.clients) > 100 {
		t.Errorf("%d clients, and the busy one waits %v", len(s.clients), wait)
	}
	if ended, wait, _ := s.Begin(t.Context(), netip.Addr{}); wait != 0 {
		t.Error("a Unix socket waits")
	} else {
		ended(true)
	}
	off := NewSlowdown(0, nil, time.Now)
	if _, wait, _ := off.Begin(t.Context(), busy); wait != 0 || len(off.clients) != 0 {
		t.Error("off slows down")
	}
}
