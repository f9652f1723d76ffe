package e2e

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/store/file"
)

// victim is an appliance that is killed at random under load, again and again on one data directory: 20 times, 3 with
// -short, SOAK_ROUNDS times where that is set.
type victim struct {
	dir   string
	sink  *sink
	kills []time.Time
	more  []string // settings

	heard chan struct{} // takes one for each answer, while somebody counts

	mu     sync.Mutex
	url    string // of the process that runs
	writes []span // that were acknowledged
}

// span is from when a call went out to when its answer was there.
type span struct{ began, ended time.Time }

func newVictim(t *testing.T) *victim {
	return &victim{dir: t.TempDir(), sink: newSink(t, "127.0.0.1:0"), heard: make(chan struct{})}
}

// killOften starts it, lets so many clients call until it does not answer any more, and kills it when wait returns;
// after some of the rounds compare looks at what it has left.
func (v *victim) killOften(t *testing.T, clients int, call func(ctx context.Context, round, client int),
	wait func(), compare func(*testing.T)) {
	t.Helper()
	rounds := atFull(20, 3)
	if text := os.Getenv("SOAK_ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for round := range rounds {
		p := v.start(t)
		load, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for client := range clients {
			all.Go(func() { call(load, round, client) })
		}
		wait()
		v.kills = append(v.kills, time.Now())
		p.kill()
		end()
		all.Wait()
		if round%5 == 4 || round == rounds-1 {
			compare(t)
		}
	}
}

func (v *victim) start(t *testing.T) *process {
	t.Helper()
	p := startProcess(t, slices.Concat(smarthost(v.sink.Addr().String()), []string{"DATA=" + v.dir}, v.more)...)
	v.mu.Lock()
	v.url = p.url
	v.mu.Unlock()
	return p
}

// aMoment waits for up to so many milliseconds.
func aMoment(most int) { <-time.After(time.Duration(5+rand.IntN(most)) * time.Millisecond) }

// hear waits for so many answers, so that a slow machine gets somewhere too, but not for long.
func (v *victim) hear(answers int) {
	limit := time.After(2 * time.Second)
	for range answers {
		select {
		case <-v.heard:
		case <-limit:
			return
		}
	}
}

// reply is what a call was answered; its status is 0 where no whole answer came.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask sends JSON, with headers as names and values.
func (v *victim) ask(method, path, body string, header ...string) reply {
	v.mu.Lock()
	url := v.url
	v.mu.Unlock()
	request, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		return reply{}
	}
	began := time.Now()
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}
	}
	if method != http.MethodGet && response.StatusCode/100 == 2 {
		v.mu.Lock()
		v.writes = append(v.writes, span{began, time.Now()})
		v.mu.Unlock()
	}
	select {
	case v.heard <- struct{}{}:
	default:
	}
	return reply{response.StatusCode, response.Header, answer}
}

// open opens the file that a kill has left, once it has been checked.
func (v *victim) open(t *testing.T) *store.Store {
	t.Helper()
	if faults, err := store.CheckFile(file.DataFile(v.dir)); err != nil || len(faults) > 0 {
		t.Fatalf("the file after a kill: %v, %q", err, faults)
	}
	s, err := store.Open(v.dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tellings counts the events of people's acts, by type and person.
func tellings(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	told := make(map[string]int)
	for after := uint64(0); ; {
		feed, err := s.Events(after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range feed.Events {
			person := event.User
			if person.IsZero() {
				person = event.Biker
			}
			if !person.IsZero() && !strings.HasPrefix(event.Type, "letter.") {
				told[event.Type+" "+person.String()]++
			}
		}
		if feed.Next == after {
			return told
		}
		after = feed.Next
	}
}

// countCopies holds that nobody got more than so many different letters: what arrived again has the same Message-ID. It
// returns how many calls went out after the first copy of a letter had arrived, and were acknowledged before the kill
// for which the second came.
func (v *victim) countCopies(t *testing.T, most int) (later int) {
	t.Helper()
	v.sink.mu.Lock()
	defer v.sink.mu.Unlock()
	again, longest := 0, time.Duration(0)
	for address, arrivals := range v.sink.arrivals {
		first := make(map[string]time.Time)
		for _, one := range arrivals {
			at, known := first[one.messageID]
			if !known {
				first[one.messageID] = one.at
				continue
			}
			again++
			before := v.killAfter(at)
			longest, later = max(longest, before), max(later, v.writesIn(span{at, at.Add(before)}))
		}
		if len(first) > most {
			t.Errorf("%s got %d different letters", address, len(first))
		}
	}
	t.Logf("%d letters arrived twice, the first at most %v and %d calls before a kill", again, longest, later)
	return later
}

// writesIn is how many calls went out and were acknowledged in that time.
func (v *victim) writesIn(between span) (n int) {
	for _, write := range v.writes {
		if write.began.After(between.began) && write.ended.Before(between.ended) {
			n++
		}
	}
	return n
}

// killAfter is how long after a moment the next kill came. What a process had sent when it was killed is read a moment
// after.
func (v *victim) killAfter(at time.Time) time.Duration {
	const stillRead = 100 * time.Millisecond
	for _, kill := range v.kills {
		if !kill.Add(stillRead).Before(at) {
			return max(0, kill.Sub(at))
		}
	}
	return 0 // while the last process was dying
}
