package web

import "testing"

// TestSecurityLogIsBounded holds that a flood of events is counted whole and written in part.
func TestSecurityLogIsBounded(t *testing.T) {
	log := NewSecurityLog()
	written := 0
	for range 10 * securityBurst {
		if log.note(TokenRefused) {
			written++
		}
	}
	if written != securityBurst {
		t.Errorf("%d of %d events were written, want %d", written, 10*securityBurst, securityBurst)
	}
	if n := log.Count(TokenRefused); n != 10*securityBurst {
		t.Errorf("%d were counted", n)
	}
	if !log.note(LoggedIn) {
		t.Error("one kind's flood silences another kind")
	}
}
