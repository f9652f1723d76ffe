package mail

import (
	"context"
	"slices"
	"time"

	"postern/mail/smtp"
	"postern/store"
	"postern/store/guid"
)

const (
	// Letters claimed ahead: enough that a claim's commit costs little, few enough that a slow smarthost leaves
	// none for long where the operator cannot get at it.
	leastAhead, mostAhead = 8, 64

	// unrecorded bounds the letters that are sent while the results of others wait for the disk: each of these would be
	// sent a second time if the process died now.
	unrecorded = 256

	// documentsAtOnce bounds the letters with a document that are sent at the same time (a semaphore): one of 10 MiB
	// takes 24 MiB to compose and 14 MiB to send, a rendered one some processor time. Other letters go past those that
	// wait.
	documentsAtOnce = 4

	lookAgain = time.Minute // until the scheduler looks for due letters at the latest, whatever the clock did
	afterFail = time.Second // until the store is tried again after an error
)

// scheduler decides what happens next. All of its state belongs to the goroutine of run: the others, which run owns,
// send it results over channels, so that there is no lock.
type scheduler struct {
	courier *Courier
	hard    context.Context // its end cuts off whatever is under way

	work     chan store.Letter // to whichever worker is free
	tried    chan result
	claims   chan claim
	reports  chan report // to the recorder
	recorded chan receipt

	batch     []store.Letter // claimed, in the order in which they go out
	out       int            // with workers
	documents int            // of these, letters with a document
	pending   report         // to be recorded
	due       bool           // there may be due letters
	signal    bool           // the store signalled some while a claim was under way
	claiming  bool           // a claim is under way
	writing   bool           // the recorder has a report
	stopping  bool           // no letter goes out any more
	paused    bool           // by the operator, when last looked
	ahead     int            // how many letters a claim takes
	claimed   time.Time      // when the last claim began

	next      *time.Timer // to look for due letters
	again     *time.Timer // to record anew
	slot      *time.Timer // when the rate allows the next letter
	rate      *rate
	clock     *clock
	blocked   bool // the store did not record: nothing is sent until it does
	breaker   *breaker
	suspicion *suspicion
}

func newScheduler(c *Courier, hard context.Context) *scheduler {
	s := &scheduler{
		courier: c, hard: hard,
		work: make(chan store.Letter), tried: make(chan result), claims: make(chan claim),
		reports: make(chan report), recorded: make(chan receipt),
		due: true, ahead: leastAhead,
		next: time.NewTimer(lookAgain), again: time.NewTimer(lookAgain), slot: time.NewTimer(lookAgain),
		rate: newRate(c.options.PerMinute), clock: newClock(c.options.Now),
		breaker: newBreaker(), suspicion: newSuspicion(),
	}
	s.again.Stop()
	s.slot.Stop()
	return s
}

// run is the courier's one loop. It ends when it was stopped and nothing is claimed or unrecorded any more. halt stops
// the workers from beginning another letter; cut breaks off those that they have.
//
// Each round first brings about what the state allows, and then waits for the next event. A case of the select whose
// channel is nil is switched off: offer and toRecord return nil while nothing may go out or be recorded, and a stop is
// heeded once.
func (s *scheduler) run(stop context.Context, halt, cut func()) {
	defer close(s.reports)
	defer s.next.Stop()
	defer s.again.Stop()
	defer s.slot.Stop()
	defer s.breaker.timer.Stop()
	stopped, fatal, mended := stop.Done(), s.courier.store.Fatal(), s.courier.options.Transport.Mended()
	for !s.finished() {
		s.mendTimes() // before a claim, which would be of letters with wrong times
		s.claimMore()
		work, letter := s.offer()
		reports := s.toRecord()
		select {
		case <-stopped:
			stopped = nil // a closed channel would be ready in every round
			defer time.AfterFunc(s.courier.options.Grace, cut).Stop()
			s.stop()
		case <-fatal:
			fatal = nil
			halt()
			cut() // nothing can be recorded any more
		case work <- letter:
			s.dispatched(letter)
		case r := <-s.tried:
			s.ended(r)
		case reports <- s.pending:
			s.pending, s.writing = report{}, true
		case r := <-s.recorded:
			s.written(r)
		case c := <-s.claims:
			s.receive(c)
		case <-s.courier.store.Owed():
			s.due, s.signal = true, true // also for a claim that is under way, and may have looked before
			s.checkPaused()
			s.hastenForOthers()
		case <-s.courier.store.Resumed():
			s.resumed()
		case <-mended:
			s.breaker.endPause()
		case <-s.next.C:
			s.due = true
		case <-s.again.C:
			s.blocked = false
		case <-s.slot.C:
		case <-s.breaker.timer.C:
			s.breaker.over = true
		}
	}
}

// finished reports whether run may end: nobody will send over a channel of run any more, and all is recorded. What the
// store refuses even at the end of the grace is left claimed, and RecoverClaims at the next start finds it.
func (s *scheduler) finished() bool {
	if !s.stopping || s.out > 0 || s.claiming || s.writing {
		return false
	}
	return s.pending.empty() || s.blocked && s.hard.Err() != nil
}

// offer returns the channel to the workers and the letter that may go out now; a nil channel where none may. It is the
// first in the batch, but for letters with a document while enough of those are out. The rate is asked last, as asking
// sets a timer.
func (s *scheduler) offer() (chan<- store.Letter, store.Letter) {
	if s.stopping || s.blocked || !s.breaker.ready() || len(s.pending.outcomes) >= unrecorded {
		return nil, store.Letter{}
	}
	next := slices.IndexFunc(s.batch, func(letter store.Letter) bool {
		return letter.Kind != store.LetterDocument || s.documents < documentsAtOnce
	})
	if next < 0 || !s.allowed() {
		return nil, store.Letter{}
	}
	return s.work, s.batch[next]
}

// dispatched notes that a letter has gone to a worker.
func (s *scheduler) dispatched(letter store.Letter) {
	s.batch = slices.DeleteFunc(s.batch, func(l store.Letter) bool { return l.ID == letter.ID })
	s.out++
	if letter.Kind == store.LetterDocument {
		s.documents++
	}
	s.rate.dispatched(time.Now())
	s.breaker.dispatched(letter.ID)
}

// ended draws the consequences of one attempt.
func (s *scheduler) ended(r result) {
	s.out--
	if r.letter.Kind == store.LetterDocument {
		s.documents--
	}
	id := r.letter.ID
	// A smarthost that limits its clients counts from MAIL on.
	s.rate.ended(time.Now(), !r.untried && (r.attempt.Phase == smtp.PhaseMail || smtp.AfterMail(r.attempt.Phase)))
	if r.untried {
		s.breaker.untried(id)
		s.pending.release = append(s.pending.release, id)
		s.release() // stopping, or the store says nothing any more
		return
	}
	// The class may change here, so the breaker and the record see what suspicion made of it.
	attempt, requeue := s.suspicion.judge(r.letter, r.from, r.attempt)
	s.pending.outcomes = append(s.pending.outcomes, store.Outcome{Letter: id, Attempt: attempt})
	s.pending.requeue = append(s.pending.requeue, requeue...)
	if s.stopping {
		return
	}
	if attempt.Class == store.AttemptSmarthost {
		s.trip(id, attempt)
		return
	}
	if s.breaker.ended(id, attempt) {
		s.changed(attempt)
	}
}

// trip tells the breaker of a fault of the smarthost's.
func (s *scheduler) trip(letter guid.ID, attempt store.Attempt) {
	if s.breaker.trip(letter, attempt) {
		s.changed(attempt)
	}
}

// changed follows a change of the breaker: what is claimed goes back while it is open, so that the operator can get at
// it and the probe is whichever letter is due first by then.
func (s *scheduler) changed(attempt store.Attempt) {
	s.due = true
	if !s.breaker.open {
		s.courier.pauseEnded()
		return
	}
	s.ahead = leastAhead
	s.release()
	s.courier.pauseBegan(s.breaker.pause, attempt)
	s.hastenForOthers()
}

// hastenForOthers shortens a pause that few letters have caused while others are queued beside them. Counting is a
// few small reads, and an error means no more than a longer pause.
func (s *scheduler) hastenForOthers() {
	if !s.breaker.open || !s.breaker.talking {
		return
	}
	counts, err := s.courier.store.LetterCounts()
	if err == nil && counts[store.LetterQueued] > len(s.suspicion.excused) {
		s.breaker.shorten()
	}
}

// release gives back the letters that are claimed and not with a worker.
func (s *scheduler) release() {
	for _, letter := range s.batch {
		s.pending.release = append(s.pending.release, letter.ID)
	}
	s.batch = nil
}

// stop ends the sending of letters; the workers end with the channel. The loop goes on until those that are out have
// come back and everything is recorded.
func (s *scheduler) stop() {
	s.stopping = true
	s.release()
	close(s.work)
}

// toRecord returns the channel to the recorder where there is something to write; else nil.
func (s *scheduler) toRecord() chan<- report {
	if s.pending.empty() || s.writing || s.blocked {
		return nil
	}
	return s.reports
}

// written takes the recorder's receipt: the alarm may have to go earlier, or the rest is to be written later.
func (s *scheduler) written(r receipt) {
	s.writing = false
	if r.err != nil {
		s.pending = r.rest.with(s.pending)
		s.blocked = true
		s.again.Reset(afterFail)
		return
	}
	if !s.due {
		s.setAlarm()
	}
}
