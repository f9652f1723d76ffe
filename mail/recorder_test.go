package mail

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/mail/smtp/smtptest"
	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// TestEach: one record that cannot be written holds up no other; a store that takes nothing keeps everything for later.
func TestEach(t *testing.T) {
	t.Parallel()
	damaged, down := errors.New("damaged"), refuse.New(refuse.Unavailable, "full")
	c := &Courier{log: zerolog.Nop()}
	for name, tt := range map[string]struct {
		err  func(item int) error
		done []int
		left []int
	}{
		"all":     {func(int) error { return nil }, []int{1, 2, 3}, nil},
		"one not": {func(i int) error { return map[bool]error{true: damaged}[i == 2] }, []int{1, 3}, nil},
		"none":    {func(int) error { return down }, nil, []int{1, 2, 3}},
		"at 2, the store goes": {func(i int) error { return map[int]error{2: damaged, 3: down}[i] },
			[]int{1}, []int{3}},
	} {
		var done []int
		left, err := each([]int{1, 2, 3}, func(some []int) error {
			for _, i := range some {
				if err := tt.err(i); err != nil {
					return c.writeError(err, len(some))
				}
			}
			done = append(done, some...)
			return nil
		})
		if !slices.Equal(done, tt.done) || !slices.Equal(left, tt.left) || (err != nil) != (tt.left != nil) {
			t.Errorf("%s: done %v, left %v, %v", name, done, left, err)
		}
	}
}

// TestBlocked: while the store does not record what happened, nothing more happens; then it is recorded before all
// else.
func TestBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(&Courier{log: zerolog.Nop()}, t.Context())
		s.batch = []store.Letter{{ID: guid.ID{9}}}
		s.pending.release = []guid.ID{{2}}
		s.written(receipt{report{outcomes: []store.Outcome{{Letter: guid.ID{1}}}}, errors.New("full")})
		if work, _ := s.offer(); work != nil || s.toRecord() != nil {
			t.Error("sending goes on")
		}
		<-s.again.C
		s.blocked = false
		if work, _ := s.offer(); work == nil || s.toRecord() == nil || len(s.pending.outcomes) != 1 ||
			len(s.pending.release) != 1 {
			t.Errorf("pending %+v", s.pending)
		}
	})
}

// TestClaimedWhilePaused: letters claimed before the operator stopped sending, and received after, go back.
func TestClaimedWhilePaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(&Courier{log: zerolog.Nop()}, t.Context())
		s.paused = true
		s.receive(claim{letters: []store.Letter{{ID: guid.ID{1}}}, limit: 1})
		if work, _ := s.offer(); work != nil || len(s.pending.release) != 1 {
			t.Errorf("in hand %v, to give back %v", s.batch, s.pending.release)
		}
	})
}

// TestFailedIsTold: the log says at warn which letter has failed for good, and by what class; of others it does not.
func TestFailedIsTold(t *testing.T) {
	t.Parallel()
	for answer, class := range map[string]store.AttemptClass{
		"550 5.1.1 who?": store.AttemptPermanent, "451 later": store.AttemptTemporary} {
		synctest.Test(t, func(t *testing.T) {
			s := smtptest.NewServer(smtptest.Times(1e6, "to driver1@drivers.example", answer))
			o := newHarness(t, 1)
			defer o.close()
			refused := o.register(2)[0]
			o.start(o.smarthost(s))
			time.Sleep(time.Hour)
			warned := func() int { return strings.Count(o.log.String(), `"level":"warn"`) }
			if n := warned(); n != map[store.AttemptClass]int{store.AttemptPermanent: 1}[class] {
				t.Errorf("%s: %d warnings after an hour", answer, n)
			}
			time.Sleep(80 * time.Hour)
			synctest.Wait()
			line := fmt.Sprintf(`{"level":"warn","letter":"%s","kind":"activate","class":"%s",`,
				o.letter(refused).ID, class)
			if warned() != 1 || !strings.Contains(o.log.String(), line) || strings.Contains(o.log.String(), "@") {
				t.Errorf("%s: the log has no %s, or more, or an address:\n%s", answer, line, o.log)
			}
		})
	}
}
