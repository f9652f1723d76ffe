package driver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/server/user"
	"postern/server/web/page"
	"postern/server/web/webtest"
	"postern/store"
	"postern/store/fixture"
	"postern/store/guid"
	"postern/tokens"
)

// TestPages holds the words of every page in each language.
func TestPages(t *testing.T) {
	for _, language := range user.Languages {
		t.Run(language, func(t *testing.T) {
			var all strings.Builder
			show := func(name string, a webtest.Answer) {
				fmt.Fprintf(&all, "==== %s: %d\n%s\n\n", name, a.Code, a.Text())
				if got := a.Header().Get("Content-Language"); got != language {
					t.Errorf("%s is in %q", name, got)
				}
			}
			tour(newSite(t), language, show)
			fixture.Golden(t, language+".golden", []byte(all.String()))
		})
	}
}

// tour walks through all pages, as somebody who reads that language.
func tour(s *site, language string, show func(name string, a webtest.Answer)) {
	cleaning := s.cleaning(1, store.SignedOff)
	page := cleaningPath(cleaning)
	b := s.browser()
	b.language = language
	show("cleaning", b.get(page))
	show("start", b.get(startPath))
	show("sign in", b.get(about(signInPath, cleaning)))
	show("sign in, nothing", b.signIn("", cleaning))
	show("sign in, no address", b.signIn("jan", cleaning))
	show("no account", b.signIn(jan, cleaning))
	show("register, nothing", b.post(signInPath, "step", "register", "email", jan))
	show("register, no name", b.register(jan, cleaning, "firstName", "http://x", "organisationName",
		strings.Repeat("x", 201)))
	b.register(jan, cleaning).Leads(about(mailboxPath, cleaning))
	show("mailbox", b.get(about(mailboxPath, cleaning)))
	again := b.post(signInPath, "email", jan, "cleaningId", cleaning.String(), "again", "yes")
	again.Leads(about(mailboxPath, cleaning))
	show("mailbox, again", b.get(about(mailboxPath, cleaning)))
	first := s.link(tokens.Confirmation, jan)
	show("activate", b.get(activatePath+"?token="+first+"&cleaningId="+cleaning.String()))
	show("not me", b.get(notMePath+"?token="+s.link(tokens.NotMe, jan)))
	linksTour(s, b, show)
	b.post(activatePath, "token", first, "cleaningId", cleaning.String()).Leads(page)
	show("not me, in use", b.post(notMePath, "token", s.link(tokens.NotMe, jan)))
	documentTour(s, b, cleaning, show)
	s.later(time.Hour)
	show("used link", b.get(activatePath+"?token="+first))
	second := s.link(tokens.Confirmation, jan)
	s.later(25 * time.Hour)
	show("expired link", b.get(activatePath+"?token="+second))
	s.block(jan, true)
	show("blocked link", b.get(activatePath+"?token="+second))
	show("blocked", b.signIn(jan, cleaning))
}

// linksTour is what becomes of links whose person is gone.
func linksTour(s *site, b *browser, show func(name string, a webtest.Answer)) {
	s.register(nobody)
	link, notMe := s.link(tokens.Confirmation, nobody), s.link(tokens.NotMe, nobody)
	show("not me, done", b.post(notMePath, "token", notMe))
	show("gone", b.get(activatePath+"?token="+link))
	show("unreadable", b.get(activatePath+"?token=pst1_nonsense"))
	show("cookie not kept", b.get(activatePath+"?link=0123456789abcdef"))
}

// documentTour is what somebody sees who is signed in. What is known of the cleaning is shown once.
func documentTour(s *site, b *browser, cleaning guid.ID, show func(name string, a webtest.Answer)) {
	page := cleaningPath(cleaning)
	top := func(name string, a webtest.Answer) { show(name, a.Before("<dl>")) }
	faults := func(name string, a webtest.Answer) { show(name, a.Faults()) }
	show("document", b.get(page))
	show("start, signed in", b.get(startPath))
	b.post(page + "/mail").Leads(page)
	top("mailed", b.get(page))
	faults("complete, nothing", b.post(page+"/complete"))
	faults("complete, too long", b.post(page+"/complete", "ProductName", strings.Repeat("x", 201), "Comment",
		strings.Repeat("x", 2001)))
	faults("reject, nothing", b.post(page+"/reject", "reason", ownReason))
	faults("reject, too long", b.post(page+"/reject", "words", strings.Repeat("x", 2001)))
	b.post(page+"/complete", "ProductName", "Ethanol 96 %", "Comment", "comp. 1\n24 t").Leads(page)
	show("completed", b.get(page))
	top("completed before", b.post(page+"/reject", "words", "wet"))
	for i, status := range []store.CleaningStatus{store.Planned, store.Completed, store.Cancelled, store.Invalid} {
		top("document, "+string(status), b.get(cleaningPath(s.cleaning(byte(2+i), status))))
	}
	other := cleaningPath(s.cleaning(3, store.Completed))
	top("complete, not signed off", b.post(other+"/complete", "ProductName", "x"))
	b.post(other+"/reject", "reason", "wet", "words", "manhole 2").Leads(other)
	top("rejected", b.get(other))
	show("no cleaning", b.get(cleaningPath(guid.ID{1})))
	kept := b.cookies["postern-user"]
	b.post(about(signOutPath, cleaning)).Leads(page)
	show("signed out", b.get(page))
	b.cookies["postern-user"] = kept
	top("no longer signed in", b.get(page))
	b.cookies["postern-user"] = kept
	show("no longer signed in, form", b.post(page+"/complete", "ProductName", "Ethanol"))
}

// TestZoneOnce: the zone's name stands with the first time from the top, the abbreviation with each.
func TestZoneOnce(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Brussels")
	check(t, err)
	v := cleaningView{Rows: []page.Row{{Value: "Brussels (Europe)"}},
		More:    []page.Row{{Value: "07:10 CET (Europe/Brussels)"}},
		Verdict: page.Verdict{Text: []string{"Signed off."}, Note: "Checked 10:00 CEST (Europe/Brussels)"}}
	v.nameZoneOnce(zone)
	if got := v.Verdict.Note + v.Rows[0].Value + v.More[0].Value; got !=
		"Checked 10:00 CEST (Europe/Brussels)Brussels (Europe)07:10 CET" {
		t.Error(got)
	}
}
