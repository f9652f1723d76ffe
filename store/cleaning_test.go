package store

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

func cleaningID(n byte) guid.ID { return guid.ID{15: n, 6: 0x40, 8: 0x80} }

func someCleaning(n byte, status CleaningStatus) CleaningInput {
	return CleaningInput{cleaningID(n), CleaningData{
		Number: "SYN-BE-000001", Station: Station{Name: "Synthetische Tankreiniging"},
		Equipment: Equipment{Kind: "tankContainer"},
		TimeIn:    time.Date(2026, 3, 3, 8, 10, 0, 0, time.FixedZone("", 3600)),
		Compartments: []Compartment{{
			Number: 1, PreviousLoad: PreviousLoad{"1230", "METHANOL"}, Cleaned: true, Codes: []string{"P10"},
		}},
		Status: status,
	}}
}

func addCleaning(t testing.TB, s *Store, n byte, status CleaningStatus) Cleaning {
	t.Helper()
	stored, err := s.PutCleanings(ctx, "", []CleaningInput{someCleaning(n, status)})
	if err != nil {
		t.Fatal(err)
	}
	return stored[0].Cleaning
}

func holder(user User) Holder { return Holder{User: user.ID, Generation: user.TokenGeneration} }

func TestPutCleanings(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	put := func(partner string, in CleaningInput, want StoreOutcome, kind refuse.Kind) {
		t.Helper()
		c.Advance(time.Minute)
		stored, err := s.PutCleanings(ctx, partner, []CleaningInput{in})
		wantKind(t, err, kind)
		if kind == 0 && stored[0].Outcome != want {
			t.Errorf("%s, want %s", stored[0].Outcome, want)
		}
	}
	planned, signed := someCleaning(1, Planned), someCleaning(1, SignedOff)
	put("alpha", planned, CleaningCreated, 0)
	put("alpha", planned, CleaningUnchanged, 0)
	sameTime := planned // in another zone of the same offset, as decoding may give it
	sameTime.TimeIn = planned.TimeIn.In(time.FixedZone("CET", 3600))
	put("alpha", sameTime, CleaningUnchanged, 0)
	put("beta", planned, "", refuse.NotFound)
	put("alpha", signed, CleaningChanged, 0)
	put("", planned, CleaningChanged, 0)
	put("alpha", signed, CleaningChanged, 0)
	user := activated(t, s, "a@example.com")
	if _, err := s.DecideLoad(ctx, holder(user), signed.ID, Decision{LoadCompleted, "Ethanol 96 %", ""}); err != nil {
		t.Fatal(err)
	}
	put("alpha", signed, "", refuse.Conflict)
	put("alpha", planned, "", refuse.Conflict)
	put("", signed, CleaningUnchanged, 0)
	put("", planned, "", refuse.Conflict)
	_, err := s.PutCleanings(ctx, "alpha", []CleaningInput{someCleaning(2, Planned), planned})
	if !refuse.Is(err, refuse.Conflict) {
		t.Errorf("one bad of two: %v", err)
	}
	_, err = s.PutCleanings(ctx, "alpha", []CleaningInput{someCleaning(2, Planned), someCleaning(2, Planned)})
	if !refuse.Is(err, refuse.Invalid) {
		t.Errorf("the same twice: %v", err)
	}
	if all, _ := s.Cleanings(guid.ID{}, 10); len(all) != 1 {
		t.Errorf("%d cleanings, want the first alone", len(all))
	}
	feed, _ := s.Events(0, 100)
	stored := 0
	for _, event := range feed.Events {
		if event.Type == "cleaning.stored" {
			stored++
		}
	}
	if stored != 4 {
		t.Errorf("%d cleaning.stored, want 4: what changes nothing tells nothing", stored)
	}
}

func TestDecideLoad(t *testing.T) {
	s := openTest(t)
	user, other := activated(t, s, "a@example.com"), activated(t, s, "b@example.com")
	done := Decision{LoadCompleted, "Ethanol 96 %", "comp. 1, 24 t"}
	addCleaning(t, s, 1, SignedOff)
	addCleaning(t, s, 2, Completed)
	tests := []struct {
		name string
		user Holder
		id   byte
		what Decision
		want refuse.Kind
	}{
		{"not signed off", holder(user), 2, done, refuse.Conflict},
		{"rejecting takes no sign-off", holder(user), 2, Decision{LoadRejected, "", "Geur in mangat"}, 0},
		{"unknown", holder(user), 9, done, refuse.NotFound},
		{"stranger", Holder{User: guid.ID{1}}, 1, done, refuse.Unauthorized},
		{"first", holder(user), 1, done, 0},
		{"again", holder(user), 1, done, 0},
		{"other words", holder(user), 1, Decision{LoadCompleted, "Ethanol", ""}, refuse.Conflict},
		{"other person", holder(other), 1, done, refuse.Conflict},
		{"other way", holder(user), 1, Decision{LoadRejected, "", "no"}, refuse.Conflict},
	}
	for _, test := range tests {
		_, err := s.DecideLoad(ctx, test.user, cleaningID(test.id), test.what)
		t.Run(test.name, func(t *testing.T) { wantKind(t, err, test.want) })
	}
	decided := 0
	for _, letter := range lettersOf(t, s, user) {
		if letter.Kind == LetterDecided {
			decided++
		}
	}
	if decided != 2 {
		t.Errorf("%d letters about two decisions", decided)
	}
	if c, _ := s.Cleaning(cleaningID(1)); c.Load.By != user.ID || c.Load.ProductName != done.ProductName {
		t.Errorf("load: %+v", c.Load)
	}
}

// TestDecideAtOnce lets 50 people decide one load at the same moment, half of them each way.
func TestDecideAtOnce(t *testing.T) {
	s := openTest(t)
	addCleaning(t, s, 1, SignedOff)
	var people []User
	for i := range 50 {
		people = append(people, activated(t, s, string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.com"))
	}
	var won atomic.Int32
	var wait sync.WaitGroup
	for i, user := range people {
		wait.Go(func() {
			decision := Decision{LoadCompleted, "Ethanol", ""}
			if i%2 == 0 {
				decision = Decision{LoadRejected, "", "no"}
			}
			if _, err := s.DecideLoad(ctx, holder(user), cleaningID(1), decision); err == nil {
				won.Add(1)
			} else if !refuse.Is(err, refuse.Conflict) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Errorf("%d decided, want 1", won.Load())
	}
}

func TestMailCleaning(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	user := activated(t, s, "a@example.com")
	for n := range byte(21) {
		addCleaning(t, s, n+1, SignedOff)
	}
	mail := func(n byte) error { return s.MailCleaning(ctx, holder(user), cleaningID(n)) }
	wantKind(t, mail(99), refuse.NotFound)
	for range 3 {
		wantKind(t, mail(1), 0)
	}
	if n := len(lettersOf(t, s, user)); n != 2 {
		t.Errorf("%d letters, want the activation and one document", n)
	}
	for n := range byte(19) {
		wantKind(t, mail(n+2), 0)
	}
	wantKind(t, mail(20), 0) // within the minute: the same answer, over the limit too
	wantKind(t, mail(21), refuse.TooMany)
	c.Advance(24 * time.Hour)
	wantKind(t, mail(21), 0)
}

func TestDocuments(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addCleaning(t, s, 1, SignedOff)
	if pdf, err := uploaded(s, cleaningID(1)); err != nil || pdf != nil {
		t.Errorf("none uploaded: %d octets, %v", len(pdf), err)
	}
	for _, size := range []int{1, chunkSize, chunkSize + 1, 10 << 20, 100} {
		pdf := bytes.Repeat([]byte("%PDF-1.7 "), size/9+1)[:size]
		if err := s.PutDocument(ctx, cleaningID(1), pdf); err != nil {
			t.Fatal(err)
		}
		if got, err := uploaded(s, cleaningID(1)); err != nil || !bytes.Equal(got, pdf) {
			t.Errorf("%d octets came back as %d, %v", size, len(got), err)
		}
	}
	if chunks := countKeys(t, s, documentBucket); chunks != 1 {
		t.Errorf("%d chunks left of the documents replaced", chunks-1)
	}
	must(t, submit(s, func(t tx) error { // an upload whose process died
		version := t.NewID()
		return errors.Join(t.Put(uploadBucket, version[:], nil),
			t.Put(documentBucket, chunkKey(version, 0), []byte("a")),
			t.Put(documentBucket, chunkKey(version, 1), []byte("b")))
	}))
	c.Advance(2 * time.Hour)
	if n, err := s.Prune(ctx, keepAll); err != nil || n != 1 {
		t.Errorf("swept %d uploads, %v", n, err)
	}
	if chunks := countKeys(t, s, documentBucket); chunks != 1 {
		t.Errorf("%d chunks left of the upload that died", chunks-1)
	}
	if err := s.DeleteCleaning(ctx, cleaningID(1)); err != nil || countKeys(t, s, documentBucket) != 0 {
		t.Errorf("after deleting: %v, %d chunks", err, countKeys(t, s, documentBucket))
	}
}

const years = 10 * 365 * 24 * time.Hour

var keepAll = Keep{Unconfirmed: years, Sent: years, Events: years, Cleanings: years}

func countKeys(t testing.TB, s *Store, bucket []byte) int {
	t.Helper()
	n, err := read(s, func(t tx) (int, error) { return t.Bucket(bucket).Stats().KeyN, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}
