package mail

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"postern/mail/smtp/smtptest"
	"postern/store"
)

// TestReuse counts connections: kept from letter to letter, for 100 letters, 300 s and 30 s without work; RSET after a
// refusal alone; and replaced without an attempt when the smarthost has hung up.
func TestReuse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script          func(string, int) string
		rounds, letters int
		pause           time.Duration
		connections     int
		resets, retried int
	}{
		"250 at once":           {nil, 1, 250, 0, 3, 0, 0},
		"a pause of 20 s":       {nil, 10, 1, 20 * time.Second, 1, 0, 0},
		"longer than 300 s":     {nil, 20, 1, 20 * time.Second, 2, 0, 0},
		"a pause of 31 s":       {nil, 3, 1, 31 * time.Second, 3, 0, 0},
		"RSET after a refusal":  {smtptest.Once("rcpt", "550 5.1.1 nobody"), 1, 3, 0, 1, 1, 1},
		"no RSET after the dot": {smtptest.Once("dot", "554 5.6.0 no"), 1, 3, 0, 1, 0, 1},
		"hung up": {func(p string, n int) string {
			return map[bool]string{true: smtptest.Drop}[p == "mail" && n == 3]
		}, 1, 5, 0, 2, 0, 0},
		"late 421": {func(p string, n int) string {
			return map[bool]string{true: "421 4.4.2 idle"}[p == "mail" && n == 3]
		}, 1, 5, 0, 2, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(tt.script)
				o := newHarness(t, 1)
				defer o.close()
				o.start(o.smarthost(s))
				for range tt.rounds {
					o.register(tt.letters)
					synctest.Wait()
					time.Sleep(tt.pause)
				}
				synctest.Wait()
				total := tt.rounds * tt.letters
				if s.Count("connection") != tt.connections || s.Count("rset") != tt.resets ||
					o.count(store.LetterSent) != total-tt.retried {
					t.Errorf("%d connections, %d RSETs, %d sent; log:\n%s", s.Count("connection"), s.Count("rset"),
						o.count(store.LetterSent), o.log)
				}
				for _, letter := range must(o.store.Letters(store.LetterFilter{Limit: 1000})) {
					if len(letter.Attempts) != 1 {
						t.Errorf("attempts %+v", letter.Attempts)
					}
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if open := o.courier.Status().Connections; open != 0 {
					t.Errorf("%d connections are open after a minute without work", open)
				}
			})
		})
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// TestStalledConnection: one that hangs delays no other letter.
func TestStalledConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(smtptest.Once("dot", smtptest.Stall))
		o := newHarness(t, 2)
		defer o.close()
		o.start(o.smarthost(s))
		o.register(100)
		synctest.Wait()
		if sent := o.count(store.LetterSent); sent != 99 {
			t.Errorf("%d sent beside the stalled one", sent)
		}
	})
}

// TestPause: what is in hand goes back, nothing goes out, and resuming goes on at once.
func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		o := newHarness(t, 2)
		defer o.close()
		s.Script = func(phase string, n int) string {
			if phase == "dot" && n == 2 {
				if err := o.store.PauseSending(context.Background(), true); err != nil {
					t.Error(err)
				}
			}
			return ""
		}
		o.register(30)
		o.start(o.smarthost(s))
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(s.Arrivals()); n < 2 || n > 4 || o.count(store.LetterQueued) != 30-n {
			t.Errorf("%d arrived though paused", n)
		}
		if err := o.store.PauseSending(context.Background(), false); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		o.eachOnce(s, 30)
	})
}

// TestShutdown stops the courier while a letter is in each phase.
func TestShutdown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		phase  string
		answer string
		class  store.AttemptClass
		most   time.Duration
	}{
		"dialled":              {"greet", smtptest.Stall, store.AttemptSmarthost, 0},
		"before MAIL is taken": {"mail", smtptest.Stall, store.AttemptSmarthost, 0},
		"within the message":   {"rcpt", smtptest.Stall, store.AttemptSmarthost, defaultGrace},
		"after the dot":        {"dot", smtptest.TakeWait, store.AttemptUncertain, defaultGrace},
		"answered in time":     {"dot", "wait 3s", store.AttemptSent, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := smtptest.NewServer(nil)
				s.Script = func(phase string, n int) string {
					if phase != tt.phase {
						return ""
					}
					if tt.answer == "wait 3s" {
						time.Sleep(13 * time.Second)
						return ""
					}
					return tt.answer
				}
				o := newHarness(t, 1)
				defer o.close()
				users := o.register(20)
				o.start(o.smarthost(s))
				time.Sleep(10 * time.Second)
				began := time.Now()
				o.stop()
				if took := time.Since(began); took > tt.most+3*time.Second || took < tt.most {
					t.Errorf("stopping took %s", took)
				}
				if a := o.letter(users[0]).Attempts; len(a) != 1 || a[0].Class != tt.class {
					t.Errorf("attempts %+v", a)
				}
				if claimed := o.inHand(); claimed != 0 {
					t.Errorf("%d letters were left in hand", claimed)
				}
				synctest.Wait() // and no goroutine is left: the bubble would not end
			})
		})
	}
}

// TestUnrecorded: nothing more is sent while the store does not take what became of the letters, and Run ends all the
// same.
func TestUnrecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		o := newHarness(t, 1)
		s.Script = func(phase string, n int) string {
			if phase == "dot" && n == 3 {
				o.store.Close()
			}
			return ""
		}
		o.register(30)
		o.start(o.smarthost(s))
		time.Sleep(10 * time.Second)
		if n := len(s.Arrivals()); n > 5 {
			t.Errorf("%d arrived", n)
		}
		began := time.Now()
		o.stop()
		if took := time.Since(began); took > defaultGrace+2*time.Second {
			t.Errorf("stopping took %s", took)
		}
	})
}
