package mail

import (
	"strconv"
	"strings"
	"time"

	"postern/store"
)

// sameRefusals is how many recipients in a row must be refused alike before it is the sender who is refused.
const sameRefusals = 3

// suspicion tells letters that are at fault from a smarthost that is. Its rules need memory beyond one attempt: the
// same refusal of three recipients in a row is the smarthost's; and a letter that was excused in this way, or turned
// away after RCPT, must not stand in everybody's way. So excused letters are tried after all others, and once another
// letter has gone through, what happens to them is their own. From then on, and for as long as others do go through, a
// 421 after RCPT is known to be said of single letters, and pauses sending no more: else strangers who register
// addresses that get one would each hold up everybody.
type suspicion struct {
	refusal string // what the row has in common
	row     []store.ID
	people  map[string]bool
	excused map[store.ID]excuse // tried after others
	proven  map[store.ID]bool   // another letter went through where these did not
	apart   bool                // some have been turned away while others went through
	through time.Time           // when a letter went through last
}

// goingThrough is for how long a letter that went through tells that the smarthost takes letters.
const goingThrough = 10 * time.Minute

// excuse is why a letter's fault was taken for the smarthost's.
type excuse int

const (
	refusedAlike excuse = iota
	away                // turned away with 421 or 454 after RCPT
	tooBig              // for the SIZE that the smarthost names
)

// suspectsKept bounds what is remembered; forgetting costs no more than a further pause.
const suspectsKept = 1000

func newSuspicion() *suspicion {
	return &suspicion{people: make(map[string]bool), excused: make(map[store.ID]excuse), proven: make(map[store.ID]bool)}
}

// judge gives the attempt the class that what came before makes of it, and the failed letters of a row that are to be
// queued again.
func (s *suspicion) judge(letter store.Letter, a store.Attempt) (store.Attempt, []store.ID) {
	switch {
	case a.Class == store.AttemptSent:
		s.absolve(letter.ID)
	case turnedAway(a):
		return s.turnAway(letter, a), nil
	case a.Class == store.AttemptSmarthost && a.Phase == phaseSize:
		if s.proven[letter.ID] {
			a.Class = store.AttemptPermanent
		} else {
			s.excuse(letter.ID, tooBig)
		}
	case a.Class == store.AttemptPermanent && s.proven[letter.ID]:
		delete(s.proven, letter.ID)
	case a.Class == store.AttemptPermanent:
		return s.count(letter, a)
	case a.Code != 0 && afterMail(a.Phase):
		s.endRow()
	}
	return a, nil
}

// turnedAway tells of a letter at which the smarthost said that it is itself at fault, after it had taken MAIL.
func turnedAway(a store.Attempt) bool {
	return a.Class == store.AttemptSmarthost && (a.Code == 421 || a.Code == 454) && afterMail(a.Phase)
}

// turnAway decides whose fault it is that a letter was turned away.
func (s *suspicion) turnAway(letter store.Letter, a store.Attempt) store.Attempt {
	s.endRow()
	if s.proven[letter.ID] || s.apart && time.Since(s.through) < goingThrough {
		a.Class = store.AttemptTemporary
	} else {
		s.excuse(letter.ID, away)
	}
	return a
}

// count adds a refusal to the row, or begins another one.
func (s *suspicion) count(letter store.Letter, a store.Attempt) (store.Attempt, []store.ID) {
	refusal := refusalOf(a)
	if refusal == "" {
		s.endRow()
		return a, nil
	}
	if refusal != s.refusal {
		s.endRow()
	}
	s.refusal = refusal
	s.people[strings.ToLower(letter.To)] = true
	if len(s.people) < sameRefusals {
		s.row = append(s.row, letter.ID)
		return a, nil
	}
	again := s.row
	s.row = nil
	for _, id := range append(again, letter.ID) {
		s.excuse(id, refusedAlike)
	}
	a.Class = store.AttemptSmarthost
	return a, again
}

// refusalOf names the refusals that may be meant for the sender; others are empty.
func refusalOf(a store.Attempt) string {
	switch {
	case a.Phase == phaseDot && a.Code/100 == 5:
		return "dot " + strconv.Itoa(a.Code)
	case a.Phase == phaseRcpt && a.Code/100 == 5 && strings.HasPrefix(a.Enhanced, "5.7."):
		return "rcpt 5.7"
	}
	return ""
}

func afterMail(phase string) bool {
	switch phase {
	case phaseRcpt, phaseData, phaseBody, phaseDot:
		return true
	}
	return false
}

func (s *suspicion) excuse(letter store.ID, why excuse) {
	if len(s.excused)+len(s.proven) >= suspectsKept {
		clear(s.excused)
		clear(s.proven)
	}
	s.excused[letter] = why
}

// absolve draws the conclusion from a letter that went through: the smarthost takes mail.
func (s *suspicion) absolve(sent store.ID) {
	s.endRow()
	s.through = time.Now()
	delete(s.excused, sent)
	delete(s.proven, sent)
	for id, why := range s.excused {
		s.proven[id] = true
		s.apart = s.apart || why == away
	}
	clear(s.excused)
}

func (s *suspicion) endRow() {
	s.refusal, s.row = "", nil
	clear(s.people)
}

// last tells whether a letter is to be tried after others.
func (s *suspicion) last(letter store.ID) bool {
	_, excused := s.excused[letter]
	return excused
}
