package driver

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/store"
	"postern/store/guid"
)

// TestDecide: a decision is recorded once and told by mail once, however often its form is sent.
func TestDecide(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		act    string
		form   []string
		status store.LoadStatus
		words  string
	}{
		{"complete", []string{"ProductName", " Ethanol 96 % ", "Comment", "a\r\nb"}, store.LoadCompleted,
			"Ethanol 96 %|a\nb"},
		{"complete", []string{"ProductName", "Ethanol"}, store.LoadCompleted, "Ethanol|"},
		{"reject", []string{"reason", "Not dry", "words", "manhole 2"}, store.LoadRejected, "|Not dry: manhole 2"},
		{"reject", []string{"reason", "Not dry", "words", " "}, store.LoadRejected, "|Not dry"},
		{"reject", []string{"reason", ownReason, "words", "smells"}, store.LoadRejected, "|smells"},
		{"reject", []string{"words", "smells"}, store.LoadRejected, "|smells"},
	} {
		number := byte(len(s.all()) + 1)
		id := s.cleaning(number, store.SignedOff)
		page := cleaningPath(id)
		email := string('a'+number) + "@example.com"
		b := s.signedIn(email, id)
		for range 3 {
			b.post(page+"/"+test.act, test.form...).Leads(page)
		}
		cleaning, err := s.store.Cleaning(id)
		check(t, err)
		got := cleaning.Load.ProductName + "|" + cleaning.Load.Comment
		if cleaning.Load.Status != test.status || got != test.words ||
			cleaning.Load.By != s.user(email).ID || s.letters(email, store.LetterDecided) != 1 {
			t.Errorf("%q: %+v, %d letters", test.form, cleaning.Load, s.letters(email, store.LetterDecided))
		}
		b.post(page+"/complete", "ProductName", "something else").Is(http.StatusConflict, "has been decided already")
		b.get(page).Is(http.StatusOK).Lacks("/complete", "/reject")
	}
}

// all are the cleanings.
func (s *site) all() []store.Cleaning {
	s.t.Helper()
	all, err := s.store.Cleanings(guid.ID{}, 100)
	check(s.t, err)
	return all
}

// TestDecideFaults: what is wrong is said, what was typed stays, and nothing is decided.
func TestDecideFaults(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	page := cleaningPath(id)
	b := s.signedIn(jan, id)
	long := strings.Repeat("x", 2001)
	b.post(page+"/complete", "Comment", "24 t <b>").Is(http.StatusUnprocessableEntity, "Enter what was loaded.",
		"24 t &lt;b&gt;")
	b.post(page+"/complete", "ProductName", "a\nb", "Comment", long).Is(http.StatusUnprocessableEntity, "on one line",
		"at most 2000", long)
	b.post(page+"/reject").Is(http.StatusUnprocessableEntity, "Choose a reason")
	b.post(page+"/reject", "reason", "Not dry", "words", long).Is(http.StatusUnprocessableEntity, "at most 2000",
		long, `value="Not dry" checked`, "<details class=\"section\" open>")
	unsigned := cleaningPath(s.cleaning(2, store.Completed))
	b.get(unsigned).Is(http.StatusOK).Lacks("/complete")
	b.post(unsigned+"/complete", "ProductName", "x").Is(http.StatusConflict, "has not signed off")
	b.post(cleaningPath(guid.ID{1})+"/complete", "ProductName", "x").Is(http.StatusNotFound)
	for _, cleaning := range s.all() {
		if cleaning.Load.Status != store.LoadOpen {
			t.Errorf("%+v", cleaning.Load)
		}
	}
	if n := s.letters(jan, store.LetterDecided); n != 0 {
		t.Errorf("%d letters", n)
	}
}

// TestDecideAtOnce: of several who decide at the same moment one wins, and the others see what became of it.
func TestDecideAtOnce(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	browsers := []*browser{s.signedIn(jan, id), s.signedIn(nobody, id)}
	codes := make([]int, len(browsers))
	var wait sync.WaitGroup
	for i, b := range browsers {
		wait.Go(func() { codes[i] = b.post(cleaningPath(id)+"/complete", "ProductName", "Ethanol").Code })
	}
	wait.Wait()
	if codes[0]+codes[1] != http.StatusSeeOther+http.StatusConflict {
		t.Errorf("answered %d", codes)
	}
}

// TestMail: one letter a minute for the same cleaning, twenty a day.
func TestMail(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	page := cleaningPath(id)
	b := s.signedIn(jan, id)
	for range 3 {
		b.post(page + "/mail").Leads(page)
	}
	b.get(page).Is(http.StatusOK, "on its way to <b class=\"address\">"+jan+"</b>")
	b.get(page).Is(http.StatusOK).Lacks("on its way")
	for range 19 {
		s.later(time.Minute)
		b.post(page + "/mail").Leads(page)
	}
	s.later(time.Minute)
	over := b.post(page+"/mail").Is(http.StatusTooManyRequests, "today’s limit of mailed documents", "METHANOL")
	if n := s.letters(jan, store.LetterDocument); n != 20 || over.Header().Get("Retry-After") == "" {
		t.Errorf("%d letters, %v", n, over.Header())
	}
}

// TestForeignForm: what another site makes a browser post does nothing, whoever is signed in.
func TestForeignForm(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	b := s.signedIn(jan, id)
	before := s.events()
	for _, path := range []string{signInPath, activatePath, renewPath, notMePath, signOutPath, languagePath,
		cleaningPath(id) + "/mail",
		cleaningPath(id) + "/complete", cleaningPath(id) + "/reject"} {
		b.foreign = true
		b.post(path, "ProductName", "x", "words", "x", "language", "fr").Is(http.StatusForbidden)
		b.foreign = false
		b.get(path)
	}
	if s.events() != before {
		t.Error("something has been done")
	}
	b.get(cleaningPath(id)).Is(http.StatusOK, "METHANOL")
}
