package web

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowdown: three failures are free, then each try waits longer; what was none counts for nothing; and a failure
// is forgotten every half hour.
func TestSlowdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlowdown(3, time.Now)
		fail := func(addr string, want time.Duration) {
			t.Helper()
			if _, wait := s.Take(netip.MustParseAddr(addr)); wait != want {
				t.Errorf("%s waits %v, want %v", addr, wait, want)
			}
		}
		succeed := func(addr string, want time.Duration) {
			t.Helper()
			giveBack, wait := s.Take(netip.MustParseAddr(addr))
			if giveBack(); wait != want {
				t.Errorf("%s waits %v, want %v", addr, wait, want)
			}
		}
		for range 9 {
			succeed("192.0.2.100", 0) // never wrong
		}
		for range 3 {
			fail("192.0.2.1", 0)
			fail("2001:db8::1", 0)
		}
		fail("2001:db8::2", time.Second) // the same /64
		fail("2001:db8:0:1::1", 0)
		for _, delay := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			fail("192.0.2.1", delay)
			fail("192.0.2.1", delay) // too soon, so it did not count
			time.Sleep(delay)
			succeed("192.0.2.1", 0) // nor did that
			fail("192.0.2.1", 0)
		}
		for range 10 {
			_, wait := s.Take(netip.MustParseAddr("192.0.2.1"))
			time.Sleep(wait)
			fail("192.0.2.1", 0)
		}
		if _, wait := s.Take(netip.MustParseAddr("192.0.2.1")); wait < 15*time.Minute || wait > time.Hour {
			t.Errorf("after many failures it waits %v", wait)
		}
		time.Sleep(24 * time.Hour)
		for range 3 {
			fail("192.0.2.1", 0)
		}
		fail("192.0.2.1", time.Second)
	})
}

// TestSlowdownAtOnce: of many tries at once only those that are free are looked at, and giving one back does not end the
// wait that a later one began.
func TestSlowdownAtOnce(t *testing.T) {
	now := time.Unix(1e9, 0)
	s := NewSlowdown(2, func() time.Time { return now })
	client := netip.MustParseAddr("192.0.2.1")
	first, _ := s.Take(client)
	s.Take(client)
	if _, wait := s.Take(client); wait != time.Second {
		t.Errorf("the third at once waits %v", wait)
	}
	now = now.Add(time.Second)
	s.Take(client)
	if first(); len(s.clients) != 1 {
		t.Errorf("%d clients", len(s.clients))
	}
	if _, wait := s.Take(client); wait != time.Second {
		t.Errorf("it waits %v", wait)
	}
	now = now.Add(-48 * time.Hour) // the clock is set right: nobody waits for what lay ahead
	if _, wait := s.Take(client); wait != 0 {
		t.Errorf("after the clock was set it waits %v", wait)
	}
}

// TestSlowdownIsBounded: a flood of addresses neither grows it nor frees those who are slowed down.
func TestSlowdownIsBounded(t *testing.T) {
	s := NewSlowdown(3, func() time.Time { return time.Unix(1e9, 0) })
	s.most = 100
	busy := netip.MustParseAddr("192.0.2.1")
	for range 4 {
		s.Take(busy)
	}
	for i := range 5000 {
		s.Take(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if _, wait := s.Take(busy); wait == 0 || len(s.clients) > 100 {
		t.Errorf("%d clients, and the busy one waits %v", len(s.clients), wait)
	}
	if giveBack, wait := s.Take(netip.Addr{}); wait != 0 {
		t.Error("a Unix socket waits")
	} else {
		giveBack()
	}
	off := NewSlowdown(0, time.Now)
	if _, wait := off.Take(busy); wait != 0 || len(off.clients) != 0 {
		t.Error("off slows down")
	}
}
