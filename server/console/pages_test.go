package console

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/server/web/webtest"
	"postern/store"
	"postern/store/fixture"
	"postern/store/series"
)

// tables are all numbers of a plot again: the golden pages have those of the first one.
var tables = regexp.MustCompile(`(?s)<details><summary>As a table.*?</details>`)

// made are the ids that the store makes, Message-IDs, and where the key file is: what they are made of is nothing of
// the pages'.
var made = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|` +
	`[\w-]+<wbr>@postern|(?:/[\w.-]+)+/postern\.keys`)

// ids gives each of them a name, and the reference that ends it as well.
type ids map[string]string

func (known ids) name(text string) string {
	return made.ReplaceAllStringFunc(text, func(id string) string {
		for _, end := range []string{"@postern", "/postern.keys"} {
			if strings.HasSuffix(id, end) {
				return "…" + end
			}
		}
		if known[id] == "" {
			known[id] = fmt.Sprintf("ID%d", len(known)+1)
		}
		return known[id]
	})
}

func (known ids) refer(text string) string {
	for id, name := range known {
		text = strings.ReplaceAll(text, id[len(id)-8:], "end-of-"+name)
	}
	return text
}

// TestPages holds every page: the whole of the first, of the others what the frame surrounds.
func TestPages(t *testing.T) {
	s := newSite(t)
	s.month()
	s.silent = []Silent{{"payroll", s.time.Now().Add(-time.Hour)}}
	s.limits = []Limit{{"people get 429", s.time.Now().Add(-time.Hour), s.time.Now(), 1234}}
	var all strings.Builder
	known := make(ids)
	show := func(name string, a webtest.Answer) {
		t.Helper()
		text := a.Main()
		if all.Len() == 0 {
			text = a.Page()
		}
		cut := 0
		text = tables.ReplaceAllStringFunc(text, func(table string) string {
			if cut++; cut == 1 {
				return table
			}
			return "(table)"
		})
		fmt.Fprintf(&all, "==== %s: %d\n%s\n\n", name, a.Code, known.refer(known.name(text)))
		checkMarkup(t, name, a.Body.String())
	}
	stranger := s.browser()
	b := s.entered()
	show("overview", b.get(home))
	show("closed", stranger.get(home))
	link, _, err := s.room.Link()
	check(t, err)
	show("enter", stranger.get(link))
	show("a link that is over", stranger.get(enterPath+"?key=x"))
	show("letters", b.get(lettersPath))
	show("letters, failed", b.get(lettersPath+"?state=failed"))
	show("letters, none held", b.get(lettersPath+"?state=held"))
	show("letters to an address", b.get(lettersPath+"?find="+zoe))
	show("letters, nothing found", b.get(lettersPath+"?find=zoe"))
	show("letter, failed", b.get(letterPath(s.letter(zoe).ID)))
	show("letter, queued", b.get(letterPath(s.letter(jan).ID)))
	show("letter, none", b.get(lettersPath+"/x"))
	show("people", b.get(peoplePath))
	show("people, nobody", b.get(peoplePath+"?find=nobody@example.com"))
	show("biker", b.get(s.bikerPath()))
	show("biker, not erased", b.post(s.bikerPath()+"/erase", "typed", jan))
	show("biker, not moved", b.post(s.bikerPath()+"/move", "partner", "payroll", "plan", "a,b"))
	show("user", b.get(s.userPath()))
	show("partners", b.get(partnersPath))
	show("partners, not added", b.post(partnersPath, "name", "-", "from", "1.2.3", "scope-events", "on", "expect", "soon"))
	show("token", b.post(partnersPath+"/payroll/rotate"))
	show("plans", b.get(plansPath))
	show("plans, not added", b.post(plansPath, "code", "a b", "language", "NL"))
	show("cleanings", b.get(cleaningsPath))
	show("cleanings, none", b.get(cleaningsPath+"?find=x"))
	show("cleaning", b.get(cleaningPath(cleaning)))
	show("events", b.get(eventsPath))
	show("events, of a day", b.get(eventsPath+"?type=letter.&until=2026-03-01"))
	show("events, no day", b.get(eventsPath+"?until=yesterday"))
	show("keys", b.get(keysPath))
	show("keys, a new one", b.does(keysPath+"/rotate"))
	show("settings", b.get(settingsPath))
	show("settings, no test", b.post(sendingPath+"/test", "email", "x"))
	show("unknown path", b.get(home+"/nothing"))
	show("left", b.post(leavePath))
	fixture.Golden(t, "pages.golden", []byte(all.String()))
}

// TestPlots: a plot without anything has no scale, nights without the appliance are marked, and the last bar is
// fainter.
func TestPlots(t *testing.T) {
	s := newSite(t)
	now := s.time.Now()
	slots := []series.Slot{{At: now, Sent: 3}, {At: now.Add(-time.Hour), Seen: 1}, {At: now.Add(-3 * time.Hour), Sent: 1}}
	all := plots("day", s.room.day(slots))
	sent, waiting := all[0], all[2]
	if len(sent.Gaps) != 2 || sent.Gaps[0].Title != "The appliance did not run from 2 Mar 05:30 to 2 Mar 07:00" ||
		len(sent.Gaps) != len(waiting.Gaps) {
		t.Errorf("the gaps are %+v and %+v", sent.Gaps, waiting.Gaps)
	}
	if n := len(sent.Bars); n != 2 || sent.Bars[0].Now || !sent.Bars[1].Now ||
		sent.Bars[1].Title != "2 Mar 08:00, so far: 3 sent" {
		t.Errorf("the bars are %+v", sent.Bars)
	}
	if len(sent.Levels) != 3 || len(waiting.Levels) != 1 || !waiting.Empty {
		t.Errorf("the levels are %+v and %+v", sent.Levels, waiting.Levels)
	}
	if none := plots("day", s.room.day(nil)); len(none[0].Gaps) > 0 || !spanOf("", none).Empty {
		t.Errorf("without anything it draws %+v", none[0])
	}
}

// TestVerdict: what keeps letters from going out, in the order of what it means.
func TestVerdict(t *testing.T) {
	s := newSite(t)
	b := s.entered()
	want := func(class, word string, texts ...string) {
		t.Helper()
		b.get(home).Is(200, append(texts, `class="verdict `+class+`"`, "<h1>"+word+"</h1>")...)
	}
	want("done", "Letters go out", "0 letters sent in the last day, 1 failed; 1 letter waits.")
	s.status.Inbox = true
	want("done", "Letters go to the built-in inbox")
	s.time.Advance(16 * time.Minute)
	want("notice", "Letters are late", "1 letter waits. The oldest one that is due should have gone out 17 min ago.")
	b.does(sendingPath+"/pause").Is(200, "Sending is paused. Letters wait", `class="done"`)
	want("notice", "Sending is paused", "Resume sending")
	s.status.PausedUntil, s.status.Fault = s.time.Now().Add(time.Minute), "connect: refused"
	want("error", "Letters do not go out", "connect: refused")
	s.status.Store = errors.New("the disk is full")
	want("error", "Nothing is stored now", "the disk is full")
	s.status = Status{}
	b.does(sendingPath+"/resume").Is(200, "Letters go out again.")
	for n := range 4 {
		_, err := s.store.RegisterUser(t.Context(), store.Registration{Email: fmt.Sprintf("user%d@example.com", n),
			FirstName: "A", LastName: "B", OrganisationName: "C", Language: "en"})
		check(t, err)
	}
	s.try(store.Attempt{Class: store.AttemptPermanent, Text: "no"})
	want("notice", "Letters go out, but many fail", "6 letters failed in the last day")
}
