package store

import (
	"bytes"
	"context"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
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
			return Letter{}, refuse.New(refuse.Conflict,
				"The letter "+id.String()+" is "+string(letter.State)+"; only a queued one can be held.")
		case t.Has(letterClaimedBucket, id[:]):
			return Letter{}, refuse.New(refuse.Conflict,
				"The letter "+id.String()+" is being tried at this moment; look again in a moment.")
		}
		if err := t.hold(&letter, "held by the operator"); err != nil {
			return Letter{}, err
		}
		return letter, t.tell(letter.event("operator.letter_held"))
	})
}

// hold takes a queued letter out of the courier's way.
func (t tx) hold(letter *Letter, reason string) error {
	if err := t.unqueue(*letter); err != nil {
		return err
	}
	if err := t.count(letter.State, LetterHeld); err != nil {
		return err
	}
	letter.State, letter.Reason = LetterHeld, reason
	letter.uncount(t.Now(), letter.DueAt)
	if err := t.Put(letterHeldBucket, letter.ID[:], nil); err != nil {
		return err
	}
	return letters.Put(t.Tx, letter.ID[:], *letter)
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
			return Letter{}, refuse.New(refuse.Conflict,
				"The letter "+id.String()+" is "+string(letter.State)+" already.")
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

// FailedLastDay counts the letters that failed within 24 hours, and that nobody had tried again.
func (s *Store) FailedLastDay() (int, error) {
	return read(s, func(t tx) (int, error) { return t.failedLastDay(t.Now()), nil })
}

func (t tx) failedLastDay(now time.Time) (failed int) {
	then := now.Add(-24 * time.Hour)
	prefix := donePrefix(LetterFailed)
	c := t.Cursor(letterDoneBucket)
	from := append(prefix, timeKey(then, guid.ID{})...)
	for key, _ := c.Seek(from); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		failed++
	}
	return failed
}

// QueueStats is how the mail queue stands.
type QueueStats struct {
	Counts map[LetterState]int
	Oldest time.Time // when the oldest of the letters that are due, or being tried, was owed; zero: there is none
}

// dueLooked is how many due letters QueueStats looks at: those that have been due longest.
const dueLooked = 1000

// QueueStats sums up the queue.
func (s *Store) QueueStats() (QueueStats, error) {
	return read(s, func(t tx) (QueueStats, error) { return t.queueStats(), nil })
}

func (t tx) queueStats() QueueStats {
	stats := QueueStats{Counts: t.letterCounts()}
	due, _ := t.dueLetters(dueLooked)
	// Ids are in the order in which letters were owed: of those in hand the first is the oldest.
	if key, _ := t.Cursor(letterClaimedBucket).First(); key != nil {
		if letter, err := t.letter(guid.ID(key)); err == nil {
			due = append(due, letter)
		}
	}
	for _, letter := range due {
		if stats.Oldest.IsZero() || letter.OwedAt.Before(stats.Oldest) {
			stats.Oldest = letter.OwedAt
		}
	}
	return stats
}

// RetryLetter makes a letter that failed, is held or waits for its next try due now, with the schedule begun anew. Its
// address counts as one that has a mailbox again.
// It refuses with Conflict where the letter was sent or cancelled.
func (s *Store) RetryLetter(ctx context.Context, id guid.ID) (Letter, error) {
	return write(ctx, s, func(t tx) (Letter, error) {
		letter, err := t.letter(id)
		if err != nil {
			return Letter{}, err
		}
		if letter.State == LetterSent || letter.State == LetterCancelled {
			return Letter{}, refuse.New(refuse.Conflict, "The letter "+id.String()+" is "+string(letter.State)+
				"; only a failed, held or queued one can be tried again.")
		}
		if letter.To == "" {
			return Letter{}, refuse.New(refuse.Conflict,
				"The letter "+id.String()+" was to a person who has been erased since.")
		}
		if t.Has(letterClaimedBucket, id[:]) {
			return letter, nil // being tried at this moment
		}
		err = t.retry(&letter)
		return letter, err
	})
}

func (t tx) retry(letter *Letter) error {
	if err := t.noteDeliverable(letter.To); err != nil {
		return err
	}
	if letter.open() {
		if err := t.unqueue(*letter); err != nil {
			return err
		}
	}
	letter.PutOff, letter.Waited, letter.DueAt = 0, 0, t.Now()
	if err := t.requeue(letter); err != nil {
		return err
	}
	return t.tell(letter.event("operator.letter_retried"))
}

// retriedAtOnce bounds how many letters one transaction takes up again.
const retriedAtOnce = 500

// RetryFailed makes all letters due now that have failed up to this moment, and tells how many there were.
func (s *Store) RetryFailed(ctx context.Context) (int, error) {
	before := s.file.Now()
	return s.inStretches(ctx, donePrefix(LetterFailed), func(t tx, from []byte) (int, []byte, error) {
		return t.retryFailed(from, before)
	})
}

// retryFailed takes up letters that failed before a moment, beginning with a key; next is nil behind the last one.
func (t tx) retryFailed(from []byte, before time.Time) (retried int, next []byte, err error) {
	var failed []Letter
	looked, prefix := 0, donePrefix(LetterFailed)
	c := t.Cursor(letterDoneBucket)
	for key, _ := c.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		at, id := splitTimeKey(key[len(prefix):])
		if at.After(before) {
			break
		}
		if looked++; looked > retriedAtOnce {
			next = bytes.Clone(key)
			break
		}
		if letter, err := t.letter(id); err == nil && letter.To != "" { // neither the erased nor the damaged
			failed = append(failed, letter)
		}
	}
	for i := range failed {
		if err := t.retry(&failed[i]); err != nil {
			return 0, nil, err
		}
	}
	return len(failed), next, nil
}

// ReleaseLetter makes a held letter due now. It refuses with NotFound, and with Conflict where it is not held.
func (s *Store) ReleaseLetter(ctx context.Context, id guid.ID) (Letter, error) {
	return write(ctx, s, func(t tx) (Letter, error) {
		letter, err := t.letter(id)
		if err != nil {
			return Letter{}, err
		}
		if letter.State != LetterHeld {
			return Letter{}, refuse.New(refuse.Conflict,
				"The letter "+id.String()+" is "+string(letter.State)+", and not held.")
		}
		err = t.unhold(&letter)
		return letter, err
	})
}

// ReleaseHeld makes all letters due now that are held, and were owed up to this moment, and tells how many there were.
func (s *Store) ReleaseHeld(ctx context.Context) (int, error) {
	before := s.file.Now()
	return s.inStretches(ctx, []byte{}, func(t tx, from []byte) (int, []byte, error) {
		return t.releaseHeld(from, before)
	})
}

// releaseHeld takes up held letters, beginning with a key; next is nil behind the last one.
func (t tx) releaseHeld(from []byte, before time.Time) (released int, next []byte, err error) {
	held, next := t.lettersIn(letterHeldBucket, from, func(l Letter) bool { return !l.OwedAt.After(before) })
	for i := range held {
		if err := t.unhold(&held[i]); err != nil {
			return 0, nil, err
		}
	}
	return len(held), next, nil
}

// lettersIn lists the letters of a stretch of an index whose keys end in their ids; next is where the following stretch
// begins, nil behind the last one. A damaged letter is for the check of the file to name.
func (t tx) lettersIn(bucket, from []byte, wanted func(Letter) bool) (list []Letter, next []byte) {
	looked, c := 0, t.Cursor(bucket)
	for key, _ := c.Seek(from); key != nil; key, _ = c.Next() {
		if looked++; looked > retriedAtOnce {
			return list, bytes.Clone(key)
		}
		letter, err := t.letter(guid.ID(key[len(key)-len(guid.ID{}):]))
		if err == nil && wanted(letter) {
			list = append(list, letter)
		}
	}
	return list, nil
}

func (t tx) unhold(letter *Letter) error {
	if err := t.makeDueNow(letter); err != nil {
		return err
	}
	return t.tell(letter.event("operator.letter_released"))
}

func (t tx) makeDueNow(letter *Letter) error {
	if err := t.unqueue(*letter); err != nil {
		return err
	}
	letter.DueAt = t.Now()
	return t.requeue(letter)
}

// heldSinceRestore is the reason of letters that are held since the data file was put back from a backup.
const heldSinceRestore = "held since the data were restored, until sending is resumed"

// waitsForResume reports whether a letter is held only until sending is resumed.
func (l Letter) waitsForResume() bool { return l.State == LetterHeld && l.Reason == heldSinceRestore }

// holdQueued holds all letters that are queued, or in the courier's hand.
func (s *Store) holdQueued(ctx context.Context) error {
	for _, bucket := range [][]byte{letterClaimedBucket, letterDueBucket} {
		_, err := s.inStretches(ctx, []byte{}, func(t tx, from []byte) (int, []byte, error) {
			queued, next := t.lettersIn(bucket, from, Letter.open)
			for i := range queued {
				if err := t.hold(&queued[i], heldSinceRestore); err != nil {
					return 0, nil, err
				}
			}
			return len(queued), next, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// releaseRestored makes the letters due now that are held since a restore. New ones are queued from here on, and wait
// all the same, since sending is still paused: so none is left behind.
func (s *Store) releaseRestored(ctx context.Context) error {
	if !s.holdsAll.Swap(false) {
		return nil
	}
	_, err := s.inStretches(ctx, []byte{}, func(t tx, from []byte) (int, []byte, error) {
		held, next := t.lettersIn(letterHeldBucket, from, Letter.waitsForResume)
		for i := range held {
			if err := t.makeDueNow(&held[i]); err != nil {
				return 0, nil, err
			}
		}
		return len(held), next, nil
	})
	if err != nil {
		s.holdsAll.Store(true)
	}
	return err
}

// PauseSending stops the courier from taking up letters, or lets it go on. Time paused counts against no letter. Going
// on also releases the letters that are held since a restore.
func (s *Store) PauseSending(ctx context.Context, paused bool) error {
	if !paused {
		if err := s.releaseRestored(ctx); err != nil {
			return err
		}
		if err := s.uncountPause(ctx); err != nil {
			return err
		}
	}
	return updateVital(ctx, s, func(t tx) error {
		file, _, err := metas.Get(t.Tx, metaKey)
		if err != nil || file.Paused == paused {
			return err
		}
		file.Paused, file.HoldsAll, file.PausedAt = paused, file.HoldsAll && paused, time.Time{}
		if paused {
			file.PausedAt = t.Now()
		}
		if err := metas.Put(t.Tx, metaKey, file); err != nil {
			return err
		}
		t.signalOwed()
		if paused {
			return t.tell(Event{Type: "operator.sending_paused"})
		}
		t.signalResumed()
		return t.tell(Event{Type: "operator.sending_resumed"})
	})
}

// uncountPause takes the time of a pause out of what letters have waited that were due, or are, after it began. Done
// twice, as after a crash in the middle, it gives them more time and never less.
func (s *Store) uncountPause(ctx context.Context) error {
	about, err := read(s, func(t tx) (meta, error) { about, _, err := metas.Get(t.Tx, metaKey); return about, err })
	if err != nil || about.PausedAt.IsZero() {
		return err
	}
	waited := func(l Letter) bool { return l.Waited > 0 }
	_, err = s.inStretches(ctx, timeKey(about.PausedAt, guid.ID{}), func(t tx, from []byte) (int, []byte, error) {
		queued, next := t.lettersIn(letterDueBucket, from, waited)
		for _, letter := range queued {
			letter.uncount(about.PausedAt, t.Now())
			if err := letters.Put(t.Tx, letter.ID[:], letter); err != nil {
				return 0, nil, err
			}
		}
		return len(queued), next, nil
	})
	return err
}

// uncount takes time between two moments out of what a letter has waited, as far as its delay lay there: the whole of
// that was counted when it began.
func (l *Letter) uncount(from, to time.Time) {
	if l.DueAt.Before(to) {
		to = l.DueAt
	}
	if unused := to.Sub(from); unused > 0 {
		l.Waited = max(0, l.Waited-Span(unused))
	}
}

// SendingPaused reports whether the operator has stopped sending.
func (s *Store) SendingPaused() (bool, error) { return read(s, tx.paused) }

func (t tx) paused() (bool, error) {
	file, _, err := metas.Get(t.Tx, metaKey)
	return file.Paused, err
}
