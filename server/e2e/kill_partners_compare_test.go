package e2e

import (
	"strings"
	"testing"

	"postern/store"
)

// compare opens the file: whoever was answered to be there is, as that one person, and each person has one welcome and
// one event of having been created, and at most one letter that says so again.
func (r *partnersRun) compare(t *testing.T) {
	t.Helper()
	s := r.open(t)
	defer s.Close()
	told := tellings(t, s)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.countCut(t, s)
	for email := range r.lost { // as far as they are there
		if _, known := r.there[email]; !known && !strings.HasPrefix(email, "failing") {
			if biker, err := s.BikerByEmail(email); err == nil {
				r.comparePerson(t, s, biker, told)
			}
		}
	}
	for email, id := range r.there {
		biker, err := s.BikerByEmail(email)
		if err != nil {
			t.Errorf("%s was answered to be there: %v", email, err)
			continue
		}
		if c, known := r.created[email]; known &&
			(biker.ID != c.said.ID || biker.Welcome != c.said.Letter || biker.Partner != partnerName(c.by.partner)) ||
			!id.IsZero() && id != biker.ID {
			t.Errorf("%s was answered to be %v, %+v, and is %+v", email, id, c.said, biker)
		}
		r.comparePerson(t, s, biker, told)
	}
	for what, times := range told {
		t.Errorf("%d × %s of somebody who is not there", times, what)
	}
	t.Logf("%d kills: %d calls, %d answered with a key; %d people; %d lists cut in the middle", len(r.kills), r.posts,
		len(r.done), len(r.there), r.cut)
}

// comparePerson takes from told what it finds to be right.
func (r *partnersRun) comparePerson(t *testing.T, s *store.Store, biker store.Biker, told map[string]int) {
	t.Helper()
	letters, err := s.LettersTo(biker.ID, 100)
	if err != nil {
		t.Error(err)
	}
	owed := make(map[store.LetterKind]int)
	for _, letter := range letters {
		owed[letter.Kind]++
	}
	created, existing := "biker.created "+biker.ID.String(), "biker.existing "+biker.ID.String()
	if told[created] != 1 || owed[store.LetterWelcome] != 1 || told[existing] != owed[store.LetterExisting] ||
		told[existing] > 1 ||
		len(letters) != owed[store.LetterWelcome]+owed[store.LetterExisting] ||
		letters[len(letters)-1].ID != biker.Welcome {
		t.Errorf("%s: %d × created, %d × existing, letters %v", biker.Email, told[created], told[existing], owed)
	}
	delete(told, created)
	delete(told, existing)
}

// countCut counts the lists with a key of which a part was registered when the process died.
func (r *partnersRun) countCut(t *testing.T, s *store.Store) {
	t.Helper()
	for _, p := range r.posting {
		if p == nil {
			continue
		}
		there := 0
		for _, email := range p.emails[len(p.emails)-p.alone:] {
			if _, err := s.BikerByEmail(email); err == nil {
				there++
			}
		}
		if there > 0 && there < p.alone-1 { // the last one fails
			r.cut++
		}
	}
}

// countLetters holds that every letter that came is one that was owed, that everybody has got a welcome, and that
// a failure was told once.
func (r *partnersRun) countLetters(t *testing.T) {
	t.Helper()
	s := r.open(t)
	defer s.Close()
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	for to, arrivals := range r.sink.arrivals {
		owed := make(map[string]store.LetterKind)
		letters, err := s.Letters(store.LetterFilter{To: to})
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range letters {
			owed[letter.MessageID] = letter.Kind
		}
		came := make(map[store.LetterKind]bool)
		for _, one := range arrivals {
			came[owed[strings.Trim(one.messageID, "<>")]] = true
		}
		failing := strings.HasPrefix(to, "failing")
		if came[""] || !failing && !came[store.LetterWelcome] ||
			failing && (len(letters) != 1 || !came[store.LetterUnregistered]) {
			t.Errorf("%s was owed %v and got %v", to, owed, came)
		}
	}
}
