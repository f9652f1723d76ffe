package browser

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// enterConsole follows a link that the command prints, and presses its button.
func (a *appliance) enterConsole(t *testing.T, b *tab) {
	t.Helper()
	link, err := a.do("console")
	if err != nil {
		t.Fatal(err)
	}
	b.visit(http.StatusOK, strings.TrimSpace(link))
	b.send(http.StatusOK, "/console/enter")
	b.at("/console")
}

// glance checks the page at the width of a small phone and of a desk, in light and in dark.
func (b *tab) glance(name string) {
	b.Helper()
	b.lookAt(name, "dark", 1440)
	b.lookAt(name, "light", 360, 1440)
}

// consoleAppliance has a person of each kind, and letters that were sent, have failed, wait and are held.
func consoleAppliance(t *testing.T) (a *appliance, biker person) {
	t.Helper()
	a = ownAppliance(t, "ORGANISATION=Synthetische Fietsplannen", "LIMIT_ADDRESS_LETTERS=off")
	biker = a.newPerson(t, "NL")
	a.passwordLink(t, biker.Email) // its letter is there
	for _, email := range []string{"permerror@example.org", "temperror@example.org"} {
		p := a.newPerson(t, "FR")
		p.Email, p.EmployeeID = email, email
		a.post(t, p)
	}
	for _, line := range []string{"letter pause", "plan add SYN-XX --client Anders"} {
		if _, err := a.do(strings.Fields(line)...); err != nil {
			t.Fatal(err)
		}
	}
	user := map[string]string{"email": "jan@example.org", "firstName": "Jan", "lastName": "Peeters",
		"organisationName": "Synthetische Terminal"}
	a.json(t, http.MethodPost, "/non-license-user/register", user, new(any))
	return a, biker
}

// TestConsole goes through all pages and acts, by mouse.
func TestConsole(t *testing.T) {
	t.Parallel()
	a, biker := consoleAppliance(t)
	b := a.newTab(t, "nl")
	b.visit(http.StatusUnauthorized, "/console")
	b.glance("console-closed")
	link, err := a.do("console")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // opening it burns nothing
		b.visit(http.StatusOK, strings.TrimSpace(link))
	}
	b.glance("console-enter")
	b.send(http.StatusOK, "/console/enter")
	b.at("/console")
	for _, c := range get(b, func(ctx context.Context, t *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
	}).Cookies {
		if c.Name != "postern-console" || !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/console" {
			t.Errorf("the browser keeps %+v", c)
		}
	}
	b.shows("Sending is paused", "The last day", "The last month")
	b.look("console-overview")
	b.click("figure summary")
	b.glance("console-table")

	b.press(http.StatusOK, `.rooms a[href="/console/letters"]`)
	b.look("console-letters")
	b.press(http.StatusOK, `.tabs a[href="/console/letters?state=failed"]`)
	b.press(http.StatusOK, `td.to a`)
	b.glance("console-letter-failed")
	letter := pathOf(b)
	b.send(http.StatusOK, letter+"/retry")
	b.shows("It is tried now.", "queued")
	b.send(http.StatusOK, letter+"/hold")
	b.shows("It is held until you release it.")
	b.press(http.StatusOK, `.rooms a[href="/console/letters"]`)
	b.press(http.StatusOK, `.tabs a[href="/console/letters?state=held"]`)
	b.click(".ask summary")
	b.glance("console-held")
	b.send(http.StatusOK, "/console/sending/release-held")
	b.shows("1 letter is released.")
	b.visit(http.StatusOK, letter)
	b.unfold()
	b.glance("console-letter-cancel")
	b.send(http.StatusOK, letter+"/cancel")
	b.shows("It is cancelled.")
	b.visit(http.StatusOK, "/console")
	b.send(http.StatusOK, "/console/sending/resume")
	b.shows("Letters go out again.")

	b.press(http.StatusOK, `.rooms a[href="/console/people"]`)
	b.fill("find", "nobody")
	b.press(http.StatusNotFound, ".find button")
	b.glance("console-people")
	b.fill("find", biker.Email)
	b.press(http.StatusOK, ".find button")
	b.shows(biker.Email, "invited", "welcome")
	b.look("console-biker")
	at := pathOf(b)
	b.send(http.StatusOK, at+"/block")
	b.shows("The biker is blocked.")
	b.send(http.StatusOK, at+"/unblock")
	b.unfold()
	b.fill("plan", "SYN-FR")
	b.send(http.StatusOK, at+"/move")
	b.shows("The biker belongs to payroll and the plan SYN-FR now.")
	b.unfold()
	b.fill("typed", "somebody@example.org")
	b.send(http.StatusUnprocessableEntity, at+"/erase")
	b.glance("console-erase")
	b.fill("typed", biker.Email)
	b.send(http.StatusOK, at+"/erase")
	b.shows("The biker is erased.")
	b.fill("find", "jan@example.org")
	b.press(http.StatusOK, ".find button")
	b.glance("console-user")

	b.press(http.StatusOK, `.rooms a[href="/console/partners"]`)
	b.unfold()
	b.fill("name", "-")
	b.send(http.StatusUnprocessableEntity, "/console/partners")
	b.look("console-partner-wrong")
	b.fill("name", "station")
	b.click(`[name="scope-cleanings"]`)
	b.send(http.StatusOK, "/console/partners")
	b.shows("pstp_", "Copy")
	b.glance("console-token")
	b.visit(http.StatusOK, "/console/partners")
	b.glance("console-partners")
	b.send(http.StatusOK, "/console/partners/station/rotate")
	b.visit(http.StatusOK, "/console/partners")
	b.send(http.StatusOK, "/console/partners/station/finish")
	b.click(".cards li:last-child .ask summary")
	b.send(http.StatusOK, "/console/partners/station/revoke")
	b.shows("The partner is revoked.")

	b.press(http.StatusOK, `.rooms a[href="/console/plans"]`)
	b.unfold()
	b.glance("console-plans")
	b.fill("code", "NEW")
	b.fill("client", "Nieuw NV")
	b.send(http.StatusOK, "/console/plans")
	b.shows("The plan NEW is saved.")
	b.click(".cards li:first-child .ask summary")
	b.press(http.StatusOK, `.cards li:first-child form button`)
	b.shows("The plan is removed.")

	b.press(http.StatusOK, `.rooms a[href="/console/cleanings"]`)
	b.glance("console-cleanings")
	b.press(http.StatusOK, "td a")
	b.glance("console-cleaning")
	cleaning := pathOf(b)
	b.unfold()
	b.send(http.StatusOK, cleaning+"/delete")
	b.shows("The cleaning is deleted.")

	b.press(http.StatusOK, `.rooms a[href="/console/events"]`)
	b.shows("operator.cleaning_deleted", "operator.person_viewed", "person.erased")
	b.look("console-events")
	b.press(http.StatusOK, `.rooms a[href="/console/keys"]`)
	b.click(".ask summary")
	b.send(http.StatusOK, "/console/keys/rotate")
	b.shows("A new key seals from now on", "Still needed for")
	b.click(".cards .ask summary")
	b.glance("console-keys")
	b.press(http.StatusOK, `.rooms a[href="/console/settings"]`)
	b.unfold()
	b.glance("console-settings")
	b.fill("email", "ops@example.org")
	b.send(http.StatusOK, "/console/sending/test")
	b.shows("The letter is on its way.")
	b.send(http.StatusOK, "/console/leave")
	b.shows("You have left the console")
	b.visit(http.StatusUnauthorized, "/console/events")
}

// pathOf is that of the page that the tab shows.
func pathOf(b *tab) string {
	b.Helper()
	return get(b, chromedp.Evaluate[string]("location.pathname"))
}

// TestConsoleByKeyboard comes in, finds a person and erases them, without a mouse and without scripts.
func TestConsoleByKeyboard(t *testing.T) {
	t.Parallel()
	a, biker := consoleAppliance(t)
	b := a.newTab(t, "en")
	link, err := a.do("console")
	if err != nil {
		t.Fatal(err)
	}
	b.visit(http.StatusOK, strings.TrimSpace(link))
	b.tabTo(button("/console/enter"))
	b.enter(http.StatusOK)
	b.tabTo(button("/console/sending/resume"))
	b.enter(http.StatusOK)
	b.tabTo(`a[href="/console/people"]`)
	b.enter(http.StatusOK)
	b.tabTo(`[name="find"]`)
	b.keys(biker.Email)
	b.enter(http.StatusOK)
	at := pathOf(b)
	b.tabTo("details.section:last-of-type summary")
	b.keys(kb.Enter)
	b.tabTo(`[name="typed"]`)
	b.keys(biker.Email)
	b.enter(http.StatusOK)
	b.shows("The biker is erased.")
	b.visit(http.StatusNotFound, at)
	b.tabTo(button("/console/leave"))
	b.enter(http.StatusOK)
	b.shows("You have left the console")
}

// TestConsoleWithoutScript does an act of each kind in a browser that runs no scripts.
func TestConsoleWithoutScript(t *testing.T) {
	t.Parallel()
	a, biker := consoleAppliance(t)
	b := a.newTab(t, "en").withoutScript()
	a.enterConsole(t, b)
	b.send(http.StatusOK, "/console/sending/resume")
	b.visit(http.StatusOK, "/console/people?find="+biker.Email)
	b.send(http.StatusOK, pathOf(b)+"/block")
	b.shows("The biker is blocked.")
	b.visit(http.StatusOK, "/console/partners")
	b.click("details.section summary")
	b.fill("name", "station")
	b.send(http.StatusOK, "/console/partners")
	b.shows("pstp_")
	b.visit(http.StatusOK, "/console/events")
	b.send(http.StatusOK, "/console/leave")
}
