package operator_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/server/operator"
	"postern/store"
	"postern/store/refuse"
	"postern/tokens"
)

// TestKeys follows a key through a rotation to its end, and what still needs it on the way.
func TestKeys(t *testing.T) { synctest.Test(t, testKeys) }

const day = 24 * time.Hour

// keyRoom is an operator's room with a key file, and what its ring seals.
type keyRoom struct {
	*operator.Operator
	file   *store.Store
	sealer *tokens.Sealer
	marks  *tokens.Marks
	first  string // the first key
}

func openKeys(t *testing.T) keyRoom {
	t.Helper()
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o700))
	path := filepath.Join(dir, "postern.keys")
	ring, err := tokens.CreateKeyring(path, rand.Reader, time.Now())
	check(t, err)
	file, err := store.Open(dir, store.Options{
		AddressKey: func(bool) ([32]byte, error) { return ring.AddressKey(), nil }})
	check(t, err)
	t.Cleanup(func() { check(t, file.Close()) })
	sealer, err := tokens.NewSealer(ring, file.ApplianceID(), rand.Reader)
	check(t, err)
	marks, err := tokens.NewMarks(ring)
	check(t, err)
	acts, err := operator.New(operator.Options{Store: file, Dir: dir,
		Keys: operator.Keyed{File: path, Sealer: sealer, Marks: marks, Lives: operator.Lives{
			Confirmation: day, NotMe: 30 * day, Invitation: 7 * day, Recovery: time.Hour, UserToken: day,
			Browser: 400 * day, Sent: 14 * day}}})
	check(t, err)
	return keyRoom{acts, file, sealer, marks, ring.Primary()}
}

func testKeys(t *testing.T) {
	acts := openKeys(t)
	file, sealer, marks, before := acts.file, acts.sealer, acts.marks, acts.first
	mark := marks.Of([16]byte{1})
	ctx := context.Background()
	_, err := file.RegisterUser(ctx, store.Registration{Email: "jan@example.org", FirstName: "A", LastName: "B",
		OrganisationName: "C", Language: "en"})
	check(t, err)
	claimed, _, err := file.ClaimLetters(ctx, 1)
	check(t, err)
	_, err = file.RecordAttempts(ctx, []store.Outcome{{Letter: claimed[0].ID,
		Attempt: store.Attempt{At: time.Now(), Class: store.AttemptSent}}})
	check(t, err)
	token, err := sealer.Seal(tokens.UserToken, tokens.Claims{})
	check(t, err)

	time.Sleep(time.Hour)
	keys, err := acts.RotateKey(ctx)
	if err != nil || len(keys.Keys) != 2 || keys.Keys[1].ID != before || keys.Keys[1].State != operator.KeyAccepted {
		t.Fatalf("%+v, %v", keys, err)
	}
	fresh, err := sealer.Seal(tokens.UserToken, tokens.Claims{})
	check(t, err)
	if noted, err := file.KeysNoted(); err != nil || len(noted.Tokens) != 2 {
		t.Errorf("the data file notes %+v, %v", noted, err)
	}
	for _, step := range []struct {
		wait    time.Duration
		needs   string
		refused bool
	}{
		{0, "activation links 1, links of “this wasn't me”, user tokens, browsers", true},
		{23 * time.Hour, "links of “this wasn't me”, user tokens, browsers", true}, // the letter was sent a day ago
		{time.Hour + time.Second, "links of “this wasn't me”, browsers", true},
		{29 * day, "browsers", false},
	} {
		time.Sleep(step.wait)
		if keys, err = acts.ListKeys(); err != nil || needsText(keys.Keys[1]) != step.needs {
			t.Errorf("after %s: %s, %v", step.wait, needsText(keys.Keys[1]), err)
		}
		if !step.refused {
			break
		}
		_, err := acts.RetireKey(ctx, before, false)
		if !refuse.Is(err, refuse.Conflict) || !strings.Contains(err.Error(), "is still needed: ") ||
			strings.Contains(err.Error(), "browsers") {
			t.Errorf("retired too early: %v", err)
		}
	}
	if _, err := acts.RetireKey(ctx, keys.Keys[0].ID, true); !refuse.Is(err, refuse.Conflict) {
		t.Errorf("the primary key: %v", err)
	}
	if _, err := acts.RetireKey(ctx, "ffffffff", true); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("a key that is not there: %v", err)
	}
	if keys, err = acts.RetireKey(ctx, strings.ToUpper(before), false); err != nil || len(keys.Keys) != 1 {
		t.Errorf("%+v, %v", keys, err)
	}
	if _, err := sealer.Open(tokens.UserToken, token); err == nil {
		t.Error("a token of the retired key opens")
	}
	if _, ok := marks.Read(mark); ok {
		t.Error("a code of the retired key is read")
	}
	if _, err := sealer.Open(tokens.UserToken, fresh); err != nil {
		t.Errorf("a token of the primary key: %v", err)
	}
}

// needsText sums up what needs a key.
func needsText(k operator.Key) string {
	var all []string
	for _, need := range k.Needs {
		text, _, _ := strings.Cut(need.What, " that")
		if need.Letters > 0 {
			text += " 1"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
