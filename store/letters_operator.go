package store

import (
	"bytes"
	"context"
	"postern/store/guid"
	"postern/store/refuse"
	"time"
)

// HoldLetter keeps a queued letter from being sent until it is released; time held counts against no letter. It refuses
// with NotFound, and with Conflict where the letter is not queued, or is being tried at this moment.
func (s *Store) HoldLetter(ctx context.Context, id guid.ID) (Letter, error) {
	return write(ctx, s, func(t tx) (Letter, error) {
		letter, err := t.letter(id)
		switch {
		case err != nil:
			return Letter{}, err
		case letter.State == LetterHeld:
			return letter, nil
		case letter.State != LetterQueued:
			return Letter{}, refuse.New(refuse.Conflict, "The letter "+id.String()+" is "+string(letter.State)+"; only a queued one can be held.")
		case t.Has(letterClaimedBucket, id[:]):
			return Letter{}, refuse.New(refuse.Conflict, "The letter "+id.String()+" is being tried at this moment; look again in a moment.")
		}
		err = t.hold(&letter)
		return letter, err
	})
}

func (t tx) hold(letter *Letter) error {
	if err := t.unqueue(*letter); err != nil {
		return err
	}
	if err := t.count(letter.State, LetterHeld); err != nil {
		return err
	}
	letter.State, letter.Reason = LetterHeld, "held by the operator"
	if err := t.Put(letterHeldBucket, letter.ID[:], nil); err != nil {
		return err
	}
	if err := letters.Put(t.Tx, letter.ID[:], *letter); err != nil {
		return err
	}
	return t.tell(letter.event("operator.letter_held"))
}

// CancelLetter ends a letter that is queued or held. One that is on the wire at that moment may arrive all the same,
// and is then sent. It refuses with NotFound, and with Conflict where the letter is done.
func (s *Store) CancelLetter(ctx context.Context, id guid.ID) (Letter, error) {
	return writeVital(ctx, s, func(t tx) (Letter, error) {
		letter, err := t.letter(id)
		if err != nil {
			return Letter{}, err
		}
		if !letter.open() {
			return Letter{}, refuse.New(refuse.Conflict, "The letter "+id.String()+" is "+string(letter.State)+" already.")
		}
		if err := t.cancel(&letter, "cancelled by the operator"); err != nil {
			return Letter{}, err
		}
		return letter, t.tell(letter.event("operator.letter_cancelled"))
	})
}

// OweTest owes a letter that says nothing but that letters arrive.
func (s *Store) OweTest(ctx context.Context, email, language string) (Letter, error) {
	return write(ctx, s, func(t tx) (Letter, error) {
		id, err := t.owe(Letter{Kind: LetterTest, Person: nobody(email), To: email, Language: language})
		if err != nil {
			return Letter{}, err
		}
		if err := t.tell(Event{Type: "operator.letter_test", Letter: id}); err != nil {
			return Letter{}, err
		}
		return t.letter(id)
	})
}

// FailedSince counts the letters that have failed since then, and that nobody had tried again.
func (s *Store) FailedSince(then time.Time) (int, error) {
	return read(s, func(t tx) (failed int, err error) {
		prefix := donePrefix(LetterFailed)
		c := t.Cursor(letterDoneBucket)
		for key, _ := c.Seek(append(prefix, timeKey(then, guid.ID{})...)); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
			failed++
		}
		return failed, nil
	})
}

// QueueStats is how the mail queue stands.
type QueueStats struct {
	Counts map[LetterState]int
	Oldest time.Time // when the oldest of the letters that are due was owed; zero: none is due
}

// dueLooked is how many due letters QueueStats looks at: those that have been due longest.
const dueLooked = 1000

// QueueStats sums up the queue.
func (s *Store) QueueStats() (QueueStats, error) {
	return read(s, func(t tx) (QueueStats, error) {
		stats := QueueStats{Counts: t.letterCounts()}
		due, _ := t.dueLetters(dueLooked)
		for _, letter := range due {
			if stats.Oldest.IsZero() || letter.OwedAt.Before(stats.Oldest) {
				stats.Oldest = letter.OwedAt
			}
		}
		return stats, nil
	})
}
