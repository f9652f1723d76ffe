package store

import (
	"encoding/binary"
	"slices"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// toUser addresses a letter.
func toUser(user User, letter Letter) Letter {
	letter.Person, letter.To, letter.Language = user.ID, user.Email, user.Language
	letter.Generation = user.LinkGeneration
	return letter
}

// owe makes a letter part of the transaction whose fact owes it, and gives its id. The caller has addressed it, and has
// set its kind and subject; one with a Reason is held for the operator.
func (t tx) owe(letter Letter) (guid.ID, error) {
	reference, err := t.newReference()
	if err != nil {
		return guid.ID{}, err
	}
	letter.ID = t.NewID()
	letter.EnvelopeID, letter.MessageID = reference, reference+"@"+t.store.options.MailDomain
	letter.State = LetterQueued
	if letter.Reason == "" && t.store.holdsAll.Load() {
		letter.Reason = heldSinceRestore
	}
	if letter.Reason != "" {
		letter.State = LetterHeld
	}
	letter.OwedAt, letter.DueAt = t.Now(), t.Now()
	if err := t.Put(letterPersonBucket, personKey(letter.Person, letter.ID), nil); err != nil {
		return guid.ID{}, err
	}
	if err := t.Put(letterReferenceBucket, []byte(reference), letter.ID[:]); err != nil {
		return guid.ID{}, err
	}
	if err := t.countLetter(letter.State, 1); err != nil {
		return guid.ID{}, err
	}
	if err := letters.Put(t.Tx, letter.ID[:], letter); err != nil {
		return guid.ID{}, err
	}
	if letter.State == LetterHeld {
		return letter.ID, t.Put(letterHeldBucket, letter.ID[:], nil)
	}
	return letter.ID, t.makeDue(letter)
}

// makeDue puts a queued letter where the courier looks for it. One that is due later wakes nobody: whoever put it off
// looks for the next due time anyway.
func (t tx) makeDue(letter Letter) error {
	if !letter.DueAt.After(t.Now()) {
		t.signalOwed()
	}
	return t.Put(letterDueBucket, timeKey(letter.DueAt, letter.ID), nil)
}

// unqueue takes a letter that is not done from where it waits: among the held or the due ones, or in the courier's
// hand.
func (t tx) unqueue(letter Letter) error {
	if letter.State == LetterHeld {
		return t.Delete(letterHeldBucket, letter.ID[:])
	}
	if t.Has(letterClaimedBucket, letter.ID[:]) {
		return t.Delete(letterClaimedBucket, letter.ID[:])
	}
	return t.Delete(letterDueBucket, timeKey(letter.DueAt, letter.ID))
}

// finish gives a letter, which is in no queue any more, one of the final states.
func (t tx) finish(letter *Letter, state LetterState, reason string) error {
	if err := t.count(letter.State, state); err != nil {
		return err
	}
	t.signalEvents() // a letter that is cancelled makes none, and somebody may wait for its end
	letter.State, letter.Reason, letter.DoneAt = state, reason, t.Now()
	if err := t.Put(letterDoneBucket, doneKey(*letter), nil); err != nil {
		return err
	}
	if state != LetterSent {
		if err := t.takeBackNotice(*letter); err != nil {
			return err
		}
	}
	return letters.Put(t.Tx, letter.ID[:], *letter)
}

// requeue makes a letter due at its DueAt, from whatever state; the caller has taken it from the queues.
func (t tx) requeue(letter *Letter) error {
	if !letter.DoneAt.IsZero() {
		if err := t.Delete(letterDoneBucket, doneKey(*letter)); err != nil {
			return err
		}
	}
	if letter.State != LetterQueued {
		if err := t.count(letter.State, LetterQueued); err != nil {
			return err
		}
		if err := t.renewNotice(*letter); err != nil {
			return err
		}
	}
	letter.State, letter.Reason, letter.DoneAt = LetterQueued, "", time.Time{}
	if err := letters.Put(t.Tx, letter.ID[:], *letter); err != nil {
		return err
	}
	return t.makeDue(*letter)
}

func (t tx) count(from, to LetterState) error {
	if err := t.countLetter(from, -1); err != nil {
		return err
	}
	return t.countLetter(to, 1)
}

func (t tx) countLetter(state LetterState, by int) error {
	return t.Put(letterCountBucket, []byte(state),
		binary.BigEndian.AppendUint64(nil, uint64(t.letterCount(state)+by)))
}

func (t tx) letterCount(state LetterState) int {
	if value := t.Get(letterCountBucket, []byte(state)); value != nil {
		return int(binary.BigEndian.Uint64(value))
	}
	return 0
}

// eachLetterOf visits a person's letters, oldest first.
func (t tx) eachLetterOf(user guid.ID, visit func(Letter) error) error {
	var ids []guid.ID // collected first: the visitor may write
	c := t.Cursor(letterPersonBucket)
	for key, _ := c.Seek(user[:]); key != nil && guid.ID(key[:16]) == user; key, _ = c.Next() {
		ids = append(ids, guid.ID(key[16:]))
	}
	for _, id := range ids {
		letter, err := t.letter(id)
		if err != nil {
			return err
		}
		if err := visit(letter); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) letter(id guid.ID) (Letter, error) {
	letter, found, err := letters.Get(t.Tx, id[:])
	if err == nil && !found {
		err = refuse.New(refuse.NotFound, "There is no letter "+id.String()+".")
	}
	return letter, err
}

// cancelLetters ends all letters of a person that are not sent yet.
func (t tx) cancelLetters(user guid.ID, reason string) error {
	return t.eachLetterOf(user, func(letter Letter) error {
		if !letter.open() {
			return nil
		}
		return t.cancel(&letter, reason)
	})
}

// cancelOwed ends a letter that this transaction owes.
func (t tx) cancelOwed(id guid.ID, reason string) error {
	letter, err := t.letter(id)
	if err != nil {
		return err
	}
	return t.cancel(&letter, reason)
}

func (t tx) cancel(letter *Letter, reason string) error {
	if err := t.unqueue(*letter); err != nil {
		return err
	}
	return t.finish(letter, LetterCancelled, reason)
}

// forgetLetters cancels a person's letters and leaves in none of them anything that names the person.
func (t tx) forgetLetters(user guid.ID, reason string) error {
	if err := t.cancelLetters(user, reason); err != nil {
		return err
	}
	return t.eachLetterOf(user, t.forgetLetter)
}

// forgetTests does so with the operator's test letters to an address, which are no population's own.
func (t tx) forgetTests(email, reason string) error {
	return t.eachLetterOf(nobody(email), func(letter Letter) error {
		if letter.Kind != LetterTest {
			return nil
		}
		if letter.open() {
			if err := t.cancel(&letter, reason); err != nil {
				return err
			}
		}
		return t.forgetLetter(letter)
	})
}

// forgetLetter leaves of a letter that is done what names nobody: of what servers said code and status, as their words
// repeat addresses; and where the person stood for the address, none.
func (t tx) forgetLetter(letter Letter) error {
	letter.To = ""
	if letter.Decision != nil {
		letter.Decision.ProductName, letter.Decision.Comment = "", ""
	}
	for i := range letter.Attempts {
		letter.Attempts[i].Text = ""
	}
	if letter.State == LetterFailed {
		letter.Reason = letter.wordless()
	}
	if letter.Kind.ToNobody() {
		if err := t.Delete(letterPersonBucket, personKey(letter.Person, letter.ID)); err != nil {
			return err
		}
		letter.Person = guid.ID{}
		if err := t.Put(letterPersonBucket, personKey(letter.Person, letter.ID), nil); err != nil {
			return err
		}
	}
	return letters.Put(t.Tx, letter.ID[:], letter)
}

// wordless is why a letter failed, without the server's words.
func (l Letter) wordless() string {
	verb := "refused"
	if l.cameBack() {
		verb = "returned"
	}
	for _, attempt := range slices.Backward(l.Attempts) {
		if l.cameBack() && attempt.Class == AttemptReturned || !l.cameBack() && !attempt.Class.isReport() {
			if said := attempt.status(); said != "" {
				verb += ": " + said
			}
			break
		}
	}
	return verb
}

// Letter returns one letter, or NotFound.
func (s *Store) Letter(id guid.ID) (Letter, error) {
	return read(s, func(t tx) (Letter, error) { return t.letter(id) })
}

// LetterCounts tells how many letters there are in each state.
func (s *Store) LetterCounts() (map[LetterState]int, error) {
	return read(s, func(t tx) (map[LetterState]int, error) { return t.letterCounts(), nil })
}

func (t tx) letterCounts() map[LetterState]int {
	counts := make(map[LetterState]int)
	for _, state := range []LetterState{LetterQueued, LetterHeld, LetterSent, LetterFailed, LetterCancelled} {
		counts[state] = t.letterCount(state)
	}
	return counts
}
