package e2e

import (
	"context"
	"fmt"
	"net/smtp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"postern/store"
)

const (
	reportsPerMinute = 10_000
	reportedLetters  = 10_000
	reporters        = 4               // connections to BOUNCE_LISTEN
	reportingFor     = 5 * time.Second // of each round
)

// BenchmarkReturns registers people over 16 connections while 10,000 reports a minute come back by SMTP, each of which
// fails a letter, and in turn while none do. It reports how long registering takes then and else.
func BenchmarkReturns(b *testing.B) {
	dir := b.TempDir()
	ids := sendLetters(b, dir, reportedLetters)
	app := run(b, append(benchSettings(dir, silentSmarthost(b)), "BOUNCE_LISTEN=127.0.0.1:0")...)
	clients := rawClients(b, app.Addr().String(), 16)
	one := registering(clients)
	var mail []*smtp.Client
	for range reporters {
		client, err := smtp.Dial(app.BounceAddr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = client.Close() })
		mail = append(mail, client)
	}
	reported := 0
	var quiet, busy, ratio []float64
	for b.Loop() {
		before, during := newTimes(len(clients)), newTimes(len(clients))
		meanwhile(b, before, one, func() { <-time.After(reportingFor) })
		some := ids[reported:min(len(ids), reported+int(reportingFor.Minutes()*reportsPerMinute))]
		meanwhile(b, during, one, func() { reportAll(b, mail, some) })
		reported += len(some)
		quiet, busy = append(quiet, before.quantile(0.99)), append(busy, during.quantile(0.99))
		ratio = append(ratio, during.quantile(0.99)/before.quantile(0.99))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(reported), "reports")
	b.ReportMetric(median(quiet), "p99-ms-quiet")
	b.ReportMetric(median(busy), "p99-ms")
	b.ReportMetric(median(ratio), "ratio")
	b.ReportMetric(slices.Max(ratio), "ratio-max")
}

// sendLetters makes so many letters that have left, on a directory, and returns their Message-IDs.
func sendLetters(b *testing.B, dir string, n int) (ids []string) {
	b.Helper()
	s, err := store.Open(dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	for len(ids) < n {
		for range 500 {
			if _, err := s.OweTest(ctx, freshAddress(), "en"); err != nil {
				b.Fatal(err)
			}
		}
		claimed, _, err := s.ClaimLetters(ctx, 500)
		if err != nil {
			b.Fatal(err)
		}
		var outcomes []store.Outcome
		for _, letter := range claimed {
			ids = append(ids, letter.MessageID)
			outcomes = append(
				outcomes,
				store.Outcome{Letter: letter.ID, Attempt: store.Attempt{Class: store.AttemptSent}},
			)
		}
		if _, err := s.RecordAttempts(ctx, outcomes); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return ids
}

// reportAll brings a report of each letter, as evenly as the pace of 10,000 a minute has it.
func reportAll(b *testing.B, mail []*smtp.Client, ids []string) {
	b.Helper()
	begun, next := time.Now(), atomic.Int64{}
	_, err := together(len(mail), len(ids), func(worker int) error {
		n := int(next.Add(1))
		<-time.After(time.Until(begun.Add(time.Duration(n) * time.Minute / reportsPerMinute)))
		client := mail[worker]
		if err := client.Mail(""); err != nil {
			return err
		}
		if err := client.Rcpt("postern@example.org"); err != nil {
			return err
		}
		data, err := client.Data()
		if err != nil {
			return err
		}
		fmt.Fprint(data, dsn("postern@example.org", "x@far.example", "Message-ID: <"+ids[n-1]+">"))
		return data.Close()
	})
	if err != nil {
		b.Fatal(err)
	}
}
