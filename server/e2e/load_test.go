package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"postern/server"
	"postern/server/config"
)

// running is an appliance in this process.
type running struct {
	*server.App
	url  string
	stop func()
}

// run starts an appliance in this process, on a directory of the test's own, and stops it when the test ends.
func run(t testing.TB, settings ...string) *running {
	t.Helper()
	for _, setting := range append([]string{"LISTEN=127.0.0.1:0", "DATA=" + t.TempDir()}, settings...) {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv("POSTERN_"+name, value)
	}
	given, err := config.ReadSettings()
	if err != nil {
		t.Fatal(err)
	}
	config, err := given.Parse()
	if err != nil {
		t.Fatal(err)
	}
	app, err := server.Open(server.Options{Config: config, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- app.Run(ctx) }()
	r := &running{App: app, url: "http://" + app.Addr().String()}
	r.stop = sync.OnceFunc(func() {
		http.DefaultClient.CloseIdleConnections() // a stop waits five seconds for one that has asked nothing yet
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running: %v", err)
		}
		if err := app.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *running) register(t testing.TB, client *http.Client, email string) int {
	body := fmt.Sprintf(`{"email":%q,"firstName":"Jan","lastName":"Peeters",`+
		`"organisationName":"Synthetische Terminal BV"}`, email)
	answer, err := client.Post(r.url+"/non-license-user/register", "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode
}

func smarthost(address string) []string {
	return []string{"SMTP_URL=smtp://" + address + "?tls=off", "PUBLIC_URL=http://localhost:8080",
		"MAIL_FROM=Postern <postern@example.org>", "LIMIT_REGISTER=off", "LIMIT_STRANGER_LETTERS=off"}
}

// TestSmarthostDownAtStart registers people while nobody listens at the smarthost's address: all of them are taken, and
// once it is there every letter arrives, once.
func TestSmarthostDownAtStart(t *testing.T) {
	t.Parallel() // most of it is the courier's first pause
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := reserved.Addr().String()
	reserved.Close()
	app := begin(t, io.Discard, smarthost(address)...)
	var people []string
	for n := range 20 {
		email := fmt.Sprintf("p%d@example.com", n)
		if status := (&running{url: app.url}).register(t, app.client, email); status != http.StatusCreated {
			t.Fatalf("answered %d with the smarthost down", status)
		}
		people = append(people, email)
	}
	sink := newSink(t, address)
	sink.await(t, people)
	app.stop()
	for _, email := range people {
		if n := len(sink.arrivals[email]); n != 1 {
			t.Errorf("%s got %d letters", email, n)
		}
	}
}

// TestFlat does 10,000 registrations (1,000 with -short) with slow and broken clients among them, and then looks what
// is left of it in memory.
func TestFlat(t *testing.T) {
	sink := newSink(t, "127.0.0.1:0")
	app := run(t, smarthost(sink.Addr().String())...)
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	client := &http.Client{Transport: transport}
	load := func(round string, people int) {
		var clients sync.WaitGroup
		var there []string
		for n := range people {
			there = append(there, fmt.Sprintf("%s-%d@example.com", round, n))
		}
		for part := range slices.Chunk(there, people/16) {
			clients.Go(func() {
				for _, email := range part {
					if status := app.register(t, client, email); status != http.StatusCreated {
						t.Errorf("answered %d", status)
					}
				}
			})
			clients.Go(func() { misbehave(app.Addr().String(), people/160) })
		}
		clients.Wait()
		transport.CloseIdleConnections()
		sink.await(t, there) // what is on its way takes memory, too
	}
	people := atFull(10_000, 1000)
	load("warm", people/5)
	goroutines := settle(1 << 20)
	before := liveHeap()
	load("load", people)
	after := settle(goroutines + 8)
	t.Logf("goroutines %d, then %d; heap %d KiB, then %d", goroutines, after, before>>10, liveHeap()>>10)
	if after > goroutines+8 {
		t.Errorf("%d goroutines after the load, %d before", after, goroutines)
	}
	if heap := liveHeap(); heap > before+8<<20 {
		t.Errorf("%d KiB of heap after the load, %d before", heap>>10, before>>10)
	}
}

// misbehave opens connections that end in the middle of a header, of a body, or right after the question, and one that
// stays open saying nothing until the others are done.
func misbehave(address string, times int) {
	halves := []string{
		"POST /non-license-user/register HTTP/1.1\r\nHost: x\r\nContent-Ty",
		"POST /non-license-user/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
			"Content-Length: 500\r\n\r\n{\"email\":",
		"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	}
	silent, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer silent.Close()
	for n := range times {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_, _ = io.Copy(conn, bytes.NewBufferString(halves[n%len(halves)]))
		conn.Close()
	}
}

// settle waits up to ten seconds for the number of goroutines to come down to most, and gives it.
func settle(most int) int {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 200 {
		<-tick.C
		if runtime.NumGoroutine() <= most {
			break
		}
	}
	return runtime.NumGoroutine()
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
