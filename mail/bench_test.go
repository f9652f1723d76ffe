package mail

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"

	"postern/store"
)

// BenchmarkCourier brings activation letters over two connections to a sink on loopback: claimed, composed, sealed, sent and
// recorded. The letters are owed before the time begins. Run it with -benchtime 20000x.
func BenchmarkCourier(b *testing.B) {
	s := newSink(nil)
	s.hush = true
	o := openOffice(b, 2)
	defer o.close()
	o.options.Log = zerolog.Nop()
	h, err := NewSmarthost(SmarthostOptions{Addr: s.listen(b), Plain: true, Hello: "postern.example"})
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

// owe registers n people, many at a time.
func owe(b *testing.B, to *store.Store, n int) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if _, err := to.RegisterUser(context.Background(), store.Registration{Email: fmt.Sprintf("d%d@drivers.example", i),
					FirstName: "Jane", LastName: "Johansson", OrganisationName: "Transport", Language: "en"}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}
