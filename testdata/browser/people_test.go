package browser

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// Passwords that nobody guesses, and what is wrong with some.
const (
	password  = "zeven paarden lezen 's nachts"
	password2 = "élan vert, 9 tambours sourds"
	tooShort  = "vier op een"
	guessable = "passwordpassword"
)

// person is a biker as a partner posts them.
type person struct {
	BikePlanCode, FirstName, LastName, Email, Language string
	ContractType, PersonnelNumber                      string
	EmployeeID                                         string `json:"partner_EmployeeID"`
}

func (p person) language() string { return strings.ToLower(p.Language) }

// post has the partner post people, and gives how many of them are new.
func (a *appliance) post(t *testing.T, people ...person) (created int) {
	t.Helper()
	var answer struct{ Created int }
	users := map[string]any{"users": people}
	a.json(t, http.MethodPost, "/receiver/APIv3/user.create", users, &answer, "Authorization", "Bearer "+a.token)
	return answer.Created
}

var people atomic.Int64

// newPerson registers somebody who speaks that language: NL, FR or EN.
func (a *appliance) newPerson(t *testing.T, language string) person {
	t.Helper()
	number := people.Add(1)
	p := person{BikePlanCode: "SYN-" + language, FirstName: "Zoë", LastName: "D’hooghe", Language: language,
		ContractType: "worker",
		Email:        fmt.Sprintf("biker-%d@example.org", number), EmployeeID: fmt.Sprintf("SYN%03d", number),
		PersonnelNumber: "000123"}
	if a.post(t, p) != 1 {
		t.Fatalf("%s is not new", p.Email)
	}
	return p
}

// newBiker registers somebody and sets their password, in a browser that is then logged in.
func (a *appliance) newBiker(t *testing.T, language string) (person, *tab) {
	t.Helper()
	p := a.newPerson(t, language)
	b := a.newTab(t, p.language())
	b.setPassword(a.passwordLink(t, p.Email), password)
	return p, b
}

// setPassword follows a link to a new password and the account.
func (b *tab) setPassword(link, password string) {
	b.Helper()
	b.visit(http.StatusOK, link)
	b.hidesToken()
	b.fill("password", password)
	b.send(http.StatusOK, "/biker/password")
	b.at("/biker")
}

// hidesToken wants the token of the link that was opened to be gone from the address bar.
func (b *tab) hidesToken() {
	b.Helper()
	if where := get(b, chromedp.Location()); strings.Contains(where, "token") {
		b.Errorf("the address is %s", where)
	}
}

// tryLogin returns the status of what follows on a login.
func (b *tab) tryLogin(email, password string) (status int64) {
	b.Helper()
	b.visit(http.StatusOK, "/biker/login")
	b.fill("email", email)
	b.fill("password", password)
	at := b.spot(button("/biker/login"))
	return b.arrive(chromedp.MouseClickXY(at[0], at[1]))
}

// login is tryLogin where one status is right.
func (b *tab) login(status int64, email, password string) {
	b.Helper()
	if got := b.tryLogin(email, password); got != status {
		b.Fatalf("logging in is answered %d, not %d: %s", got, status, b.where())
	}
}

// forget asks for a link to a new password.
func (b *tab) forget(email string) {
	b.Helper()
	b.visit(http.StatusOK, "/biker/forgot")
	b.fill("email", email)
	b.send(http.StatusOK, "/biker/forgot")
}

// choose switches to a language, by the header of any page.
func (b *tab) choose(language string) {
	b.Helper()
	b.press(http.StatusOK, `.languages [value="`+language+`"]`)
}

// loggedIn and loggedOut tell by what the account page answers.
func (b *tab) loggedIn() { b.Helper(); b.visit(http.StatusOK, "/biker"); b.at("/biker") }

func (b *tab) loggedOut() { b.Helper(); b.visit(http.StatusOK, "/biker"); b.at("/biker/login") }
