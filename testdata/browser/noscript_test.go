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
}

// TestDriverWithoutScript goes a driver's whole way.
func TestDriverWithoutScript(t *testing.T) {
	t.Parallel()
	const email = "noscript@example.org"
	page, b := postern.newCleaning(t, nil), postern.newTab(t, "fr").withoutScript()
	b.visit(http.StatusOK, page)
	b.fill("email", email)
	b.send(http.StatusOK, "/eecd/sign-in")
	b.fill("firstName", "Zoë")
	b.send(http.StatusUnprocessableEntity, "/eecd/sign-in")
	b.fill("lastName", "D’hooghe")
	b.fill("organisationName", "Terminal")
	b.send(http.StatusOK, "/eecd/sign-in")
	b.at("/eecd/mailbox")
	l := postern.await(t, email, "/eecd/activate")
	b.visit(http.StatusOK, l.link(t, "/eecd/activate"))
	b.send(http.StatusOK, "/eecd/activate")
	b.at(page)
	b.send(http.StatusOK, page+"/mail")
	b.send(http.StatusUnprocessableEntity, page+"/complete")
	b.click(`details.section:has([name="reason"]) summary`)
	b.click(`[name="reason"]`)
	b.fill("words", "Joint du trou d’homme 2")
	b.send(http.StatusOK, page+"/reject")
	b.at(page)
	b.shows("Joint du trou d’homme 2")
	b.send(http.StatusOK, page+"/mail")
	b.press(http.StatusOK, ".act button")
	b.at(page)
	b.visit(http.StatusOK, "/inbox")
	b.shows(l.Subject)
	b.visit(http.StatusOK, "/inbox/message/"+l.ID)
}
