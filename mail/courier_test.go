package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/store"
)

// TestFaults runs one letter through every fault in every phase: its class, what the store says afterwards, and how often it
// arrives once the smarthost is well.
func TestFaults(t *testing.T) {
	const (
		sent      = store.AttemptSent
		temporary = store.AttemptTemporary
		permanent = store.AttemptPermanent
		host      = store.AttemptSmarthost
		uncertain = store.AttemptUncertain
	)
	tests := []struct {
		phase, answer string
		class         store.AttemptClass
		code          int
		enhanced      string
		text          string // part of what is recorded
		at            string // recorded phase, where it is another
	}{
		{"dial", drop, host, 0, "", "refused", phaseConnect},
		{"greet", "554 5.3.2 not now", host, 554, "5.3.2", "not now", phaseHello},
		{"greet", "421 4.3.2 busy", host, 421, "4.3.2", "busy", phaseHello},
		{"greet", drop, host, 0, "", "closed", phaseHello},
		{"greet", stall, host, 0, "", "no answer in time", phaseHello},
		{"greet", garbage, host, 0, "", `\xff`, phaseHello},
		{"ehlo", "550 5.7.1 who?", host, 550, "5.7.1", "who?", phaseHello},
		{"ehlo", stall, host, 0, "", "no answer in time", phaseHello},
		{"ehlo", endless, host, 0, "", errLongLine.Error(), phaseHello},
		{"ehlo", flood, host, 0, "", errSaidTooMuch.Error(), phaseHello},
		{"mail", "421 4.7.0 slow down", host, 421, "4.7.0", "slow down", phaseMail},
		{"mail", "450 4.1.8 later", temporary, 450, "4.1.8", "later", phaseMail},
		{"mail", "454 4.7.0 no TLS", host, 454, "4.7.0", "no TLS", phaseMail},
		{"mail", "530 5.7.0 log in first", host, 530, "5.7.0", "log in", phaseMail},
		{"mail", drop, host, 0, "", "closed", phaseMail},
		{"mail", stall, host, 0, "", "no answer in time", phaseMail},
		{"mail", "251 ok", sent, 250, "2.0.0", "queued as 4XYZ", phaseDot},
		{"rcpt", "450 4.2.0 greylisted", temporary, 450, "4.2.0", "greylisted", phaseRcpt},
		{"rcpt", "552 5.2.2 full", permanent, 552, "5.2.2", "full", phaseRcpt},
		{"rcpt", "550-5.1.1 nobody\r\n550 5.1.1 here\x07", permanent, 550, "5.1.1", `nobody\nhere\a`, phaseRcpt},
		{"rcpt", "550 5.7.1 not you", permanent, 550, "5.7.1", "not you", phaseRcpt},
		{"rcpt", "421 4.3.2 bye", host, 421, "4.3.2", "bye", phaseRcpt},
		{"rcpt", drop, temporary, 0, "", "closed", phaseRcpt},
		{"rcpt", stall, temporary, 0, "", "no answer in time", phaseRcpt},
		{"rcpt", garbage, temporary, 0, "", "", phaseRcpt},
		{"data", "451 4.3.0 later", temporary, 451, "4.3.0", "later", phaseData},
		{"data", "554 5.5.1 no", permanent, 554, "5.5.1", "no", phaseData},
		{"data", "250 what", temporary, 250, "", "what", phaseData},
		{"data", drop, temporary, 0, "", "closed", phaseData},
		{"body", drop, temporary, 0, "", "", phaseBody},
		{"body", stall, temporary, 0, "", "no answer in time", phaseBody},
		{"dot", "452 4.3.1 disk full", temporary, 452, "4.3.1", "disk full", phaseDot},
		{"dot", "554 5.6.0 no such content", permanent, 554, "5.6.0", "content", phaseDot},
		{"dot", "421 4.3.0 bye", host, 421, "4.3.0", "bye", phaseDot},
		{"dot", "252 2.6.0 fine", sent, 250, "", "fine", phaseDot},
		{"dot", drop, uncertain, 0, "", "closed", phaseDot},
		{"dot", takeDrop, uncertain, 0, "", "closed", phaseDot},
		{"dot", takeWait, uncertain, 0, "", "no answer in time", phaseDot},
		{"dot", half, uncertain, 0, "", "closed", phaseDot},
		{"dot", garbage, uncertain, 0, "", `\xff`, phaseDot},
		{"quit", stall, sent, 250, "2.0.0", "queued", phaseDot},
	}
	for _, tt := range tests {
		t.Run(tt.phase+" "+strings.ReplaceAll(tt.answer, "\r\n", " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSink(once(tt.phase, tt.answer))
				o := openOffice(t, 1)
				defer o.close()
				user := o.register(1)[0]
				o.start(o.smarthost(s))

				letter := o.settled(user)
				if len(letter.Attempts) != 1 {
					t.Fatalf("attempts %+v; log:\n%s", letter.Attempts, o.log)
				}
				a := letter.Attempts[0]
				if a.Class != tt.class || a.Phase != tt.at || a.Code != tt.code || a.Enhanced != tt.enhanced || !strings.Contains(a.Text, tt.text) {
					t.Errorf("recorded %+v", a)
				}
				o.checkState(letter, a.Class)

				time.Sleep(time.Hour) // every retry and pause is over by then
				synctest.Wait()
				o.checkArrivals(s, user, tt.class, tt.answer)
			})
		})
	}
}

// settled gives the letter to a person once its first attempt is recorded.
func (o *office) settled(user store.User) store.Letter {
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
func (o *office) checkState(letter store.Letter, class store.AttemptClass) {
	o.t.Helper()
	due, want, tries := letter.DueAt.Sub(letter.Attempts[0].At), store.LetterQueued, 0
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
		tries, ok = 1, due-took >= 24*time.Second && due-took <= 37*time.Second
	}
	if letter.State != want || letter.Tries != tries || !ok {
		o.t.Errorf("state %s after %d tries, due %s after the attempt: %+v", letter.State, letter.Tries, due, letter.Attempts)
	}
}

func (o *office) checkArrivals(s *sink, user store.User, class store.AttemptClass, answer string) {
	o.t.Helper()
	letter, want := o.letter(user), 1
	switch {
	case class == store.AttemptPermanent:
		want = 0
	case answer == takeDrop, answer == takeWait, answer == half, class == store.AttemptUncertain && answer == garbage:
		want = 2
	}
	arrived := s.arrivals()
	if len(arrived) != want || want > 0 && letter.State != store.LetterSent {
		o.t.Errorf("%d arrivals, want %d; state %s; log:\n%s", len(arrived), want, letter.State, o.log)
	}
	for _, a := range arrived {
		if a.id != "<"+letter.MessageID+">" || a.to != user.Email || a.from != "postern@postern.example" {
			o.t.Errorf("arrived as %s for %s from %s", a.id, a.to, a.from)
		}
	}
}

// TestSchedule sees the contract's delays, and the end of patience, in a smarthost that never takes the letter.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSink(times(1e6, "rcpt", "450 4.2.0 later"))
		o := openOffice(t, 2)
		defer o.close()
		user := o.register(1)[0]
		var at []time.Time
		s.script = func(phase string, n int) string {
			if phase != "rcpt" {
				return ""
			}
			at = append(at, time.Now())
			return "450 4.2.0 later"
		}
		o.start(o.smarthost(s))
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		for i, want := range []time.Duration{30 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute,
			40 * time.Minute, time.Hour, time.Hour} {
			if got := at[i+1].Sub(at[i]); got < want*8/10 || got > want*12/10+time.Second {
				t.Errorf("delay %d was %s, want %s ± 20 %%", i, got, want)
			}
		}
		letter := o.letter(user)
		if span := at[len(at)-1].Sub(at[0]); letter.State != store.LetterFailed || span < 71*time.Hour || span > 73*time.Hour {
			t.Errorf("%s after %s: %s", letter.State, span, letter.Reason)
		}
	})
}

// TestRecovery: what a dead process had in hand goes out at once.
func TestRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSink(nil)
		o := openOffice(t, 2)
		defer o.close()
		o.register(10)
		o.claim(10)
		o.start(o.smarthost(s))
		synctest.Wait()
		o.eachOnce(s, 10)
	})
}

// TestDamaged: a letter whose record cannot be read holds up no other, and the log tells where its name is to be had.
func TestDamaged(t *testing.T) {
	for _, claimed := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := newSink(nil)
			o := openOffice(t, 1)
			o.register(2)
			o.claim(claimed)
			o.damage(`"to":"driver1@`, `"to":"eriver1@`)
			o.start(o.smarthost(s))
			synctest.Wait()
			if arrived := s.arrivals(); len(arrived) != 1 || arrived[0].to != "driver2@drivers.example" {
				t.Errorf("with %d in hand: arrived %v", claimed, arrived)
			}
			if strings.Count(o.log.String(), `"level":"error","letters":1,`) != 1 || strings.Count(o.log.String(), "postern check names them") != 1 {
				t.Errorf("with %d in hand, the log:\n%s", claimed, o.log)
			}
			o.stop()
			if err := o.store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOvertaken: a letter that has nothing to say any more when its turn comes is cancelled without a connection.
func TestOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSink(once("dial", drop))
		o := openOffice(t, 1)
		defer o.close()
		user := o.register(1)[0]
		claimed := o.claim(1)
		must(o.store.BlockUser(context.Background(), user.ID, true))
		o.options.Transport = o.smarthost(s)
		c := New(o.options)
		r := c.try(context.Background(), o.options.Transport.Lane(context.Background()), claimed[0])
		if r.attempt.Class != store.AttemptOvertaken || s.count("dial") != 0 {
			t.Errorf("%+v after %d dials", r, s.count("dial"))
		}
	})
}

// brokenRandom gives the sealer nothing to make tokens of.
type brokenRandom struct{ panics bool }

func (b brokenRandom) Read([]byte) (int, error) {
	if b.panics {
		panic("a bug")
	}
	return 0, errors.New("a bug")
}

// TestUnfit: a letter that can't be composed, by error or panic, has failed, once, and its reason is in the log.
func TestUnfit(t *testing.T) {
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newSink(nil)
			o := openOffice(t, 1)
			defer o.close()
			user := o.register(1)[0]
			o.options.Composer = newComposer(t, o.store, brokenRandom{panics})
			o.start(o.smarthost(s))
			time.Sleep(time.Hour)
			synctest.Wait()
			letter := o.letter(user)
			if letter.State != store.LetterFailed || len(letter.Attempts) != 1 || letter.Attempts[0].Phase != phaseCompose {
				t.Errorf("letter %+v", letter)
			}
			if !strings.Contains(o.log.String(), "a bug") {
				t.Errorf("log %s", o.log)
			}
		})
	}
}

// TestLog: no address, token, word of a server's or body in it.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSink(times(2, "rcpt", "450 4.2.0 <driver1@drivers.example> greylisted"))
		o := openOffice(t, 1)
		defer o.close()
		o.register(5)
		o.start(o.smarthost(s))
		time.Sleep(time.Hour)
		synctest.Wait()
		log := o.log.String()
		for _, secret := range []string{"@", "drivers.example", "pst1_", "greylisted", "queued as"} {
			if strings.Contains(log, secret) {
				t.Errorf("the log holds %q:\n%s", secret, log)
			}
		}
		if lines := strings.Count(log, `"message":"letter"`); lines != 7 {
			t.Errorf("%d lines for 7 attempts:\n%s", lines, log)
		}
	})
}

// TestCapture: without a smarthost the letters turn up in the inbox.
func TestCapture(t *testing.T) {
	inbox := NewInbox(time.Now, rand.Reader)
	o := openOffice(t, 2)
	defer o.close()
	o.register(20)
	o.start(Capture(inbox))
	o.wait(20)
	if total, _ := inbox.Counts(); total != 20 || o.courier.Status().Connections != 0 {
		t.Errorf("%d letters in the inbox", total)
	}
}
