package mail

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/guid"
)

// turnAway is a smarthost that says 421 to whoever is of one domain.
func turnAway(phase string, n int) string {
	if strings.HasPrefix(phase, "to stranger") {
		return "421 4.3.0 not this one"
	}
	return ""
}

// TestTurnedAway: recipients who get a 421 each delay others once, for moments; as soon as others have gone through it
// is their letters' own trouble, however many they are.
func TestTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(turnAway)
		o := newHarness(t, 2)
		defer o.close()
		o.start(o.smarthost(s))
		for i := range rounds(40, 12) {
			o.strangers(100*i, 1+i/2)
			time.Sleep(3 * time.Second)
			owed, user := time.Now(), o.register(1)[0]
			for synctest.Wait(); o.letter(user).State != store.LetterSent; synctest.Wait() {
				time.Sleep(time.Second)
			}
			if took := time.Since(owed); took > talkingPause || i > 0 && took > 0 {
				t.Errorf("after %d strangers, a letter took %s", 1+i/2, took)
			}
			time.Sleep(time.Duration(i) * 10 * time.Second) // strangers' next tries as well
		}
		if failed := o.count(store.LetterFailed); failed != 0 || !o.courier.Status().PausedUntil.IsZero() {
			t.Errorf("%d failed; %+v", failed, o.courier.Status())
		}
	})
}

// strangers owes letters to people whom the smarthost turns away.
func (o *harness) strangers(from, n int) {
	o.t.Helper()
	for i := range n {
		if _, err := o.store.RegisterUser(o.t.Context(),
			store.Registration{Email: fmt.Sprintf("stranger%d@x.example", from+i),
				FirstName: "A", LastName: "B", OrganisationName: "C", Language: "en"}); err != nil {
			o.t.Fatal(err)
		}
	}
}

// TestRefusedPauses: the pauses after refusals of the sender double to 5 minutes while no other letters wait.
func TestRefusedPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Time // by the server's one connection at a time
		s := smtptest.NewServer(func(phase string, n int) string {
			if phase != "rcpt" {
				return ""
			}
			tries = append(tries, time.Now())
			return "550 relay not permitted"
		})
		o := newHarness(t, 1)
		defer o.close()
		o.register(3)
		o.start(o.smarthost(s))
		time.Sleep(time.Hour)
		synctest.Wait()
		var pauses []time.Duration
		for i := 3; i < 11; i++ {
			pauses = append(pauses, tries[i].Sub(tries[i-1]).Round(time.Second))
		}
		if got := fmt.Sprint(pauses); got != "[5s 10s 20s 40s 1m20s 2m40s 5m0s 5m0s]" {
			t.Errorf("pauses of %s", got)
		}
	})
}

// TestAllTurnedAway: a smarthost that says 421 to everybody is at fault, before and after it was known to say it of
// single letters; nobody's letter fails, and all arrive.
func TestAllTurnedAway(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false}[:rounds(2, 1)] {
		synctest.Test(t, func(t *testing.T) {
			s, down := smtptest.NewServer(nil), new(atomic.Bool)
			s.Script = func(phase string, n int) string {
				if phase == "rcpt" && down.Load() {
					return "421 4.3.2 overloaded"
				}
				return turnAway(phase, n)
			}
			o := newHarness(t, 1)
			defer o.close()
			o.start(o.smarthost(s))
			if known {
				o.strangers(0, 1)
				time.Sleep(time.Second)
				o.register(1)
				time.Sleep(time.Minute)
			}
			down.Store(true)
			began, people := s.Count("rcpt"), rounds(30, 10)
			o.register(people)
			time.Sleep(2 * time.Hour)
			// once in 5 minutes, more often while there are letters that were not tried yet, and where it is known as
			// single letters' trouble at first
			if n := s.Count("rcpt") - began; n < 24 || n > 2*60*3+people*5 {
				t.Errorf("known %t: %d letters tried in two hours", known, n)
			}
			for _, letter := range must(o.store.Letters(store.LetterFilter{State: store.LetterQueued})) {
				if most := map[bool]int{true: 5}[known]; letter.PutOff > most &&
					strings.HasPrefix(letter.To, "driver") {
					t.Errorf("known %t: a letter was blamed %d times", known, letter.PutOff)
				}
			}
			down.Store(false)
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if failed := o.count(store.LetterFailed); failed != 0 || o.count(store.LetterSent) < people {
				t.Errorf("known %t: %d sent, %d failed; log:\n%s", known, o.count(store.LetterSent), failed, o.log)
			}
		})
	}
}

// TestSizeBelowAll: a smarthost that names a SIZE below any letter's pauses sending, and fails nothing.
func TestSizeBelowAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		s.Extensions = []string{"SIZE 1000"}
		o := newHarness(t, 2)
		defer o.close()
		o.register(5)
		o.start(o.smarthost(s))
		time.Sleep(time.Hour)
		synctest.Wait()
		if o.count(store.LetterQueued) != 5 || o.courier.Status().Fault.Phase != smtp.PhaseSize ||
			s.Count("mail") != 0 {
			t.Errorf("%d queued, fault %+v", o.count(store.LetterQueued), o.courier.Status().Fault)
		}
		s.SetExtensions()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		o.eachOnce(s, 5)
	})
}

// senderRefusals are the ways in which servers say that a sender may not send. Each letter's has {to} and {id} filled
// in.
var senderRefusals = []struct{ phase, answer string }{
	{"mail", "530 5.7.57 client was not authenticated"}, {"mail", "550 5.7.1 not your address"},
	{"mail", "553 sender rejected"},
	{"rcpt", "550 5.7.1 relaying denied"}, {"rcpt", "554 5.7.1 <{to}>: Relay access denied"},
	{"rcpt", "550 5.7.{id} rule {id}"},
	{"rcpt", "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname"},
	{"rcpt", "530 5.7.1 Authentication required"},
	{"rcpt", "503 5.5.1 Error: send HELO/EHLO first"},
	{"rcpt", "553 5.1.8 <x@y.example>: Sender address rejected: Domain not found"},
	{"rcpt", "550 5.1.0 <x@y.example>: Sender address rejected: User unknown in relay recipient table"},
	{"rcpt", "550 relay not permitted"}, {"rcpt", "550-{to} is not local\r\n550 relay not permitted, id={id}"},
	{"rcpt", "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected."},
	{"rcpt", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"},
	{"rcpt", "550 5.7.1: unauthenticated"},
	{"rcpt", "550 Administrative prohibition - envelope blocked - https://x.example/DOC-1369#550 [a{id}bC_d.uk{id}]"},
	{"rcpt", "550 Rejected"}, {"rcpt", "550"}, {"rcpt", "571 {to} prohibited. We do not relay"},
	{"rcpt", "501 Envoi refus\xe9 {to}"},
	{"rcpt", "550 Requested action not taken: mailbox unavailable"},
	{"data", "554 5.7.1 <DATA>: Data command rejected: quota exceeded"}, {"data", "503 5.5.1 no"},
	{"dot", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException"},
	{"dot", "550 5.7.60 SMTP; not your address"},
	{"dot", "550 5.2.252 SendAsDenied; x not allowed to send as y"}, {"dot", "554 Transaction failed, {id}"},
	{"dot", "530 no"},
}

// filled returns a script that answers a phase, so many times, with what is filled in.
func filled(phase, answer string, most int) func(string, int) string {
	var to string
	said := 0
	return func(p string, n int) string {
		if rest, is := strings.CutPrefix(p, "to "); is {
			to = rest
		}
		if p != phase || said == most {
			return ""
		}
		said++
		return strings.NewReplacer("{to}", to, "{id}", fmt.Sprint(10+said)).Replace(answer)
	}
}

// TestSenderRefused: a sender that may not send is the smarthost's fault in all the ways in which they say so: no
// letter fails for it, and few are tried meanwhile.
func TestSenderRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range senderRefusals {
		t.Run(tt.phase+" "+tt.answer, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(filled(tt.phase, tt.answer, 9))
				o := newHarness(t, 2)
				defer o.close()
				letters := rounds(20, 12)
				o.register(letters)
				o.start(o.smarthost(s))
				time.Sleep(30 * time.Second)
				// one beside them, and three more after 5, 15 and 30 s
				if n := s.Count(tt.phase); n > sameRefusals+1+3 {
					t.Errorf("%d were tried in half a minute", n)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				o.eachOnce(s, letters)
			})
		})
	}
}

// TestMailboxRefused: mailboxes that are not there fail one by one, however many in a row, and nobody waits for them.
func TestMailboxRefused(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
		"550 5.1.10 RESOLVER.ADR.RecipientNotFound",
		"550 5.1.2 no such host", "550 5.4.1 Recipient address rejected: Access denied",
		"550 5.2.1 The email account is disabled",
		"550 sorry, no mailbox here by that name. (#5.1.1)", "550 No such user here", "550 unknown user",
		"553 Invalid recipient {to}",
		"550-Verification failed for <{to}>\r\n550 Unrouteable address", "550 5.0.0 {to}... User unknown",
		"550 <{to}> user doesn't exist",
		"511 Mailbox {to} not found", "550 <{to}> (by relay@sender.example): user unknown",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(filled("rcpt", answer, 5))
				o := newHarness(t, 1)
				defer o.close()
				o.register(8)
				o.start(o.smarthost(s))
				synctest.Wait()
				if sent, failed := o.count(store.LetterSent), o.count(store.LetterFailed); sent != 3 || failed != 5 {
					t.Errorf("%d sent, %d failed; log:\n%s", sent, failed, o.log)
				}
			})
		})
	}
}

// TestUnknownWords: mailboxes that are not there, in words that nobody here knows, hold up others for moments alone,
// also in a long pause, and fail once another letter has gone through.
func TestUnknownWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(func(phase string, n int) string {
			if strings.HasPrefix(phase, "to stranger") {
				return "550 pas de bo\u00eete aux lettres"
			}
			return ""
		})
		o := newHarness(t, 2)
		defer o.close()
		o.strangers(0, 3)
		o.start(o.smarthost(s))
		time.Sleep(10 * time.Minute)
		if failed := o.count(store.LetterFailed); failed != 0 {
			t.Errorf("%d failed before another letter went through", failed)
		}
		owed, user := time.Now(), o.register(1)[0]
		for synctest.Wait(); o.letter(user).State != store.LetterSent; synctest.Wait() {
			time.Sleep(time.Second)
		}
		if took := time.Since(owed); took > talkingPause {
			t.Errorf("a letter took %s", took)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if failed := o.count(store.LetterFailed); failed != 3 || !o.courier.Status().PausedUntil.IsZero() {
			t.Errorf("%d failed; %+v", failed, o.courier.Status())
		}
	})
}

// TestRow holds what makes a row of refusals, what breaks it, and what does not.
func TestRow(t *testing.T) {
	t.Parallel()
	permanent := func(phase string, code int, enhanced, text string) store.Attempt {
		return store.Attempt{Class: store.AttemptPermanent, Phase: phase, Code: code, Enhanced: enhanced, Text: text}
	}
	relay, relayToo := permanent(smtp.PhaseRcpt, 550, "", "relay not permitted"),
		permanent(smtp.PhaseRcpt, 554, "", "relay not permitted")
	other := func(class store.AttemptClass, phase string, code int) store.Attempt {
		return store.Attempt{Class: class, Phase: phase, Code: code}
	}
	policy, nobody := permanent(smtp.PhaseRcpt, 554, "5.7.1", ""), permanent(smtp.PhaseRcpt, 550, "5.1.2", "")
	spam := permanent(smtp.PhaseRcpt, 550, "", "this looks like spam")
	for name, tt := range map[string]struct {
		attempts []store.Attempt
		people   int // different ones
		again    int // how many are queued again with the last one; -1: the last one fails too
	}{
		"three":               {[]store.Attempt{relay, relay, relay}, 3, 2},
		"two recipients":      {[]store.Attempt{relay, relay, relay}, 2, -1},
		"the fourth":          {[]store.Attempt{relay, relay, relay, relay}, 4, 0},
		"two codes":           {[]store.Attempt{relay, relay, relayToo}, 3, -1},
		"two codes, a status": {[]store.Attempt{policy, permanent(smtp.PhaseRcpt, 550, "5.7.26", ""), policy}, 3, 2},
		"other words":         {[]store.Attempt{relay, relay, spam}, 3, -1},
		"another status":      {[]store.Attempt{policy, policy, permanent(smtp.PhaseRcpt, 554, "5.6.0", "")}, 3, -1},
		"another phase":       {[]store.Attempt{policy, policy, permanent(smtp.PhaseDot, 554, "5.7.1", "")}, 3, -1},
		"one went through": {[]store.Attempt{
			relay, relay, other(store.AttemptSent, smtp.PhaseDot, 250), relay}, 4, -1},
		"one got further": {[]store.Attempt{
			relay, relay, other(store.AttemptTemporary, smtp.PhaseDot, 451), relay}, 4, -1},
		"greylisted": {[]store.Attempt{
			relay, other(store.AttemptTemporary, smtp.PhaseRcpt, 451), relay, relay}, 4, 2},
		"broken": {[]store.Attempt{
			relay, other(store.AttemptTemporary, smtp.PhaseBody, 0), relay, relay}, 4, 2},
		"uncertain": {[]store.Attempt{
			relay, other(store.AttemptUncertain, smtp.PhaseDot, 0), relay, relay}, 4, 2},
		"turned away": {[]store.Attempt{
			relay, other(store.AttemptSmarthost, smtp.PhaseRcpt, 421), relay, relay}, 4, 2},
		"unreachable": {[]store.Attempt{
			relay, other(store.AttemptSmarthost, smtp.PhaseConnect, 0), relay, relay}, 4, 2},
		"overtaken": {[]store.Attempt{relay, {Class: store.AttemptOvertaken}, relay, relay}, 4, 2},
		"unfit": {[]store.Attempt{
			relay, permanent(phaseCompose, 0, "", "cannot be composed"), relay, relay}, 4, 2},
		"too big": {[]store.Attempt{
			relay, permanent(smtp.PhaseSize, 0, "", "too big"), relay, relay}, 4, 2},
		"no such mailbox": {[]store.Attempt{
			relay, permanent(smtp.PhaseRcpt, 550, "5.1.1", "who?"), relay,
			permanent(smtp.PhaseRcpt, 550, "", "unknown user"), relay}, 5, 2},
		"full": {[]store.Attempt{
			relay, other(store.AttemptTemporary, smtp.PhaseRcpt, 552), relay, relay}, 4, 2},
		"mailboxes": {[]store.Attempt{nobody, nobody, nobody}, 3, -1},
	} {
		s := newSuspicion()
		var a store.Attempt
		var again []guid.ID
		for i, attempt := range tt.attempts {
			a, again = s.judge(store.Letter{
				ID: guid.ID{byte(i)}, To: fmt.Sprintf("d%d@x.example", i%tt.people)}, "gate@y.example", attempt)
		}
		class := store.AttemptSmarthost
		if tt.again < 0 {
			class = store.AttemptPermanent
		}
		if a.Class != class || len(again) != max(0, tt.again) {
			t.Errorf("%s: the last one is %s, and %d are queued again", name, a.Class, len(again))
		}
	}
}
