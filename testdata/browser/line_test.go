package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// line makes the browser's line one of a loading place: 50 kbit/s with 2 s of latency, or none at all.
func (b *tab) line(offline bool) {
	b.Helper()
	const bytesPerSecond = 50_000 / 8
	b.do(
		call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{
				{Latency: 2000, DownloadThroughput: bytesPerSecond, UploadThroughput: bytesPerSecond,
					Offline: offline}}}),
		call(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: offline, Latency: 2000,
			DownloadThroughput: bytesPerSecond, UploadThroughput: bytesPerSecond}),
	)
}

// reconnect brings the line back, and waits until the page has noticed: what it then takes away moves what is clicked.
func (b *tab) reconnect() {
	b.Helper()
	b.line(false)
	b.until(`!document.querySelector(".state.wrong:not([hidden])")`)
}

// until waits for something on the page to be true, as a script says it.
func (b *tab) until(condition string) {
	b.Helper()
	get(b, chromedp.Poll[bool](condition, chromedp.WithPollingInterval(50*time.Millisecond)))
}

// state waits until a form says something that contains those words.
func (b *tab) state(words string) {
	b.Helper()
	b.until(fmt.Sprintf(`document.querySelector(".state.wrong:not([hidden])")?.textContent.includes(%q)`, words))
}

// insist is live on a line that has just come back: where a tap comes too early for the browser to have noticed, one
// taps again. What the page does is done once all the same.
func (b *tab) insist(action string) {
	b.Helper()
	element[chromedp.Void](b, "main", `e => { e.dataset.before = "yes"; }`)
	const stands = `!document.querySelector("main[data-before]") ? "answered" :
		document.querySelector("form[aria-busy]") ? "waiting" : "idle"`
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(200 * time.Millisecond) {
		switch get(b, chromedp.Evaluate[string](stands)) {
		case "answered":
			return
		case "idle":
			b.click(button(action))
		}
	}
	b.Fatalf("no answer, on the page %s", b.where())
}

// TestSlowLine goes the whole way of TestDriver on a slow line that breaks: it is seen that something is being sent,
// nothing is done twice, and what was typed stays.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	const email = "slow@example.org"
	page, b := postern.newCleaning(t, nil), postern.newPhone(t, "en")
	b.do(call(network.Enable, network.EnableParams{}))
	b.line(false)
	b.visit(http.StatusOK, postern.qrCode(t, page, "en"))
	b.fill("email", email)
	element[chromedp.Void](b, "main", `e => { e.dataset.before = "yes"; }`)
	for range 3 { // taps, as people do where nothing seems to happen
		b.click(button("/eecd/sign-in"))
	}
	b.shows("Sending…")
	b.look("driver-sending")
	b.replaced()
	const sent = `performance.getEntriesByType("resource").filter(e => e.initiatorType === "fetch").length`
	if n := get(b, chromedp.Evaluate[int](sent)); n != 1 {
		t.Errorf("three taps send %d times", n)
	}
	b.fill("firstName", "Zoë")
	b.fill("lastName", "D’hooghe")
	b.fill("organisationName", "Synthetische Terminal BV")

	b.line(true)
	b.click(button("/eecd/sign-in"))
	b.state("You are offline")
	b.shows("Try again")
	b.look("driver-offline")
	b.reconnect()
	b.insist("/eecd/sign-in")
	b.at("/eecd/mailbox")
	b.tap(postern.activation(t, email), page)

	b.fill("ProductName", "Ethanol 96 %")
	b.click(button(page + "/complete"))
	wantsEvents(t, page, "cleaning.stored", "load.completed") // it has arrived, and its answer has not
	b.line(true)
	b.state("")
	b.look("driver-broken")
	b.reconnect()
	if typed := element[string](b, "#ProductName", `e => e.value`); typed != "Ethanol 96 %" {
		t.Errorf("what was typed is %q", typed)
	}
	b.insist(page + "/complete")
	b.at(page)
	b.shows("LOAD ACCEPTED")
	b.look("driver-completed-slow")
	wantsEvents(t, page, "cleaning.stored", "load.completed")
	postern.wantsLoad(t, page, load{Status: "completed", ProductName: "Ethanol 96 %"})
	postern.letter(t, email, "Ethanol 96")
	var left struct{ Messages []struct{ Subject string } }
	postern.json(t, http.MethodGet, "/inbox/api/v1/search?query=to:"+email, nil, &left)
	for _, m := range left.Messages {
		if strings.Contains(m.Subject, "ompleted") {
			t.Errorf("there is a second letter: %s", m.Subject)
		}
	}
}

// TestTypedStays: what was typed into a decision's form is still there when the page is opened again, also by the link
// of another sign-in, and goes when it has arrived or its person signs out.
func TestTypedStays(t *testing.T) {
	t.Parallel()
	const email = "typing@example.org"
	page, b := postern.newCleaning(t, nil), postern.newTab(t, "en")
	b.visit(http.StatusOK, page)
	b.tap(b.register(email, ""), page)
	b.fill("ProductName", "Ethanol")
	b.unfold()
	b.click(`[value="Not dry"]`)
	b.fill("words", "manhole 2")
	typed := func(product, words string, dry bool) {
		t.Helper()
		for name, want := range map[string]string{"ProductName": product, "words": words} {
			if got := element[string](b, "#"+name, `e => e.value`); got != want {
				t.Errorf("%s is %q, not %q", name, got, want)
			}
		}
		if got := element[bool](b, `[value="Not dry"]`, `e => e.checked`); got != dry {
			t.Errorf("the reason is chosen: %v", got)
		}
	}
	b.visit(http.StatusOK, page)
	typed("Ethanol", "manhole 2", true)
	if _, err := postern.do("user", "reactivate", email); err != nil {
		t.Fatal(err)
	}
	b.live(page + "/reject")
	b.shows("Nothing was done", "manhole 2")
	b.fill("email", email)
	b.live("/eecd/sign-in")
	b.tap(postern.activation(t, email), page)
	typed("Ethanol", "manhole 2", true)
	b.press(http.StatusOK, ".act button")
	b.fill("email", email)
	b.live("/eecd/sign-in")
	b.tap(postern.activation(t, email), page)
	typed("", "", false)
	b.fill("ProductName", "Ethanol")
	b.live(page + "/complete")
	if kept := get(b, chromedp.Evaluate[int](`Object.keys(localStorage).length`)); kept != 0 {
		t.Errorf("the browser keeps %d things", kept)
	}
}
