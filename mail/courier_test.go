package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/inbox"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// TestSchedule sees the contract's delays, and the end of patience, in a smarthost that never takes the letter.
func TestSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Times(1e6, "rcpt", "450 4.2.0 later"))
		o := newHarness(t, 2)
		defer o.close()
		user := o.register(1)[0]
		var at []time.Time
		s.Script = func(phase string, n int) string {
			if phase != "rcpt" {
				return ""
			}
			at = append(at, time.Now())
			return "450 4.2.0 later"
		}
		o.start(o.smarthost(s))
		time.Sleep(100 * time.Hour)
		synctest.Wait()
		for i, want := range []time.Duration{
			30 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute,
			40 * time.Minute, time.Hour, time.Hour} {
			if got := at[i+1].Sub(at[i]); got < want*8/10 || got > want*12/10+time.Second {
				t.Errorf("delay %d was %s, want %s ± 20 %%", i, got, want)
			}
		}
		letter := o.letter(user)
		if span := at[len(at)-1].Sub(at[0]); letter.State != store.LetterFailed || span < 71*time.Hour ||
			span > 73*time.Hour {
			t.Errorf("%s after %s: %s", letter.State, span, letter.Reason)
		}
	})
}

// TestGivingUp: a letter refused for 71 h is still queued, and goes out then; at 73 h it has failed.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	for hours, want := range map[time.Duration]store.LetterState{71: store.LetterSent, 73: store.LetterFailed} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			s := smtptest.NewServer(nil)
			s.Script = func(phase string, n int) string {
				if phase == "dot" && time.Since(began) < hours*time.Hour {
					return "451 4.3.0 later"
				}
				return ""
			}
			o := newHarness(t, 1)
			defer o.close()
			user := o.register(1)[0]
			o.start(o.smarthost(s))
			time.Sleep(71*time.Hour - time.Minute)
			if letter := o.letter(user); letter.State != store.LetterQueued || letter.PutOff < 60 {
				t.Errorf("after 71 h: %s, %d tries", letter.State, letter.PutOff)
			}
			time.Sleep(3 * time.Hour)
			if letter := o.letter(user); letter.State != want ||
				len(s.Arrivals()) != map[store.LetterState]int{store.LetterSent: 1}[want] {
				t.Errorf("refused for %d h: %s %s", hours, letter.State, letter.Reason)
			}
		})
	}
}

// TestWeekDown: a smarthost that is away for a week (a day with -short) fails no letter.
func TestWeekDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		days := rounds(7, 1)
		began := time.Now()
		s := smtptest.NewServer(nil)
		s.Script = func(phase string, n int) string {
			return map[bool]string{true: smtptest.Drop}[phase == "dial" && time.Since(began) < time.Duration(days)*day]
		}
		o := newHarness(t, 2)
		defer o.close()
		o.start(o.secured(s))
		for range days {
			o.register(10)
			time.Sleep(day)
		}
		if n := s.Count("dial"); o.count(store.LetterQueued) != 10*days || n < days*24*11 || n > days*24*12+10 {
			t.Errorf("%d queued after %d dials", o.count(store.LetterQueued), n)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		o.eachOnce(s, 10*days)
	})
}

// TestClock: a clock that jumps a day ahead, and back again, neither storms nor stalls.
func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		var well atomic.Bool
		s.Script = func(phase string, n int) string {
			if phase == "rcpt" && !well.Load() {
				return "450 4.2.0 later"
			}
			return ""
		}
		o := newHarness(t, 2)
		defer o.close()
		o.register(20)
		o.start(o.smarthost(s))
		time.Sleep(2 * time.Hour)
		before := s.Count("rcpt")
		o.wrong.Store(int64(24 * time.Hour))
		time.Sleep(2 * time.Minute)
		if n := s.Count("rcpt") - before; n > 2*20 {
			t.Errorf("%d tries of 20 letters when the clock jumped ahead", n)
		}
		o.register(20)
		synctest.Wait()
		o.wrong.Store(0)
		well.Store(true)
		time.Sleep(2 * time.Minute) // until the courier has looked at the clock
		o.register(1)
		synctest.Wait()
		if sent, failed := o.count(store.LetterSent), o.count(store.LetterFailed); sent != 41 || failed != 0 {
			t.Errorf("%d sent, %d failed after the clock was set right; log:\n%s", sent, failed, o.log)
		}
	})
}

// TestRecovery: what a dead process had in hand goes out at once.
func TestRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		o := newHarness(t, 2)
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
	t.Parallel()
	for _, claimed := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := smtptest.NewServer(nil)
			o := newHarness(t, 1)
			o.register(2)
			o.claim(claimed)
			o.damage(`"to":"driver1@`, `"to":"eriver1@`)
			o.start(o.smarthost(s))
			synctest.Wait()
			if arrived := s.Arrivals(); len(arrived) != 1 || arrived[0].To != "driver2@drivers.example" {
				t.Errorf("with %d in hand: arrived %v", claimed, arrived)
			}
			if strings.Count(o.log.String(), `"level":"error","letters":1,`) != 1 ||
				strings.Count(o.log.String(), "postern check names them") != 1 {
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
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Once("dial", smtptest.Drop))
		o := newHarness(t, 1)
		defer o.close()
		user := o.register(1)[0]
		claimed := o.claim(1)
		must(o.store.BlockUser(context.Background(), user.ID, true))
		o.options.Transport = Relay(o.smarthost(s))
		c := New(o.options)
		r := c.try(context.Background(), o.options.Transport.Conn(context.Background()), claimed[0])
		if r.attempt.Class != store.AttemptOvertaken || s.Count("dial") != 0 {
			t.Errorf("%+v after %d dials", r, s.Count("dial"))
		}
	})
}

// brokenRandom returns the sealer nothing to make tokens of.
type brokenRandom struct{ panics bool }

func (b brokenRandom) Read([]byte) (int, error) {
	if b.panics {
		panic("a bug")
	}
	return 0, errors.New("a bug")
}

// TestUnfit: a letter that can't be composed, by error or panic, has failed, once, and its reason is in the log.
func TestUnfit(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := smtptest.NewServer(nil)
			o := newHarness(t, 1)
			defer o.close()
			user := o.register(1)[0]
			o.options.Composer = newComposer(t, o.store, brokenRandom{panics})
			o.start(o.smarthost(s))
			time.Sleep(time.Hour)
			synctest.Wait()
			letter := o.letter(user)
			if letter.State != store.LetterFailed || len(letter.Attempts) != 1 ||
				letter.Attempts[0].Phase != phaseCompose {
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
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Times(2, "rcpt", "450 4.2.0 <driver1@drivers.example> greylisted"))
		o := newHarness(t, 1)
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

// TestCapture: without a smarthost the letters turn up in the inbox, but for those to magic recipients, which meet a
// fault and hold up nobody.
func TestCapture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := inbox.New(time.Now, rand.Reader)
		o := newHarness(t, 1)
		defer o.close()
		want := map[string]store.Attempt{}
		for local, a := range map[string]store.Attempt{
			"temperror": magic["temperror"], "TempError+1": magic["temperror"], "permerror": magic["permerror"],
			"permerror+x+y": magic["permerror"],
			"timeout":       magic["timeout"], "timeout+2": magic["timeout"], "timeouts": {Class: store.AttemptSent},
			"x+timeout": {Class: store.AttemptSent},
		} {
			user := must(o.store.RegisterUser(
				t.Context(), store.Registration{
					Email: local + "@magic.example", FirstName: "A", LastName: "B", OrganisationName: "C",
					Language: "en"}))
			want[user.Email] = a
		}
		o.register(18)
		o.startOver(Capture(inbox, nil))
		synctest.Wait()
		for _, letter := range must(o.store.Letters(store.LetterFilter{Limit: 100})) {
			a, expected := letter.Attempts[0], want[letter.To]
			if len(letter.Attempts) != 1 || expected.Class != "" && a.Class != expected.Class ||
				a.Code != expected.Code || a.Enhanced != expected.Enhanced {
				t.Errorf("%s: %+v", letter.To, letter.Attempts)
			}
		}
		if total, _ := inbox.Counts(); total != 20 || o.count(store.LetterSent) != 20 ||
			o.count(store.LetterFailed) != 2 || o.courier.Status().Connections != 0 {
			t.Errorf("%d letters in the inbox", total)
		}
		time.Sleep(time.Hour)
		if status := o.courier.Status(); o.count(store.LetterQueued) != 4 || !status.PausedUntil.IsZero() ||
			status.Fault.Class != "" {
			t.Errorf("%d queued, %+v", o.count(store.LetterQueued), status)
		}
	})
}

// observed is an observer that counts.
type observed struct {
	mu       sync.Mutex
	attempts map[string]int // by kind, class, code and state
	waited   time.Duration
	paused   []bool
}

func (o *observed) Attempted(kind store.LetterKind, a store.Attempt, state store.LetterState, waited time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.attempts[fmt.Sprintf("%s %s %d %s", kind, a.Class, a.Code, state)]++
	o.waited += waited
}

func (o *observed) Paused(paused bool) { o.paused = append(o.paused, paused) }

// TestObserver: every attempt is told of once it is recorded, and the pauses' beginnings and end.
func TestObserver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(func(phase string, n int) string {
			switch {
			case phase == "greet" && n <= 2:
				return "554 closed"
			case phase == "rcpt" && n == 1:
				return "450 4.2.0 later"
			case phase == "rcpt" && n == 2:
				return "550 5.1.1 nobody"
			}
			return ""
		})
		o := newHarness(t, 1)
		defer o.close()
		seen := &observed{attempts: make(map[string]int)}
		o.options.Observer = seen
		o.register(3)
		o.start(o.smarthost(s))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		want := map[string]int{"activate smarthost 554 queued": 2, "activate temporary 450 queued": 1,
			"activate permanent 550 failed": 1, "activate sent 250 sent": 2}
		if !maps.Equal(seen.attempts, want) || !slices.Equal(seen.paused, []bool{true, true, false}) {
			t.Errorf("observed %v, paused %v", seen.attempts, seen.paused)
		}
		if seen.waited < 15*time.Second+39*time.Second || seen.waited > 30*time.Second+37*time.Second {
			t.Errorf("letters waited %s in all", seen.waited)
		}
	})
}
