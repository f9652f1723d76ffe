package mail

import (
	"slices"
	"strings"
	"time"

	"postern/mail/smtp"
	"postern/store"
	"postern/store/guid"
)

// sameRefusals is how many recipients in a row must be refused alike before it is the sender who is refused. Two may be
// two mailboxes of one strict provider; with more, a smarthost that has stopped relaying would meanwhile fail that many
// letters, each a warning in the log, before they are queued again.
const sameRefusals = 3

// suspicion tells letters that are at fault from a smarthost that is. Its rules need memory beyond one attempt. The
// same refusal of three recipients in a row is the smarthost's. A letter that was excused in this way, or turned away
// after RCPT, must not hold up everybody, so excused letters are tried after all others; and once another letter has
// gone through, what happens to an excused one is its own fault.
//
// From then on, and for as long as others do go through, a fault of the smarthost's that comes after RCPT is known to
// be about single letters, and pauses sending no more: else strangers who register addresses that get one would each
// hold up everybody. It belongs to the scheduler's goroutine.
type suspicion struct {
	row     row
	excused map[guid.ID]excuse // tried after others
	proven  map[guid.ID]bool   // another letter went through where these did not
	apart   bool               // some have been turned away while others went through
	through time.Time          // when a letter went through last
}

// row is one refusal of several letters. An attempt that says nothing about it leaves the row as it is: no answer, a
// refusal for now, a mailbox that is not there.
type row struct {
	refusal smtp.Refusal
	failed  []guid.ID       // that were recorded as failed for it
	people  map[string]bool // to whom they were; none: there is no row
}

// goingThrough is for how long after a letter went through the smarthost is known to take letters: twice the longest
// pause, so that a breaker which opens meanwhile does not wear it out.
const goingThrough = 10 * time.Minute

// excuse is why a letter's fault was taken for the smarthost's.
type excuse int

const (
	refusedAlike excuse = iota
	away                // turned away after MAIL by a fault of the smarthost's
	tooBig              // for the SIZE that the smarthost names
)

// suspectsKept bounds what is remembered; to forget costs no more than a further pause.
const suspectsKept = 1000

func newSuspicion() *suspicion {
	return &suspicion{excused: make(map[guid.ID]excuse), proven: make(map[guid.ID]bool)}
}

// judge returns the attempt with the class that what came before makes of it, and the failed letters of a row that are
// to be queued again. from is the sender that the message named: a refusal that names it is about the sender, not about
// the mailbox.
func (s *suspicion) judge(letter store.Letter, from string, a store.Attempt) (store.Attempt, []guid.ID) {
	if s.row.passed(a) {
		s.row = row{}
	}
	switch {
	case a.Class == store.AttemptSent:
		s.absolve(letter.ID)
	case turnedAway(a):
		return s.turnAway(letter, a), nil
	case a.Class == store.AttemptSmarthost && a.Phase == smtp.PhaseSize:
		if s.proven[letter.ID] {
			a.Class = store.AttemptPermanent
		} else {
			s.excuse(letter.ID, tooBig)
		}
	case a.Class == store.AttemptPermanent && s.proven[letter.ID]:
		delete(s.proven, letter.ID)
	case a.Class == store.AttemptPermanent && a.Code != 0 && !smtp.AboutMailbox(from, letter.To, a):
		return s.count(letter, a)
	}
	return a, nil
}

// turnedAway reports whether the smarthost answered a letter, after it had taken MAIL, that it is itself at fault.
func turnedAway(a store.Attempt) bool {
	return a.Class == store.AttemptSmarthost && a.Code != 0 && smtp.AfterMail(a.Phase)
}

// turnAway decides whose fault it is that a letter was turned away.
func (s *suspicion) turnAway(letter store.Letter, a store.Attempt) store.Attempt {
	if s.proven[letter.ID] || s.apart && time.Since(s.through) < goingThrough {
		a.Class = store.AttemptTemporary
	} else {
		s.excuse(letter.ID, away)
	}
	return a
}

// count adds a refusal to the row, or begins another one.
func (s *suspicion) count(letter store.Letter, a store.Attempt) (store.Attempt, []guid.ID) {
	if r := smtp.RefusalOf(letter.To, a); len(s.row.people) == 0 || !r.Like(s.row.refusal) {
		s.row = row{refusal: r, people: make(map[string]bool)}
	}
	s.row.people[strings.ToLower(letter.To)] = true
	if len(s.row.people) < sameRefusals {
		s.row.failed = append(s.row.failed, letter.ID)
		return a, nil
	}
	again := s.row.failed
	s.row.failed = nil
	for _, id := range append(again, letter.ID) {
		s.excuse(id, refusedAlike)
	}
	a.Class = store.AttemptSmarthost
	return a, again
}

// passed reports whether an answer shows that what the row is about is not refused to everybody: the letter got
// further.
func (r row) passed(a store.Attempt) bool {
	return len(r.people) > 0 && a.Code != 0 && depth(a.Phase) > depth(r.refusal.Phase)
}

// depth orders the phases in which a letter may be refused.
func depth(phase string) int {
	return slices.Index([]string{smtp.PhaseRcpt, smtp.PhaseData, smtp.PhaseDot}, phase)
}

// excuse notes that a letter was taken for a victim of the smarthost's fault. Where too many are noted all are
// forgotten: memory stays bounded, whoever sends.
func (s *suspicion) excuse(letter guid.ID, why excuse) {
	if len(s.excused)+len(s.proven) >= suspectsKept {
		clear(s.excused)
		clear(s.proven)
	}
	s.excused[letter] = why
}

// absolve draws the conclusion from a letter that went through: the smarthost takes mail, so that whoever was excused
// before was at fault itself. Nothing changes for these letters now; their next attempt is judged by it.
func (s *suspicion) absolve(sent guid.ID) {
	s.row = row{}
	s.through = time.Now()
	delete(s.excused, sent)
	delete(s.proven, sent)
	for id, why := range s.excused {
		s.proven[id] = true
		s.apart = s.apart || why == away
	}
	clear(s.excused)
}

// triedLast reports whether a letter is to be tried after others.
func (s *suspicion) triedLast(letter guid.ID) bool {
	_, excused := s.excused[letter]
	return excused
}
