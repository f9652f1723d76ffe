package driver

import (
	"net/http"
	"testing"
	"time"

	"postern/server/web"
	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

// TestActivate: opening the link changes nothing, however often and by whatever scanner; the one tap names the
// cleaning, signs in and leads to the document. Sent again it answers the same.
func TestActivate(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	s.register(jan)
	token := s.link(tokens.Confirmation, jan)
	link := activatePath + "?token=" + token + "&cleaningId=" + id.String()
	before := s.events()
	b := s.browser()
	for range 3 {
		b.get(link).Is(http.StatusOK, jan, "SYN-BE-000001", "Tankreiniging Kaai 9").Lacks(hidden...)
		b.do("HEAD", link, nil).Is(http.StatusOK)
	}
	if s.events() != before || len(b.cookies) != 0 || !s.user(jan).ActivatedAt.IsZero() {
		t.Fatal("opening the link has changed something")
	}
	for range 2 {
		b.post(activatePath, "token", token, "cleaningId", id.String()).Leads(cleaningPath(id))
		b.get(cleaningPath(id)).Is(http.StatusOK, "METHANOL", jan)
	}
	b.get(link).Leads(cleaningPath(id)) // from the mail again
	if n := s.security.Count(web.LoggedIn); n != 2 {
		t.Errorf("%d logins are noted", n)
	}
	s.later(10 * time.Minute)
	b.get(link).Leads(cleaningPath(id))
	stranger := s.browser()
	stranger.get(link).Is(http.StatusConflict, "already been used", renewPath)
	stranger.post(activatePath, "token", token).Is(http.StatusConflict, "already been used", renewPath)
	b.post(signOutPath)
	b.get(link).Is(http.StatusConflict, "already been used")
}

// TestActivateWithoutCleaning leads to the first page; so does a cleaning that there is not.
func TestActivateWithoutCleaning(t *testing.T) {
	s := newSite(t)
	s.register(jan)
	token := s.link(tokens.Confirmation, jan)
	b := s.browser()
	b.get(activatePath+"?token="+token+"&cleaningId=%3Cscript%3E").Is(http.StatusOK, jan).Lacks("<script>",
		"Document number")
	unknown := b.get(activatePath + "?token=" + token + "&cleaningId=" + guid.ID{1}.String())
	unknown.Is(http.StatusOK).Lacks("Document number")
	b.post(activatePath, "token", token).Leads(startPath)
	b.get(startPath).Is(http.StatusOK, jan)
}

// TestRenew: an expired link has its one button, within the limits of the address, and its new letter leads back to the
// cleaning.
func TestRenew(t *testing.T) {
	s := newSite(t)
	id := s.cleaning(1, store.SignedOff)
	s.register(jan)
	token := s.link(tokens.Confirmation, jan)
	s.later(24 * time.Hour)
	b := s.browser()
	b.get(activatePath+"?token="+token+"&cleaningId="+id.String()).Is(http.StatusConflict, "expired",
		`action="/eecd/renew"`, id.String())
	b.post(activatePath, "token", token, "cleaningId", id.String()).Is(http.StatusConflict, "expired",
		`action="/eecd/renew"`)
	for range 10 {
		b.post(renewPath, "token", token, "cleaningId", id.String()).Leads(about(mailboxPath, id))
		b.get(about(mailboxPath, id)).Is(http.StatusOK, jan)
	}
	if n := s.letters(jan, store.LetterActivate); n != 2 {
		t.Errorf("%d letters", n)
	}
	b.post(activatePath, "token", s.link(tokens.Confirmation, jan), "cleaningId", id.String()).Leads(cleaningPath(id))
	if b.cookies["postern-mailbox"] != "" {
		t.Error("the browser keeps the address after signing in")
	}
	b.post(renewPath, "token", "pst1_nonsense").Is(http.StatusForbidden)
	b.post(renewPath, "token", s.link(tokens.NotMe, jan)).Is(http.StatusForbidden)
	s.block(jan, true)
	b.post(renewPath, "token", token).Is(http.StatusForbidden, "blocked")
	check(t, s.store.EraseUser(t.Context(), s.user(jan).ID))
	s.browser().get(activatePath+"?token="+token).Is(http.StatusNotFound, "This account no longer exists").
		Lacks(renewPath)
}

// TestNotMe: an account that is in use is not erased, and old links say what has become of it.
func TestNotMe(t *testing.T) {
	s := newSite(t)
	s.register(jan)
	notMe := s.link(tokens.NotMe, jan)
	b := s.browser()
	before := s.events()
	b.get(notMePath+"?token="+notMe).Is(http.StatusOK, "Was this you?")
	if s.events() != before {
		t.Error("opening the link has changed something")
	}
	s.signedIn(jan, guid.ID{})
	b.post(notMePath, "token", notMe).Is(http.StatusConflict, "Nothing was erased")
	s.later(24 * time.Hour)
	b.post(notMePath, "token", notMe).Is(http.StatusConflict, "expired")
	b.post(notMePath, "token", s.link(tokens.Confirmation, jan)).Is(http.StatusForbidden)
}
