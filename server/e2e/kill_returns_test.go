package e2e

import (
	"context"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"

	"postern/store"
)

// TestKillReturns holds that no report is lost which BOUNCE_LISTEN has answered with 250, and that none counts twice,
// while letters leave and the appliance is killed.
func TestKillReturns(t *testing.T) {
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run := &returnsRun{victim: newVictim(t), address: reserved.Addr().String(), taken: make(map[string]bool)}
	reserved.Close()
	run.more = []string{"BOUNCE_LISTEN=" + run.address, "BOUNCE_ADDRESS=gate+{code}@client.example"}
	run.sink.read = run.comeBack
	run.killOften(t, 4, func(ctx context.Context, round, client int) {
		for n := 0; ctx.Err() == nil; n++ {
			body := fmt.Sprintf(
				`{"email":"r%dc%dn%d@example.com","firstName":"Jan","lastName":"Peeters","organisationName":"S"}`,
				round,
				client,
				n,
			)
			if run.ask("POST", "/non-license-user/register", body).status == 0 {
				return
			}
		}
	}, func() { aMoment(400) }, run.compare)
}

// returnsRun is what the rounds have in common.
type returnsRun struct {
	*victim
	address string

	returned sync.Mutex
	taken    map[string]bool // Message-IDs of letters whose report got a 250; guarded by returned
}

// comeBack reports that a letter found no mailbox, as a server does that has taken it.
func (r *returnsRun) comeBack(to, message string) {
	r.sink.mu.Lock()
	last := r.sink.arrivals[to][len(r.sink.arrivals[to])-1]
	r.sink.mu.Unlock()
	if smtp.SendMail(r.address, nil, "", []string{last.from}, []byte(dsn(last.from, to, "Subject: x"))) != nil {
		return
	}
	r.returned.Lock()
	defer r.returned.Unlock()
	r.taken[strings.Trim(last.messageID, "<>")] = true
}

// compare opens the file: what was answered with 250 is there, once, with its event.
func (r *returnsRun) compare(t *testing.T) {
	t.Helper()
	s := r.open(t)
	defer s.Close()
	failed := make(map[string]int)
	for after := uint64(0); ; {
		feed, err := s.Events(after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range feed.Events {
			if event.Type == "letter.failed" {
				failed[event.Letter.String()]++
			}
		}
		if feed.Next == after {
			break
		}
		after = feed.Next
	}
	r.returned.Lock()
	defer r.returned.Unlock()
	if len(r.taken) == 0 {
		t.Error("no report was taken")
	}
	for id := range r.taken {
		letter, found, err := s.ReturnedLetter(store.Clues{MessageIDs: []string{id}})
		if err != nil || !found {
			t.Errorf("the letter %s is not there: %v", id, err)
			continue
		}
		returned := 0
		for _, attempt := range letter.Attempts {
			if attempt.Class == store.AttemptReturned {
				returned++
			}
		}
		if letter.State != store.LetterFailed || returned != 1 || failed[letter.ID.String()] != 1 {
			t.Errorf(
				"%s is %s, with %d reports and %d events",
				letter.ID,
				letter.State,
				returned,
				failed[letter.ID.String()],
			)
		}
	}
	t.Logf("%d reports were taken", len(r.taken))
}
