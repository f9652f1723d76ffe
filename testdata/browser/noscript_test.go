package browser

import (
	"net/http"
	"testing"
)

// TestWithoutScript: everything works in a browser that runs no scripts.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	p, b := postern.newPerson(t, "FR"), postern.newTab(t, "fr").withoutScript()
	b.setPassword(postern.passwordLink(t, p.Email), password)
	b.choose("nl")
	b.speaks("nl")
	b.click("details.section summary")
	b.fill("current", password)
	b.fill("password", password2)
	b.send(http.StatusOK, "/biker/change-password")
	b.send(http.StatusOK, "/biker/logout")
	b.login(http.StatusOK, p.Email, password2)
	b.at("/biker")
	b.click("details.section:last-of-type summary")
	b.send(http.StatusOK, "/biker/logout-everywhere")
	b.forget(p.Email)
	b.setPassword(postern.passwordLink(t, p.Email), password)

	const email = "noscript@example.org"
	postern.registerUser(t, email, "")
	l := postern.await(t, email, "/eecd/activate")
	b.visit(http.StatusOK, l.link(t, "/eecd/activate"))
	b.send(http.StatusOK, "/eecd/activate")
	b.visit(http.StatusOK, "/inbox")
	b.shows(l.Subject)
	b.visit(http.StatusOK, "/inbox/message/"+l.ID)
}
