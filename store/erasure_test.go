package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// holders returns the buckets in which one of the texts stands, in a key or a value, and where.
func holders(t testing.TB, s *Store, texts [][]byte) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for _, bucket := range buckets {
		must(t, eachValue(s, bucket, func(key, value []byte) {
			content := bytes.ToLower(slices.Concat(key, []byte{0}, value))
			for _, text := range texts {
				if bytes.Contains(content, bytes.ToLower(text)) {
					found[string(bucket)] = fmt.Sprintf("%q: %q", key, value)
				}
			}
		}))
	}
	return found
}

// spellings are the ways in which a text can stand in a file: as it is, in hexadecimal, base64, escaped for JSON and
// for links, and by its SHA-256, whole or the first half, as bytes, in hexadecimal and in base64.
func spellings(text string) (all [][]byte) {
	add := func(raw []byte) {
		all = append(all, raw, []byte(hex.EncodeToString(raw)))
		for at := range 3 { // base64 in the middle of something longer
			coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, at), raw...))
			inner := coded[(at*8+5)/6 : len(coded)-1]
			all = append(all, []byte(inner), []byte(strings.NewReplacer("+", "-", "/", "_").Replace(inner)))
		}
	}
	add([]byte(text))
	var escaped strings.Builder
	for _, r := range text {
		if r < 0x80 {
			escaped.WriteRune(r)
		} else {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
	}
	all = append(all, []byte(escaped.String()), []byte(url.QueryEscape(text)))
	if strings.Contains(text, "@") {
		sum := sha256.Sum256([]byte(strings.ToLower(text)))
		add(sum[:])
		add(sum[:16])
	}
	return all
}

// TestNothingLeft takes one address through both journeys, with refusals whose words name it, and erases it: after that
// no bucket holds the address or a name in any spelling, nor a hash of the address that needs no key.
func TestNothingLeft(t *testing.T) {
	const (
		jan    = "Jan.Peeters@example.com"
		tagged = "jan.peeters+eecd@example.com"
		key    = "order 7 of jan.peeters@example.com"
	)
	client := netip.MustParseAddr("2001:db8::1")
	words := [][]byte{}
	for _, text := range []string{"jan.peeters@example.com", "jan.peeters", tagged, "Zoë", "D’hooghe", "no such user",
		"EMP-77", "2001:db8", key} {
		words = append(words, spellings(text)...)
	}
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	lose := func(enhanced string) {
		t.Helper()
		claimed, _, err := s.ClaimLetters(ctx, 100)
		must(t, err)
		for _, letter := range claimed {
			refused := Attempt{At: c.Now(), Class: AttemptPermanent, Phase: "rcpt", Code: 550, Enhanced: enhanced,
				Text: "<" + letter.To + ">: no such user, Zoë D’hooghe"}
			_, err := s.RecordAttempts(ctx, []Outcome{{letter.ID, refused}})
			must(t, err)
		}
	}
	// As a user.
	for _, email := range []string{jan, tagged} {
		registration := someone(email)
		registration.Client = client
		user, err := s.RegisterUser(ctx, registration)
		must(t, err)
		lose("5.1.1")
		c.Advance(2 * time.Minute)
		_, err = s.SignInUser(ctx, SignIn{Email: email, Client: client})
		must(t, err)
		user, err = s.ActivateUser(ctx, link(s, user, 1))
		must(t, err)
		cleaning := addCleaning(t, s, byte(len(email)), SignedOff)
		must(t, s.MailCleaning(ctx, holder(user), cleaning.ID))
		said := Decision{LoadRejected, "", "ask " + jan + ", or Zoë"}
		if email == tagged {
			said = Decision{LoadCompleted, "oil of Zoë D’HOOGHE", "EMP-77"}
		}
		_, err = s.DecideLoad(ctx, holder(user), cleaning.ID, said)
		must(t, err)
		_, _, err = s.ClaimLetters(ctx, 1) // one is on the wire when the person is erased
		must(t, err)
	}
	// As a biker, by keyed calls and single ones.
	person := candidate(jan)
	person.FirstName, person.LastName, person.EmployeeID = "Zoë", "D’hooghe", "EMP-77"
	people := []Candidate{person, person, bad(jan, "Language")}
	list := BikerList{Partner: "Acme", Key: key, Body: [32]byte{1}, People: people}
	_, err := s.RegisterBikers(ctx, list)
	must(t, err)
	lose("5.1.10")
	if again := post(t, s, "Acme", person); len(again[0].Warnings) == 0 {
		t.Error("no warning")
	}
	c.Advance(25 * time.Hour)
	post(t, s, "Acme", person, bad(jan, "FirstName"))
	list.Key, list.Body = "another", [32]byte{2}
	_, err = s.RegisterBikers(ctx, list)
	must(t, err)
	must(t, s.ForgotPassword(ctx, jan, client))
	biker, err := s.BikerByEmail(jan)
	must(t, err)
	setPassword(t, s, biker, 1)
	_, err = s.TakeLogin(ctx, LoginKey(jan))
	must(t, err)
	_, err = s.OweTest(ctx, tagged, "nl")
	must(t, err)
	_, err = s.OweTest(ctx, jan, "nl")
	must(t, err)
	lose("5.7.1")
	if held := holders(t, s, words); len(held) < 8 {
		t.Fatalf("the search finds too little: %v", slices.Sorted(maps.Keys(held)))
	}
	for _, email := range []string{jan, tagged} {
		user, err := s.UserByEmail(email)
		must(t, err)
		erase(t, s, user)
	}
	must(t, s.EraseBiker(ctx, jan))
	must(t, s.ForgotPassword(ctx, jan, client)) // it is unknown now
	for bucket, record := range holders(t, s, words) {
		t.Errorf("%s still holds it: %s", bucket, record)
	}
	for _, email := range []string{jan, tagged} {
		if left, err := s.Cleaning(cleaningID(byte(len(email)))); err != nil || left.Load.Status == LoadOpen ||
			left.Load.DecidedAt.IsZero() || left.Load.By.IsZero() {
			t.Errorf("left of a decision: %+v, %v", left.Load, err)
		}
	}
	for _, state := range []LetterState{LetterFailed, LetterCancelled} {
		failed, err := s.Letters(LetterFilter{State: state})
		must(t, err)
		if len(failed) == 0 {
			t.Errorf("no letter is %s", state)
		}
		for _, letter := range failed {
			if state == LetterFailed && !strings.HasPrefix(letter.Reason, "refused: 550 5.") {
				t.Errorf("left of a letter: %+v", letter)
			}
		}
	}
}

// TestManyDecisions erases a person who decided more loads than one transaction takes words from. What was loaded stays
// known, unless it names the person; and so do others' decisions.
func TestManyDecisions(t *testing.T) {
	s := openTest(t)
	user, other := activated(t, s, "jan@example.com"), activated(t, s, "els@example.com")
	products := map[byte]string{0: "Ethanol 96 %", 1: "for JAN@example.com", 2: "Zoë's oil", 3: "Zoëthanol (hooghe)"}
	idOf := func(i int) guid.ID { return guid.ID{6: 0x40, 8: 0x80, 14: byte(i >> 8), 15: byte(i)} }
	const all = 2*decisionsAtOnce + 7
	must(t, submit(s, func(t tx) error {
		for i := range all {
			c := Cleaning{ID: idOf(i), Load: Load{Status: LoadOpen}}
			by := user
			if i == all-1 {
				by = other
			}
			load := Load{LoadCompleted, t.Now(), products[byte(i%4)], "Zoë", by.ID}
			if err := t.decide(by, c, load); err != nil {
				return err
			}
		}
		return nil
	}))
	decided, err := s.DecidedBy(user.ID, idOf(all-4), 10)
	if err != nil || len(decided) != 2 || decided[0].ID != idOf(all-3) || decided[1].ID != idOf(all-2) {
		t.Errorf("%+v, %v", decided, err)
	}
	must(t, s.DeleteCleaning(ctx, idOf(5)))
	erase(t, s, user)
	for i := range all {
		c, err := s.Cleaning(idOf(i))
		if i == 5 && refuse.Is(err, refuse.NotFound) {
			continue
		}
		want := Load{LoadCompleted, c.Load.DecidedAt, map[int]string{0: products[0], 3: products[3]}[i%4], "", user.ID}
		if i == all-1 {
			want.ProductName, want.Comment, want.By = products[byte(i%4)], "Zoë", other.ID
		}
		if err != nil || c.Load != want {
			t.Fatalf("%d: %+v, %v", i, c.Load, err)
		}
	}
}
