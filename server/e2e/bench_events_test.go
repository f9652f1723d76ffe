package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/wire"
)

const (
	benchPollers     = 100
	eventsPerSecond  = 1000
	benchEventWriter = 16 // connections
)

// BenchmarkEvents has 100 partners wait for their events while 1,000 a second are written, each one person registered
// for one of them. The time is from the event's own, which is that of its transaction's beginning, to the poller that
// has read it: the commit itself is in it.
func BenchmarkEvents(b *testing.B) {
	app, bearers := runForEvents(b)
	followers := followAll(b, app.Addr().String(), bearers)
	writers := rawClients(b, app.Addr().String(), benchEventWriter)
	written := 0
	for b.Loop() {
		begun, next := time.Now(), atomic.Int64{}
		_, err := together(benchEventWriter, eventsPerSecond, func(worker int) error {
			n := int(next.Add(1))
			time.Sleep(time.Until(begun.Add(time.Duration(n) * time.Second / eventsPerSecond)))
			return writers[worker].ask(createRequest(bearers[n%len(bearers)], freshAddress()), http.StatusCreated)
		})
		if err != nil {
			b.Fatal(err)
		}
		written += eventsPerSecond
	}
	took := followers.end(b, written)
	if n := len(took[0]); n != written {
		b.Fatalf("%d events were written, and %d seen", written, n)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(took.quantile(0.50), "p50-ms")
	b.ReportMetric(took.quantile(0.99), "p99-ms")
	b.ReportMetric(took.quantile(1), "max-ms")
}

// BenchmarkWaiting registers people for one partner while 100 others wait, in turn with an appliance where nobody does.
func BenchmarkWaiting(b *testing.B) {
	const connections = 64
	registering := func(unit string, pollers int) side {
		app, bearers := runForEvents(b)
		followAll(b, app.Addr().String(), bearers[1:1+pollers])
		clients := rawClients(b, app.Addr().String(), connections)
		return side{unit, func(worker int) error {
			return clients[worker].ask(createRequest(bearers[0], freshAddress()), http.StatusCreated)
		}}
	}
	duel(b, connections, 6400, registering("waited-for/s", benchPollers-1), registering("alone/s", 0))
}

func runForEvents(b *testing.B) (*running, []string) {
	b.Helper()
	dir := b.TempDir()
	bearers := addPartners(b, dir, benchPollers)
	settings := append(benchSettings(dir, silentSmarthost(b)), "LIMIT_PARTNER_LETTERS=off", "LIMIT_PARTNER_PEOPLE=off")
	return run(b, settings...), bearers
}

// followers are pollers that go on until end, each over its own connection.
type followers struct {
	clients []*rawClient
	all     sync.WaitGroup

	mu   sync.Mutex
	took []time.Duration // guarded by mu: of each event, from its time to when it was seen
}

func followAll(b *testing.B, address string, bearers []string) *followers {
	b.Helper()
	f := &followers{clients: rawClients(b, address, len(bearers))}
	for i, client := range f.clients {
		f.all.Go(func() {
			if err := f.follow(client, bearers[i]); !errors.Is(err, net.ErrClosed) {
				b.Error(err)
			}
		})
	}
	b.Cleanup(func() { f.end(b, 0) })
	return f
}

// follow polls until its connection is closed.
func (f *followers) follow(client *rawClient, bearer string) error {
	for after := uint64(0); ; {
		answer, err := client.exchange(fmt.Appendf(nil,
			"GET /partner/v1/events?after=%d&wait=60s HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\n\r\n", after, bearer))
		if err != nil {
			return err
		}
		now := time.Now()
		_, body, _ := bytes.Cut(answer, headEnd)
		var feed wire.Feed
		if err := json.Unmarshal(body, &feed); err != nil || feed.ID.IsZero() {
			return fmt.Errorf("%s: %w", answer, err)
		}
		f.mu.Lock()
		for _, event := range feed.Events {
			f.took = append(f.took, now.Sub(event.At))
		}
		f.mu.Unlock()
		after = feed.Next
	}
}

// end gives what it took, once so many events have been seen.
func (f *followers) end(b *testing.B, events int) times {
	b.Helper()
	seen := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.took)
	}
	for limit := time.Now().Add(time.Minute); seen() < events && time.Now().Before(limit); {
		time.Sleep(10 * time.Millisecond)
	}
	for _, client := range f.clients {
		_ = client.conn.Close()
	}
	f.all.Wait()
	return times{f.took}
}
