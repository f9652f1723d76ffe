package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
)

// TestKill kills a real appliance at random under load, again and again on one data directory, and compares what was
// acknowledged with what is there and what arrived. SOAK_ROUNDS sets how often.
func TestKill(t *testing.T) {
	rounds := 20
	if text := os.Getenv("SOAK_ROUNDS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	run := &killRun{dir: t.TempDir(), sink: newSink(t, "127.0.0.1:0"), sent: make(map[string]bool)}
	for round := range rounds {
		p := run.start(t)
		load, end := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() { run.register(load, p.url, fmt.Sprintf("r%dc%d", round, client)) })
		}
		<-time.After(time.Duration(5+rand.IntN(250)) * time.Millisecond)
		run.kills = append(run.kills, time.Now())
		p.kill()
		end()
		clients.Wait()
		if round%5 == 4 || round == rounds-1 {
			run.compare(t)
		}
	}
	p := run.start(t)
	run.sink.await(t, run.there)
	_ = p.Process.Signal(os.Interrupt)
	p.kill()
	run.countCopies(t)
	acknowledged := 0
	for _, was := range run.sent {
		if was {
			acknowledged++
		}
	}
	t.Logf("%d kills, %d people asked for, %d acknowledged, %d there", rounds, len(run.sent), acknowledged, len(run.there))
}

// killRun is what the rounds have in common.
type killRun struct {
	dir   string
	sink  *sink
	kills []time.Time

	mu    sync.Mutex
	sent  map[string]bool // by address: was the registration acknowledged?
	there []string        // addresses in the file, after compare
}

func (k *killRun) start(t *testing.T) *process {
	return startProcess(t, "DATA="+k.dir, "SMTP_URL=smtp://"+k.sink.Addr().String()+"?tls=off", "PUBLIC_URL=http://localhost:8080",
		"MAIL_FROM=Postern <postern@example.org>", "LIMIT_REGISTER=off", "LIMIT_STRANGER_LETTERS=off")
}

// register asks for one person after the other until the appliance does not answer any more.
func (k *killRun) register(ctx context.Context, url, prefix string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for n := 0; ctx.Err() == nil; n++ {
		email := fmt.Sprintf("%s-%d@example.com", prefix, n)
		k.note(email, false)
		body := fmt.Sprintf(`{"email":%q,"firstName":"Jan","lastName":"Peeters","organisationName":"Synthetische Terminal BV"}`, email)
		answer, err := client.Post(url+"/non-license-user/register", "application/json", strings.NewReader(body))
		if err != nil {
			return
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusCreated {
			k.note(email, true)
		}
	}
}

func (k *killRun) note(email string, acknowledged bool) {
	k.mu.Lock()
	k.sent[email] = acknowledged
	k.mu.Unlock()
}

// compare opens the file: each person acknowledged is there, and each person there has one letter and one event.
func (k *killRun) compare(t *testing.T) {
	t.Helper()
	if faults, err := store.CheckFile(k.dir + "/postern.db"); err != nil || len(faults) > 0 {
		t.Fatalf("the file after a kill: %v, %q", err, faults)
	}
	s, err := store.Open(k.dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	registered := make(map[store.ID]int)
	for after := uint64(0); ; {
		feed, err := s.Events(after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range feed.Events {
			if event.Type == "user.registered" {
				registered[event.User]++
			}
		}
		if feed.Next == after {
			break
		}
		after = feed.Next
	}
	k.there = nil
	for email, acknowledged := range k.sent {
		user, err := s.UserByEmail(email)
		if store.IsKind(err, store.NotFound) {
			if acknowledged {
				t.Errorf("%s was acknowledged and is not there", email)
			}
			continue
		}
		k.there = append(k.there, email)
		letters, lettersErr := s.LettersTo(user.ID, 10)
		if err != nil || lettersErr != nil || len(letters) != 1 || registered[user.ID] != 1 {
			t.Errorf("%s: %v, %v, %d letters, %d events", email, err, lettersErr, len(letters), registered[user.ID])
		}
		delete(registered, user.ID)
	}
	if len(registered) > 0 {
		t.Errorf("%d people in the events and not in the file", len(registered))
	}
}

// countCopies holds that only what was on the wire when a kill came, or answered a moment before, arrived again, and with
// the same Message-ID. CONTRACT section 7 says 100 ms; the race detector on a busy machine is given ten times as long.
func (k *killRun) countCopies(t *testing.T) {
	again, longest := 0, time.Duration(0)
	for address, copies := range k.sink.arrivals {
		for i, copy := range copies[1:] {
			again++
			if copy.messageID != copies[0].messageID || copy.messageID == "" {
				t.Errorf("%s got Message-IDs %q and %q", address, copies[0].messageID, copy.messageID)
			}
			before := k.killAfter(copies[i].at)
			if longest = max(longest, before); before > time.Second {
				t.Errorf("%s got a second copy, and the first came %v before a kill", address, before)
			}
		}
	}
	t.Logf("%d letters arrived twice, the first at most %v before a kill", again, longest)
}

// killAfter is how long after a moment the next kill came.
func (k *killRun) killAfter(at time.Time) time.Duration {
	for _, kill := range k.kills {
		if !kill.Before(at) {
			return kill.Sub(at)
		}
	}
	return 0 // while the last process was dying
}
