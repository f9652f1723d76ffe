package console

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/server/operator"
	"postern/server/web"
	"postern/store"

	"github.com/rs/zerolog"
)

// TestEnter: a link lets in once, by the button alone and for five minutes; a visit ends by itself.
func TestEnter(t *testing.T) {
	s := newSite(t)
	link := func() (path, key string) {
		path, expires, err := s.room.Link()
		check(t, err)
		if !expires.Equal(s.time.Now().Add(5 * time.Minute)) {
			t.Errorf("it expires at %s", expires)
		}
		return path, strings.TrimPrefix(path, enterPath+"?key=")
	}
	path, key := link()
	scanner, b, thief := s.browser(), s.browser(), s.browser()
	for range 3 {
		scanner.do("HEAD", path, nil).Is(200)
		scanner.get(path).Is(200, "Open the console")
	}
	scanner.get(home).Is(401, "postern console")
	b.header.Set("Origin", "http://evil.example")
	b.send(enterPath, "key", key).Is(403)
	b.header.Del("Origin")
	b.send(enterPath, "key", key).Leads(home)
	b.send(enterPath, "key", key).Leads(home) // the button, twice
	b.get(path).Leads(home)
	thief.send(enterPath, "key", key).Is(403, "This link is over")
	thief.send(enterPath).Is(403)
	b.get(home).Is(200, "Letters go out")
	if types, _ := s.events(0); types[len(types)-1] != "operator.console_opened" {
		t.Errorf("the feed tells %q", types)
	}

	_, key = link()
	s.time.Advance(5 * time.Minute)
	thief.send(enterPath, "key", key).Is(403)

	s.time.Advance(24 * time.Minute)
	b.get(home).Is(200)
	s.time.Advance(29 * time.Minute)
	b.get(home).Is(200)
	s.time.Advance(30 * time.Minute)
	b.get(home).Is(401) // unused
	b = s.entered()
	for range 24 {
		b.get(home).Is(200)
		s.time.Advance(29*time.Minute + 59*time.Second)
	}
	b.get(home).Is(200)
	s.time.Advance(30 * time.Second)
	b.get(home).Is(401) // after 12 hours

	b = s.entered()
	copied := s.browser()
	copied.cookies["postern-console"] = b.cookies["postern-console"]
	b.post(leavePath).Is(200, "You have left")
	if len(b.cookies) != 0 {
		t.Errorf("it keeps %v", b.cookies)
	}
	copied.get(home).Is(401)
}

// TestManyLinks: as many as are asked for, no more than some are out; the oldest gives way.
func TestManyLinks(t *testing.T) {
	s := newSite(t)
	first, _, err := s.room.Link()
	check(t, err)
	for range mostLinks {
		s.time.Advance(time.Second)
		_, _, err := s.room.Link()
		check(t, err)
	}
	s.browser().get(first).Is(403)
	oldest := s.entered()
	for range mostSessions {
		s.time.Advance(time.Second)
		s.entered()
	}
	oldest.get(home).Is(401)
}

// TestForeignForms: what is not from the visit's own pages does nothing.
func TestForeignForms(t *testing.T) {
	s := newSite(t)
	b, other := s.entered(), s.entered()
	b.send(sendingPath+"/pause").Is(403, "from another visit")
	b.send(sendingPath+"/pause", "word", other.word).Is(403)
	s.browser().send(sendingPath+"/pause", "word", b.word).Is(401)
	b.header.Set("Origin", "http://evil.example")
	b.post(sendingPath + "/pause").Is(403)
	if state, err := s.acts.Sending(); err != nil || state.Paused {
		t.Errorf("%+v, %v", state, err)
	}
	b.header.Del("Origin")
	b.does(sendingPath + "/pause")
	if state, err := s.acts.Sending(); err != nil || !state.Paused {
		t.Errorf("%+v, %v", state, err)
	}
}

// TestLetters goes through all that can be done with letters. Each act is told by an event.
func TestLetters(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	failed, queued := letterPath(s.letter(zoe).ID), letterPath(s.letter(jan).ID)
	_, last := s.events(0)
	told := func(want ...string) {
		t.Helper()
		var types []string
		if types, last = s.events(last); !slices.Equal(types, want) {
			t.Errorf("the feed tells %q, want %q", types, want)
		}
	}
	b.get(lettersPath + "?find=" + s.letter(zoe).ID.Short()).Leads(failed)
	b.get(lettersPath + "?find=" + s.letter(zoe).ID.String()).Leads(failed)
	b.get(lettersPath+"?find=00000000").Is(404, "There is no letter with this reference any more.")
	b.get(lettersPath+"?find="+cleaning.String()).Is(404, "There is no letter with this id any more.")
	b.get(lettersPath + "?state=lost").Is(400)
	b.get(lettersPath + "?before=x").Is(400)
	b.get(lettersPath + "?state=failed&before=" + cleaning.String()).Leads(lettersPath + "?state=failed")
	b.get(failed).Is(200, "Try now", "&lt;b&gt;no such mailbox").Lacks("/hold", "/cancel")
	b.does(failed+"/retry").Is(200, "It is tried now.", "queued")
	told("operator.letter_retried")
	b.does(queued+"/hold").Is(200, "held", "Release")
	told("operator.letter_held")
	b.does(queued+"/release").Is(200, "It is released", "queued")
	told("operator.letter_released")
	b.does(queued+"/cancel").Is(200, "It is cancelled.").Lacks("/retry")
	told("operator.letter_cancelled")
	b.does(queued+"/hold").Is(200, "only a queued one can be held.", `class="error"`)
	b.does(lettersPath+"/"+cleaning.String()+"/hold").Is(404, "There is no such letter any more.")
	b.post(lettersPath + "/x/hold").Is(404)
	s.try(store.Attempt{Class: store.AttemptPermanent, Text: "no"})
	told("letter.failed")
	b.get(lettersPath+"?state=failed").Is(200, "Retry all failed", "1 letter is tried again now")
	b.does(sendingPath+"/retry-failed").Is(200, "1 letter is tried again now.")
	told("operator.letter_retried")
	b.does(failed + "/hold")
	b.get(lettersPath+"?state=held").Is(200, "Release all held")
	b.does(sendingPath+"/release-held").Is(200, "1 letter is released.")
	told("operator.letter_held", "operator.letter_released")
	b.does(sendingPath+"/test", "email", "ops@example.com").Is(200, "The letter is on its way", "test, en")
	told("operator.letter_test")
}

// TestLetterPages: a long list goes on, and leads back.
func TestLetterPages(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	for range 2 * pageLetters {
		s.time.Advance(time.Second)
		_, err := s.store.OweTest(t.Context(), "ops@example.com", "en")
		check(t, err)
	}
	next := regexp.MustCompile(`<a rel="next" href="([^"]+)"`)
	row := regexp.MustCompile(`<a href="/console/letters/([^"]+)">`)
	seen := map[string]bool{}
	for path := lettersPath; path != ""; {
		page := b.get(path).Is(200).Body.String()
		for _, found := range row.FindAllStringSubmatch(page, -1) {
			if seen[found[1]] {
				t.Errorf("%s twice", found[1])
			}
			seen[found[1]] = true
		}
		path = ""
		if found := next.FindStringSubmatch(page); found != nil {
			path = strings.ReplaceAll(found[1], "&amp;", "&")
		}
	}
	if len(seen) != 2*pageLetters+2 {
		t.Errorf("%d letters", len(seen))
	}
}

// TestPeople finds people, does all acts on them, and leaves a trace of each look.
func TestPeople(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	biker, user := s.bikerPath(), s.userPath()
	b.get(peoplePath + "?find=" + strings.ToUpper(zoe)).Leads(biker)
	b.get(peoplePath + "?find=" + jan).Leads(user)
	for _, path := range []string{biker, user, letterPath(s.letter(zoe).ID), cleaningPath(cleaning)} {
		b.get(peoplePath + "?find=" + path[strings.LastIndex(path, "/")+1:]).Leads(path)
	}
	b.get(peoplePath+"?find=00000000-0000-4000-8000-000000000009").Is(404, "Nobody and nothing has this id")
	b.get(bikersPath+"/"+cleaning.String()).Is(404, "There is no biker with the id")
	b.get(usersPath+"/"+cleaning.String()).Is(404, "There is no user with the id")
	b.get(usersPath + "/x").Is(404)
	_, last := s.events(0)
	told := func(want ...string) {
		t.Helper()
		var types []string
		if types, last = s.events(last); !slices.Equal(types, want) {
			t.Errorf("the feed tells %q, want %q", types, want)
		}
	}
	b.get(biker).Is(200, "Zoë Claes", "invited", "failed", "E-Z")
	told("operator.person_viewed")
	b.does(biker+"/block").Is(200, "The biker is blocked.", "Unblock")
	b.get(biker)
	told("operator.biker_blocked") // the look is still the same one
	s.time.Advance(10 * time.Minute)
	b.does(biker+"/unblock").Is(200, "The biker may come in again.")
	told("operator.biker_unblocked", "operator.person_viewed")
	check(t, second(s.acts.AddPlan(t.Context(), planNamed("ACME-FR"))))
	b.does(biker+"/move", "partner", "payroll", "plan", "ACME-FR").Is(200, "ACME-FR now.")
	told("operator.plan_added", "operator.biker_moved")
	b.post(biker+"/move", "partner", "nobody", "plan", "ACME-FR").Is(422)
	answer := b.get(biker+"/export").Is(200, `"email": "`+zoe+`"`, `"attempts"`)
	if got := answer.Header().Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="biker-`) {
		t.Error(got)
	}
	told("operator.person_exported")

	b.get(user).Is(200, "Jan Peeters", "unconfirmed", "Haven").Lacks("/reactivate")
	b.does(user+"/block").Is(200, "The user is blocked.")
	b.does(user + "/unblock").Is(200)
	b.does(user + "/reactivate").Is(200)
	b.get(user + "/export").Is(200)
	told("operator.person_viewed", "operator.user_blocked", "operator.user_unblocked", "operator.user_reactivated",
		"operator.person_exported")
	for _, person := range []struct{ path, typed, kind string }{
		{biker, " " + strings.ToUpper(zoe), "biker"}, {user, jan, "user"},
	} {
		b.post(person.path+"/erase").Is(422, "This is not the address")
		b.post(person.path+"/erase", "typed", "somebody@example.com").Is(422)
		b.does(person.path+"/erase", "typed", person.typed).Is(200, "The "+person.kind+" is erased.")
		b.get(person.path).Is(404)
		b.post(person.path + "/block").Is(404)
		b.post(person.path + "/erase").Is(404)
		b.get(person.path + "/export").Is(404)
	}
	b.post(biker + "/move").Is(404)
	told("person.erased", "person.erased")
	// One address of both populations.
	s.registerBiker(jan, "Jan", "P")
	s.time.Advance(24 * time.Hour)
	_, err := s.store.RegisterUser(t.Context(), store.Registration{Email: jan, FirstName: "Jan", LastName: "P",
		OrganisationName: "H", Language: "en"})
	check(t, err)
	s.entered().get(peoplePath+"?find="+jan).Is(200, "This address is known twice", bikersPath, usersPath)
}

// TestPartners adds, rotates and revokes: a token is shown once, in the answer alone.
func TestPartners(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	token := regexp.MustCompile(`pstp_[0-9A-Za-z]{49}`)
	added := b.post(partnersPath, "name", "station", "scope-cleanings", "on", "plans", "ACME-NL,", "from", "192.0.2.7",
		"expect", "").Is(200, "The partner station is added", "192.0.2.7/32").Body.String()
	if len(token.FindAllString(added, -1)) != 1 {
		t.Error(added)
	}
	b.post(partnersPath, "name", "station").Is(422)
	b.post(partnersPath, "name", "x", "scope-events", "on").Is(200, "events")
	page := b.get(partnersPath).Is(200, "station", "payroll", "3 min ago", "every 5 min")
	if token.MatchString(page.Body.String()) {
		t.Error("the token is shown again")
	}
	second := b.post(partnersPath+"/station/rotate").Is(200, "A second token for station").Body.String()
	if token.FindString(second) == token.FindString(added) || !token.MatchString(second) {
		t.Error(second)
	}
	b.does(partnersPath+"/station/rotate").Is(200, `class="error"`)
	b.get(partnersPath).Is(200, "rotating", "End the older token")
	b.does(partnersPath+"/station/finish").Is(200, "The older token is over.")
	b.does(partnersPath+"/station/revoke").Is(200, "The partner is revoked.", "revoked").Lacks("/station/revoke")
	b.does(partnersPath+"/nobody/revoke").Is(200, `class="error"`)
}

func TestPlans(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	b.does(plansPath, "code", "NEW", "client", "Nieuw NV", "language", "FR", "name", "", "nextText", "Un\nDeux", "nextUrl",
		"https://example.org/x").Is(200, "The plan NEW is saved.", "Nieuw NV")
	b.does(plansPath+"/remove", "code", "NEW").Is(200, "The plan is removed.").Lacks("Nieuw NV")
	b.does(plansPath+"/remove", "code", "NEW").Is(200, `class="error"`)
}

func TestCleanings(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	path := cleaningPath(cleaning)
	b.get(cleaningsPath + "?find=" + strings.ToUpper(cleaning.String())).Leads(path)
	b.get(cleaningsPath+"?find=00000000-0000-4000-8000-000000000009").Is(404, "There is no such cleaning.")
	b.get(cleaningsPath + "?after=x").Is(400)
	b.get(cleaningsPath+"?after="+cleaning.String()).Is(200, "There is none.", "First")
	b.get(cleaningsPath + "/x").Is(404)
	b.get(path).Is(200, "https://gate.example/eecd/cleanings/"+cleaning.String()).Lacks("/reopen")
	b.does(path+"/reopen", "reason", "the wrong button").Is(200, `class="error"`)
	user, err := s.store.UserByEmail(jan)
	check(t, err)
	holder := store.Holder{User: user.ID, Generation: user.TokenGeneration, Proven: true}
	_, err = s.store.DecideLoad(t.Context(), holder, cleaning, store.Decision{Status: store.LoadRejected, Comment: "wet"})
	check(t, err)
	b.get(path).Is(200, "load rejected", "wet", user.ID.String(), "/reopen")
	b.post(path+"/reopen", "reason", " ").Is(422, "This field is required.", "<details class=\"section\" open>")
	b.does(path+"/reopen", "reason", "the wrong button").Is(200, "The load is open again.", "the wrong button")
	b.does(path+"/delete").Is(200, "The cleaning is deleted.")
	b.does(path + "/delete").Is(404)
	b.post(cleaningsPath + "/x/delete").Is(404)
	b.post(cleaningsPath + "/x/reopen").Is(404)
}

func TestEvents(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	page := b.get(eventsPath+"?type=letter.").Is(200, "letter.failed").Body.String()
	if strings.Contains(page, "<td>biker.created") || !strings.Contains(page, "Looked at the events 1 to ") {
		t.Error(page)
	}
	b.get(eventsPath+"?about=payroll").Is(200, "operator.partner_added", "biker.created").Lacks("<td>user.registered")
	b.get(eventsPath+"?about="+strings.ToUpper(cleaning.String())).Is(200, "user.registered", "cleaning.stored").
		Lacks("<td>biker.created")
	b.get(eventsPath+"?before=3").Is(200, "Newest", "operator.partner_added").Lacks("<td>biker.created")
	b.get(eventsPath + "?before=0").Is(400)
	for range pageEvents {
		check(t, s.store.NoteConsole(t.Context()))
	}
	b.get(eventsPath).Is(200, "Older")
}

// TestClosed: no page is shown, and no form taken, from who has not entered.
func TestClosed(t *testing.T) {
	s := newSite(t)
	stranger := s.browser()
	for _, route := range s.room.Routes() {
		path := strings.NewReplacer(":id", cleaning.String(), ":name", "payroll").Replace(route.Path)
		if route.Caller.Proof == nil {
			continue
		}
		answer := stranger.do(route.Method, path, map[string][]string{"word": {""}})
		if answer.Code != http.StatusUnauthorized {
			t.Errorf("%s %s: %d", route.Method, path, answer.Code)
		}
	}
}

// TestManyLetters: an act on many letters that takes its time goes on behind the page, one at a time, and ends with the
// room.
func TestManyLetters(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	s.room.patience = time.Millisecond
	begun, held := make(chan struct{}), 0
	slow := s.room.act("/slow", s.room.onMany(func(ctx context.Context) (int, error) {
		held++
		close(begun)
		<-ctx.Done()
		return 7, ctx.Err()
	}, "done."), "slow", "", nil, nil)
	routes := s.room.Routes()
	at := slices.IndexFunc(routes, func(r web.Route) bool { return r.Path == sendingPath+"/retry-failed" })
	routes[at].Handle = slow.Handle
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.Nop(), Random: newRandom(5)})
	check(t, err)
	s.Handler = middleware.Handler(web.ForAnybody, append(routes, middleware.Files()...))
	b.does(sendingPath+"/retry-failed").Is(200, "It has begun, and goes on.")
	<-begun
	b.does(sendingPath+"/retry-failed").Is(200, "Many letters are being changed already")
	b.does(sendingPath+"/release-held").Is(200, "Many letters are being changed already")
	if held != 1 {
		t.Errorf("begun %d times", held)
	}
}

// TestKeys: a new key comes behind a second click, and a former one goes behind another, which says what ends.
func TestKeys(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	list := func() []operator.Key {
		t.Helper()
		keys, err := s.acts.ListKeys()
		check(t, err)
		return keys.Keys
	}
	first := list()[0].ID
	_, before := s.events(0)
	b.does(keysPath+"/rotate").Is(200, "A new key seals from now on", "user tokens, until", "It is still needed",
		"Retire "+first, `name="force" value="true"`)
	b.does(keysPath+"/retire", "key", first).Is(200, "is still needed", `class="error"`)
	b.does(keysPath+"/retire", "key", list()[0].ID, "force", "true").Is(200, "is the primary one")
	if n := len(list()); n != 2 {
		t.Errorf("there are %d keys", n)
	}
	s.time.Advance(25 * time.Hour)
	b = s.entered()
	b.get(keysPath).Is(200, "Nobody needs it any more").Lacks(`name="force"`)
	b.does(keysPath+"/retire", "key", first).Is(200, "The key "+first+" is retired")
	b.does(keysPath+"/retire", "key", first).Is(200, "There is no key "+first)
	types, _ := s.events(before)
	want := []string{"operator.key_rotated", "operator.console_opened", "operator.key_retired"}
	if !slices.Equal(types, want) || len(list()) != 1 {
		t.Errorf("the feed tells %q", types)
	}
}
