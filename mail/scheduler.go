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

	// unrecorded bounds the letters that are handed over while the results of others wait for the disk.
	unrecorded = 256

	// documentsAtOnce bounds the letters with a document that are handed over at the same time: one of 10 MiB takes
	// 24 MiB to compose and 14 MiB to send, a rendered one some processor time. Other letters go past those that wait.
	documentsAtOnce = 4

	lookAgain = time.Minute // at the latest, whatever the clock did meanwhile
	afterFail = time.Second // before the store is asked again for what it has refused
)

// scheduler decides what happens next. All of its state belongs to the goroutine of run.
type scheduler struct {
	courier *Courier
	hard    context.Context // ends with everything

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
	signal    bool           // and a signal said so while a claim was under way
	claiming  bool
	writing   bool
	stopping  bool
	paused    bool // by the operator, when last looked
	ahead     int
	claimed   time.Time // when the last claim was asked for

	next      *time.Timer // to look for due letters
	again     *time.Timer // to record anew
	slot      *time.Timer // when the rate allows the next letter
	rate      *rate
	clock     *clock
	blocked   bool // the store did not record: nothing is sent until it does
	breaker   *breaker
	suspicion *suspicion
}

// claim is what the store gave.
type claim struct {
	letters []store.Letter
	damaged int // letters that it could not read, and put off
	limit   int
	mended  bool // nothing was claimed: due times that a wrong clock had set were mended
	err     error
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

// run is the courier's one loop. It ends when it was stopped and nothing is in hand any more.
func (s *scheduler) run(stop context.Context, halt, cut func()) {
	defer close(s.reports)
	defer s.next.Stop()
	defer s.again.Stop()
	defer s.slot.Stop()
	defer s.breaker.timer.Stop()
	stopped, fatal, mended := stop.Done(), s.courier.store.Fatal(), s.courier.options.Transport.Mended()
	for !s.finished() {
		s.mendTimes()
		s.claimMore()
		work, letter := s.offer()
		reports := s.toRecord()
		select {
		case <-stopped:
			stopped = nil
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
			s.due, s.signal = true, true
			s.checkPaused()
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

// finished tells whether run may end. What the store refuses even at the end of the grace is left to RecoverClaims.
func (s *scheduler) finished() bool {
	if !s.stopping || s.out > 0 || s.claiming || s.writing {
		return false
	}
	return s.pending.empty() || s.blocked && s.hard.Err() != nil
}

// claimMore asks for letters while the workers are busy with what there is.
func (s *scheduler) claimMore() {
	if s.claiming || s.stopping || s.blocked || !s.due || s.clock.setBack || !s.breaker.ready() || len(s.batch) > s.lowWater() || !s.allowed() {
		return
	}
	s.adjustAhead()
	s.claiming, s.signal = true, false
	n := min(s.ahead, s.rate.ahead()) + len(s.suspicion.excused) // so that there are others to try before those
	go func() {
		// Not cut short: only the answer tells what is in hand.
		letters, damaged, err := s.courier.store.ClaimLetters(context.WithoutCancel(s.hard), n)
		s.claims <- claim{letters: letters, damaged: len(damaged), limit: n, err: err}
	}()
}

// allowed tells whether the rate lets a letter go now; else it sets the alarm for when it does.
func (s *scheduler) allowed() bool {
	wait := s.rate.wait(time.Now())
	if wait > 0 {
		s.slot.Reset(wait)
	}
	return wait <= 0
}

// heed looks whether the operator has stopped sending, or started it again. Claims give nothing meanwhile; what is in
// hand already goes back.
func (s *scheduler) checkPaused() {
	paused, err := s.courier.store.SendingPaused()
	if err != nil {
		return // claiming comes upon the same fault, and tells of it
	}
	if paused {
		s.release()
	}
	s.paused = paused
}

// resumed follows the operator who has resumed sending. That is also to say that what was wrong with the smarthost is
// mended.
func (s *scheduler) resumed() {
	s.checkPaused()
	s.due = true
	s.courier.options.Transport.ForgetFaults()
	s.breaker.endPause()
}

// enough is how many letters in hand need no more beside them.
func (s *scheduler) lowWater() int {
	if s.breaker.open {
		return 0 // the probe goes out alone
	}
	return min(s.ahead, s.rate.ahead()) / 2
}

// pace claims further ahead where letters go fast, and less where they are slow.
func (s *scheduler) adjustAhead() {
	switch last := time.Since(s.claimed); {
	case last < 250*time.Millisecond:
		s.ahead = min(2*s.ahead, mostAhead)
	case last > 2*time.Second:
		s.ahead = max(s.ahead/2, leastAhead)
	}
	s.claimed = time.Now()
}

// receive takes claimed letters in hand, or gives them back where they can't be sent now.
func (s *scheduler) receive(c claim) {
	s.claiming = false
	s.batch = append(s.batch, c.letters...)
	if c.err != nil {
		s.clock.setBack = s.clock.setBack || c.mended
		s.courier.log.Error().Err(c.err).Msg("due letters cannot be claimed")
		s.due = false
		s.next.Reset(afterFail)
		return
	}
	s.courier.unreadable(c.damaged)
	if s.stopping || !s.breaker.ready() {
		s.release()
		return
	}
	if s.paused { // since they were claimed
		s.release()
	}
	s.order()
	if !c.mended && len(c.letters) < c.limit && !s.signal {
		s.due = false
		s.setAlarm()
	}
}

// order lets letters that may be at fault themselves wait while there are others.
func (s *scheduler) order() {
	slices.SortStableFunc(s.batch, func(a, b store.Letter) int {
		return rank(s.suspicion.triedLast(a.ID)) - rank(s.suspicion.triedLast(b.ID))
	})
}

func rank(last bool) int {
	if last {
		return 1
	}
	return 0
}

// sleep sets the alarm for the next due letter.
func (s *scheduler) setAlarm() {
	at, some, err := s.courier.store.NextDue()
	wait := lookAgain
	switch {
	case err != nil:
		s.courier.log.Error().Err(err).Msg("the next due letter cannot be found")
	case some:
		wait = min(max(at.Sub(s.courier.options.Now()), time.Millisecond), lookAgain)
	}
	s.next.Reset(wait)
}

// offer gives the channel to the workers and the letter that may go out now; a nil channel where none may.
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

func (s *scheduler) dispatched(letter store.Letter) {
	s.batch = slices.DeleteFunc(s.batch, func(l store.Letter) bool { return l.ID == letter.ID })
	s.out++
	if letter.Kind == store.LetterDocument {
		s.documents++
	}
	s.rate.dispatched(time.Now())
	s.breaker.dispatched(letter.ID)
}

// settle draws the consequences of one attempt.
func (s *scheduler) ended(r result) {
	s.out--
	if r.letter.Kind == store.LetterDocument {
		s.documents--
	}
	id := r.letter.ID
	s.rate.ended(time.Now(), !r.untried && (r.attempt.Phase == smtp.PhaseMail || smtp.AfterMail(r.attempt.Phase)))
	if r.untried {
		s.breaker.untried(id)
		s.pending.release = append(s.pending.release, id)
		s.release() // stopping, or the store says nothing any more
		return
	}
	attempt, requeue := s.suspicion.judge(r.letter, r.attempt)
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

func (s *scheduler) trip(letter guid.ID, attempt store.Attempt) {
	if s.breaker.trip(letter, attempt) {
		s.changed(attempt)
	}
}

// changed follows the breaker: what is in hand goes back while it is open.
func (s *scheduler) changed(attempt store.Attempt) {
	s.due = true
	if !s.breaker.open {
		s.courier.pauseEnded()
		return
	}
	s.ahead = leastAhead
	s.release()
	s.courier.pauseBegan(s.breaker.pause, attempt)
}

// release gives back what is claimed and not with a worker.
func (s *scheduler) release() {
	for _, letter := range s.batch {
		s.pending.release = append(s.pending.release, letter.ID)
	}
	s.batch = nil
}

// stop ends the handing out; the workers end with the channel.
func (s *scheduler) stop() {
	s.stopping = true
	s.release()
	close(s.work)
}

// toRecord gives the channel to the recorder where there is something to write.
func (s *scheduler) toRecord() chan<- report {
	if s.pending.empty() || s.writing || s.blocked {
		return nil
	}
	return s.reports
}

// written takes the recorder's answer: the alarm may have to go earlier, or the rest is to be written later.
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
