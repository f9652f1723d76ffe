package store

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/refuse"
)

// withKey makes a store go by another address key than the tests' own.
func withKey(first byte) func(*Options) {
	return func(o *Options) {
		o.AddressKey = func(bool) ([32]byte, error) { return [32]byte{first}, nil }
	}
}

// TestOtherKeys holds that a file takes the keys alone that it was written with, once it knows people, and names them.
func TestOtherKeys(t *testing.T) {
	dir := t.TempDir()
	s := openTestIn(t, dir)
	must(t, s.NoteKeys(ctx, []KeyPrint{{"a1b2c3d4", "0011"}, {"a1b2c3d5", "0022"}}, "", ""))
	closeTest(t, s)
	s = openTestIn(t, dir, withKey(7)) // it knows nobody yet
	noted, err := s.KeysNoted()
	if err != nil || noted.Address != s.hashes.Print() || len(noted.Tokens) != 2 {
		t.Errorf("%+v, %v", noted, err)
	}
	register(t, s, "jan@example.com")
	closeTest(t, s)
	_, err = Open(dir, testOptions(withKey(8)))
	var other *OtherKeys
	if !errors.As(err, &other) || other.Needs.String() != "address key "+noted.Address+
		", token key a1b2c3d4, token key a1b2c3d5" || !strings.Contains(err.Error(), noted.Address) {
		t.Fatalf("with other keys: %v", err)
	}
	s = openTestIn(t, dir, withKey(7))
	if again, err := s.KeysNoted(); err != nil || again.Address != noted.Address {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestAdoptKeys loses the keys of a file that remembers much under their hashes.
func TestAdoptKeys(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openTestIn(t, dir, at(c))
	addPartner(t, s, "Acme")
	_, session := setPassword(t, s, created(t, s, "Acme", "lotte@example.com"), 1)
	created(t, s, "Acme", "sofie@example.com")
	list := BikerList{Partner: "Acme", Key: "k", People: []Candidate{bad("bad@example.com", "Language")}}
	_, err := s.RegisterBikers(ctx, list)
	must(t, err)
	registration := someone("jan@example.com")
	registration.Client = netip.MustParseAddr("192.0.2.1")
	_, err = s.RegisterUser(ctx, registration)
	must(t, err)
	_, err = s.TakeLogin(ctx, LoginKey("lotte@example.com"))
	must(t, err)
	for _, letter := range claim(t, s, 5) {
		record(t, s, letter, AttemptSent)
	}
	closeTest(t, s)

	lost := func(o *Options) { o.KeysLost = true }
	s = openTestIn(t, dir, at(c), withKey(9), lost)
	for range 2 { // the second time as after an interruption
		adopted, err := s.AdoptKeys(ctx)
		if want := (Adopted{adopted.Addresses, 1, 1, 1}); err != nil || adopted != want {
			t.Errorf("%+v, %v", adopted, err)
		}
	}
	for _, bucket := range [][]byte{addressBucket, loginBucket, idempotencyBucket, idempotencyResultBucket,
		idempotencyPersonBucket, idempotencyBegunBucket} {
		if n := countKeys(t, s, bucket); n != 0 {
			t.Errorf("%s has %d keys", bucket, n)
		}
	}
	closeTest(t, s)
	s = openTestIn(t, dir, at(c), withKey(9)) // from now on without a word
	wantSession(t, s, session, true)
	c.Advance(25 * time.Hour)
	for email, letter := range map[string]bool{"lotte@example.com": false, "sofie@example.com": true} {
		result := post(t, s, "Acme", candidate(email))[0]
		if owed := !result.Letter.IsZero(); result.Outcome != BikerExisting || owed != letter {
			t.Errorf("%s posted again: %+v", email, result)
		}
	}
	if user, err := s.SignInUser(ctx, SignIn{Email: "jan@example.com"}); err != nil || !user.MustActivate {
		t.Errorf("%+v, %v", user, err)
	}
	openTest(t, withKey(9), lost) // a new file
}

// TestBeginAnew holds what is over, and what waits, in a file that came from a backup.
func TestBeginAnew(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openTestIn(t, dir, at(c))
	addPartner(t, s, "Acme")
	biker, session := setPassword(t, s, created(t, s, "Acme", "lotte@example.com"), 1)
	user := activated(t, s, "jan@example.com")
	cleaning := addCleaning(t, s, 1, SignedOff)
	must(t, s.MailCleaning(ctx, Holder{User: user.ID, Generation: user.TokenGeneration}, cleaning.ID))
	claimed, _, err := s.ClaimLetters(ctx, 1) // one was on the wire
	must(t, err)
	if len(claimed) != 1 {
		t.Fatalf("%d letters claimed", len(claimed))
	}
	queued := lettersIn(t, s, LetterQueued)
	kept := queued[slices.IndexFunc(queued, func(l Letter) bool { return l.ID != claimed[0].ID })]
	_, err = s.HoldLetter(ctx, kept.ID)
	must(t, err)
	before := Holder{User: user.ID, Generation: user.TokenGeneration, Proven: true, IssuedAt: c.Now()}
	_, err = s.CheckHolder(before)
	must(t, err)
	feed, err := s.Events(0, 100)
	must(t, err)
	c.Advance(time.Minute)
	must(t, s.BeginAnew(ctx))
	for range 2 {
		wantSession(t, s, session, false)
		if _, err := s.CheckHolder(before); !refuse.Is(err, refuse.Unauthorized) {
			t.Errorf("a token of before: %v", err)
		}
		if in, err := s.SignInUser(ctx, SignIn{Email: "jan@example.com", Held: &before}); err != nil || in.Proven {
			t.Errorf("a token of before proves the mailbox: %+v, %v", in, err)
		}
		if anew, err := s.Events(0, 100); err != nil || anew.ID == feed.ID {
			t.Errorf("the feed is still %v, %v", anew.ID, err)
		}
		if paused, err := s.SendingPaused(); err != nil || !paused {
			t.Errorf("letters go: %v", err)
		}
		closeTest(t, s)
		s = openTestIn(t, dir, at(c))
	}
	c.Advance(time.Minute)
	fresh := before
	fresh.IssuedAt = c.Now()
	must(t, s.MailCleaning(ctx, fresh, cleaning.ID))
	wantSession(t, s, logIn(t, s, biker, 2), true)
	claim(t, s, 0)
	if queued := lettersIn(t, s, LetterQueued); len(queued) > 0 {
		t.Errorf("%d letters are queued", len(queued))
	}
	all := lettersIn(t, s, LetterHeld)
	if !slices.ContainsFunc(all, func(l Letter) bool { return l.Kind == LetterDocument && l.Reason == heldSinceRestore }) {
		t.Errorf("a new letter is not held: %+v", all)
	}
	must(t, s.PauseSending(ctx, false))
	if still := lettersIn(t, s, LetterHeld); len(still) != 1 || still[0].ID != kept.ID {
		t.Errorf("resumed: held are still %+v", still)
	}
	claimed, _, err = s.ClaimLetters(ctx, 100)
	if err != nil || len(claimed) != len(all)-1 {
		t.Errorf("resumed: %d letters of %d, %v", len(claimed), len(all), err)
	}
	must(t, s.MailCleaning(ctx, fresh, addCleaning(t, s, 2, SignedOff).ID))
	if queued := lettersIn(t, s, LetterQueued); len(queued) != len(claimed)+1 {
		t.Errorf("after that a new letter is not queued: %+v", queued)
	}
}

func lettersIn(t *testing.T, s *Store, state LetterState) []Letter {
	t.Helper()
	list, err := s.Letters(LetterFilter{State: state, Limit: 100})
	must(t, err)
	return list
}

func TestNoteBackup(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	if at, err := s.BackedUpAt(); err != nil || !at.IsZero() {
		t.Errorf("%v, %v", at, err)
	}
	want := c.Now()
	must(t, s.NoteBackup(ctx, want))
	must(t, s.NoteBackup(ctx, want.Add(-time.Hour))) // one that took longer
	if at, err := s.BackedUpAt(); err != nil || !at.Equal(want) {
		t.Errorf("%v, %v", at, err)
	}
}
