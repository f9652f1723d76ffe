package e2e

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/store"
	"postern/tokens"
)

// The person that every benchmark registers, each time with another address of the same length.
const (
	benchFirst        = "Jan"
	benchLast         = "Peeters"
	benchOrganisation = "Synthetische Terminal BV"
	benchMailDomain   = "example.org" // of the sender that smarthost sets
)

// benchPeople returns how many people are stored before a benchmark begins: BENCH_PEOPLE, as 0,100000.
func benchPeople(b *testing.B) (sizes []int) {
	b.Helper()
	text := os.Getenv("BENCH_PEOPLE")
	if text == "" {
		text = "0,100000,1000000"
	}
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			b.Fatalf("BENCH_PEOPLE is %q: write numbers, as 0,100000", text)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// forEachSize runs a benchmark for every number of people stored.
func forEachSize(b *testing.B, run func(b *testing.B, people int)) {
	for _, people := range benchPeople(b) {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) { run(b, people) })
	}
}

// seedAge is how long a seeded file is used again: far below the age at which people who never activated are deleted.
const seedAge = 7 * 24 * time.Hour

// seeded returns a data file with so many people, each owed a letter. It is made by the real store, and kept in the
// system's directory for temporary files under a name that tells what the store writes.
func seeded(b *testing.B, people int) (path string) {
	b.Helper()
	path = filepath.Join(os.TempDir(), fmt.Sprintf("postern-bench-%s-%d.db", takeSpecimen(b).fingerprint, people))
	if about, err := os.Stat(path); err == nil && time.Since(about.ModTime()) < seedAge {
		return path
	}
	dir, err := os.MkdirTemp("", "postern-seed-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, store.Options{MailDomain: benchMailDomain})
	if err != nil {
		b.Fatal(err)
	}
	_, err = together(1024, people, func(int) error {
		_, err := s.RegisterUser(context.Background(), benchRegistration(freshAddress()))
		return err
	})
	if err := errors.Join(err, s.Close(), os.Rename(filepath.Join(dir, "postern.db"), path)); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchRegistration(email string) store.Registration {
	return store.Registration{Email: email, FirstName: benchFirst, LastName: benchLast,
		OrganisationName: benchOrganisation, Language: "en"}
}

// freshAddress is an address that nobody has, at a random place among the others.
func freshAddress() string {
	var noise [8]byte
	_, _ = rand.Read(noise[:])
	return hex.EncodeToString(noise[:]) + "@drivers.example"
}

// seededDir is a data directory with so many people and its keys.
func seededDir(b *testing.B, people int) (dir string, ring *tokens.Keyring) {
	b.Helper()
	dir = b.TempDir()
	copyFile(b, seeded(b, people), filepath.Join(dir, "postern.db"))
	ring, err := tokens.CreateKeyring(filepath.Join(dir, "postern.keys"), rand.Reader, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	return dir, ring
}

// copyFile copies a file and waits until the copy is on the disk, so that writing it back does not disturb what comes.
func copyFile(b *testing.B, from, to string) {
	b.Helper()
	source, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Sync(), target.Close()); err != nil {
		b.Fatal(err)
	}
}

// silentSmarthost takes connections and says nothing, so that the courier waits and competes with nobody.
func silentSmarthost(b testing.TB) (address string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the system takes the connections: nobody accepts them
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// benchSettings are those of every benchmark: a data directory, a smarthost, no limits.
func benchSettings(dir, smarthostAddress string) []string {
	return append(smarthost(smarthostAddress), "DATA="+dir, "LIMIT_ADDRESS_LETTERS=off")
}

// together lets workers do n things in all, and tells how long that took.
func together(workers, n int, one func(worker int) error) (time.Duration, error) {
	var left atomic.Int64
	left.Store(int64(n))
	faults := make([]error, workers)
	var all sync.WaitGroup
	began := time.Now()
	for worker := range workers {
		all.Go(func() {
			for faults[worker] == nil && left.Add(-1) >= 0 {
				faults[worker] = one(worker)
			}
		})
	}
	all.Wait()
	return time.Since(began), errors.Join(faults...)
}

// side is one of the two that a duel compares.
type side struct {
	unit string // of the figure reported: things a second
	one  func(worker int) error
}

// duel lets two sides do the same number of things in turn, round after round, and reports the median speed of each,
// and the median and the extremes of ours as a share of theirs within one round. A round before those warms up.
func duel(b *testing.B, workers, perRound int, ours, theirs side) {
	b.Helper()
	var speeds [2][]float64
	var shares []float64
	round := func() (speed [2]float64) {
		order := []int{0, 1}
		if len(shares)%2 == 1 {
			order = []int{1, 0}
		}
		for _, i := range order {
			runtime.GC() // one's garbage is not collected in the other's time
			took, err := together(workers, perRound, []side{ours, theirs}[i].one)
			if err != nil {
				b.Fatal(err)
			}
			speed[i] = float64(perRound) / took.Seconds()
		}
		return speed
	}
	round()
	for b.Loop() {
		speed := round()
		speeds[0], speeds[1] = append(speeds[0], speed[0]), append(speeds[1], speed[1])
		shares = append(shares, speed[0]/speed[1])
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(speeds[0]), ours.unit)
	b.ReportMetric(median(speeds[1]), theirs.unit)
	b.ReportMetric(100*median(shares), "%share")
	b.ReportMetric(100*slices.Min(shares), "%share-min")
	b.ReportMetric(100*slices.Max(shares), "%share-max")
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// times are how long things took, by worker.
type times [][]time.Duration

func newTimes(workers int) times { return make(times, workers) }

func (t times) add(worker int, took time.Duration) { t[worker] = append(t[worker], took) }

// quantile is in milliseconds.
func (t times) quantile(q float64) float64 {
	all := slices.Concat(t...)
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))].Seconds() * 1000
}
