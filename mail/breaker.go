package mail

import (
	"strconv"
	"strings"
	"time"

	"postern/store"
)

// The pauses after a fault of the smarthost (CONTRACT section 7).
const (
	firstPause = 5 * time.Second
	maxPause   = 5 * time.Minute
)

// breaker stops sending as a whole while the smarthost is at fault: for a pause that doubles with each letter that probes in
// vain. It belongs to the scheduler's goroutine. Its timer counts elapsed time, so that a clock that is set back does not
// lengthen a pause.
type breaker struct {
	open  bool
	probe store.ID // the letter that tries the smarthost after a pause; zero: none is out
	pause time.Duration
	timer *time.Timer
	over  bool // the pause is over: the next letter is the probe
}

func newBreaker() *breaker {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &breaker{timer: timer}
}

// trip opens the breaker or, where the probe failed, opens it for longer. Faults of letters that were under way
// already do neither. It tells whether a pause began.
func (b *breaker) trip(letter store.ID) bool {
	if b.open && letter != b.probe {
		return false
	}
	b.pause = min(max(firstPause, 2*b.pause), maxPause)
	b.open, b.over, b.probe = true, false, store.ID{}
	b.timer.Reset(b.pause)
	return true
}

// hurry ends the pause: the next letter is the probe.
func (b *breaker) hurry() { b.over = b.open }

// ready tells whether a letter may go out now.
func (b *breaker) ready() bool { return !b.open || b.over && b.probe.IsZero() }

// took notes that a letter has gone to a worker.
func (b *breaker) took(letter store.ID) {
	if b.open {
		b.probe = letter
	}
}

// settle looks at how a letter ended. It tells whether the breaker closed or, on a probe that proved nothing, opened anew.
func (b *breaker) settle(letter store.ID, a store.Attempt) (changed bool) {
	switch {
	case !b.open || letter != b.probe:
		return false
	case a.Class == store.AttemptOvertaken || a.Class == store.AttemptPermanent && a.Code == 0:
		b.probe = store.ID{} // the smarthost was not asked; the next letter is the probe
		return false
	case a.Code == 0 && a.Class != store.AttemptSent:
		return b.trip(letter) // a connection that broke speaks for nobody
	}
	b.open, b.over, b.probe, b.pause = false, false, store.ID{}, 0
	return true
}

// unsent takes back a letter that came back untried.
func (b *breaker) unsent(letter store.ID) {
	if letter == b.probe {
		b.probe = store.ID{}
	}
}

// sameRefusals is how many recipients in a row must be refused alike before it is the sender who is refused.
const sameRefusals = 3

// suspicion tells letters that are at fault from a smarthost that is. Its two rules need memory beyond one attempt: the
// same refusal of three recipients in a row is the smarthost's; and a letter that was excused in this way, or by a 421
// after RCPT, must not stand in everybody's way. So excused letters are tried after all others, and once another letter
// has gone through, what happens to them is their own.
type suspicion struct {
	refusal string // what the row has in common
	row     []store.ID
	people  map[string]bool
	excused map[store.ID]bool // tried after others
	proven  map[store.ID]bool // another letter went through where these did not
}

// suspectsKept bounds what is remembered; forgetting costs no more than a further pause.
const suspectsKept = 1000

func newSuspicion() *suspicion {
	return &suspicion{people: make(map[string]bool), excused: make(map[store.ID]bool), proven: make(map[store.ID]bool)}
}

// judge gives the attempt the class that the row before it makes of it, and the failed letters of that row that
// are to be queued again.
func (s *suspicion) judge(letter store.Letter, a store.Attempt) (store.Attempt, []store.ID) {
	switch {
	case a.Class == store.AttemptSent:
		s.absolve(letter.ID)
	case a.Class == store.AttemptSmarthost && a.Code != 0 && afterMail(a.Phase):
		if s.proven[letter.ID] {
			a.Class = store.AttemptTemporary
		} else {
			s.excuse(letter.ID)
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

// count adds a refusal to the row, or begins another one.
func (s *suspicion) count(letter store.Letter, a store.Attempt) (store.Attempt, []store.ID) {
	refusal := refusalOf(a)
	if refusal != s.refusal {
		s.endRow()
	}
	if refusal == "" {
		return a, nil
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
		s.excuse(id)
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

func (s *suspicion) excuse(letter store.ID) {
	if len(s.excused)+len(s.proven) >= suspectsKept {
		clear(s.excused)
		clear(s.proven)
	}
	s.excused[letter] = true
}

// absolve draws the conclusion from a letter that went through: the smarthost takes mail.
func (s *suspicion) absolve(sent store.ID) {
	s.endRow()
	delete(s.excused, sent)
	delete(s.proven, sent)
	for id := range s.excused {
		s.proven[id] = true
	}
	clear(s.excused)
}

func (s *suspicion) endRow() {
	s.refusal, s.row = "", nil
	clear(s.people)
}

// last tells whether a letter is to be tried after others.
func (s *suspicion) last(letter store.ID) bool { return s.excused[letter] }
