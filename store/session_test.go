package store

import (
	"testing"
	"time"
)

// TestSessions holds when a session is over.
func TestSessions(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	biker, used := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	idle := logIn(t, s, biker, 2)
	wantSession(t, s, SessionRef{used.ID, secret(7)}, false)
	wantSession(t, s, SessionRef{}, false)
	for range 12*3 - 1 {
		c.Advance(20 * time.Minute)
		wantSession(t, s, used, true)
	}
	wantSession(t, s, idle, false)
	c.Advance(20 * time.Minute) // 12 h
	wantSession(t, s, used, false)
	ended := logIn(t, s, biker, 3)
	must(t, s.EndSession(ctx, ended))
	must(t, s.EndSession(ctx, ended))
	wantSession(t, s, ended, false)
	former := logIn(t, s, biker, 4)
	_, session, err := s.LogInBiker(ctx,
		LogIn{Biker: biker.ID, Verified: biker.Password, Rehashed: "$better", Secret: secret(5), Replaces: former})
	must(t, err)
	wantSession(t, s, former, false)
	newest := SessionRef{session.ID, secret(5)}
	wantSession(t, s, newest, true)
	if kept, err := s.BikerByID(biker.ID); err != nil || kept.Password != "$better" ||
		kept.PasswordGeneration != biker.PasswordGeneration {
		t.Errorf("%+v, %v", kept, err)
	}
	_, err = s.BlockBiker(ctx, biker.ID, true)
	must(t, err)
	wantSession(t, s, newest, false)
	c.Advance(13 * time.Hour)
	if _, err := s.Prune(ctx, Keep{time.Hour, time.Hour, time.Hour, time.Hour}); err != nil {
		t.Fatal(err)
	}
	if n := countKeys(t, s, sessionBucket); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

// TestManySessions holds that a biker with many sessions, who alone has any, can set a password: all of a bucket of
// several pages goes, and something comes into it, in one transaction.
func TestManySessions(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	biker, _ := setPassword(t, s, created(t, s, "Acme", "jan@example.com"), 1)
	for range 100 {
		logIn(t, s, biker, 2)
	}
	setPassword(t, s, biker, 3)
	if n := countKeys(t, s, sessionBucket); n != 1 {
		t.Errorf("%d sessions", n)
	}
}
