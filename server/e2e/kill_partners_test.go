package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/store/guid"
)

// TestKillPartners has 16 partners post lists that overlap and people alone, some of them again, with Idempotency-Keys
// and without, while the appliance is killed under them. In the end each address is one person who was welcomed once,
// and every answer that came through was true.
func TestKillPartners(t *testing.T) {
	run := &partnersRun{victim: newVictim(t), t: t, created: make(map[string]creation), there: make(map[string]guid.ID),
		lost: make(map[string]bool), posting: make([]*posted, 16)}
	run.bearers = addPartners(t, run.dir, len(run.posting))
	run.killOften(t, len(run.posting), run.partner, func() {
		run.hear(rand.IntN(20))
		run.awaitPart()
		aMoment(30)
	}, run.compare)
	p := run.start(t)
	run.finish()
	run.sink.await(t, run.addresses())
	p.kill()
	run.compare(t)
	run.countCopies(t, 2) // after how many calls says nothing here: a repeat is acknowledged without a commit
	run.countLetters(t)
	for email := range run.there {
		if _, told := run.created[email]; !told && !run.lost[email] {
			t.Errorf("%s is there, and no call was answered that it was created", email)
		}
	}
}

// posted is a call of user.create.
type posted struct {
	partner int
	key     string // empty: none
	body    string
	emails  []string
	single  bool
	alone   int    // so many of the people at the end nobody else posts
	answer  []byte // nil: none has come through
}

// creation is who was told that an address is new.
type creation struct {
	by   *posted
	said outcome
}

// partnersRun is what the rounds have in common.
type partnersRun struct {
	*victim
	t       *testing.T
	bearers []string // by partner

	// All below are guarded by mu.
	posting []*posted           // by partner: with a key, and not answered yet
	done    []*posted           // with a key, and answered
	created map[string]creation // by address
	there   map[string]guid.ID  // who is known to be there; zero where the id was not told
	lost    map[string]bool     // posted without a key in a call that nobody heard the end of
	cut     int                 // lists that were registered in part when a kill came
	posts   int
}

// partner posts until the appliance does not answer any more.
func (r *partnersRun) partner(ctx context.Context, round, partner int) {
	for n := 0; ctx.Err() == nil; n++ {
		answered := true
		if n+partner > 0 {
			aMoment(20) // most lists would be told that too many are being done
		}
		switch p, former := r.next(round, partner, n); {
		case former != nil && n%4 == 1:
			answered = r.send(former) && r.sendOther(former)
		case p.key != "" && n%4 == 3: // twice at once
			var twin sync.WaitGroup
			twin.Go(func() { r.send(p) })
			answered = r.send(p)
			twin.Wait()
		default:
			if answered = r.send(p); answered && p.key == "" && !p.single { // and again, as five minutes later
				again := *p
				again.answer = nil
				answered = r.send(&again)
			}
		}
		if !answered {
			return
		}
	}
}

// next returns what a partner posts: what has not been answered yet, else something new. former is one with a key that
// was answered before, if there is one.
func (r *partnersRun) next(round, partner, n int) (p, former *posted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range rand.Perm(len(r.done)) {
		if r.done[i].partner == partner {
			former = r.done[i]
			break
		}
	}
	if p = r.posting[partner]; p != nil && n%2 == 0 {
		return p, former
	}
	r.posts++
	p = &posted{partner: partner, emails: window(round, atFull(40, 15)+rand.IntN(atFull(100, 30)))}
	if r.posting[partner] == nil && (n == 0 || rand.IntN(2) == 0) {
		p.key = fmt.Sprintf("key-%d", r.posts)
		r.posting[partner] = p
	}
	if p.single = n%3 == 2; p.single {
		p.emails = p.emails[:1]
		p.body = `{"user":` + personJSON(p.emails[0], employeeOf(p.emails[0]), loadPlan) + `}`
		return p, former
	}
	if p.key != "" {
		p.alone = 10
		if partner == 0 && round%8 == 0 { // one that takes several transactions
			p.alone = atFull(1100, 800)
		}
	}
	for i := range p.alone {
		p.emails = append(p.emails, fmt.Sprintf("alone-%d-%d@example.com", r.posts, i))
	}
	people := strings.TrimSuffix(listJSON(p.emails, employeeOf), "]}")
	failing := fmt.Sprintf("failing-%d@example.com", partner)
	p.body = people + "," + personJSON(failing, employeeOf(failing), "SYN-UNKNOWN") + "]}"
	p.emails, p.alone = append(p.emails, failing), p.alone+1
	return p, former
}

// window draws addresses of a thousand (300 with -short) that all partners may post in a round; most of these are in
// the next round's too. Every third is written in capitals.
func window(round, n int) (emails []string) {
	for _, i := range rand.Perm(atFull(1000, 300))[:n] {
		local := fmt.Sprintf("p%d", i+25*round)
		if rand.IntN(3) == 0 {
			local = strings.ToUpper(local)
		}
		emails = append(emails, local+"@example.com")
	}
	return emails
}

// awaitPart waits until the first transaction of a list that takes several is there, so that the kill comes between
// two.
func (r *partnersRun) awaitPart() {
	r.mu.Lock()
	p := r.posting[0]
	r.mu.Unlock()
	if p == nil || p.alone < 500 {
		return
	}
	first := p.emails[len(p.emails)-p.alone]
	for limit := time.Now().Add(2 * time.Second); time.Now().Before(limit); aMoment(5) {
		path := "/partner/v1/users?partner_EmployeeID=" + url.QueryEscape(employeeOf(first))
		if r.ask("GET", path, "", "Authorization", r.bearers[0]).status == http.StatusOK {
			return
		}
	}
}

// send posts, and holds the answer against all that were given before. It gives false where none came.
func (r *partnersRun) send(p *posted) bool {
	answer := r.post(p, p.body)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch answer.status {
	case http.StatusOK, http.StatusCreated:
		r.answered(p, answer.body)
		return true
	case http.StatusConflict:
		if p.key == "" || answer.header.Get("Retry-After") == "" {
			r.t.Errorf("a call with the key %q was answered %s", p.key, answer.body)
		}
		return true
	case 0, http.StatusServiceUnavailable:
		if answer.status != 0 && answer.header.Get("Retry-After") == "" {
			r.t.Errorf("503 without Retry-After: %s", answer.body)
		}
		for _, email := range p.emails {
			r.lost[strings.ToLower(email)] = r.lost[strings.ToLower(email)] || p.key == ""
		}
		return answer.status != 0
	}
	r.t.Errorf("answered %d %s", answer.status, answer.body)
	return true
}

// sendOther posts another body under a key that was used.
func (r *partnersRun) sendOther(p *posted) bool {
	answer := r.post(p, strings.Replace(p.body, "Claes", "Maes", 1))
	if answer.status != 0 && answer.status != http.StatusUnprocessableEntity &&
		answer.status != http.StatusServiceUnavailable {
		r.t.Errorf("another body under a key was answered %d", answer.status)
	}
	return answer.status != 0
}

func (r *partnersRun) post(p *posted, body string) reply {
	header := []string{"Authorization", r.bearers[p.partner]}
	if p.key != "" {
		header = append(header, "Idempotency-Key", p.key)
	}
	return r.ask("POST", userCreate, body, header...)
}

// answered holds what a call was answered. The lock is held.
func (r *partnersRun) answered(p *posted, answer []byte) {
	if p.answer != nil {
		if !bytes.Equal(p.answer, answer) {
			r.t.Errorf("%s was answered first\n%s\nand then\n%s", p.key, p.answer, answer)
		}
		return
	}
	p.answer = answer
	if p.key != "" {
		r.posting[p.partner] = nil
		r.done = append(r.done, p)
	}
	results, err := outcomes(answer, p.single)
	if err != nil || len(results) != len(p.emails) {
		r.t.Errorf("%d results for %d people: %v", len(results), len(p.emails), err)
		return
	}
	for i, said := range results {
		r.told(p, p.emails[i], i >= len(p.emails)-p.alone, said)
	}
}

// told holds what a call was answered of one person. The lock is held.
func (r *partnersRun) told(p *posted, email string, alone bool, said outcome) {
	lower := strings.ToLower(email)
	failing := strings.HasPrefix(lower, "failing")
	created, existing := said.Outcome == store.BikerCreated, said.Outcome == store.BikerExisting
	former, already := r.created[lower]
	switch {
	case said.Email != email, len(said.Updated) > 0, failing != (said.Outcome == store.BikerFailed),
		created && (said.ID.IsZero() || said.Letter.IsZero()),
		existing && already && (former.by.partner == p.partner) != (said.ID == former.said.ID),
		alone && !failing && !created:
		r.t.Errorf("%s is answered for %s, alone: %v; before that %+v", fmt.Sprintf("%+v", said), email, alone,
			former.said)
	case created && already:
		r.t.Errorf("%s was created twice: %+v, %+v", email, former.said, said)
	case created:
		r.created[lower] = creation{p, said}
	}
	if id := r.there[lower]; !failing && id.IsZero() {
		r.there[lower] = said.ID
	}
}

// finish has every call with a key answered, and asks for all the answers once more.
func (r *partnersRun) finish() {
	all := slices.Concat(slices.DeleteFunc(slices.Clone(r.posting), func(p *posted) bool { return p == nil }), r.done)
	var clients sync.WaitGroup
	for client := range 4 { // as many lists as are done at once
		clients.Go(func() {
			for i := client; i < len(all); i += 4 {
				for range 2 {
					if !r.send(all[i]) {
						r.t.Errorf("%s was not answered", all[i].key)
					}
				}
			}
		})
	}
	clients.Wait()
	for _, p := range all {
		if p.answer == nil {
			r.t.Errorf("%s has no answer", p.key)
		}
	}
}

func (r *partnersRun) addresses() (all []string) {
	for email := range r.there {
		all = append(all, email)
	}
	return all
}
