package browser

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const cleaningID = "00000000-0000-4000-8000-0000000000"

// The languages of the users' letters and pages.
var userLanguages = []string{"en", "nl", "fr", "de"}

var cleanings atomic.Int64

// newCleaning has the partner deliver one that nobody has decided about, and gives the path of its page. Changes are to
// the demo's second.
func (a *appliance) newCleaning(t *testing.T, changes map[string]any) (page string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "server", "command", "demo", "cleanings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	one := all[1]
	delete(one, "id")
	one["nextLoad"] = "UN 1170 ETHANOL"
	one["comments"] = "Compartment 3 was not offered for cleaning.\nDome gaskets renewed."
	maps.Copy(one, changes)
	id := fmt.Sprintf("00000000-0000-4000-8001-%012d", cleanings.Add(1))
	var answer struct {
		Outcome  string
		Warnings []string
	}
	a.json(t, http.MethodPut, "/partner/v1/cleanings/"+id, one, &answer, "Authorization", "Bearer "+a.token)
	if answer.Outcome != "created" || len(answer.Warnings) > 0 {
		t.Fatalf("delivering a cleaning is answered %+v", answer)
	}
	return "/eecd/cleanings/" + id
}

// load is what the partner reads back of the decision about a cleaning's load.
type load struct {
	Status, ProductName, Comment string
	DecidedBy                    struct{ FirstName, LastName, OrganisationName string }
}

func (a *appliance) load(t *testing.T, page string) load {
	t.Helper()
	var answer struct{ Load load }
	a.json(t, http.MethodGet, strings.Replace(page, "/eecd/", "/partner/v1/", 1), nil, &answer,
		"Authorization", "Bearer "+a.token)
	return answer.Load
}

// registerUser registers an eECD user for a cleaning by the API; a letter with the links is then owed.
func (a *appliance) registerUser(t *testing.T, email, cleaning string) {
	t.Helper()
	a.json(t, http.MethodPost, "/non-license-user/register", map[string]string{"email": email,
		"firstName": "Zoë", "lastName": "D’hooghe",
		"organisationName": "Synthetische Terminal BV", "cleaningId": cleaning}, nil)
}

// activation is the link of the next letter that has one.
func (a *appliance) activation(t *testing.T, email string) string {
	t.Helper()
	return a.letter(t, email, "/eecd/activate").link(t, "/eecd/activate")
}

// live sends a form that scripts send without leaving the page, and waits for what it is answered with.
func (b *tab) live(action string) {
	b.Helper()
	element[chromedp.Void](b, "main", `e => { e.dataset.before = "yes"; }`)
	b.click(button(action))
	b.replaced()
}

// replaced waits until the answer of a form stands in the place of the page.
func (b *tab) replaced() {
	b.Helper()
	b.until(`!document.querySelector("main[data-before]")`)
}

// register goes from a cleaning's page to the letter, and gives its link.
func (b *tab) register(email, look string) (link string) {
	b.Helper()
	b.signUp(email, look)
	return b.a.activation(b.T, email)
}

// signUp goes from a form for an address to the page that says to check the mailbox.
func (b *tab) signUp(email, look string) {
	b.Helper()
	b.fill("email", email)
	b.live("/eecd/sign-in")
	if look != "" {
		b.look("driver-who-" + look)
	}
	b.fill("firstName", "Zoë")
	b.fill("lastName", "D’hooghe")
	b.fill("organisationName", "Synthetische Terminal BV")
	b.live("/eecd/sign-in")
	b.at("/eecd/mailbox")
	b.shows(email)
}

// tap opens an activation link and taps its button.
func (b *tab) tap(link, page string) {
	b.Helper()
	b.visit(http.StatusOK, link)
	b.hidesToken()
	b.live("/eecd/activate")
	b.at(page)
}

// TestDriver goes the whole way on a phone, in each language: the partner's cleaning, the QR code on its paper, the
// page behind it, registering, the mailbox, the tap, the document, by mail and as a PDF, the decision, of which the
// partner and the operator's system are told, out.
func TestDriver(t *testing.T) {
	t.Parallel()
	for _, language := range userLanguages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b, email := postern.newPhone(t, language), "driver-"+language+"@example.org"
			page := postern.newCleaning(t, nil)
			b.visit(http.StatusOK, postern.qrCode(t, page, language))
			b.speaks(language)
			b.hides("ZZSU", "1-QSY-002", "XYLENES")
			b.shows("-002")
			b.look("driver-public-" + language)
			b.fill("email", "nobody")
			b.live("/eecd/sign-in")
			b.look("driver-no-address-" + language)
			b.signUp(email, language)
			b.unfold()
			b.look("driver-mailbox-" + language)

			b.visit(http.StatusOK, b.fromInbox(email))
			b.hidesToken()
			b.speaks(language)
			b.shows(email, "SYN-BE-000002")
			b.look("driver-activate-" + language)
			b.live("/eecd/activate")
			b.at(page)
			b.speaks(language)
			b.shows("1-QSY-002", "UN\u00a01307 XYLENES", "E05", email)
			b.unfold()
			b.look("driver-document-" + language)

			b.live(page + "/mail")
			b.shows(email)
			b.look("driver-mailed-" + language)
			postern.letter(t, email, "eecd-SYN-BE-000002.pdf")
			b.live(page + "/complete")
			b.look("driver-no-product-" + language)
			b.fill("ProductName", "Ethanol 96 %")
			b.fill("Comment", "comp. 1 + 2, 24 t")
			b.live(page + "/complete")
			b.at(page)
			b.shows("Ethanol 96 %", "comp. 1 + 2, 24 t")
			b.look("driver-completed-" + language)
			postern.letter(t, email, "Ethanol 96")
			wantsEvents(t, page, "cleaning.stored", "cleaning.mailed", "load.completed")
			postern.wantsLoad(t, page, load{Status: "completed", ProductName: "Ethanol 96 %", Comment: "comp. 1 + 2, 24 t"})
			b.press(http.StatusOK, ".act button")
			b.at(page)
			b.hides("Ethanol", "1-QSY-002")
			b.look("driver-signed-out-" + language)
		})
	}
}

// wantsLoad wants the partner to read that decision back, by whom everybody is here.
func (a *appliance) wantsLoad(t *testing.T, page string, want load) {
	t.Helper()
	want.DecidedBy.FirstName, want.DecidedBy.LastName = "Zoë", "D’hooghe"
	want.DecidedBy.OrganisationName = "Synthetische Terminal BV"
	if got := a.load(t, page); got != want {
		t.Errorf("the partner reads %+v, not %+v", got, want)
	}
}

// TestDriverRejects goes that way to the other end: with a common reason and words of one's own.
func TestDriverRejects(t *testing.T) {
	t.Parallel()
	for _, language := range userLanguages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b, email := postern.newPhone(t, language), "rejecting-"+language+"@example.org"
			page := postern.newCleaning(t, nil)
			b.visit(http.StatusOK, postern.qrCode(t, page, language))
			b.signUp(email, "")
			b.tap(b.fromInbox(email), page)
			b.unfold()
			b.live(page + "/reject")
			b.look("driver-no-reason-" + language)
			reason := element[string](b, `[name="reason"]`, `e => e.value`)
			b.click(`[name="reason"]`)
			b.fill("words", "Geur in mangat 2")
			b.live(page + "/reject")
			b.at(page)
			b.shows("Geur in mangat 2")
			b.look("driver-rejected-" + language)
			postern.letter(t, email, "Geur in mangat 2")
			wantsEvents(t, page, "cleaning.stored", "load.rejected")
			if got := postern.load(t, page); !strings.HasPrefix(got.Comment, reason) {
				t.Errorf("the reason %q is read as %q", reason, got.Comment)
			}
			postern.wantsLoad(t, page, load{Status: "rejected", Comment: postern.load(t, page).Comment})
		})
	}
}

// hides wants those texts not to be on the page.
func (b *tab) hides(texts ...string) {
	b.Helper()
	page := element[string](b, "html", `e => e.outerHTML`)
	for _, text := range texts {
		if strings.Contains(page, text) {
			b.Errorf("the page shows %q", text)
		}
	}
}

// TestDriverKnown: somebody with an account signs in by mail, has the link sent again, and is led on by a link that
// has been used.
func TestDriverKnown(t *testing.T) {
	t.Parallel()
	const email = "known@example.org"
	page := postern.newCleaning(t, nil)
	b := postern.newTab(t, "en")
	b.visit(http.StatusOK, page)
	first := b.register(email, "")
	b.tap(first, page)
	b.press(http.StatusOK, ".act button")

	phone := postern.newTab(t, "en")
	phone.visit(http.StatusOK, page)
	phone.fill("email", email)
	phone.live("/eecd/sign-in")
	phone.at("/eecd/mailbox")
	link := postern.activation(t, email)
	phone.unfold()
	phone.live("/eecd/sign-in")
	phone.at("/eecd/mailbox")
	phone.tap(link, page)
	phone.shows("1-QSY-002")
	phone.visit(http.StatusOK, link)
	phone.at(page)
	b.visit(http.StatusConflict, first)
	b.look("driver-link-used")
	b.live("/eecd/renew")
	b.at("/eecd/mailbox")
	b.tap(postern.activation(t, email), page)

	if _, err := postern.do("user", "block", email); err != nil {
		t.Fatal(err)
	}
	b.fill("ProductName", "Ethanol")
	b.live(page + "/complete")
	b.shows("Ethanol")
	b.look("driver-over")
	b.fill("email", email)
	b.live("/eecd/sign-in")
	b.look("driver-blocked")
	b.press(http.StatusOK, "a.button")
	b.at(page)
}

// TestDriverExpired: an expired link has one button, which mails a new one.
func TestDriverExpired(t *testing.T) {
	t.Parallel()
	a := ownAppliance(t, "CONFIRMATION_TTL=1s", "LIMIT_ADDRESS_LETTERS=off")
	for _, language := range userLanguages {
		email, page := "late-"+language+"@example.org", a.newCleaning(t, nil)
		b := a.newTab(t, language)
		b.visit(http.StatusOK, page)
		link := b.register(email, "")
		time.Sleep(time.Second)
		b.visit(http.StatusConflict, link)
		b.speaks(language)
		b.look("driver-link-expired-" + language)
		b.live("/eecd/renew")
		b.at("/eecd/mailbox")
		b.shows(email)
	}
}

// TestNotMe: who did not register undoes it, and the activation link ends with it.
func TestNotMe(t *testing.T) {
	t.Parallel()
	for _, language := range userLanguages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b := postern.newTab(t, language)
			email := "stranger-" + language + "@example.org"
			postern.registerUser(t, email, cleaningID+"01")
			l := postern.letter(t, email, "/eecd/activate")
			b.visit(http.StatusOK, l.link(t, "/eecd/not-me"))
			b.speaks(language)
			b.look("driver-notme-" + language)
			b.live("/eecd/not-me")
			b.look("driver-disowned-" + language)
			b.visit(http.StatusNotFound, l.link(t, "/eecd/activate"))
			note := element[string](b, ".notice + p", `e => e.innerText`)
			b.look("driver-gone-" + language)
			b.press(http.StatusOK, "a.button")
			b.signUp(email, "")
			b.unfold()
			b.shows(note)
		})
	}
}

// TestVerdicts: what the QR code of a document leads to, for each verdict.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"planned", "completed", "signedOff", "cancelled", "invalid"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			b := postern.newTab(t, "nl-BE,nl;q=0.9")
			b.visit(http.StatusOK, postern.newCleaning(t, map[string]any{"status": status}))
			b.speaks("nl")
			b.look("driver-verdict-" + status)
		})
	}
	b := postern.newTab(t, "nl")
	b.visit(http.StatusNotFound, "/eecd/cleanings/"+cleaningID+"ff")
	b.look("driver-unknown")
	b.visit(http.StatusOK, "/eecd")
	b.look("driver-start")
}
