package driver

import (
	"net/http"
	"strings"
	"testing"

	"postern/store"
	"postern/store/guid"
)

// hidden is what of a cleaning only those see who are signed in.
var hidden = []string{"ZZSU", "1-SYN-001", "METHANOL", "Synth Trans", "Antwerpen", "555", "Loïc", "SYN-1", "P10",
	"glucose"}

// TestPublic: without signing in, whoever has the QR code sees what is needed to tell the tank and the verdict, as a
// page and as JSON, and nothing else. Looking changes nothing.
func TestPublic(t *testing.T) {
	s := newSite(t)
	for i, test := range []struct {
		status  store.CleaningStatus
		verdict string
	}{
		{store.SignedOff, "valid"}, {store.Planned, "planned"}, {store.Completed, "unsigned"},
		{store.Cancelled, "cancelled"}, {store.Invalid, "invalid"},
	} {
		id := s.cleaning(byte(i+1), test.status)
		number := "SYN-BE-00000" + string('1'+byte(i))
		before := s.events()
		b := s.browser()
		b.get(cleaningPath(id)).Is(http.StatusOK, number, "Tankreiniging Kaai 9", "0016").Lacks(hidden...)
		b.do("HEAD", cleaningPath(id), nil).Is(http.StatusOK)
		b.accept = "application/json"
		answer := b.get(cleaningPath(id)).Is(http.StatusOK)
		want := `{"id":"` + id.String() + `","number":"` + number +
			`","station":{"name":"Tankreiniging Kaai 9"},"tank":"0016","valid":` +
			map[bool]string{true: "true", false: "false"}[test.verdict == "valid"] + `,"verdict":"` + test.verdict +
			`","checkedAt":"2026-03-02T08:00:00Z"}` + "\n"
		if got := answer.Body.String(); got != want || answer.Header().Get("Vary") != "Accept" {
			t.Errorf("%s: %v\n got %s\nwant %s", test.status, answer.Header(), got, want)
		}
		if s.events() != before {
			t.Error("looking has changed something")
		}
	}
	b := s.browser()
	for _, path := range []string{cleaningPath(guid.ID{1}), "/eecd/cleanings/1"} {
		b.accept = "text/html"
		b.get(path).Is(http.StatusNotFound, "There is no cleaning with this code")
		b.accept = "application/json"
		header := b.get(path).Is(http.StatusNotFound).Header()
		if header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v", path, header)
		}
	}
}

// TestPublicDecided: what was loaded, and by whom, is nobody's business who is not signed in.
func TestPublicDecided(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	b := s.signedIn(jan, id)
	b.post(cleaningPath(id)+"/complete", "ProductName", "Ethanol", "Comment", "24 t").Leads(cleaningPath(id))
	b.get(cleaningPath(id)).Is(http.StatusOK, "LOAD ACCEPTED", "Ethanol", "24 t")
	stranger := s.browser()
	stranger.get(cleaningPath(id)).Is(http.StatusOK, "NO LONGER VALID").Lacks(append(hidden, "Ethanol", "24 t", jan)...)
	stranger.accept = "application/json"
	stranger.get(cleaningPath(id)).Is(http.StatusOK, `"valid":false,"verdict":"loaded"`).Lacks("Ethanol")
	other := s.signedIn(nobody, id)
	other.get(cleaningPath(id)).Is(http.StatusOK, "NO LONGER VALID", "Ethanol", "24 t").Lacks("LOAD ACCEPTED", jan)
}

// TestDocument: the PDF is for who is signed in; others are led to the page.
func TestDocument(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	s.browser().get(cleaningPath(id) + "/document").Leads(cleaningPath(id))
	b := s.signedIn(jan, id)
	b.language = "fr"
	answer := b.get(cleaningPath(id) + "/document").Is(http.StatusOK)
	if !strings.HasPrefix(answer.Body.String(), "%PDF-") || answer.Header().Get("Content-Type") != "application/pdf" ||
		!strings.Contains(answer.Header().Get("Content-Disposition"), "eecd-SYN-BE-000001.pdf") {
		t.Errorf("%v", answer.Header())
	}
	b.get(cleaningPath(guid.ID{1}) + "/document").Is(http.StatusNotFound)
}
