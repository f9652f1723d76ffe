package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"postern/server/wire"
)

const (
	eventPartners = 5
	eventWriters  = 8
	eventPollers  = 20
)

// TestKillEvents has 8 writers, 20 pollers of 5 partners and the receiver of a webhook, while the appliance is killed
// under them. Each poller gets each event of its partner once, in order and without a gap; the receiver gets all of
// them, some again.
func TestKillEvents(t *testing.T) {
	run := &eventsRun{victim: newVictim(t), t: t}
	run.bearers = addPartners(t, run.dir, eventPartners)
	for i := range eventPollers {
		run.pollers = append(run.pollers, &poller{partner: i % eventPartners})
	}
	run.hook = newHookReceiver(t, run.dir)
	run.more = run.hook.settings
	run.killOften(t, eventWriters+eventPollers, func(ctx context.Context, round, client int) {
		if client < eventWriters {
			run.write(ctx, round, client)
		} else {
			run.pollers[client-eventWriters].follow(ctx, run, "2s")
		}
	}, func() { aMoment(300) }, run.compare)
	p := run.start(t)
	run.sink.await(t, run.registered)
	var all sync.WaitGroup
	for _, poller := range run.pollers {
		all.Go(func() { poller.follow(t.Context(), run, "") })
	}
	all.Wait()
	run.hook.await(t, run.lastEvent(t))
	p.kill()
	run.compare(t)
	for i, poller := range run.pollers[:eventPartners] {
		if len(poller.seen) == 0 {
			t.Errorf("nothing of %s was seen", partnerName(i))
		}
	}
	t.Logf("%d events; %d were posted again", run.hook.last, run.hook.again)
}

// eventsRun is what the rounds have in common.
type eventsRun struct {
	*victim
	t          *testing.T
	bearers    []string // by partner
	pollers    []*poller
	hook       *hookReceiver
	registered []string // addresses, guarded by mu
}

// write registers one person after the other, or three, until the appliance does not answer any more.
func (r *eventsRun) write(ctx context.Context, round, writer int) {
	for n := 0; ctx.Err() == nil; n++ {
		var emails []string
		for i := range 1 + 2*(n%2) {
			emails = append(emails, fmt.Sprintf("r%dw%dn%d-%d@example.com", round, writer, n, i))
		}
		answer := r.ask("POST", userCreate, listJSON(emails, employeeOf),
			"Authorization", r.bearers[(writer+n)%eventPartners])
		switch answer.status {
		case 0:
			return
		case http.StatusOK:
			r.mu.Lock()
			r.registered = append(r.registered, emails...)
			r.mu.Unlock()
		}
	}
}

// poller follows one partner's events, over all rounds.
type poller struct {
	partner int
	feed    string
	after   uint64
	seen    []uint64
}

// follow polls until the appliance does not answer any more or, without a wait, until there is nothing new.
func (p *poller) follow(ctx context.Context, r *eventsRun, wait string) {
	for ctx.Err() == nil {
		answer := r.ask("GET", fmt.Sprintf("/partner/v1/events?after=%d&limit=7&wait=%s", p.after, wait), "",
			"Authorization", r.bearers[p.partner])
		if answer.status == 0 {
			return
		}
		var feed wire.Feed
		if err := json.Unmarshal(answer.body, &feed); answer.status != http.StatusOK || err != nil {
			r.t.Errorf("answered %d %s, %v", answer.status, answer.body, err)
			return
		}
		if p.feed == "" {
			p.feed = feed.ID.String()
		}
		if feed.ID.String() != p.feed || feed.Next < p.after {
			r.t.Errorf("%s after %d of %s", answer.body, p.after, p.feed)
		}
		for _, event := range feed.Events {
			p.seen = append(p.seen, event.Seq)
		}
		p.after = feed.Next
		if wait == "" && len(feed.Events) == 0 {
			return
		}
	}
}

// compare holds what was seen against what the file has, up to where each has looked.
func (r *eventsRun) compare(t *testing.T) {
	t.Helper()
	s := r.open(t)
	defer s.Close()
	for i, p := range r.pollers {
		var want []uint64
		for after := uint64(0); ; {
			feed, err := s.PartnerEvents(partnerName(p.partner), after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range feed.Events {
				if event.Seq <= p.after {
					want = append(want, event.Seq)
				}
			}
			if len(feed.Events) == 0 {
				break
			}
			after = feed.Next
		}
		if !slices.Equal(p.seen, want) {
			t.Errorf("poller %d has looked up to %d and has seen\n%v\nof\n%v", i, p.after, p.seen, want)
		}
	}
	r.hook.mu.Lock()
	defer r.hook.mu.Unlock()
	if b, _, err := s.Webhook(); err != nil || b.After > r.hook.last || b.Lost != 0 {
		t.Errorf("the file says %+v, %v; the receiver has %d", b, err, r.hook.last)
	}
}

func (r *eventsRun) lastEvent(t *testing.T) uint64 {
	t.Helper()
	ask := func(query string) reply {
		return r.ask("GET", "/partner/v1/events"+query, "", "Authorization", r.bearers[0])
	}
	answer := ask("")
	for after := uint64(0); ; {
		var feed wire.Feed
		if err := json.Unmarshal(answer.body, &feed); err != nil {
			t.Fatal(err)
		}
		if after = feed.Next; len(feed.Events) == 0 {
			return after
		}
		answer = ask(fmt.Sprint("?limit=500&after=", after))
	}
}
