package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"time"

	"postern/store/guid"
)

// Attempt is one try to hand a letter to the smarthost, and how it ended.
type Attempt struct {
	At       time.Time    `json:"at"`
	Took     Span         `json:"took"`
	Class    AttemptClass `json:"class"`
	Phase    string       `json:"phase,omitzero"`    // as connect, tls, auth, mail, rcpt, data, dot, compose; report
	Code     int          `json:"code,omitzero"`     // SMTP reply code (RFC 5321 §4.2)
	Enhanced string       `json:"enhanced,omitzero"` // enhanced status code (RFC 3463), as 5.1.1
	Text     string       `json:"text,omitzero"`     // the server's words, or the fault, as cutText leaves them
}

// AttemptClass says whose fault an attempt's end was, and so what follows from it.
type AttemptClass string

// The classes of an attempt's end.
const (
	AttemptSent      AttemptClass = "sent"      // accepted; Text holds the server's words with its queue id
	AttemptTemporary AttemptClass = "temporary" // the letter's: tried again by the schedule
	AttemptPermanent AttemptClass = "permanent" // the letter's or its recipient's: failed at once
	AttemptSmarthost AttemptClass = "smarthost" // counts against no letter; sending pauses as a whole
	AttemptUncertain AttemptClass = "uncertain" // lost after the final dot: tried again, same Message-ID
	AttemptOvertaken AttemptClass = "overtaken" // nothing left to say: cancelled
)

// Words lists them.
func (AttemptClass) Words() []string {
	return []string{string(AttemptSent), string(AttemptTemporary), string(AttemptPermanent), string(AttemptSmarthost),
		string(AttemptUncertain), string(AttemptOvertaken), string(AttemptReturned), string(AttemptDelayed),
		string(AttemptDelivered), string(AttemptRelayed), string(AttemptExpanded), string(AttemptNoted)}
}

// retryDelays is the schedule of a letter's own tries, an exponential backoff; its last step repeats. Each delay gets a
// jitter, so that letters that failed together are not tried together.
var retryDelays = []time.Duration{
	30 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour,
}

// attemptsKept and attemptText bound what a letter remembers of its tries.
const (
	attemptsKept = 10
	attemptText  = 500
)

// ClaimLetters takes up to most due letters, the longest due first, into the courier's hand. It returns none while
// sending is paused. A claim is a lease: every letter claimed must come back through RecordAttempts or ReleaseLetters,
// and a start takes back those of a process that died (RecoverClaims). Delivery is so at least once. Damaged are
// letters whose records cannot be read: they are put off for an hour, so that they delay none behind them.
func (s *Store) ClaimLetters(ctx context.Context, most int) (claimed []Letter, damaged []guid.ID, err error) {
	claimed, err = writeVital(ctx, s, func(t tx) ([]Letter, error) {
		paused, err := t.paused()
		if err != nil || paused {
			return nil, err
		}
		due, unreadable := t.dueLetters(most)
		damaged = nil
		for _, key := range unreadable {
			if err := t.putOff(key); err != nil {
				return nil, err
			}
			_, id := splitTimeKey(key)
			damaged = append(damaged, id)
		}
		for _, letter := range due {
			if err := t.Delete(letterDueBucket, timeKey(letter.DueAt, letter.ID)); err != nil {
				return nil, err
			}
			if err := t.Put(letterClaimedBucket, letter.ID[:], nil); err != nil {
				return nil, err
			}
		}
		return due, nil
	})
	return claimed, damaged, err
}

// freshShare is the part of a claim that goes to the letters that fell due last, so that a new letter does not wait
// until a long queue is through: one in freshShare.
const freshShare = 4

// dueLetters reads the longest due letters and, where there are more than most, some of those due last. It gives the
// keys of those that cannot be read.
func (t tx) dueLetters(most int) (due []Letter, damaged [][]byte) {
	read := func(key []byte) {
		_, id := splitTimeKey(key)
		letter, err := t.letter(id)
		if err != nil {
			damaged = append(damaged, bytes.Clone(key))
			return
		}
		due = append(due, letter)
	}
	end := timeKey(t.Now().Add(time.Millisecond), guid.ID{})
	c := t.Cursor(letterDueBucket)
	key, _ := c.First()
	for ; key != nil && bytes.Compare(key, end) < 0 && len(due) < most-most/freshShare; key, _ = c.Next() {
		read(key)
	}
	if key == nil || bytes.Compare(key, end) >= 0 {
		return due, damaged
	}
	from := bytes.Clone(key)
	for key, _ = c.SeekBefore(end); bytes.Compare(key, from) >= 0 && len(due) < most; key, _ = c.Prev() {
		read(key)
	}
	return due, damaged
}

func (t tx) putOff(key []byte) error {
	_, id := splitTimeKey(key)
	if err := t.Delete(letterDueBucket, key); err != nil {
		return err
	}
	return t.Put(letterDueBucket, timeKey(t.Now().Add(time.Hour), id), nil)
}

// NextDue tells when the next letter that nobody has in hand is due; found is false where there is none, or while
// sending is paused.
func (s *Store) NextDue() (at time.Time, found bool, err error) {
	at, err = read(s, func(t tx) (time.Time, error) {
		paused, err := t.paused()
		if err != nil || paused {
			return time.Time{}, err
		}
		if key, _ := t.Cursor(letterDueBucket).First(); key != nil {
			at, _ := splitTimeKey(key)
			return at, nil
		}
		return time.Time{}, nil
	})
	return at, !at.IsZero(), err
}

// Outcome is how an attempt at a letter ended.
type Outcome struct {
	Letter  guid.ID
	Attempt Attempt
}

// RecordAttempts writes down how attempts ended and what follows from it, all in one transaction, and gives the
// letters as they are then. Outcomes for letters that are no longer there, or cannot be read, are passed over: one
// damaged record must not keep the others' outcomes from the file.
func (s *Store) RecordAttempts(ctx context.Context, outcomes []Outcome) ([]Letter, error) {
	return writeVital(ctx, s, func(t tx) ([]Letter, error) {
		recorded := make([]Letter, 0, len(outcomes))
		for _, outcome := range outcomes {
			letter, err := t.letter(outcome.Letter)
			if err != nil {
				continue
			}
			if err := t.record(&letter, outcome.Attempt); err != nil {
				return nil, err
			}
			recorded = append(recorded, letter)
		}
		return recorded, nil
	})
}

func (t tx) record(letter *Letter, attempt Attempt) error {
	if letter.State != LetterQueued {
		return t.recordLate(letter, attempt)
	}
	letter.remember(attempt)
	if attempt.Class != AttemptOvertaken { // it was not tried
		letter.Tries++
	}
	if err := t.unqueue(*letter); err != nil {
		return err
	}
	switch attempt.Class {
	case AttemptSent:
		return t.sent(letter)
	case AttemptPermanent:
		if attempt.unknownMailbox() {
			if err := t.noteUndeliverable(*letter, attempt, false); err != nil {
				return err
			}
		}
		return t.fail(letter, attempt.reason())
	case AttemptTemporary, AttemptUncertain:
		return t.postpone(letter, attempt)
	case AttemptOvertaken:
		_, reason, err := t.contents(*letter)
		if err == nil && reason != "" {
			return t.finish(letter, LetterCancelled, reason)
		}
	}
	return t.requeue(letter) // the smarthost's fault, or there is something to say after all: due as before
}

// recordLate is for a letter that was cancelled, or came back, while it was on the wire. One that was cancelled and
// went out all the same is sent.
func (t tx) recordLate(letter *Letter, attempt Attempt) error {
	switch {
	case attempt.Class == AttemptSent && letter.cameBack():
		return t.recordAfterReturn(letter, attempt)
	case attempt.Class != AttemptSent || letter.State != LetterCancelled:
		return nil
	}
	if err := t.Delete(letterDoneBucket, doneKey(*letter)); err != nil {
		return err
	}
	attempt.Text = ""
	letter.remember(attempt)
	letter.Tries++
	if err := t.renewNotice(*letter); err != nil {
		return err
	}
	return t.sent(letter)
}

func (t tx) sent(letter *Letter) error {
	if err := t.noteDeliverable(letter.To); err != nil {
		return err
	}
	if err := t.finish(letter, LetterSent, ""); err != nil {
		return err
	}
	return t.tell(letter.event("letter.sent"))
}

func (t tx) fail(letter *Letter, reason string) error {
	if err := t.finish(letter, LetterFailed, reason); err != nil {
		return err
	}
	return t.tell(letter.event("letter.failed"))
}

// postpone sets the next try by the schedule, or gives up. Only the letter's own delays count towards giving up: time
// held, paused or with the smarthost down adds nothing to Waited.
func (t tx) postpone(letter *Letter, attempt Attempt) error {
	letter.PutOff++
	left := t.store.rules.GiveUpAfter - time.Duration(letter.Waited)
	if left <= 0 {
		return t.fail(letter, "given up after "+letter.Waited.String()+": "+attempt.reason())
	}
	delay := retryDelays[min(letter.PutOff, len(retryDelays))-1]
	delay = min(t.jitter(delay), left)
	letter.Waited += Span(delay)
	letter.DueAt = t.Now().Add(delay)
	return t.requeue(letter)
}

// jitter spreads a delay by ± 20 %, so that letters which failed together do not come back together.
func (t tx) jitter(delay time.Duration) time.Duration {
	var random [4]byte
	if _, err := io.ReadFull(t.Random(), random[:]); err != nil {
		return delay // without randomness the letter still goes out, only less spread
	}
	share := float64(binary.BigEndian.Uint32(random[:])) / (1 << 32) // 0 ≤ share < 1
	return time.Duration(float64(delay) * (0.8 + 0.4*share)).Round(time.Millisecond)
}

// remember keeps the last attempts. The smarthost's faults repeat for as long as it is down: of a row of the same, the
// last is kept.
func (l *Letter) remember(attempt Attempt) {
	attempt.Text = attempt.cutText()
	last := len(l.Attempts) - 1
	if last >= 0 && attempt.Class == AttemptSmarthost && l.Attempts[last].Class == AttemptSmarthost {
		l.Attempts = l.Attempts[:last]
	}
	l.Attempts = append(l.Attempts, attempt)
	l.Attempts = l.Attempts[max(0, len(l.Attempts)-attemptsKept):]
}

// reason says why an attempt came to nothing: where it stopped, and the server's status and words.
func (a Attempt) reason() string {
	if a.Phase == "" {
		return a.inWords()
	}
	return a.Phase + ": " + a.inWords()
}

// ReleaseLetters gives back letters that were claimed and never tried: they are due as before. One whose record cannot
// be read stays claimed, for the check of the file to name.
func (s *Store) ReleaseLetters(ctx context.Context, ids []guid.ID) error {
	_, err := writeVital(ctx, s, func(t tx) (int, error) { return t.release(ids) })
	return err
}

// RecoverClaims gives back what a courier that died had in hand, and then mends due times as MendDueTimes does. A
// letter that was on the wire at that moment may arrive twice, with the same Message-ID. Damaged is how many records
// cannot be read.
func (s *Store) RecoverClaims(ctx context.Context) (recovered, damaged int, err error) {
	claimed := 0
	recovered, err = writeVital(ctx, s, func(t tx) (int, error) {
		var ids []guid.ID
		c := t.Cursor(letterClaimedBucket)
		for key, _ := c.First(); key != nil; key, _ = c.Next() {
			ids = append(ids, guid.ID(key))
		}
		claimed = len(ids)
		return t.release(ids)
	})
	if err == nil {
		err = s.MendDueTimes(ctx)
	}
	return recovered, claimed - recovered, err
}

// MendDueTimes makes letters due now that wait for a time which only a wrong clock can have given them. Nothing may be
// claimed meanwhile.
func (s *Store) MendDueTimes(ctx context.Context) (err error) {
	for pulled := 1; pulled > 0 && err == nil; {
		pulled, err = writeVital(ctx, s, tx.pullForward)
	}
	return err
}

// pullForward makes letters due now whose time lies further ahead than any schedule puts it: the clock was wrong then.
func (t tx) pullForward() (pulled int, err error) {
	limit := t.Now().Add(2 * retryDelays[len(retryDelays)-1])
	var stray []Letter
	c := t.Cursor(letterDueBucket)
	for key, _ := c.Seek(timeKey(limit, guid.ID{})); key != nil && len(stray) < prunedAtOnce; key, _ = c.Next() {
		_, id := splitTimeKey(key)
		if letter, err := t.letter(id); err == nil {
			stray = append(stray, letter)
		}
	}
	for _, letter := range stray {
		if err := t.unqueue(letter); err != nil {
			return 0, err
		}
		letter.DueAt = t.Now()
		if err := t.requeue(&letter); err != nil {
			return 0, err
		}
	}
	return len(stray), nil
}

func (t tx) release(ids []guid.ID) (released int, err error) {
	for _, id := range ids {
		letter, err := t.letter(id)
		if err != nil || !t.Has(letterClaimedBucket, id[:]) {
			continue // damaged, or cancelled meanwhile
		}
		if err := t.Delete(letterClaimedBucket, id[:]); err != nil {
			return released, err
		}
		if err := t.makeDue(letter); err != nil {
			return released, err
		}
		released++
	}
	return released, nil
}

// RequeueLetters takes back that letters failed: it was the smarthost's fault after all. They are due now.
func (s *Store) RequeueLetters(ctx context.Context, ids []guid.ID, reason string) error {
	return updateVital(ctx, s, func(t tx) error {
		for _, id := range ids {
			letter, found, err := letters.Get(t.Tx, id[:])
			if err != nil {
				return err
			}
			if !found || letter.State != LetterFailed || letter.cameBack() || letter.To == "" {
				continue
			}
			letter.remember(Attempt{At: t.Now(), Class: AttemptSmarthost, Text: reason})
			letter.DueAt = t.Now()
			if err := t.requeue(&letter); err != nil {
				return err
			}
		}
		return nil
	})
}
