package e2e

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/operator"
	"postern/store"
)

// BenchmarkDelivery owes letters while the operator has paused sending, lets it go on, and takes the time until all of
// them are recorded as sent: claimed, composed, sealed, sent over two kept connections to a sink on loopback.
func BenchmarkDelivery(b *testing.B) {
	const letters = 5000
	app := run(b, benchSettings(b.TempDir(), startSink(b))...)
	register := registering(rawClients(b, app.Addr().String(), 64))
	var speeds []float64
	for b.Loop() {
		operate(b, app, http.MethodPost, "/sending/pause")
		if _, err := together(64, letters, register); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		operate(b, app, http.MethodPost, "/sending/resume")
		awaitSent(b, app)
		speeds = append(speeds, letters/time.Since(began).Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(speeds), "letters/s")
}

// operate does one of the operator's acts on sending.
func operate(b *testing.B, app *running, method, path string) (answer operator.Sending) {
	b.Helper()
	w := httptest.NewRecorder()
	app.Operator().ServeHTTP(w, httptest.NewRequest(method, operator.Prefix+path, nil))
	if err := json.UnmarshalRead(w.Body, &answer); err != nil || w.Code != http.StatusOK {
		b.Fatalf("%s answered %d: %v", path, w.Code, err)
	}
	return answer
}

// awaitSent waits until no letter is queued.
func awaitSent(b *testing.B, app *running) {
	b.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for {
		counts := operate(b, app, http.MethodGet, "/sending").Counts
		if counts[store.LetterQueued] == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			b.Fatalf("letters that were not sent within a minute: %v", counts)
		}
	}
}

// startSink is an SMTP server (RFC 5321) that takes everything and keeps nothing, at as little cost as it can.
func startSink(b *testing.B) (address string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go swallow(conn)
		}
	}()
	return listener.Addr().String()
}

func swallow(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	say := func(line string) { _, _ = conn.Write([]byte(line)) }
	say("220 sink ESMTP\r\n")
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return
		case bytes.HasPrefix(line, []byte("QUIT")):
			say("221 bye\r\n")
			return
		case bytes.HasPrefix(line, []byte("DATA")):
			say("354 go on\r\n")
			for !bytes.Equal(line, []byte(".\r\n")) {
				if line, err = in.ReadSlice('\n'); err != nil {
					return
				}
			}
		}
		say("250 2.0.0 ok\r\n")
	}
}
