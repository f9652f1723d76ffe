package store

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/limit"
)

// fails has the next due letter refused for good.
func fails(t *testing.T, s *Store, _ *clock) { t.Helper(); refused(t, s, "5.7.1") }

func sends(t *testing.T, s *Store, _ *clock) { t.Helper(); send(t, s) }

func passes(d time.Duration) func(*testing.T, *Store, *clock) {
	return func(_ *testing.T, _ *Store, c *clock) { c.Advance(d) }
}

// onLetter does something with the latest letter to jan.
func onLetter(act func(*Store, guid.ID) error) func(*testing.T, *Store, *clock) {
	return func(t *testing.T, s *Store, _ *clock) {
		t.Helper()
		latest, err := s.Letters(LetterFilter{To: "jan@example.com", Limit: 1})
		must(t, err)
		must(t, act(s, latest[0].ID))
	}
}

func cancels(s *Store, id guid.ID) error  { _, err := s.CancelLetter(ctx, id); return err }
func holds(s *Store, id guid.ID) error    { _, err := s.HoldLetter(ctx, id); return err }
func releases(s *Store, id guid.ID) error { _, err := s.ReleaseLetter(ctx, id); return err }
func retries(s *Store, id guid.ID) error  { _, err := s.RetryLetter(ctx, id); return err }
func prunes(t *testing.T, s *Store, _ *clock) {
	t.Helper()
	_, err := s.Prune(ctx,
		Keep{Unconfirmed: time.Hour, Sent: time.Hour, Events: 9600 * time.Hour, Cleanings: time.Hour})
	must(t, err)
}

// TestTold goes through what happens to an existing letter and to one about a failure before the person is posted
// again: told is what was sent, or is still to be.
func TestTold(t *testing.T) {
	const jan, day = "jan@example.com", 24 * time.Hour
	type act = func(*testing.T, *Store, *clock)
	block := func(blocked bool) act {
		return func(t *testing.T, s *Store, _ *clock) {
			t.Helper()
			biker, err := s.BikerByEmail(jan)
			must(t, err)
			_, err = s.BlockBiker(ctx, biker.ID, blocked)
			must(t, err)
		}
	}
	again := func(t *testing.T, s *Store, _ *clock) {
		t.Helper()
		post(t, s, "Acme", candidate(jan), bad(jan, "Language"))
	}
	every := time.Hour
	if testing.Short() {
		every = 8 * time.Hour
	}
	daily := func(days int) act {
		return func(t *testing.T, s *Store, c *clock) {
			t.Helper()
			for end := c.Now().Add(time.Duration(days) * day); c.Now().Before(end); {
				c.Advance(every)
				if got := told(post(t, s, "Acme", candidate(jan), bad(jan, "Language"))); got != "existing, failed" {
					t.Fatalf("posted every %v, after %v: %s", every, c.Now(), got)
				}
			}
		}
	}
	for _, test := range []struct {
		name  string
		acts  []act
		again bool
	}{
		{"queued", nil, false},
		{"queued for long", []act{passes(7 * day)}, false},
		{"sent", []act{sends}, false},
		{"sent, and no longer kept", []act{sends, passes(20 * day), prunes}, false},
		{"a month later", []act{sends, passes(30 * day)}, true},
		{"posted for three months", []act{sends, daily(90)}, false},
		{"posted for a month, and again a month later", []act{sends, daily(30), passes(30 * day)}, true},
		{"cancelled", []act{onLetter(cancels)}, true},
		{"cancelled, no longer kept", []act{onLetter(cancels), passes(day), prunes}, true},
		{"held", []act{onLetter(holds)}, false},
		{"held and cancelled", []act{onLetter(holds), onLetter(cancels)}, true},
		{"held, released and sent", []act{onLetter(holds), onLetter(releases), sends}, false},
		{"failed", []act{fails}, true},
		{"failed, no longer kept", []act{fails, passes(20 * day), prunes}, true},
		{"failed and tried again", []act{fails, onLetter(retries)}, false},
		{"failed, tried again and sent", []act{fails, onLetter(retries), sends}, false},
		{"failed, tried again and failed", []act{fails, onLetter(retries), fails}, true},
		{"cancelled while it is tried, and sent", []act{func(t *testing.T, s *Store, _ *clock) {
			t.Helper()
			letter := claim(t, s, 1)[0]
			must(t, cancels(s, letter.ID))
			must(t, deliver(s, letter.ID))
		}}, false},
		{"failed, as the smarthost was at fault", []act{func(t *testing.T, s *Store, _ *clock) {
			t.Helper()
			must(t, s.RequeueLetters(ctx, []guid.ID{refused(t, s, "5.7.1").ID}, "it was"))
		}}, false},
		{"failed, owed again and sent", []act{fails, again, sends}, false},
		{"failed, owed again and failed", []act{fails, again, fails}, true},
		{"blocked and unblocked before it left", []act{block(true), block(false)}, true},
		{"blocked and unblocked since", []act{sends, block(true), block(false)}, false},
		{"blocked for long, posted daily", []act{sends, block(true), daily(40), block(false)}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for kind, c := range map[LetterKind]Candidate{LetterExisting: candidate(jan),
				LetterUnregistered: bad(jan, "Language")} {
				clock := newClock()
				s := openTest(t, at(clock))
				addPartner(t, s, "Acme")
				created(t, s, "Acme", jan)
				send(t, s)
				if kind == LetterUnregistered { // so that the one letter in the queue is this one
					post(t, s, "Acme", candidate(jan))
					send(t, s)
				} else {
					post(t, s, "Acme", bad(jan, "Language"))
					send(t, s)
				}
				if got := told(post(t, s, "Acme", c)); !strings.HasSuffix(got, " letter") {
					t.Fatalf("%s: at first: %s", kind, got)
				}
				for _, act := range test.acts {
					act(t, s, clock)
				}
				_, last := eventsSince(t, s, 0)
				got := told(post(t, s, "Acme", c))
				if owes := strings.HasSuffix(got, " letter"); owes != test.again {
					t.Errorf("%s: posted again: %s", kind, got)
				}
				if types, _ := eventsSince(t, s, last); (len(types) > 0) != test.again {
					t.Errorf("%s: tells %v", kind, types)
				}
				if got := told(post(t, s, "Acme", c)); strings.Contains(got, "letter") {
					t.Errorf("%s: and at once again: %s", kind, got)
				}
			}
		})
	}
}

// TestRefusedForEver holds how many letters go to an address that refuses them all, though its person is posted every
// five minutes: enough, and not all.
func TestRefusedForEver(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	created(t, s, "Acme", "jan@example.com")
	send(t, s)
	owed := 0
	for range 48 * 12 {
		if strings.Contains(told(post(t, s, "Acme", candidate("jan@example.com"))), "letter") {
			owed++
			refused(t, s, "5.7.1")
		}
		c.Advance(5 * time.Minute)
	}
	if owed != 2*refusedInARow {
		t.Errorf("%d letters in two days", owed)
	}
}

// TestNotedOnceADay holds that a repeat which changes nothing writes nothing, but once a day, and how short a span can
// be.
func TestNotedOnceADay(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	people := []Candidate{candidate("jan@example.com"), bad("an@example.com", "Language"), bad("", "Email")}
	post(t, s, "Acme", people...)
	send(t, s)
	post(t, s, "Acme", people...)
	writes := 0
	for range 12 * 24 * 3 {
		c.Advance(5 * time.Minute)
		id := lastTx(t, s)
		post(t, s, "Acme", people...)
		if lastTx(t, s) != id {
			writes++
		}
	}
	if writes != 3 {
		t.Errorf("%d writes in three days", writes)
	}

	short := openTest(t, at(c), func(o *Options) { o.Rules.RepeatLettersAfter = time.Hour })
	addPartner(t, short, "Acme")
	created(t, short, "Acme", "jan@example.com")
	send(t, short)
	post(t, short, "Acme", candidate("jan@example.com"))
	for range 36 {
		c.Advance(5 * time.Minute)
		if got := told(post(t, short, "Acme", candidate("jan@example.com"))); got != "existing" {
			t.Fatalf("posted every five minutes: %s", got)
		}
	}
	c.Advance(time.Hour)
	if got := told(post(t, short, "Acme", candidate("jan@example.com"))); got != "existing letter" {
		t.Errorf("an hour after the last: %s", got)
	}
	for _, pause := range []time.Duration{10 * time.Minute, 55 * time.Minute, 25 * time.Minute, 45 * time.Minute} {
		c.Advance(pause)
		if got := told(post(t, short, "Acme", candidate("jan@example.com"))); got != "existing" {
			t.Errorf("%v after the last: %s", pause, got)
		}
	}
}

// lastTx is the number of the last transaction on disk.
func lastTx(t *testing.T, s *Store) int {
	t.Helper()
	id, err := read(s, func(t tx) (int, error) { return t.Bucket(metaBucket).Tx().ID(), nil })
	must(t, err)
	return id
}

// TestToldBefore holds that what an older Postern has told stays told, and runs out: it does not say whether its letter
// left.
func TestToldBefore(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, "Acme")
	const jan = "jan@example.com"
	created(t, s, "Acme", jan)
	send(t, s)
	err := update(ctx, s, func(t tx) error {
		return t.Put(noticeBucket, t.keyedNotice(noticeKey(addressSum(jan), noticeExisting, noFaults)),
			binary.BigEndian.AppendUint64(nil, uint64(t.Now().UnixMilli())))
	})
	must(t, err)
	for day := range 30 {
		if got := told(post(t, s, "Acme", candidate(jan))); got != "existing" {
			t.Fatalf("day %d: %s", day, got)
		}
		c.Advance(24 * time.Hour)
	}
	if got := told(post(t, s, "Acme", candidate(jan))); got != "existing letter" {
		t.Errorf("a month later: %s", got)
	}
}

// TestOneEventForARun holds that failures which nobody can be told of make one event, however many there are.
func TestOneEventForARun(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	var people []Candidate
	for i := range 1200 {
		c := bad("", "Email")
		c.Said, c.EmployeeID = fmt.Sprintf("nobody %d", i), fmt.Sprint(i)
		people = append(people, c)
	}
	people = append(people, candidate("jan@example.com"))
	_, last := eventsSince(t, s, 0)
	post(t, s, "Acme", people...)
	types, last := eventsSince(t, s, last)
	if strings.Join(types, " ") != "biker.failed biker.created" || countKeys(t, s, noticeBucket) != 1 {
		t.Errorf("%v, and %d noted", types, countKeys(t, s, noticeBucket))
	}
	post(t, s, "Acme", people...)
	if types, _ := eventsSince(t, s, last); len(types) > 0 {
		t.Errorf("the same list again: %v", types)
	}
	people[700].Said = "somebody else"
	_, err := s.RegisterBikers(ctx, BikerList{Partner: "Acme", Key: "k", People: people})
	must(t, err)
	if types, _ := eventsSince(t, s, last); strings.Join(types, " ") != "biker.failed" {
		t.Errorf("another list: %v", types)
	}
}

// TestHeldIsTold holds that a letter which one partner's limit held tells its person for all, once it is released.
func TestHeldIsTold(t *testing.T) {
	s := openTest(t, func(o *Options) { o.Rules.PartnerLetters = limit.Rate{Count: 1, Per: time.Hour} })
	addPartner(t, s, "Rival")
	addPartner(t, s, "Acme")
	created(t, s, "Rival", "used.up@example.com")
	created(t, s, "Acme", "jan@example.com")
	send(t, s)
	held := post(t, s, "Rival", candidate("jan@example.com"))[0].Letter
	must(t, releases(s, held))
	if got := told(post(t, s, "Acme", candidate("jan@example.com"))); got != "existing" {
		t.Errorf("released: %s", got)
	}
	must(t, cancels(s, held))
	if got := told(post(t, s, "Acme", candidate("jan@example.com"))); got != "existing letter" {
		t.Errorf("cancelled: %s", got)
	}
}
