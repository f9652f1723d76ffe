package store

import (
	"testing"
	"time"

	"postern/store/guid"
)

// TestKeptToTheDay holds of each kind of record that it is there up to the end of its time, and goes with it: also
// where there are more of them than one transaction removes.
func TestKeptToTheDay(t *testing.T) {
	const many = 2*prunedAtOnce + 7
	keep := Keep{Unconfirmed: 10 * time.Hour, Sent: 20 * time.Hour, Events: 30 * time.Hour, Cleanings: 40 * time.Hour}
	c := newClock()
	s := openTest(t, at(c))
	begun := c.Now()
	must(t, submit(s, func(t tx) error {
		for i := range many {
			id := guid.ID{0: byte(i >> 8), 1: byte(i), 6: 0x40, 8: 0x80}
			if err := t.putCleaning(&Cleaning{ID: id, Load: Load{Status: LoadOpen}}); err != nil {
				return err
			}
			if _, err := t.owe(Letter{Kind: LetterTest, Person: id, To: "test@example.com", Language: "en"}); err != nil {
				return err
			}
			if err := t.tell(Event{Type: "operator.letter_test"}); err != nil {
				return err
			}
		}
		return nil
	}))
	register(t, s, "goes@example.com")
	for left := many + 1; left > 0; {
		claimed, _, err := s.ClaimLetters(ctx, 100)
		must(t, err)
		for _, letter := range claimed {
			record(t, s, letter, AttemptSent)
		}
		left -= len(claimed)
	}
	held := func() map[string]int {
		counts := map[string]int{}
		for _, bucket := range [][]byte{userBucket, letterBucket, eventBucket, cleaningBucket} {
			counts[string(bucket)] = countKeys(t, s, bucket)
		}
		return counts
	}
	before := held()
	want := map[string]int{"users": 1, "letters": many + 1, "events": before["events"], "cleanings": many}
	for _, step := range []struct {
		bucket string
		after  time.Duration
		left   int
	}{
		{"users", keep.Unconfirmed, 0}, {"letters", keep.Sent, 0}, {"events", keep.Events, -1},
		{"cleanings", keep.Cleanings, 0},
	} {
		for _, moment := range []time.Duration{step.after, step.after + time.Millisecond} {
			c.Advance(begun.Add(moment).Sub(c.Now()))
			_, err := s.Prune(ctx, keep)
			must(t, err)
			if moment > step.after {
				want[step.bucket] = step.left
			}
			got := held()
			for bucket, count := range want {
				// An erasure tells of itself, and its letter is a trace that ends with the others.
				if bucket == "events" && (count < 0) == (got[bucket] > 10) || bucket != "events" && got[bucket] != count {
					t.Errorf("%v after: %d %s, want %d", moment, got[bucket], bucket, count)
				}
			}
		}
	}
}
