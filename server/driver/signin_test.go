package driver

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// TestRegister: one page takes the address, asks who is there where nobody is known, and says to check the mailbox. The
// letter is owed once however often the form is sent, and leads back to the cleaning.
func TestRegister(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	b := s.browser()
	b.language = "de"
	b.signIn("Jan.Peeters@example.com", id).Is(http.StatusOK, `value="Jan.Peeters@example.com"`, `name="firstName"`)
	b.register(jan, id, "firstName", " ", "lastName", "<b>").Is(http.StatusUnprocessableEntity, "Vornamen",
		`value="&lt;b&gt;"`, jan)
	if _, err := s.store.UserByEmail(jan); err == nil {
		t.Fatal("registered with a fault")
	}
	for range 3 {
		b.register(jan, id).Leads(about(mailboxPath, id))
	}
	b.get(about(mailboxPath, id)).Is(http.StatusOK, jan)
	made := s.user(jan)
	if made.Language != "de" || made.CleaningID != id || made.FirstName != "Zoë" ||
		s.letters(jan, store.LetterActivate) != 1 {
		t.Errorf("%+v, %d letters", made, s.letters(jan, store.LetterActivate))
	}
	letters, err := s.store.LettersTo(made.ID, 1)
	check(t, err)
	if letters[0].Cleaning != id {
		t.Errorf("the letter leads to %s", letters[0].Cleaning)
	}
}

// TestSignIn is by the mailbox alone, whatever SIGN_IN says: the address of somebody activated opens nothing.
func TestSignIn(t *testing.T) {
	for _, mailbox := range []bool{false, true} {
		t.Run(fmt.Sprintf("mailbox=%v", mailbox), func(t *testing.T) {
			s := newSite(t, func(r *store.Rules) { r.MailboxSignIn = mailbox })
			id := s.cleaning(1, store.SignedOff)
			b := s.signedIn(jan, id)
			b.get(cleaningPath(id)).Is(http.StatusOK, "METHANOL")
			b.get(about(signInPath, id)).Leads(cleaningPath(id))
			b.signIn(jan, id).Leads(cleaningPath(id)) // a form of before
			other := s.browser()
			other.signIn(jan, id).Leads(about(mailboxPath, id))
			if other.cookies["postern-user"] != "" || s.letters(jan, store.LetterActivate) != 2 {
				t.Errorf("%v, %d letters", other.cookies, s.letters(jan, store.LetterActivate))
			}
			unproven, err := s.acts.Token(s.user(jan), false)
			check(t, err)
			other.cookies["postern-user"] = unproven
			other.get(cleaningPath(id)).Is(http.StatusOK).Lacks("METHANOL")
		})
	}
}

// TestMailboxForgotten: without the cookie there is no address to show.
func TestMailboxForgotten(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.get(mailboxPath).Leads(signInPath)
	b.cookies["postern-mailbox"] = "PHNjcmlwdD4" // <script>
	b.get(about(mailboxPath, guid.ID{1})).Leads(about(signInPath, guid.ID{1}))
}

// TestDisowned: after "this wasn't me" registering and signing in answer as for any address, and nothing is stored or
// sent; the old link says the same as the page that says to check the mailbox.
func TestDisowned(t *testing.T) {
	s := newSite(t)
	s.register(jan)
	link := s.link(tokens.Confirmation, jan)
	b := s.browser()
	notMe := s.link(tokens.NotMe, jan)
	for range 2 {
		b.post(notMePath, "token", notMe).Is(http.StatusOK, "30 days")
	}
	const same = "Then we mail it nothing for 30 days, even if somebody registers with it."
	b.get(activatePath+"?token="+link).Is(http.StatusNotFound, same)
	b.post(activatePath, "token", link).Is(http.StatusNotFound, same)
	b.post(renewPath, "token", link).Is(http.StatusNotFound, same)
	b.signIn(jan, guid.ID{}).Is(http.StatusOK, `name="firstName"`)
	before := s.events()
	b.register(jan, guid.ID{}).Leads(mailboxPath)
	b.get(mailboxPath).Is(http.StatusOK, same)
	if s.events() != before || s.letters(jan, store.LetterActivate) != 0 {
		t.Error("something was stored or sent")
	}
}

// TestLimits: pages have the limits of the API, and say so in words; what was typed stays.
func TestLimits(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for i := range 20 {
		b.register(fmt.Sprintf("a%d@example.com", i), guid.ID{}).Leads(mailboxPath)
	}
	over := b.register(jan, guid.ID{}, "organisationName", "Kaai").Is(http.StatusTooManyRequests, "Try again in", jan,
		`value="Kaai"`)
	if over.Header().Get("Retry-After") == "" || s.security.Count(web.OverLimit) != 1 {
		t.Errorf("%v, %d security events", over.Header(), s.security.Count(web.OverLimit))
	}
	for range 60 {
		b.signIn(nobody, guid.ID{}).Is(http.StatusOK)
	}
	b.signIn(nobody, guid.ID{}).Is(http.StatusTooManyRequests, "Try again in", nobody)
	b.register("a1@example.com", guid.ID{}).Is(http.StatusTooManyRequests)
	s.later(2 * time.Hour)
	b.signIn(nobody, guid.ID{}).Is(http.StatusOK)
}

// TestBlocked and reactivated: each leads to a clear page, and back to the cleaning.
func TestBlocked(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	b := s.signedIn(jan, id)
	s.block(jan, true)
	b.post(cleaningPath(id)+"/reject", "reason", "Not dry", "words", "very wet").Is(http.StatusForbidden,
		"Nothing was done", "very wet", `name="email"`)
	if b.cookies["postern-user"] != "" {
		t.Error("the browser keeps a token that is void")
	}
	b.signIn(jan, id).Is(http.StatusForbidden, "blocked", `href="`+cleaningPath(id)+`"`)
	b.register(jan, id).Is(http.StatusForbidden, "blocked")
	s.block(jan, false)
	s.later(time.Minute)
	b.signIn(jan, id).Leads(about(mailboxPath, id))
	b = s.signedIn(jan, id)
	_, err := s.store.ReactivateUser(t.Context(), s.user(jan).ID)
	check(t, err)
	b.get(cleaningPath(id)).Is(http.StatusOK, "You are no longer signed in").Lacks("METHANOL")
	b.get(cleaningPath(id)).Is(http.StatusOK).Lacks("You are no longer signed in") // it is said once
	b = s.signedIn(jan, id)
	check(t, s.store.EraseUser(t.Context(), s.user(jan).ID))
	b.post(cleaningPath(id)+"/mail").Is(http.StatusForbidden, "Nothing was done")
	b.signIn(jan, id).Is(http.StatusOK, `name="firstName"`)
	b = s.signedIn(nobody, id)
	s.later(24 * time.Hour)
	b.get(cleaningPath(id)).Is(http.StatusOK, "You are no longer signed in").Lacks("METHANOL")
}

// TestSignOut ends all tokens of the user, once or twice.
func TestSignOut(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	b := s.signedIn(jan, id)
	phone := s.signedIn(jan, id)
	b.post(about(signOutPath, id)).Leads(cleaningPath(id))
	b.get(cleaningPath(id)).Is(http.StatusOK, "You are signed out.").Lacks("METHANOL")
	b.post(signOutPath).Leads(startPath)
	phone.get(cleaningPath(id)).Is(http.StatusOK).Lacks("METHANOL")
}

// TestLanguage: the choice on a page holds in this browser and, of who is signed in, for letters.
func TestLanguage(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	b := s.signedIn(jan, id)
	b.get(cleaningPath(id)).Is(http.StatusOK, `action="/eecd/language"`, `<html lang="en">`)
	b.post(languagePath, "language", "fr", "back", cleaningPath(id)).Leads(cleaningPath(id))
	b.get(cleaningPath(id)).Is(http.StatusOK, "Garder une copie")
	if got := s.user(jan).Language; got != "fr" {
		t.Errorf("letters are in %s", got)
	}
	b.post(about(signOutPath, id)).Leads(cleaningPath(id))
	b.get(cleaningPath(id)).Is(http.StatusOK, "VALABLE")
	b.post(languagePath, "language", "de", "back", "https://evil.example/").Leads(startPath)
	b.post(languagePath, "language", "xx").Is(http.StatusBadRequest)
	if got := s.user(jan).Language; got != "fr" {
		t.Errorf("letters are in %s", got)
	}
}

// TestWaitText has a number over one, whatever the language makes of one.
func TestWaitText(t *testing.T) {
	w := words{WaitMomentText: "a minute", WaitMinutesText: "{minutes} min", WaitHoursText: "{hours} h",
		WaitDaysText: "{days} d"}
	for wait, want := range map[time.Duration]string{
		0: "a minute", time.Minute: "a minute", time.Minute + 1: "2 min", 100 * time.Minute: "100 min",
		101 * time.Minute: "2 h", 48 * time.Hour: "48 h", 48*time.Hour + 1: "3 d", 30 * 24 * time.Hour: "30 d",
	} {
		if got := w.waitText(wait); !strings.EqualFold(got, want) {
			t.Errorf("%s: %q", wait, got)
		}
	}
}
