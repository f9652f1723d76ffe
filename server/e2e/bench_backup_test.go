package e2e

import (
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"postern/server/operator"
)

// BenchmarkBackup makes backups of the real binary, on the data of so many people, while 64 connections register as
// fast as they are answered. It reports how long those waited meanwhile, and in as long a time before.
func BenchmarkBackup(b *testing.B) {
	binary := buildBinary(b)
	forEachSize(b, func(b *testing.B, people int) {
		const connections = 64
		dir, _ := seededDir(b, people)
		p := launch(b, binary, benchSettings(dir, silentSmarthost(b))...)
		defer p.end(b)
		register := registering(rawClients(b, p.address, connections))
		var took, sizes, quiet, busy, ratio, fewer []float64
		for b.Loop() {
			before, during := newTimes(connections), newTimes(connections)
			var lasted time.Duration
			meanwhile(b, during, register, func() {
				begun := time.Now()
				sizes = append(sizes, float64(fetchBackup(b, dir))/1e6)
				lasted = time.Since(begun)
			})
			meanwhile(b, before, register, func() { time.Sleep(lasted) })
			took = append(took, lasted.Seconds())
			quiet, busy = append(quiet, before.quantile(0.99)), append(busy, during.quantile(0.99))
			ratio = append(ratio, during.quantile(0.99)/before.quantile(0.99))
			fewer = append(fewer, 100*during.rate()/before.rate())
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(median(took), "s/backup")
		b.ReportMetric(slices.Max(sizes), "MB")
		b.ReportMetric(median(busy), "p99-ms")
		b.ReportMetric(median(quiet), "p99-ms-quiet")
		b.ReportMetric(median(ratio), "p99-ratio")
		b.ReportMetric(slices.Max(ratio), "p99-ratio-max")
		b.ReportMetric(median(fewer), "%rate")
	})
}

// rate is how many things were done, in all, for each second that one of the workers was at it.
func (t times) rate() float64 {
	count, total := 0, time.Duration(0)
	for _, of := range t {
		for _, took := range of {
			count, total = count+1, total+took
		}
	}
	return float64(count) / total.Seconds()
}

// fetchBackup asks the appliance for a backup, as the command does, and returns how large it is.
func fetchBackup(b *testing.B, dir string) int64 {
	b.Helper()
	client := operator.NewClient(dir)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(context.Background(), "POST",
		"http://localhost"+operator.Prefix+"/backup", nil)
	if err != nil {
		b.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("status %d after %d bytes: %v", response.StatusCode, n, err)
	}
	return n
}
