package mail

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"postern/mail/smtp"
	"postern/mail/smtp/smtptest"
	"postern/store"
)

// BenchmarkCourier brings activation letters over two connections to a server on loopback: claimed, composed, sealed,
// sent and recorded. The letters are owed before the time begins. Run it with -benchtime 20000x.
func BenchmarkCourier(b *testing.B) {
	s := smtptest.NewServer(nil)
	s.Discard = true
	o := newHarness(b, 2)
	defer o.close()
	o.options.Log = zerolog.Nop()
	h, err := smtp.New(smtp.Options{Addr: s.Listen(b), Plain: true, Hello: "postern.example"})
	if err != nil {
		b.Fatal(err)
	}
	owe(b, o.store, b.N)
	b.ResetTimer()
	o.start(h)
	o.wait(b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
	o.stop()
}

// queued is how long the queue of BenchmarkFullQueue is.
const queued = 100_000

// BenchmarkFullQueue keeps letters queued for later, starts a courier on them, and measures that: how long until it has
// taken up and sent a letter that was due, what memory it takes beside what the file's pages do, and how long a letter
// needs that is owed then. Its ns/op are for filling the queue.
func BenchmarkFullQueue(b *testing.B) {
	for b.Loop() {
		fullQueue(b)
	}
}

func fullQueue(b *testing.B) {
	s := smtptest.NewServer(nil)
	s.Notify = make(chan struct{}, 2)
	o := newHarness(b, 2)
	defer o.close()
	o.options.Log = zerolog.Nop()
	h, err := smtp.New(smtp.Options{Addr: s.Listen(b), Plain: true, Hello: "postern.example"})
	if err != nil {
		b.Fatal(err)
	}
	owe(b, o.store, queued)
	o.postpone(queued)
	o.register(1)
	debug.FreeOSMemory()
	began := time.Now()
	o.start(h)
	<-s.Notify
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "start-ms")
	began = time.Now()
	o.register(1)
	<-s.Notify
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "next-ms")
	b.ReportMetric(anonymous(b), "MB")
	o.stop()
}

// postpone has each of n letters refused for now.
func (o *harness) postpone(n int) {
	o.t.Helper()
	for done := 0; done < n; {
		claimed, _, err := o.store.ClaimLetters(context.Background(), 1000)
		if err != nil || len(claimed) == 0 {
			o.t.Fatalf("%d of %d letters; %v", done, n, err)
		}
		var outcomes []store.Outcome
		for _, letter := range claimed {
			outcomes = append(outcomes, store.Outcome{
				Letter: letter.ID, Attempt: store.Attempt{At: o.now(), Class: store.AttemptTemporary, Code: 450}})
		}
		o.wrong.Store(int64(time.Hour)) // so that none is due again before all is measured
		if _, err := o.store.RecordAttempts(context.Background(), outcomes); err != nil {
			o.t.Fatal(err)
		}
		o.wrong.Store(0)
		done += len(claimed)
	}
}

// anonymous is the process's own memory, in MB.
func anonymous(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("only Linux tells")
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	var kB float64
	fmt.Sscan(rest, &kB)
	return kB / 1024
}

// TestFullQueue: with letters of all ages queued, what is due goes out oldest first, and one that is owed then goes out
// at once.
func TestFullQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smtptest.NewServer(nil)
		o := newHarness(t, 1)
		defer o.close()
		old := rounds(500, 100)
		o.register(old)
		o.postpone(old)
		var due []store.User
		for range 100 {
			due = append(due, o.register(1)...)
			time.Sleep(time.Millisecond)
		}
		o.start(o.smarthost(s))
		synctest.Wait()
		o.register(1)
		synctest.Wait()
		if arrived := s.Arrivals(); len(arrived) != 101 {
			t.Errorf("%d arrived", len(arrived))
		} else {
			for i, user := range due { // a few new ones may go beside the oldest
				if at := slices.IndexFunc(arrived,
					func(a smtptest.Arrival) bool { return a.To == user.Email }); at < 0 || at > 2*i+leastAhead {
					t.Errorf("number %d of the queue went out as number %d", i, at)
				}
			}
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		o.eachOnce(s, old+101)
	})
}

// owe registers n people, many at a time.
func owe(b *testing.B, to *store.Store, n int) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if _, err := to.RegisterUser(
					context.Background(), store.Registration{Email: fmt.Sprintf("d%d@drivers.example", i),
						FirstName: "Jane", LastName: "Johansson", OrganisationName: "Transport",
						Language: "en"}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}
