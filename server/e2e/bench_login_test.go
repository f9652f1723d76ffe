package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"
)

// BenchmarkLogins has 200 bikers log in to the real binary at the same moment, while one user reads a cleaning and one
// biker opens the account, again and again. It reports the most memory of the whole process, how long those two waited,
// beside what they wait without a flood, and how long the flood took.
func BenchmarkLogins(b *testing.B) {
	const bikers = 200
	binary := buildBinary(b)
	dir, ring := seededDir(b, 0)
	cleaning := readRequest(b, dir, ring)
	emails := addBikers(b, dir, bikers+1)
	var took, memory, refused, half, most, longest, quiet []float64
	for b.Loop() {
		p := launch(b, binary, append(benchSettings(dir, silentSmarthost(b)), "TRUSTED_PROXIES=127.0.0.0/8")...)
		others := rawClients(b, p.address, 2)
		requests := [][]byte{cleaning, accountRequest(b, p, emails[bikers])}
		read := func(worker int) error { return others[worker].ask(requests[worker], http.StatusOK) }
		before, during := newTimes(len(others)), newTimes(len(others))
		meanwhile(b, before, read, func() { <-time.After(time.Second) })
		clients := rawClients(b, p.address, bikers)
		runtime.GC()
		stop := p.watch("VmRSS")
		meanwhile(b, during, read, func() {
			began := time.Now()
			refused = append(refused, logInAtOnce(b, clients, emails))
			took = append(took, time.Since(began).Seconds())
		})
		memory = append(memory, stop())
		p.end(b)
		quiet, half = append(quiet, before.quantile(0.99)), append(half, during.quantile(0.50))
		most, longest = append(most, during.quantile(0.99)), append(longest, during.quantile(1))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took), "s/flood")
	b.ReportMetric(slices.Max(refused), "refused")
	b.ReportMetric(slices.Max(memory), "rss-MB")
	b.ReportMetric(median(half), "p50-ms")
	b.ReportMetric(median(most), "p99-ms")
	b.ReportMetric(slices.Max(most), "p99-ms-max")
	b.ReportMetric(slices.Max(longest), "longest-ms")
	b.ReportMetric(median(quiet), "p99-ms-quiet")
}

// logInAtOnce lets each client log in as one of the bikers, and counts those who were told to come back.
func logInAtOnce(b *testing.B, clients []*rawClient, emails []string) (refused float64) {
	b.Helper()
	answers := make(chan error, len(clients))
	for n, client := range clients {
		go func() {
			answer, err := client.exchange(loginRequest(n, emails[n]))
			if err == nil && string(answer[9:12]) != "303" {
				err = errors.New(string(answer))
			}
			answers <- err
		}()
	}
	for range clients {
		if err := <-answers; err != nil {
			if len(err.Error()) < 12 || err.Error()[9:12] != "503" {
				b.Fatal(err)
			}
			refused++
		}
	}
	return refused
}

func loginRequest(n int, email string) []byte {
	form := loginForm(email)
	return fmt.Appendf(nil, "POST /biker/login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\n\r\n%s", behindProxy(n), len(form), form)
}

// accountRequest asks for the account's page, as a biker who has logged in.
func accountRequest(b *testing.B, p *launched, email string) []byte {
	b.Helper()
	client := &http.Client{CheckRedirect: stay}
	session, status, err := (&running{url: "http://" + p.address}).logIn(context.Background(), client, 0, email)
	if err != nil || session == nil {
		b.Fatalf("answered %d, %v", status, err)
	}
	return fmt.Appendf(nil, "GET /biker HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %s=%s\r\n\r\n", session.Name,
		session.Value)
}
