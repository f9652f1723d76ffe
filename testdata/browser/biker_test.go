package browser

import (
	"fmt"
	"net/http"
	"testing"
)

// The languages of the bikers' letters and pages.
var languages = []string{"NL", "FR", "EN"}

// TestWelcome: the letter, the password, the account, out and in again, in the person's language whatever the
// browser's.
func TestWelcome(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p, b := postern.newPerson(t, language), postern.newTab(t, "pl")
			b.visit(http.StatusOK, postern.passwordLink(t, p.Email))
			b.speaks(p.language())
			b.look("password-" + language)
			for name, wrong := range map[string]string{"too-short": tooShort, "guessable": guessable} {
				b.fill("password", wrong)
				b.send(http.StatusUnprocessableEntity, "/biker/password")
				b.speaks(p.language())
				b.look("password-" + name + "-" + language)
			}
			b.fill("password", password)
			b.send(http.StatusOK, "/biker/password")
			b.at("/biker")
			b.speaks(p.language())
			b.shows(p.FirstName+" "+p.LastName, p.Email, planName, nextText, p.EmployeeID, p.PersonnelNumber)
			b.look("account-welcome-" + language)
			b.loggedIn()
			b.look("account-" + language)
			b.unfold()
			b.look("account-unfolded-" + language)
			postern.letter(t, p.Email, "")

			b.send(http.StatusOK, "/biker/logout")
			b.look("logged-out-" + language)
			b.loggedOut()
			b.login(http.StatusOK, p.Email, password)
			b.at("/biker")
		})
	}
}

// TestBeforeLogin: pages that do not know the person go by the browser's language.
func TestBeforeLogin(t *testing.T) {
	t.Parallel()
	for wanted, page := range map[string]string{"nl-BE,nl;q=0.9,fr;q=0.5": "nl", "fr": "fr", "de,pl": "en"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			b := postern.newTab(t, wanted)
			b.visit(http.StatusOK, "/biker/login")
			b.speaks(page)
			b.look("login-" + page)
			b.login(http.StatusUnprocessableEntity, "nobody", "")
			b.look("login-empty-" + page)
			b.login(http.StatusForbidden, "nobody@example.org", password)
			b.speaks(page)
			b.look("login-wrong-" + page)
			b.visit(http.StatusOK, "/biker/forgot")
			b.speaks(page)
			b.look("forgot-" + page)
			b.forget("nobody@example.org")
			b.look("forgot-sent-" + page)
			b.visit(http.StatusForbidden, "/biker/password?token=pst1_nonsense")
			b.speaks(page)
			b.look("link-unreadable-" + page)
		})
	}
}

// TestLanguage: the choice on the account page holds from then on, there and in letters, whatever the partner posts.
func TestLanguage(t *testing.T) {
	t.Parallel()
	p, b := postern.newBiker(t, "EN")
	for _, language := range []string{"fr", "nl", "en", "fr"} {
		b.choose(language)
		b.at("/biker")
		b.speaks(language)
	}
	b.look("account-language")
	p.LastName = "Claes"
	postern.post(t, p)
	b.send(http.StatusOK, "/biker/logout")
	b.speaks("fr") // as chosen, whatever the browser asks for
	b.choose("nl")
	b.at("/biker/login")
	b.speaks("nl")
	b.forget(p.Email)
	b.setPassword(postern.passwordLink(t, p.Email), password2)
	b.speaks("fr") // the person's own again
	b.shows("Claes")
}

// TestForgot: a new password by mail ends the sessions that the old one has opened.
func TestForgot(t *testing.T) {
	t.Parallel()
	p, old := postern.newBiker(t, "FR")
	b := postern.newTab(t, "fr")
	b.forget(p.Email)
	b.setPassword(postern.passwordLink(t, p.Email), password2)
	b.loggedIn()
	old.unfold()
	old.send(http.StatusForbidden, "/biker/logout-everywhere") // on the page that is still open there
	old.look("session-over")
	old.loggedOut()
	old.login(http.StatusForbidden, p.Email, password)
	old.login(http.StatusOK, p.Email, password2)
}

// TestUsedLink: a used link says so, and gets the person a new one.
func TestUsedLink(t *testing.T) {
	t.Parallel()
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := postern.newPerson(t, language)
			link := postern.passwordLink(t, p.Email)
			postern.newTab(t, "en").setPassword(link, password)
			b := postern.newTab(t, "pl")
			b.visit(http.StatusConflict, link)
			b.speaks(p.language())
			b.look("link-used-" + language)
			b.send(http.StatusOK, "/biker/renew")
			b.look("link-renewed-" + language)
			b.setPassword(postern.passwordLink(t, p.Email), password2)
		})
	}
}

// TestSessions: logging out ends one browser's session, logging out everywhere all of them.
func TestSessions(t *testing.T) {
	t.Parallel()
	p, home := postern.newBiker(t, "NL")
	phone := postern.newTab(t, "nl")
	phone.login(http.StatusOK, p.Email, password)
	phone.send(http.StatusOK, "/biker/logout")
	phone.loggedOut()
	home.loggedIn()
	phone.login(http.StatusOK, p.Email, password)
	phone.unfold()
	phone.send(http.StatusOK, "/biker/logout-everywhere")
	phone.loggedOut()
	home.loggedOut()
	home.look("login-ended")
}

// TestOutOfReach: the link of somebody who is blocked, then erased, says so.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	p, b := postern.newPerson(t, "FR"), postern.newTab(t, "fr")
	link := postern.passwordLink(t, p.Email)
	for _, step := range []struct {
		act    string
		status int64
	}{{"block", http.StatusForbidden}, {"delete", http.StatusNotFound}} {
		if _, err := postern.do("biker", step.act, p.Email); err != nil {
			t.Fatal(err)
		}
		b.visit(step.status, link)
		b.speaks("fr")
		b.look("link-after-" + step.act)
	}
}

// TestChangePassword: only with the current one; the other browser's session ends, and the person is told by mail.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	p, b := postern.newBiker(t, "EN")
	postern.letter(t, p.Email, "") // of the first password
	other := postern.newTab(t, "en")
	other.login(http.StatusOK, p.Email, password)
	change := func(status int64, current, next string) {
		t.Helper()
		b.fill("current", current)
		b.fill("password", next)
		b.send(status, "/biker/change-password")
	}
	b.unfold()
	change(http.StatusForbidden, "not the password at all", password2)
	b.look("change-wrong")
	change(http.StatusUnprocessableEntity, password, tooShort)
	b.look("change-too-short")
	change(http.StatusOK, password, password2)
	b.look("changed")
	postern.letter(t, p.Email, "")
	b.loggedIn()
	other.loggedOut()
	other.login(http.StatusForbidden, p.Email, password)
	other.login(http.StatusOK, p.Email, password2)
}

// TestTooManyWrong: wrong passwords slow strangers down, but not the browser that has logged in before, nor the mail.
func TestTooManyWrong(t *testing.T) {
	t.Parallel()
	p, own := postern.newBiker(t, "NL")
	own.send(http.StatusOK, "/biker/logout")
	stranger := postern.newTab(t, "nl")
	// The delay begins at a second and doubles, so that some try comes too early however slow this machine is.
	for tries := 1; stranger.tryLogin(p.Email, password2) != http.StatusTooManyRequests; tries++ {
		if tries == 20 {
			t.Fatal("nothing slows wrong passwords down")
		}
	}
	stranger.look("login-limited")
	own.login(http.StatusOK, p.Email, password)
	stranger.forget(p.Email)
	stranger.setPassword(postern.passwordLink(t, p.Email), password2)
}

// TestNames: what a partner writes is what the person reads.
func TestNames(t *testing.T) {
	t.Parallel()
	var all []person
	for _, name := range [][2]string{
		{"Pieter-Jan", "Vandenberghe"}, {"Anke", "van der Meersch"}, {"Koen", "D'Hondt"}, {"Ruben", "D’hooghe"},
		{"Zoë", "Claes"}, {"Jef", "'t Kint"}, {"Ilse", "Mertens-Wouters"}, {"Émilie", "Dubois"},
		{"Jean-François", "Leclercq"},
		{"Anne-Sophie", "de la Vallée"}, {"Benoît", "L'Hoest"}, {"Hélène", "Dupont"}, {"Noël", "Renard"},
		{"Loïc", "Delvaux-Poncelet"},
		{"Siobhán", "O'Neill"}, {"Łukasz", "Wójcik"}, {"Bobby & Co", `<b>"Tables"</b>`}} {
		all = append(all, person{BikePlanCode: "SYN-EN", FirstName: name[0], LastName: name[1], Language: "EN",
			Email: fmt.Sprintf("biker-%d@example.org", people.Add(1))})
	}
	if created := postern.post(t, all...); created != len(all) {
		t.Fatalf("%d of %d people are new", created, len(all))
	}
	b := postern.newTab(t, "en")
	for _, p := range all {
		b.setPassword(postern.passwordLink(t, p.Email), password)
		b.shows(p.FirstName, p.LastName)
	}
}
