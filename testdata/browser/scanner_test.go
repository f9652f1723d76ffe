package browser

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
)

// scan does to a link what mail scanners do, one after the other, before the person sees the letter: it fetches it
// again and again, opens it in a browser, where scripts have a second to do what they would, and follows what the page
// links to.
func (a *appliance) scan(t *testing.T, link string) string {
	t.Helper()
	for range 20 {
		fetch(t, http.MethodGet, link)
		fetch(t, http.MethodHead, link)
	}
	b := a.newTab(t, "en")
	b.visit(http.StatusOK, link)
	get(b, chromedp.Evaluate[chromedp.Void](`new Promise(done => setTimeout(done, 1000))`, chromedp.EvalAwaitPromise))
	for _, next := range get(b,
		chromedp.Evaluate[[]string](`[...document.links].filter(a => a.origin === location.origin).map(a => a.href)`)) {
		fetch(t, http.MethodGet, next)
	}
	return link
}

func fetch(t *testing.T, method, link string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %s", method, link, response.Status)
	}
}

// TestScanners: links still work for the person whom they are for.
func TestScanners(t *testing.T) {
	t.Parallel()
	t.Run("biker", func(t *testing.T) {
		t.Parallel()
		p, b := postern.newPerson(t, "EN"), postern.newTab(t, "en")
		welcome := postern.scan(t, postern.passwordLink(t, p.Email))
		p.FirstName = "Zoé"
		postern.post(t, p) // who has an account without a password gets a link in the letter that says so
		b.setPassword(postern.scan(t, postern.passwordLink(t, p.Email)), password)
		b.visit(http.StatusConflict, welcome)
		b.forget(p.Email)
		b.setPassword(postern.scan(t, postern.passwordLink(t, p.Email)), password2)
	})
	t.Run("welcome", func(t *testing.T) {
		t.Parallel()
		p := postern.newPerson(t, "EN")
		postern.newTab(t, "en").setPassword(postern.scan(t, postern.passwordLink(t, p.Email)), password)
	})
	t.Run("user", func(t *testing.T) {
		t.Parallel()
		const email = "scanned@example.org"
		postern.registerUser(t, email, cleaningID+"01")
		l := postern.letter(t, email, "/eecd/activate")
		b := postern.newTab(t, "en")
		postern.scan(t, l.link(t, "/eecd/not-me"))
		b.visit(http.StatusOK, postern.scan(t, l.link(t, "/eecd/activate")))
		b.hidesToken()
		b.live("/eecd/activate")
		b.at("/eecd/cleanings/" + cleaningID + "01")
	})
}
