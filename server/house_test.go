package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"postern/server/config"
	"postern/store"
)

func TestHouseEvery(t *testing.T) {
	year := 365 * 24 * time.Hour
	for shortest, want := range map[time.Duration]time.Duration{
		time.Second: time.Second, time.Minute: 15 * time.Second, 4 * time.Hour: time.Hour, year: time.Hour,
	} {
		for _, keep := range []store.Keep{
			{Unconfirmed: shortest, Sent: year, Events: year, Cleanings: year},
			{Unconfirmed: year, Sent: shortest, Events: year, Cleanings: year},
			{Unconfirmed: year, Sent: year, Events: shortest, Cleanings: year},
			{Unconfirmed: year, Sent: year, Events: year, Cleanings: shortest},
		} {
			if got := houseEvery(keep); got != want {
				t.Errorf("%+v: %s, want %s", keep, got, want)
			}
		}
	}
}

// TestShortlyKept keeps sent letters for two seconds: a second later they are gone, without a restart.
func TestShortlyKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t, func(s *config.Settings) { s.Keep.Sent = "2s" })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- o.courier.Run(ctx) }()
		go func() { done <- o.keepHouse(ctx) }()
		o.register()
		time.Sleep(time.Second)
		synctest.Wait()
		if sent := o.metric(`postern_letters{state="sent"}`); sent != "1" {
			t.Errorf("after a second %s sent letters are kept", sent)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if sent := o.metric(`postern_letters{state="sent"}`); sent != "0" {
			t.Errorf("after three seconds %s sent letters are kept", sent)
		}
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		o.smarthost.Wait()
	})
}
