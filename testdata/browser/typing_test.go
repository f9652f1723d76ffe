package browser

import (
	"net/http"
	"testing"
)

// TestTyping: a password can be looked at while it is typed, and is counted; it is sent as a password all the same.
func TestTyping(t *testing.T) {
	t.Parallel()
	p, b := postern.newPerson(t, "FR"), postern.newTab(t, "fr")
	b.visit(http.StatusOK, postern.passwordLink(t, p.Email))
	counts := func(want string, enough bool) {
		t.Helper()
		if got := element[string](b, ".count", `e => e.textContent`); got != want {
			t.Errorf("it counts %q, not %q", got, want)
		}
		if got := element[bool](b, ".count", `e => e.classList.contains("enough")`); got != enough {
			t.Errorf("enough at %q: %v", want, got)
		}
	}
	if element[bool](b, ".count", `e => e.checkVisibility()`) {
		t.Error("it counts nothing")
	}
	b.fill("password", "été 😀")
	counts("Caractères\u00a0: 5 (au moins 15)", false)
	b.look("typing-short")
	shows := func(kind, button string) {
		t.Helper()
		if got := element[string](b, "#password",
			`e => e.type + " " + e.parentNode.querySelector(".show").textContent`); got != kind+" "+button {
			t.Errorf("the password is shown as %s", got)
		}
	}
	shows("password", "Afficher")
	b.click(".show")
	shows("text", "Masquer")
	b.fill("password", password)
	counts("Caractères\u00a0: 29 (au moins 15)", true)
	b.look("typing-shown")
	b.click(".show")
	shows("password", "Afficher")
	b.click(".show")
	b.send(http.StatusOK, "/biker/password")
	b.at("/biker")
	b.unfold()
	b.fill("current", tooShort)
	b.fill("password", tooShort)
	b.send(http.StatusUnprocessableEntity, "/biker/change-password")
	b.look("change-too-short-fr")
	for _, name := range []string{"current", "password"} {
		if got := element[string](b, "#"+name, `e => e.value`); got != "" {
			t.Errorf("%s comes back as %q", name, got)
		}
	}
}
