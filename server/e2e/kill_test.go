package e2e

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"postern/store"
	"postern/store/guid"
	"postern/store/refuse"
)

// TestKill compares what was acknowledged to people who register and act, with what is there and what arrived.
func TestKill(t *testing.T) {
	run := &killRun{victim: newVictim(t), acts: make(map[string]acts)}
	run.sink.read = run.follow
	run.addCleanings(t)
	run.killOften(t, 8, func(ctx context.Context, round, client int) {
		run.register(ctx, fmt.Sprintf("r%dc%d", round, client))
	}, func() { aMoment(250) }, run.compare)
	p := run.start(t)
	run.sink.await(t, run.there)
	p.kill()
	run.compare(t)
	// The link, the document, the decision. The next commit records that a letter was taken, so that few calls may be
	// acknowledged before; milliseconds would measure the machine.
	if later := run.countCopies(t, 3); later > 30 {
		t.Errorf("%d calls were acknowledged before it was recorded that a letter had been sent", later)
	}
}

// acts is what somebody asked for, and how much of it was acknowledged.
type acts struct {
	asked, registered, activated, mailed, decided bool
	cleaning                                      guid.ID
}

// killRun is what the rounds have in common.
type killRun struct {
	*victim
	acts  map[string]acts // guarded by mu
	there []string        // addresses in the file, after compare
}

// cleanings is how many there are: each of so many people has one to decide on.
const cleanings = 5000

func cleaningOf(number int) guid.ID {
	return guid.ID{6: 0x40, 8: 0x80, 14: byte(number >> 8), 15: byte(number)}
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
			Number: fmt.Sprint(n), Station: store.Station{Name: "Kaai 9"}, Equipment: store.Equipment{Kind: "silo"},
			Status: store.SignedOff}})
	}
	if _, err := s.PutCleanings(t.Context(), "", all); err != nil {
		t.Fatal(err)
	}
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
	var cleaning guid.ID
	k.note(email, func(a *acts) {
		if a.activated = true; a.cleaning.IsZero() {
			a.cleaning = cleaningOf(1 + len(k.acts)%(cleanings-1))
		}
		cleaning = a.cleaning
	})
	if status, _ := k.call("GET", "/non-license-user/cleanings/"+cleaning.String()+"/email", answer.UserToken,
		""); status == http.StatusOK {
		k.note(email, func(a *acts) { a.mailed = true })
	}
	status, _ = k.call("PUT", "/non-license-user/loads/"+cleaning.String()+"/reject", answer.UserToken,
		`{"Comment":"`+email+`"}`)
	if status == http.StatusOK {
		k.note(email, func(a *acts) { a.decided = true })
	}
}

// call gives status 0 where no whole answer came.
func (k *killRun) call(method, path, token, body string) (status int, answer []byte) {
	r := k.ask(method, path, body, "X-NALLIAN-TOKEN", token)
	return r.status, r.body
}

func (k *killRun) note(email string, change func(*acts)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.acts[email]
	change(&a)
	k.acts[email] = a
}

// compare opens the file: what was acknowledged is there, and each fact that is there has its letter and its event,
// once.
func (k *killRun) compare(t *testing.T) {
	t.Helper()
	s := k.open(t)
	defer s.Close()
	told := tellings(t, s)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.there = nil
	for email, a := range k.acts {
		user, err := s.UserByEmail(email)
		if err != nil {
			if a.registered || !refuse.Is(err, refuse.NotFound) {
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
