package store

import (
	"sync"
	"testing"
	"time"

	"postern/store/refuse"
)

// TestTakeLogin holds the delays after wrong passwords, also for many tries at once.
func TestTakeLogin(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	key := LoginKey("jan@example.com")
	allowed := make(chan struct{}, 100)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if wait, err := s.TakeLogin(ctx, key); err != nil {
				t.Error(err)
			} else if wait == 0 {
				allowed <- struct{}{}
			}
		})
	}
	wait.Wait()
	if len(allowed) != 5 {
		t.Errorf("%d tries at once", len(allowed))
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600} {
		wait, err := s.TakeLogin(ctx, key)
		if err != nil || wait != want*time.Second {
			t.Fatalf("%d: %v, %v; want %v", i, wait, err, want*time.Second)
		}
		c.Advance(wait)
		if wait, err := s.TakeLogin(ctx, key); wait != 0 || err != nil {
			t.Fatalf("%d: %v, %v after the delay", i, wait, err)
		}
	}
	if wait, _ := s.TakeLogin(ctx, LoginKey("other@example.com")); wait != 0 {
		t.Errorf("another address waits %v", wait)
	}
	addPartner(t, s, "Acme")
	biker, _ := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	if wait, _ := s.TakeLogin(ctx, key); wait != time.Hour {
		t.Errorf("a new password forgot the delay: %v", wait)
	}
	_, _, err := s.LogInBiker(ctx, LogIn{Biker: biker.ID, Verified: biker.Password, Key: key, Secret: secret(1)})
	must(t, err)
	if wait, _ := s.TakeLogin(ctx, key); wait != 0 {
		t.Errorf("after a right password: %v", wait)
	}
	for range 3 { // one has been counted
		_, err := s.TakeLogin(ctx, key)
		must(t, err)
	}
	must(t, s.GiveBackLogin(ctx, key))
	for range 2 { // 3 wrong ones, and these
		if wait, _ := s.TakeLogin(ctx, key); wait != 0 {
			t.Errorf("what was given back counts: %v", wait)
		}
	}
	session := logIn(t, s, biker, 2)
	_, err = s.ChangePassword(ctx, PasswordChange{Session: session, Verified: biker.Password, Hash: "$2", Key: key})
	must(t, err)
	if wait, _ := s.TakeLogin(ctx, key); wait != 0 {
		t.Errorf("after the password was changed: %v", wait)
	}
	c.Advance(25 * time.Hour)
	if _, err := s.Prune(ctx, Keep{time.Hour, time.Hour, time.Hour, time.Hour}); err != nil ||
		countKeys(t, s, loginBucket) != 0 {
		t.Errorf("%d left, %v", countKeys(t, s, loginBucket), err)
	}
}

// TestBlockBiker holds that blocking ends what was let in before, also once it is taken back.
func TestBlockBiker(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	biker, session := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	post(t, s, "Acme", bad("jan@example.com", "Language"))
	link := invitation(s, biker)
	_, err := s.BlockBiker(ctx, biker.ID, true)
	must(t, err)
	if counts, err := s.LetterCounts(); err != nil || counts[LetterQueued] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	freed, err := s.BlockBiker(ctx, biker.ID, false)
	must(t, err)
	wantSession(t, s, session, false)
	if _, err := s.CheckLink(link); !refuse.Is(err, refuse.Conflict) ||
		freed.PasswordGeneration == biker.PasswordGeneration {
		t.Errorf("%v, %+v", err, freed)
	}
}
