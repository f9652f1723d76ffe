package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"postern/store"
	"postern/store/file"
)

// BenchmarkList posts lists of 10,000 new people to the real binary: alone, in turn with bbolt writing the same records
// into a copy of the same file in one transaction; and while 8 connections register users and bikers one at a time,
// with a courier that waits and with one that sends all the while.
func BenchmarkList(b *testing.B) {
	binary := buildBinary(b)
	forEachSize(b, func(b *testing.B, people int) {
		dir, bearer := seededBikers(b, people)
		b.Run("alone", func(b *testing.B) { listAlone(b, binary, dir, bearer) })
		b.Run("beside", func(b *testing.B) { listBeside(b, binary, dir, bearer, silentSmarthost(b)) })
		b.Run("sending", func(b *testing.B) { listBeside(b, binary, dir, bearer, startSink(b)) })
	})
}

func listSettings(dir, smarthostAddress string) []string {
	return append(benchSettings(dir, smarthostAddress), "LIMIT_PARTNER_LETTERS=off", "LIMIT_PARTNER_PEOPLE=off")
}

// listAlone starts the binary for each list anew, so that what its memory grows by is not what it grew by before.
func listAlone(b *testing.B, binary, dir, bearer string) {
	path := filepath.Join(b.TempDir(), "bare.db")
	copyFile(b, file.DataFile(dir), path)
	bare, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, FreelistType: bbolt.FreelistMapType, NoStatistics: true, InitialMmapSize: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	var ours, theirs, shares, grew []float64
	for b.Loop() {
		people := freshPeople(benchList)
		records := byPerson(listRecords(b, time.Now, people))
		p := launch(b, binary, listSettings(dir, silentSmarthost(b))...)
		before := p.idleMemory(b)
		runtime.GC()
		stop := p.watch("RssAnon")
		took := postList(b, p, bearer, people)
		most := stop()
		p.end(b)
		began := time.Now()
		if err := putList(bare, records); err != nil {
			b.Fatal(err)
		}
		raw := time.Since(began)
		ours, theirs = append(ours, took.Seconds()), append(theirs, raw.Seconds())
		shares, grew = append(shares, 100*raw.Seconds()/took.Seconds()), append(grew, most-before)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "s/list")
	b.ReportMetric(median(ours)/benchList*1e6, "us/person")
	b.ReportMetric(median(theirs), "s/bbolt")
	b.ReportMetric(median(shares), "%share")
	b.ReportMetric(slices.Min(shares), "%share-min")
	b.ReportMetric(slices.Max(shares), "%share-max")
	b.ReportMetric(slices.Max(grew), "grown-MB")
}

// listBeside asks 8 connections to go on registering for as long as a list takes, and reports how long they waited; for
// comparison also without a list.
func listBeside(b *testing.B, binary, dir, bearer, smarthostAddress string) {
	const others = 8
	p := launch(b, binary, listSettings(dir, smarthostAddress)...)
	defer p.end(b)
	clients := rawClients(b, p.address, others)
	register := func(worker int) error {
		if worker%2 == 0 {
			return clients[worker].ask(registerRequest(freshAddress()), http.StatusCreated)
		}
		return clients[worker].ask(createRequest(bearer, freshAddress()), http.StatusCreated)
	}
	var took, quiet, half, most, longest []float64 // of each list
	for b.Loop() {
		before, during := newTimes(others), newTimes(others)
		meanwhile(b, before, register, func() { <-time.After(time.Second) })
		people := freshPeople(benchList)
		meanwhile(b, during, register, func() { took = append(took, postList(b, p, bearer, people).Seconds()) })
		quiet, half = append(quiet, before.quantile(0.99)), append(half, during.quantile(0.50))
		most, longest = append(most, during.quantile(0.99)), append(longest, during.quantile(1))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took), "s/list")
	b.ReportMetric(median(half), "p50-ms")
	b.ReportMetric(median(most), "p99-ms")
	b.ReportMetric(slices.Max(most), "p99-ms-max")
	b.ReportMetric(slices.Max(longest), "longest-ms")
	b.ReportMetric(median(quiet), "p99-ms-quiet")
}

// meanwhile has workers do one thing after the other until something else is done, and notes how long each took.
func meanwhile(b *testing.B, took times, one func(worker int) error, other func()) {
	b.Helper()
	done := make(chan struct{})
	faults := make([]error, len(took))
	var all sync.WaitGroup
	for worker := range took {
		all.Go(func() {
			for faults[worker] == nil {
				select {
				case <-done:
					return
				default:
				}
				began := time.Now()
				faults[worker] = one(worker)
				took.add(worker, time.Since(began))
			}
		})
	}
	other()
	close(done)
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		b.Fatal(err)
	}
}

// createRequest is a user.create call for one person.
func createRequest(bearer, email string) []byte {
	body := `{"user":` + personJSON(email, freshEmployee(email), loadPlan) + `}`
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s",
		userCreate, bearer, len(body), body)
}

// postList posts a list of new people, and tells how long the whole call took.
func postList(b *testing.B, p *launched, bearer string, emails []string) time.Duration {
	b.Helper()
	request, err := http.NewRequest("POST", "http://"+p.address+userCreate,
		strings.NewReader(listJSON(emails, freshEmployee)))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", bearer)
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	took := time.Since(began)
	results, fault := outcomes(answer, false)
	if err := errors.Join(err, fault); err != nil || len(results) != len(emails) ||
		results[len(results)-1].Outcome != store.BikerCreated {
		b.Fatalf("answered %d for %d people: %v", response.StatusCode, len(results), err)
	}
	return took
}
