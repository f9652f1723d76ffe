package server

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/store"
	"postern/store/fixture"
)

// TestSilentPartnerIsLogged expects a partner every two seconds: it is logged once, within a second after three of
// them.
func TestSilentPartnerIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		var log fixture.Log
		o.App.log = zerolog.New(&log)
		if _, err := o.store.AddPartner(t.Context(), store.PartnerInput{Name: "payroll",
			Scopes: []store.Scope{store.ScopeUsers}, ExpectEvery: 2 * time.Second}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- o.watchPartners(ctx) }()
		const line = "a partner that should call has been silent for three intervals"
		for _, is := range []struct {
			after time.Duration
			lines int
		}{{5900 * time.Millisecond, 0}, {7100 * time.Millisecond, 1}, {time.Minute, 1}} {
			time.Sleep(is.after - time.Since(o.began))
			synctest.Wait()
			if got := strings.Count(log.String(), line); got != is.lines {
				t.Errorf("after %s: %d lines, want %d", is.after, got, is.lines)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
}
