package browser

import (
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// TestLetters looks at the letters as a mail program shows their HTML.
func TestLetters(t *testing.T) {
	t.Parallel()
	a := ownAppliance(t, "CONTACT=help@example.org", "ORGANISATION=Synthetische Fietsplannen",
		"PRIVACY_URL=https://example.org/privacy")
	b := a.newTab(t, "pl")
	b.do(call(page.SetBypassCSP,
		page.SetBypassCSPParams{Enabled: true})) // axe is a script, and the inbox lets none run in a letter
	look := func(kind, to, language string) (l letter) {
		t.Helper()
		l = a.await(t, to, "")
		b.visit(http.StatusOK, "/inbox/message/"+l.ID+"/html")
		b.speaks(language)
		b.look("letter-" + kind)
		return a.letter(t, to, "")
	}
	p := a.newPerson(t, "NL")
	welcome := look("welcome", p.Email, "nl")
	a.post(t, p)
	look("existing-without-password", p.Email, "nl")
	b.setPassword(welcome.link(t, "/biker/password"), password)
	look("password-changed", p.Email, "nl")

	p = a.newPerson(t, "FR")
	b.setPassword(a.passwordLink(t, p.Email), password)
	a.letter(t, p.Email, "")
	a.post(t, p)
	look("existing", p.Email, "fr")
	b.forget(p.Email)
	look("recover", p.Email, "fr")

	a.post(t, person{BikePlanCode: "SYN-XX", FirstName: "Tom", LastName: "Maes", Email: "tom.maes@example.net",
		Language: "EN"})
	look("failed", "tom.maes@example.net", "en")
	const email = "loader@example.org"
	a.registerUser(t, email, cleaningID+"01")
	b.visit(http.StatusOK, look("activate", email, "en").link(t, "/eecd/activate"))
}
