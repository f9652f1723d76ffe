package server_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

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
	run := &killRun{dir: t.TempDir(), sink: newSink(t, "127.0.0.1:0"), acts: make(map[string]acts)}
	run.sink.read = run.follow
	run.addCleanings(t)
	for round := range rounds {
		p := run.start(t)
		load, end := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for client := range 8 {
			clients.Go(func() { run.register(load, fmt.Sprintf("r%dc%d", round, client)) })
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
	p.kill()
	run.compare(t)
	run.countCopies(t)
}

// acts is what somebody asked for, and how much of it was acknowledged.
type acts struct {
	asked, registered, activated, mailed, decided bool
	cleaning                                      store.ID
}

// killRun is what the rounds have in common.
type killRun struct {
	dir   string
	sink  *sink
	kills []time.Time

	mu    sync.Mutex
	url   string // of the process that runs
	acts  map[string]acts
	there []string // addresses in the file, after compare
}

// cleanings is how many there are: each of so many people has one to decide on.
const cleanings = 5000

func cleaningOf(number int) store.ID {
	return store.ID{6: 0x40, 8: 0x80, 14: byte(number >> 8), 15: byte(number)}
}

func (k *killRun) addCleanings(t *testing.T) {
	t.Helper()
	s, err := store.Open(k.dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all []store.CleaningInput
	for n := range cleanings {
		all = append(all, store.CleaningInput{ID: cleaningOf(n), CleaningData: store.CleaningData{
			Number: fmt.Sprint(n), Station: store.Station{Name: "Kaai 9"}, Equipment: store.Equipment{Kind: "silo"}, Status: store.SignedOff}})
	}
	if _, err := s.PutCleanings(t.Context(), "", all); err != nil {
		t.Fatal(err)
	}
}

func (k *killRun) start(t *testing.T) *process {
	p := startProcess(t, append(smarthost(k.sink.Addr().String()), "DATA="+k.dir)...)
	k.mu.Lock()
	k.url = p.url
	k.mu.Unlock()
	return p
}

// register asks for one person after the other until the appliance does not answer any more.
func (k *killRun) register(ctx context.Context, prefix string) {
	for n := 0; ctx.Err() == nil; n++ {
		email := fmt.Sprintf("%s-%d@example.com", prefix, n)
		k.note(email, func(a *acts) { a.asked = true })
		body := fmt.Sprintf(`{"email":%q,"firstName":"Jan","lastName":"Peeters","organisationName":"S"}`, email)
		status, _ := k.call("POST", "/non-license-user/register", "", body)
		if status == 0 {
			return
		}
		k.note(email, func(a *acts) { a.registered = status == http.StatusCreated })
	}
}

var linkToken = regexp.MustCompile(`/eecd/activate\?token=([A-Za-z0-9_-]+)`)

// follow does what a person does with the link in the letter: activate, have the document mailed, reject the load.
func (k *killRun) follow(email, message string) {
	message = strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(message)
	found := linkToken.FindStringSubmatch(message)
	if found == nil {
		return
	}
	status, body := k.call("POST", "/non-license-user/activate", "", `{"ConfirmationToken":"`+found[1]+`"}`)
	var answer struct{ UserToken string }
	if status != http.StatusOK || json.Unmarshal(body, &answer) != nil {
		return
	}
	var cleaning store.ID
	k.note(email, func(a *acts) {
		if a.activated = true; a.cleaning.IsZero() {
			a.cleaning = cleaningOf(1 + len(k.acts)%(cleanings-1))
		}
		cleaning = a.cleaning
	})
	if status, _ := k.call("GET", "/non-license-user/cleanings/"+cleaning.String()+"/email", answer.UserToken, ""); status == http.StatusOK {
		k.note(email, func(a *acts) { a.mailed = true })
	}
	status, _ = k.call("PUT", "/non-license-user/loads/"+cleaning.String()+"/reject", answer.UserToken, `{"Comment":"`+email+`"}`)
	if status == http.StatusOK {
		k.note(email, func(a *acts) { a.decided = true })
	}
}

// call gives status 0 where no whole answer came.
func (k *killRun) call(method, path, token, body string) (status int, answer []byte) {
	k.mu.Lock()
	url := k.url
	k.mu.Unlock()
	request, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("X-NALLIAN-TOKEN", token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	if answer, err = io.ReadAll(response.Body); err != nil {
		return 0, nil
	}
	return response.StatusCode, answer
}

func (k *killRun) note(email string, change func(*acts)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.acts[email]
	change(&a)
	k.acts[email] = a
}

// compare opens the file: what was acknowledged is there, and each fact that is there has its letter and its event, once.
func (k *killRun) compare(t *testing.T) {
	t.Helper()
	if faults, err := store.CheckFile(store.DataFile(k.dir)); err != nil || len(faults) > 0 {
		t.Fatalf("the file after a kill: %v, %q", err, faults)
	}
	s, err := store.Open(k.dir, store.Options{MailDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	told := tellings(t, s)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.there = nil
	for email, a := range k.acts {
		user, err := s.UserByEmail(email)
		if err != nil {
			if a.registered || !store.IsKind(err, store.NotFound) {
				t.Errorf("%s was acknowledged: %v", email, err)
			}
			continue
		}
		k.there = append(k.there, email)
		k.comparePerson(t, s, user, a, told)
	}
	for what, times := range told {
		t.Errorf("%d × %s of somebody who is not there", times, what)
	}
	t.Logf("%d kills: %d people asked for, %d there", len(k.kills), len(k.acts), len(k.there))
}

// comparePerson takes from told what it finds to be right.
func (k *killRun) comparePerson(t *testing.T, s *store.Store, user store.User, a acts, told map[string]int) {
	t.Helper()
	letters, err := s.LettersTo(user.ID, 100)
	if err != nil {
		t.Error(err)
	}
	owed := make(map[store.LetterKind]int)
	for _, letter := range letters {
		owed[letter.Kind]++
	}
	decided := false
	if c, err := s.Cleaning(a.cleaning); err == nil {
		decided = c.Load.By == user.ID
	}
	activated := !user.ActivatedAt.IsZero()
	for _, fact := range []struct {
		event        string
		letter       store.LetterKind
		acked, there bool
	}{
		{"user.registered", store.LetterActivate, a.registered, true},
		{"user.activated", "", a.activated, activated},
		{"cleaning.mailed", store.LetterDocument, a.mailed, owed[store.LetterDocument] == 1},
		{"load.rejected", store.LetterDecided, a.decided, decided},
	} {
		key, times := fact.event+" "+user.ID.String(), 0
		if fact.there {
			times = 1
		}
		if fact.acked && !fact.there || told[key] != times || fact.letter != "" && owed[fact.letter] != times {
			t.Errorf("%s, %s: acknowledged %v, there %v, %d events, %d letters",
				user.Email, fact.event, fact.acked, fact.there, told[key], owed[fact.letter])
		}
		delete(told, key)
	}
}

// tellings counts the events of people's acts by type and person.
func tellings(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	told := make(map[string]int)
	for after := uint64(0); ; {
		feed, err := s.Events(after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range feed.Events {
			if !event.User.IsZero() && !strings.HasPrefix(event.Type, "letter.") {
				told[event.Type+" "+event.User.String()]++
			}
		}
		if feed.Next == after {
			return told
		}
		after = feed.Next
	}
}

// countCopies holds that only what was on the wire when a kill came, or answered a moment before, arrived again, and with
// the same Message-ID. CONTRACT section 7 says 100 ms; the race detector on a busy machine is given five times as long.
func (k *killRun) countCopies(t *testing.T) {
	again, longest := 0, time.Duration(0)
	for address, arrivals := range k.sink.arrivals {
		first := make(map[string]time.Time)
		for _, one := range arrivals {
			at, known := first[one.messageID]
			if !known {
				first[one.messageID] = one.at
				continue
			}
			again++
			before := k.killAfter(at)
			if longest = max(longest, before); before > 500*time.Millisecond {
				t.Errorf("%s got a second copy, and the first came %v before a kill", address, before)
			}
		}
		if len(first) > 3 { // the link, the document, the decision
			t.Errorf("%s got %d different letters", address, len(first))
		}
	}
	t.Logf("%d letters arrived twice, the first at most %v before a kill", again, longest)
}

// killAfter is how long after a moment the next kill came. What a process had sent when it was killed is read a moment after.
func (k *killRun) killAfter(at time.Time) time.Duration {
	const stillRead = 100 * time.Millisecond
	for _, kill := range k.kills {
		if !kill.Add(stillRead).Before(at) {
			return max(0, kill.Sub(at))
		}
	}
	return 0 // while the last process was dying
}
