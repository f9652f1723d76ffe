package browser

import (
	"net/http"
	"testing"
	"time"
)

// linkLife is the shortest life of a link that the settings allow.
const linkLife = time.Minute

// TestExpiredLink: an expired link says so, whether it expires before or after the page is opened, and gets the person
// a new one. It waits until the links are past their life; until t.Parallel it runs before the others, and they
// meanwhile.
func TestExpiredLink(t *testing.T) {
	a := ownAppliance(t, "INVITATION_TTL="+linkLife.String(), "RECOVERY_TTL="+linkLife.String())
	links := make(map[string]string)
	for _, language := range languages {
		links[language] = a.passwordLink(t, a.newPerson(t, language).Email)
	}
	late := a.newTab(t, "en")
	p := a.newPerson(t, "EN")
	late.visit(http.StatusOK, a.passwordLink(t, p.Email))
	expired := time.After(linkLife) // of the last link, and so of all
	late.fill("password", password)
	t.Parallel()
	<-expired
	late.send(http.StatusConflict, "/biker/password")
	late.look("link-expired-late")
	late.send(http.StatusOK, "/biker/renew")
	late.setPassword(a.passwordLink(t, p.Email), password)
	for language, link := range links {
		b := a.newTab(t, "pl")
		b.visit(http.StatusConflict, link)
		b.look("link-expired-" + language)
	}
}
