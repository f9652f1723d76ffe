package store

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"io"
	"slices"
	"strconv"
	"strings"

	"postern/store/guid"
)

// The classes of what came back about a letter. They stand among its attempts, and are none.
const (
	AttemptReturned  AttemptClass = "returned"  // given up by another server after the smarthost had taken it
	AttemptDelayed   AttemptClass = "delayed"   // another server still tries
	AttemptDelivered AttemptClass = "delivered" // in the mailbox, as that server says
	AttemptRelayed   AttemptClass = "relayed"   // handed on to a server that reports nothing further
	AttemptExpanded  AttemptClass = "expanded"  // went to a list or a forward
	AttemptNoted     AttemptClass = "noted"     // a message about the letter that is not understood: Text begins it
)

// isReport reports whether a class is that of mail that came back, and of no attempt.
func (c AttemptClass) isReport() bool {
	switch c {
	case AttemptReturned, AttemptDelayed, AttemptDelivered, AttemptRelayed, AttemptExpanded, AttemptNoted:
		return true
	}
	return false
}

// phaseReport is the phase of what came back.
const phaseReport = "report"

// reportsKnown is how many reports of a letter are told apart. Beyond them only one that fails the letter counts:
// whoever got a letter can send any number of messages to its code.
const reportsKnown = 32

// notesKept is how many reports that change no state stand among the attempts.
const notesKept = 4

// Clues are what a report names its letter by. They have been read from a stranger's mail: none but a code that was
// signed here, and texts that nobody can guess, leads to a letter.
type Clues struct {
	Letter     guid.ID  // of a valid code in the address that the report was sent to; zero: none
	EnvelopeID string   // Original-Envelope-Id
	MessageIDs []string // of the returned message, without angle brackets
}

// Return is what a report says of its letter.
type Return struct {
	Class     AttemptClass
	Code      int    // SMTP reply code of the remote server; 0: none
	Enhanced  string // enhanced status code
	Text      string // the remote server's words; noted: the message's
	NoMailbox bool   // there is no mailbox of the letter's address
	NotNow    bool   // it takes no mail now
	Hash      [32]byte
}

// ReturnOutcome says what became of a report.
type ReturnOutcome string

// The outcomes of a report.
const (
	ReturnFailed  ReturnOutcome = "failed"  // the letter is failed by it
	ReturnNoted   ReturnOutcome = "noted"   // it stands with the letter, whose state stays
	ReturnRepeat  ReturnOutcome = "repeat"  // it came before, or so many came that it counts no more
	ReturnUnknown ReturnOutcome = "unknown" // it names no letter that is kept
)

// ReturnedLetter finds the letter that a report names; false: none that is kept.
func (s *Store) ReturnedLetter(clues Clues) (letter Letter, found bool, err error) {
	letter, err = read(s, func(t tx) (_ Letter, err error) {
		letter, found, err = t.letterOf(clues)
		return letter, err
	})
	return letter, found, err
}

// RecordReturn writes down what a report says about a letter, and what follows from it, all in one transaction: a
// letter that had left is failed, its address may rest, and the feed tells of it. What changes nothing writes nothing.
func (s *Store) RecordReturn(ctx context.Context, id guid.ID, r Return) (Letter, ReturnOutcome, error) {
	type recorded struct {
		letter  Letter
		outcome ReturnOutcome
	}
	look := func(t tx) (recorded, error) {
		letter, found, err := letters.Get(t.Tx, id[:])
		if err != nil || !found {
			return recorded{outcome: ReturnUnknown}, err
		}
		return recorded{letter, t.judgeReturn(letter, r)}, nil
	}
	seen, err := read(s, look)
	if err != nil || seen.outcome != ReturnFailed && seen.outcome != ReturnNoted {
		return seen.letter, seen.outcome, err
	}
	done, err := writeVital(ctx, s, func(t tx) (recorded, error) {
		now, err := look(t)
		switch {
		case err != nil:
		case now.outcome == ReturnFailed:
			err = t.failReturned(&now.letter, r)
		case now.outcome == ReturnNoted:
			err = t.noteReturn(&now.letter, r)
		}
		return now, err
	})
	return done.letter, done.outcome, err
}

// letterOf finds the letter of a report: by its code, by its ENVID, by its Message-ID, in this order.
func (t tx) letterOf(clues Clues) (Letter, bool, error) {
	if !clues.Letter.IsZero() {
		letter, found, err := letters.Get(t.Tx, clues.Letter[:])
		if found || err != nil {
			return letter, found, err
		}
	}
	for _, reference := range append([]string{clues.EnvelopeID}, clues.MessageIDs...) {
		reference, domain, isID := strings.Cut(strings.ToLower(reference), "@")
		id := t.Get(letterReferenceBucket, []byte(reference))
		if id == nil {
			continue
		}
		letter, found, err := letters.Get(t.Tx, id)
		if err != nil || found && (!isID || strings.EqualFold(letter.MessageID, reference+"@"+domain)) {
			return letter, found, err
		}
	}
	return Letter{}, false, nil
}

// judgeReturn says what a report makes of its letter.
func (t tx) judgeReturn(letter Letter, r Return) ReturnOutcome {
	fails := r.Class == AttemptReturned && t.isOut(letter)
	switch {
	case slices.Contains(letter.Reports, reportID(r.Hash)):
		return ReturnRepeat
	case fails:
		return ReturnFailed
	case len(letter.Reports) >= reportsKnown:
		return ReturnRepeat
	}
	return ReturnNoted
}

// isOut reports whether a letter has left and is not known to have come back since: so it is with one that is sent, or
// whose last attempt has no answer, and with one in the courier's hand, as a report may be here before the smarthost's
// answer is recorded.
func (t tx) isOut(letter Letter) bool {
	switch {
	case letter.State == LetterSent, t.Has(letterClaimedBucket, letter.ID[:]):
		return true
	case !letter.open():
		return false
	}
	for _, attempt := range slices.Backward(letter.Attempts) {
		if attempt.Class == AttemptReturned || !attempt.Class.isReport() {
			return attempt.Class == AttemptSent || attempt.Class == AttemptUncertain
		}
	}
	return false
}

// failReturned fails a letter that came back. Its notice counts as not given, as with every letter that fails.
func (t tx) failReturned(letter *Letter, r Return) error {
	var err error
	if letter.open() {
		err = t.unqueue(*letter)
	} else {
		err = t.Delete(letterDoneBucket, doneKey(*letter))
	}
	if err != nil {
		return err
	}
	attempt := letter.takeReturn(r, t.attemptOf(*letter, r))
	if r.NoMailbox || r.NotNow {
		if err := t.noteUndeliverable(*letter, attempt, r.NotNow); err != nil {
			return err
		}
	}
	words := attempt.inWords()
	if words == "" {
		words = "no reason is given"
	}
	return t.fail(letter, "returned: "+words)
}

// noteReturn writes down a report that leaves the letter in its state.
func (t tx) noteReturn(letter *Letter, r Return) error {
	letter.takeReturn(r, t.attemptOf(*letter, r))
	return letters.Put(t.Tx, letter.ID[:], *letter)
}

// attemptOf is a report as it stands among the attempts. Of a person who has been erased no words come back in: they
// repeat the address.
func (t tx) attemptOf(letter Letter, r Return) Attempt {
	attempt := Attempt{At: t.Now(), Class: r.Class, Phase: phaseReport, Code: r.Code, Enhanced: r.Enhanced}
	if letter.To != "" {
		attempt.Text = r.Text
	}
	return attempt
}

// takeReturn adds a report to a letter. The notes among the attempts are few, so that they do not push out what the
// smarthost said.
func (l *Letter) takeReturn(r Return, attempt Attempt) Attempt {
	l.Reports = append(l.Reports, reportID(r.Hash))
	l.Reports = l.Reports[max(0, len(l.Reports)-reportsKnown):]
	isNote := func(a Attempt) bool { return a.Class.isReport() && a.Class != AttemptReturned }
	notes := 0
	for _, one := range l.Attempts {
		if isNote(one) {
			notes++
		}
	}
	if oldest := slices.IndexFunc(l.Attempts, isNote); isNote(attempt) && notes >= notesKept {
		l.Attempts = slices.Delete(slices.Clone(l.Attempts), oldest, oldest+1)
	}
	l.remember(attempt)
	return l.Attempts[len(l.Attempts)-1]
}

// recordAfterReturn is for an attempt that ends after its letter has come back: the report was here first. The letter
// stays failed, and its record tells of both.
func (t tx) recordAfterReturn(letter *Letter, attempt Attempt) error {
	if letter.To == "" {
		attempt.Text = "" // the person has been erased
	}
	letter.remember(attempt)
	letter.Tries++
	return letters.Put(t.Tx, letter.ID[:], *letter)
}

// cameBack reports whether a failed letter was returned, rather than refused.
func (l Letter) cameBack() bool {
	return l.State == LetterFailed && strings.HasPrefix(l.Reason, "returned")
}

// status is an attempt's reply code and enhanced status code, as far as there are any.
func (a Attempt) status() string {
	switch {
	case a.Code == 0:
		return a.Enhanced
	case a.Enhanced == "":
		return strconv.Itoa(a.Code)
	}
	return strconv.Itoa(a.Code) + " " + a.Enhanced
}

// inWords is an attempt's status and text. Most servers' words begin with the status: it is said once.
func (a Attempt) inWords() string {
	text := a.Text
	for part := range strings.FieldsSeq(a.status()) {
		rest, begins := strings.CutPrefix(text, part)
		if begins && (rest == "" || rest[0] == ' ' || rest[0] == '-') {
			text = strings.TrimLeft(rest, " -")
		}
	}
	return strings.TrimSpace(a.status() + " " + text)
}

// reportID tells a report from others of the same letter.
func reportID(hash [32]byte) string { return encodeReference(hash[:15]) }

// newReference makes the text that names a letter to other mail systems: ENVID, and the left side of its Message-ID.
// Nobody who has not seen the letter can know it: 112 bits are random. The time before them keeps its index growing at
// the right edge.
func (t tx) newReference() (string, error) {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, 20), uint64(t.Now().UnixMilli())<<16)[:20]
	if _, err := io.ReadFull(t.Random(), raw[6:]); err != nil {
		return "", err
	}
	return encodeReference(raw), nil
}

func encodeReference(raw []byte) string {
	return strings.ToLower(base32.HexEncoding.EncodeToString(raw))
}

// cutText shortens a text to so many bytes, or for a note characters, of whole UTF-8.
func (a Attempt) cutText() string {
	if a.Class != AttemptNoted {
		return strings.ToValidUTF8(a.Text[:min(attemptText, len(a.Text))], "")
	}
	text, characters := strings.ToValidUTF8(a.Text, ""), 0
	for at := range text {
		if characters++; characters > attemptText {
			return strings.Clone(text[:at])
		}
	}
	return text
}

// MailboxPosition is how far a mailbox of returned mail has been looked at. Messages in it are numbered, and the
// numbers grow, for as long as its validity is the same (RFC 9051 §2.3.1.1).
type MailboxPosition struct {
	Name     string `json:"name"` // user, host and folder
	Validity uint32 `json:"validity"`
	Last     uint32 `json:"last"` // the number of the last message that was looked at
}

// MailboxPosition returns the position in a mailbox; the zero one in another than the last.
func (s *Store) MailboxPosition(name string) (MailboxPosition, error) {
	about, err := read(s, tx.meta)
	if at := valueOf(about.Mailbox); err == nil && at.Name == name {
		return at, nil
	}
	return MailboxPosition{Name: name}, err
}

// KeepMailboxPosition notes how far a mailbox has been looked at.
func (s *Store) KeepMailboxPosition(ctx context.Context, at MailboxPosition) error {
	return updateVital(ctx, s, func(t tx) error {
		about, err := t.meta()
		if err != nil || valueOf(about.Mailbox) == at {
			return err
		}
		about.Mailbox = &at
		return metas.Put(t.Tx, metaKey, about)
	})
}
