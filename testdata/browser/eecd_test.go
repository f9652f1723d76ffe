package browser

import (
	"net/http"
	"testing"
)

const cleaningID = "00000000-0000-4000-8000-0000000000"

// registerUser registers an eECD user for a cleaning; a letter with the links is then owed.
func (a *appliance) registerUser(t *testing.T, email, cleaning string) {
	t.Helper()
	a.json(t, http.MethodPost, "/non-license-user/register", map[string]string{"email": email, "firstName": "Zoë", "lastName": "D’hooghe",
		"organisationName": "Synthetische Terminal BV", "cleaningId": cleaning}, nil)
}

// TestActivation: one tap activates a user, once.
func TestActivation(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "nl", "fr", "de"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b := postern.newTab(t, language)
			email := "loader-" + language + "@example.org"
			postern.registerUser(t, email, cleaningID+"01")
			b.visit(http.StatusOK, postern.letter(t, email, "/eecd/activate").link(t, "/eecd/activate"))
			b.speaks(language)
			b.look("eecd-activate-" + language)
			b.send(http.StatusOK, "/eecd/activate")
			b.look("eecd-activated-" + language)
			b.press(http.StatusOK, "a.button")
			b.at("/eecd/cleanings/" + cleaningID + "01")
		})
	}
}

// TestNotMe: who did not register undoes it, and the activation link ends with it.
func TestNotMe(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "nl", "fr", "de"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b := postern.newTab(t, language)
			email := "stranger-" + language + "@example.org"
			postern.registerUser(t, email, "")
			l := postern.letter(t, email, "/eecd/activate")
			b.visit(http.StatusOK, l.link(t, "/eecd/not-me"))
			b.speaks(language)
			b.look("eecd-notme-" + language)
			b.send(http.StatusOK, "/eecd/not-me")
			b.look("eecd-disowned-" + language)
			b.visit(http.StatusOK, l.link(t, "/eecd/activate"))
			b.send(http.StatusNotFound, "/eecd/activate")
			b.look("eecd-gone-" + language)
		})
	}
}

// TestCleaning: what the QR code of a document leads to, for each verdict.
func TestCleaning(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int64
		id     string
	}{
		"valid":      {http.StatusOK, cleaningID + "01"},
		"not-signed": {http.StatusOK, cleaningID + "09"},
		"withdrawn":  {http.StatusOK, cleaningID + "10"},
		"unknown":    {http.StatusNotFound, cleaningID + "ff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := postern.newTab(t, "nl-BE,nl;q=0.9")
			b.visit(c.status, "/eecd/cleanings/"+c.id)
			b.speaks("nl")
			b.look("eecd-cleaning-" + name)
		})
	}
}
