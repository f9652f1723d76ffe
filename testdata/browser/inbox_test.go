package browser

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestInbox reads letters as a developer does.
func TestInbox(t *testing.T) {
	t.Parallel()
	const email = "developer@example.org"
	a := ownAppliance(t, "ORGANISATION=Synthetische Fietsplannen")
	b := a.newTab(t, "en")
	b.visit(http.StatusOK, "/inbox")
	b.look("inbox-empty")

	a.registerUser(t, email, cleaningID+"01")
	b.appears("#list .row") // by itself: the page is live
	b.look("inbox-one")
	a.mailDocument(t, email, cleaningID+"01")
	b.appears("#list .row .clip")
	b.press(http.StatusOK, "#list .row:has(.clip)")
	for _, width := range widths {
		b.resize(width)
		b.whole()
	}
	b.look("inbox-html")
	b.press(http.StatusOK, `.widths a[href*="width=phone"]`)
	b.whole()
	for _, view := range []string{"text", "headers", "links", "source", "files"} {
		b.press(http.StatusOK, `.tabs a[href*="view=`+view+`"]`)
		b.look("inbox-" + view)
	}

	b.fill("q", "nobody has written this")
	b.send(http.StatusOK, "/inbox")
	b.look("inbox-none-found")
	b.visit(http.StatusNotFound, "/inbox/message/gone")
	b.look("inbox-gone")
	b.click(".ask summary")
	b.look("inbox-delete")
	b.click(".ask .button")
	if element[bool](b, ".ask", `e => e.open`) {
		b.Error("the question stays")
	}
	b.click(".ask summary")
	b.send(http.StatusOK, "/inbox/delete")
	b.shows("No letters yet")
}

// appears waits until there is something that the selector means.
func (b *tab) appears(selector string) {
	b.Helper()
	get(b, chromedp.Poll[bool](fmt.Sprintf(`document.querySelector(%q) !== null`, selector),
		chromedp.WithPollingInterval(50*time.Millisecond)))
}

// whole waits until the letter is shown whole: its frame has nothing to scroll.
func (b *tab) whole() {
	b.Helper()
	get(b, chromedp.Poll[bool](`(frame => {
		const letter = frame.contentDocument?.documentElement;
		return letter && letter.scrollHeight > 200 && letter.scrollHeight <= frame.clientHeight &&
			letter.scrollWidth <= frame.clientWidth;
	})(document.querySelector("iframe.html"))`, chromedp.WithPollingInterval(50*time.Millisecond)))
}

// mailDocument activates the user of that address and has a cleaning's document mailed to them.
func (a *appliance) mailDocument(t *testing.T, email, cleaning string) {
	t.Helper()
	token := query(t, a.await(t, email, "/eecd/activate").link(t, "/eecd/activate"), "token")
	var answer struct{ UserToken string }
	a.json(t, http.MethodPost, "/non-license-user/activate", map[string]string{"ConfirmationToken": token}, &answer)
	a.json(t, http.MethodGet, "/non-license-user/cleanings/"+cleaning+"/email", nil, nil, "X-NALLIAN-TOKEN",
		answer.UserToken)
	a.await(t, email, "has:attachment")
}
