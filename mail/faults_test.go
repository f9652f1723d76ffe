package mail

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// classes are what one letter in the table of faults stands for.
var classes = map[byte]store.AttemptClass{
	'S': store.AttemptSent, 'T': store.AttemptTemporary, 'P': store.AttemptPermanent, 'H': store.AttemptSmarthost,
	'U': store.AttemptUncertain,
}

// faultsInAll are what may happen in every phase, one column each; in the TLS handshake it comes in its place.
var faultsInAll = []string{smtptest.Stall, smtptest.Drop, "421 4.3.2 bye", "451 4.3.0 later", "550 5.3.0 no",
	smtptest.Garbage, smtptest.Endless, smtptest.Flood, smtptest.EightBit}

// faultTable says for each phase what comes of faultsInAll: a letter for the class, a dot where there is no such fault.
var faultTable = []struct{ phase, classes string }{
	{"greet", "HHHHHHHHS"},
	{"ehlo", "HHHHHHHHS"},
	{"starttls", "HHHHHHHHS"},
	{"tls", "HHHHHHHH."},
	{"again", "HHHHHHHHS"}, // EHLO within TLS
	{"auth", "HHHHHHHHS"},
	{"mail", "HHHTHHHHS"},
	{"rcpt", "TTHTPTTTS"},
	{"data", "TTHTPTTTS"},
	{"body", "TT......."},
	{"dot", "UUHTPUUUS"},
	{"quit", "SSSSSSSSS"},
	{"idle", "SSSSSSSS."}, // after the first letter; the second one goes over another connection
}

// faultCase is one phase's fault, and what is recorded of it.
type faultCase struct {
	phase, answer string
	class         store.AttemptClass
	code          int
	enhanced      string
	text          string // part of what is recorded; empty: code and enhanced are not looked at
	at            string // recorded phase; empty: not looked at
}

// faultsInOne are those that only one phase has, and those whose record is looked at.
var faultsInOne = []faultCase{
	{"dial", smtptest.Drop, store.AttemptSmarthost, 0, "", "refused", smtp.PhaseConnect},
	{"greet", "554 5.3.2 not now", store.AttemptSmarthost, 554, "5.3.2", "not now", smtp.PhaseHello},
	{"greet", smtptest.Stall, store.AttemptSmarthost, 0, "", "no answer in time", smtp.PhaseHello},
	{"greet", smtptest.Garbage, store.AttemptSmarthost, 0, "", `\xff`, smtp.PhaseHello},
	{"ehlo", "250 no STARTTLS", store.AttemptSmarthost, 0, "", "does not offer STARTTLS", smtp.PhaseTLS},
	{"ehlo", smtptest.Endless, store.AttemptSmarthost, 0, "", "says more than any dialogue needs", smtp.PhaseHello},
	{"ehlo", smtptest.Flood, store.AttemptSmarthost, 0, "", "says more than any dialogue needs", smtp.PhaseHello},
	{"starttls", "454 4.7.0 no TLS now", store.AttemptSmarthost, 454, "4.7.0", "no TLS now", smtp.PhaseTLS},
	{"starttls", smtptest.Inject, store.AttemptSmarthost, 0, "", "clear text", smtp.PhaseTLS},
	{"tls", smtptest.Stall, store.AttemptSmarthost, 0, "", "no answer in time", smtp.PhaseTLS},
	{"tls", "expired", store.AttemptSmarthost, 0, "", "expired", smtp.PhaseTLS},
	{"tls", "wrong name", store.AttemptSmarthost, 0, "", "other.example", smtp.PhaseTLS},
	{"tls", "unknown root", store.AttemptSmarthost, 0, "", "unknown authority", smtp.PhaseTLS},
	{"tls", "self-signed", store.AttemptSmarthost, 0, "", "unknown authority", smtp.PhaseTLS},
	{"again", "550 5.7.1 who?", store.AttemptSmarthost, 550, "5.7.1", "who?", smtp.PhaseHello},
	{"again", "250 no AUTH", store.AttemptSmarthost, 0, "", "no way to authenticate", smtp.PhaseAuth},
	{"auth", "535 5.7.8 wrong", store.AttemptSmarthost, 535, "5.7.8", "wrong", smtp.PhaseAuth},
	{"auth", "454 4.7.0 too many", store.AttemptSmarthost, 454, "4.7.0", "too many", smtp.PhaseAuth},
	{"auth", "334 YWdhaW4=", store.AttemptSmarthost, 0, "", "challenge", smtp.PhaseAuth},
	{"auth", "334 \xff no base64", store.AttemptSmarthost, 0, "", "base64", smtp.PhaseAuth},
	{"mail", "454 4.7.0 no TLS", store.AttemptSmarthost, 454, "4.7.0", "no TLS", smtp.PhaseMail},
	{"mail", "530 5.7.0 log in first", store.AttemptSmarthost, 530, "5.7.0", "log in", smtp.PhaseMail},
	{"mail", "550 5.7.60 not your address", store.AttemptSmarthost, 550, "5.7.60", "not your", smtp.PhaseMail},
	{"mail", "251 ok", store.AttemptSent, 250, "2.0.0", "queued as 4XYZ", smtp.PhaseDot},
	{"rcpt", "552 5.2.2 full", store.AttemptTemporary, 552, "5.2.2", "full", smtp.PhaseRcpt},
	{"rcpt", "552 full", store.AttemptTemporary, 552, "", "full", smtp.PhaseRcpt},
	{"rcpt", "550 full (#5.2.2)", store.AttemptTemporary, 550, "5.2.2", "full", smtp.PhaseRcpt},
	{"rcpt", "550 5.2.1 disabled", store.AttemptPermanent, 550, "5.2.1", "disabled", smtp.PhaseRcpt},
	{"data", "552 5.3.4 too much", store.AttemptTemporary, 552, "5.3.4", "too much", smtp.PhaseData},
	{"dot", "554 5.2.2 mailbox full; STOREDRV.Deliver", store.AttemptTemporary, 554, "5.2.2", "full", smtp.PhaseDot},
	{"mail", "552 5.2.2 full", store.AttemptSmarthost, 552, "5.2.2", "full", smtp.PhaseMail},
	{"rcpt", "530 5.7.0 log in first", store.AttemptSmarthost, 530, "5.7.0", "log in", smtp.PhaseRcpt},
	{"rcpt", "503 5.5.1 EHLO first", store.AttemptSmarthost, 503, "5.5.1", "EHLO", smtp.PhaseRcpt},
	{"rcpt", "504 5.5.2 <x>: Helo command rejected", store.AttemptSmarthost, 504, "5.5.2", "Helo", smtp.PhaseRcpt},
	{"data", "503 5.5.1 RCPT first", store.AttemptSmarthost, 503, "5.5.1", "RCPT", smtp.PhaseData},
	{"dot", "530 log in first", store.AttemptSmarthost, 530, "", "log in", smtp.PhaseDot},
	{"rcpt", "550 sorry, no mailbox here (#5.1.1)", store.AttemptPermanent, 550, "5.1.1", "sorry", smtp.PhaseRcpt},
	{"rcpt", "550 #5.1.0 Address rejected.", store.AttemptPermanent, 550, "5.1.0", "#5.1.0", smtp.PhaseRcpt},
	{"rcpt", "550", store.AttemptPermanent, 550, "", "", smtp.PhaseRcpt},
	{"rcpt", "550-5.1.1 nobody\r\n550 5.1.1 here\x07", store.AttemptPermanent, 550, "5.1.1", `nobody\nhere\a`,
		smtp.PhaseRcpt},
	{"rcpt", "550 5.7.1 caf\xe9", store.AttemptPermanent, 550, "5.7.1", `caf\xe9`, smtp.PhaseRcpt},
	{"rcpt", smtptest.Drop, store.AttemptTemporary, 0, "", "closed", smtp.PhaseRcpt},
	{"data", "554 5.5.1 no", store.AttemptPermanent, 554, "5.5.1", "no", smtp.PhaseData},
	{"data", "250 what", store.AttemptTemporary, 250, "", "what", smtp.PhaseData},
	{"body", smtptest.Stall, store.AttemptTemporary, 0, "", "no answer in time", smtp.PhaseBody},
	{"dot", "452 4.3.1 disk full", store.AttemptTemporary, 452, "4.3.1", "disk full", smtp.PhaseDot},
	{"dot", "554 5.6.0 no such content", store.AttemptPermanent, 554, "5.6.0", "content", smtp.PhaseDot},
	{"dot", "252 2.6.0 fine", store.AttemptSent, 250, "", "fine", smtp.PhaseDot},
	{"dot", smtptest.EightBit, store.AttemptSent, 250, "2.0.0", `d\xe9j\xe0`, smtp.PhaseDot},
	{"dot", smtptest.TakeDrop, store.AttemptUncertain, 0, "", "closed", smtp.PhaseDot},
	{"dot", smtptest.TakeWait, store.AttemptUncertain, 0, "", "no answer in time", smtp.PhaseDot},
	{"dot", smtptest.Half, store.AttemptUncertain, 0, "", "closed", smtp.PhaseDot},
}

// TestFaults runs one letter through every fault in every phase: its class, what the store says afterwards, and how
// often it arrives once the smarthost is well.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := slices.Clone(faultsInOne)
	for _, row := range faultTable {
		if len(row.classes) != len(faultsInAll) {
			t.Fatalf("%s: %d classes for %d faults", row.phase, len(row.classes), len(faultsInAll))
		}
		for i, answer := range faultsInAll {
			if class, is := classes[row.classes[i]]; is {
				tests = append(tests, faultCase{phase: row.phase, answer: answer, class: class})
			}
		}
	}
	for _, tt := range tests {
		t.Run(tt.phase+" "+strings.ReplaceAll(tt.answer, "\r\n", " "), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { tt.run(t) })
		})
	}
}

func (tt faultCase) run(t *testing.T) {
	s := smtptest.NewServer(smtptest.Once(tt.phase, tt.answer))
	o := newHarness(t, 1)
	defer o.close()
	way := o.secured(s)
	if tt.phase == "tls" {
		s.OtherTLS = o.ca.Untrusted(t, "smarthost.example")
	}
	user := o.register(1)[0]
	o.start(way)
	letter := o.settled(user)
	if tt.phase == "idle" {
		user = o.register(1)[0]
		letter = o.settled(user)
	}
	if len(letter.Attempts) != 1 {
		t.Fatalf("attempts %+v; log:\n%s", letter.Attempts, o.log)
	}
	a := letter.Attempts[0]
	if a.Class != tt.class || tt.at != "" && a.Phase != tt.at ||
		tt.text != "" && (a.Code != tt.code || a.Enhanced != tt.enhanced || !strings.Contains(a.Text, tt.text)) {
		t.Errorf("recorded %+v", a)
	}
	o.checkState(letter, a.Class)

	time.Sleep(time.Hour) // every retry and pause is over by then
	synctest.Wait()
	o.checkArrivals(s, user, tt.class, tt.answer)
	if !s.Secured() || s.Poured() > 2<<20 {
		t.Errorf("all but EHLO and STARTTLS in TLS: %t; %d octets heard of an endless answer", s.Secured(), s.Poured())
	}
}

// settled returns the letter to a person once its first attempt is recorded.
func (o *harness) settled(user store.User) store.Letter {
	for range 1000 {
		synctest.Wait()
		if letter := o.letter(user); len(letter.Attempts) > 0 || letter.State != store.LetterQueued {
			return letter
		}
		time.Sleep(time.Second)
	}
	o.t.Fatalf("no attempt; log:\n%s", o.log)
	return store.Letter{}
}

// checkState looks what the store made of a class.
func (o *harness) checkState(letter store.Letter, class store.AttemptClass) {
	o.t.Helper()
	due, want, putOff := letter.DueAt.Sub(letter.Attempts[0].At), store.LetterQueued, 0
	ok := true
	switch class {
	case store.AttemptSent:
		want = store.LetterSent
	case store.AttemptPermanent:
		want = store.LetterFailed
	case store.AttemptSmarthost:
		ok = letter.DueAt.Equal(letter.OwedAt) && o.courier.Status().Fault.Class == class
	default:
		took := time.Duration(letter.Attempts[0].Took)
		putOff, ok = 1, due-took >= 24*time.Second && due-took <= 37*time.Second
	}
	if letter.State != want || letter.Tries != 1 || letter.PutOff != putOff || !ok {
		o.t.Errorf("state %s after %d tries, put off by %d, due %s after the attempt: %+v", letter.State, letter.Tries,
			letter.PutOff, due, letter.Attempts)
	}
}

func (o *harness) checkArrivals(s *smtptest.Server, user store.User, class store.AttemptClass, answer string) {
	o.t.Helper()
	letter, want := o.letter(user), 1
	switch {
	case class == store.AttemptPermanent:
		want = 0
	case answer == smtptest.TakeDrop, answer == smtptest.TakeWait, answer == smtptest.Half,
		class == store.AttemptUncertain && answer == smtptest.Garbage:
		want = 2
	}
	var arrived []smtptest.Arrival
	for _, a := range s.Arrivals() {
		if a.To == user.Email {
			arrived = append(arrived, a)
		}
	}
	if len(arrived) != want || want > 0 && letter.State != store.LetterSent {
		o.t.Errorf("%d arrivals, want %d; state %s; log:\n%s", len(arrived), want, letter.State, o.log)
	}
	for _, a := range arrived {
		if a.ID != "<"+letter.MessageID+">" || a.From != "postern@postern.example" {
			o.t.Errorf("arrived as %s from %s", a.ID, a.From)
		}
	}
}
