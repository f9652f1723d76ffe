package store

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/store/guid"
	"postern/store/refuse"
)

// shown writes an event as its type, the ids that it has, and who sees it beside the operator.
func shown(event Event) string {
	line := event.Type + ":"
	for _, part := range []struct {
		name string
		has  bool
	}{
		{"biker", !event.Biker.IsZero()}, {"user", !event.User.IsZero()}, {"cleaning", !event.Cleaning.IsZero()},
		{"letter", !event.Letter.IsZero()}, {"employee", event.Employee != ""}, {event.About, event.About != ""},
		{"→ " + event.Partner, event.Partner != ""},
	} {
		if part.has {
			line += " " + part.name
		}
	}
	return line
}

// story is a store in which one thing after the other happens.
type story struct {
	*testing.T
	*Store
	clock  *clock
	biker  Biker
	user   User
	letter Letter
}

// sendOne takes up the one letter that is due, and says how that went.
func (s *story) sendOne(class AttemptClass) {
	s.letter = record(s.T, s.Store, claim(s.T, s.Store, 1)[0], class)
}

// TestEventTypes goes through all that the feed tells: which ids an event has, and who sees it. A type that is told
// anywhere and is not here fails it.
func TestEventTypes(t *testing.T) {
	const zoe, driver = "zoe@example.com", "jan@example.com"
	addPlan := func(s *story, plan Plan) error { _, err := s.AddPlan(ctx, plan); return err }
	toAcme := func(s *story, people ...Candidate) { post(s.T, s.Store, "Acme", people...) }
	acts := []struct {
		name string
		act  func(s *story) error
		want string // a line for each event
	}{
		{"a plan", func(s *story) error { return addPlan(s, Plan{Code: "SYN-NL", Client: "Synth NV", Language: "nl"}) },
			"operator.plan_added: SYN-NL"},
		{"another plan", func(s *story) error { return addPlan(s, Plan{Code: "SYN-GO", Client: "Gone NV"}) },
			"operator.plan_added: SYN-GO"},
		{"with a name", func(s *story) error {
			return addPlan(s, Plan{Code: "SYN-GO", Client: "Gone NV", PlanTexts: PlanTexts{Name: "Synth"}})
		}, "operator.plan_changed: SYN-GO"},
		{"without it", func(s *story) error { return s.RemovePlan(ctx, "SYN-GO") }, "operator.plan_removed: SYN-GO"},
		{"a partner", func(s *story) error { addPartner(s.T, s.Store, "Acme"); return nil },
			"operator.plan_added: SYN-XX\noperator.partner_added: Acme"},
		{"another partner", func(s *story) error { addPartner(s.T, s.Store, "Other"); return nil },
			"operator.partner_added: Other"},
		{"a second token", func(s *story) error {
			_, err := s.RotatePartner(ctx, "other", PartnerToken{Hash: [32]byte{9}, Last: "9999"})
			return err
		}, "operator.partner_rotated: Other"},

		{"registered", func(s *story) error { s.biker = created(s.T, s.Store, "Acme", zoe); return nil },
			"biker.created: biker letter employee → Acme"},
		{"welcomed", func(s *story) error { s.sendOne(AttemptSent); return nil },
			"letter.sent: biker letter employee → Acme"},
		{"posted again", func(s *story) error { toAcme(s, candidate(zoe)); return nil },
			"biker.existing: biker letter employee → Acme"},
		{"and it came back", func(s *story) error { s.sendOne(AttemptPermanent); return nil },
			"letter.failed: biker letter employee → Acme"},
		{"tried once more", func(s *story) error { _, err := s.RetryLetter(ctx, s.letter.ID); return err },
			"operator.letter_retried: biker letter employee"},
		{"held", func(s *story) error { _, err := s.HoldLetter(ctx, s.letter.ID); return err },
			"operator.letter_held: biker letter employee"},
		{"released", func(s *story) error { _, err := s.ReleaseLetter(ctx, s.letter.ID); return err },
			"operator.letter_released: biker letter employee"},
		{"cancelled", func(s *story) error { _, err := s.CancelLetter(ctx, s.letter.ID); return err },
			"operator.letter_cancelled: biker letter employee"},
		{"changed", func(s *story) error {
			other := candidate(zoe)
			other.LastName = "Claes"
			toAcme(s, other, candidate("tim@example.com"))
			return nil
		}, "biker.existing: biker letter employee → Acme\nbiker.created: biker letter employee → Acme"},
		{"changed before the welcome is sent", func(s *story) error {
			other := candidate("tim@example.com")
			other.LastName = "Claes"
			toAcme(s, other)
			return nil
		}, "biker.updated: biker employee → Acme"},
		{"another partner's", func(s *story) error { post(s.T, s.Store, "Other", candidate(zoe)); return nil }, ""},
		{"failed", func(s *story) error { toAcme(s, bad("tom@example.com", "Language")); return nil },
			"biker.failed: letter → Acme"},
		{"failed without an address", func(s *story) error {
			toAcme(s, Candidate{Faults: map[string][]string{"Email": {"This field is required."}}})
			return nil
		}, "biker.failed: → Acme"},
		{"sent", func(s *story) error { send(s.T, s.Store); return nil },
			"letter.sent: biker letter employee → Acme\nletter.sent: biker letter employee → Acme\n" +
				"letter.sent: letter → Acme"},
		{"a password", func(s *story) error { setPassword(s.T, s.Store, s.biker, 1); return nil },
			"biker.password_set: biker letter employee → Acme"},
		{"looked at", func(s *story) error { return s.NoteViewed(ctx, s.biker.ID, false) },
			"operator.person_viewed: biker employee"},
		{"blocked", func(s *story) error { _, err := s.BlockBiker(ctx, s.biker.ID, true); return err },
			"operator.biker_blocked: biker employee"},
		{"unblocked", func(s *story) error { _, err := s.BlockBiker(ctx, s.biker.ID, false); return err },
			"operator.biker_unblocked: biker employee"},
		{"moved", func(s *story) error { _, err := s.MoveBiker(ctx, s.biker.ID, "other", "SYN-NL"); return err },
			"operator.biker_moved: biker Other"},
		{"erased", func(s *story) error { return s.EraseBiker(ctx, zoe) }, "person.erased: biker → Other"},

		{"a user", func(s *story) error {
			in := someone(driver)
			in.CleaningID = cleaningID(1)
			user, err := s.RegisterUser(ctx, in)
			s.user = user
			return err
		}, "user.registered: user cleaning letter"},
		{"the link sent", func(s *story) error { s.sendOne(AttemptSent); return nil },
			"letter.sent: user cleaning letter"},
		{"activated", func(s *story) (err error) {
			s.user, err = s.ActivateUser(ctx, link(s.Store, s.user, 1))
			return err
		}, "user.activated: user"},
		{"signed in", func(s *story) error {
			s.clock.Advance(2 * time.Hour)
			_, err := s.SignInUser(ctx, SignIn{Email: driver})
			return err
		}, "user.signed_in: user"},
		{"cleanings", func(s *story) error {
			both := []CleaningInput{someCleaning(1, SignedOff), someCleaning(2, SignedOff)}
			_, err := s.PutCleanings(ctx, "Acme", both)
			return err
		}, "cleaning.stored: cleaning → Acme\ncleaning.stored: cleaning → Acme"},
		{"the operator's cleaning", func(s *story) error { addCleaning(s.T, s.Store, 3, SignedOff); return nil },
			"cleaning.stored: cleaning"},
		{"a document", func(s *story) error { return s.PutDocument(ctx, cleaningID(1), []byte("%PDF-1.7")) },
			"cleaning.stored: cleaning → Acme"},
		{"mailed", func(s *story) error { return s.MailCleaning(ctx, holder(s.user), cleaningID(1)) },
			"cleaning.mailed: user cleaning letter → Acme"},
		{"completed", func(s *story) error {
			_, err := s.DecideLoad(ctx, holder(s.user), cleaningID(1), Decision{LoadCompleted, "Ethanol", ""})
			return err
		}, "load.completed: user cleaning letter → Acme"},
		{"rejected", func(s *story) error {
			_, err := s.DecideLoad(ctx, holder(s.user), cleaningID(2), Decision{LoadRejected, "", "wet"})
			return err
		}, "load.rejected: user cleaning letter → Acme"},
		{"reopened", func(s *story) error {
			_, err := s.ReopenLoad(ctx, "Acme", cleaningID(1), "loaded on another tank")
			return err
		}, "load.reopened: cleaning → Acme"},
		{"a user's letters", func(s *story) error { send(s.T, s.Store); return nil },
			"letter.sent: user cleaning letter\nletter.sent: user cleaning letter\nletter.sent: user cleaning letter"},
		{"deleted", func(s *story) error { return s.DeleteCleaning(ctx, cleaningID(2)) },
			"operator.cleaning_deleted: cleaning"},
		{"to be proven again", func(s *story) error { _, err := s.ReactivateUser(ctx, s.user.ID); return err },
			"operator.user_reactivated: user"},
		{"a user blocked", func(s *story) error { _, err := s.BlockUser(ctx, s.user.ID, true); return err },
			"operator.user_blocked: user"},
		{"a user unblocked", func(s *story) error { _, err := s.BlockUser(ctx, s.user.ID, false); return err },
			"operator.user_unblocked: user"},
		{"a user exported", func(s *story) error { return s.NoteViewed(ctx, s.user.ID, true) },
			"operator.person_exported: user"},
		{"the console entered", func(s *story) error { return s.NoteConsole(ctx) }, "operator.console_opened:"},
		{"a user erased", func(s *story) error { return s.EraseUser(ctx, s.user.ID) }, "person.erased: user"},

		{"a letter to try", func(s *story) error { _, err := s.OweTest(ctx, "ops@example.com", "en"); return err },
			"operator.letter_test: letter"},
		{"tried", func(s *story) error { s.sendOne(AttemptSent); return nil }, "letter.sent: letter"},
		{"paused", func(s *story) error { return s.PauseSending(ctx, true) }, "operator.sending_paused:"},
		{"resumed", func(s *story) error { return s.PauseSending(ctx, false) }, "operator.sending_resumed:"},
		{"revoked", func(s *story) error { _, err := s.RevokePartner(ctx, "other"); return err },
			"operator.partner_revoked: Other"},
		{"rotated", func(s *story) error { return s.NoteKeys(ctx, nil, KeyRotated, "a1b2c3d4") },
			"operator.key_rotated: a1b2c3d4"},
		{"retired", func(s *story) error { return s.NoteKeys(ctx, nil, KeyRetired, "a1b2c3d4") },
			"operator.key_retired: a1b2c3d4"},
		{"lost", func(s *story) error { _, err := s.AdoptKeys(ctx); return err }, "operator.keys_lost:"},
		{"restored", func(s *story) error { return s.BeginAnew(ctx) }, "operator.data_restored:"},
	}
	c := newClock()
	s := &story{T: t, Store: openTest(t, at(c)), clock: c}
	seen := map[string]bool{}
	for _, step := range acts {
		_, after, err := s.KeptEvents()
		must(t, err)
		if err := step.act(s); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		feed, err := s.Events(after, 100)
		must(t, err)
		var lines []string
		for _, event := range feed.Events {
			seen[event.Type] = true
			lines = append(lines, shown(event))
		}
		if got := strings.Join(lines, "\n"); got != step.want {
			t.Errorf("%s:\n%s\nwant\n%s", step.name, got, step.want)
		}
		holdAudience(t, s.Store, feed)
	}
	for _, known := range toldTypes(t) {
		if !seen[known] {
			t.Errorf("%s is told somewhere, and no act here makes it", known)
		}
	}
}

// holdAudience holds that each partner sees of a stretch of the feed what is its own, and nothing of the operator's.
func holdAudience(t *testing.T, s *Store, all Feed) {
	t.Helper()
	if len(all.Events) == 0 {
		return
	}
	for _, partner := range []string{"Acme", "Other", "acme", "Acm"} {
		var want []uint64
		for _, event := range all.Events {
			if event.Partner == partner {
				want = append(want, event.Seq)
			}
		}
		feed, err := s.PartnerEvents(partner, all.Events[0].Seq-1, 100)
		must(t, err)
		var got []uint64
		for _, event := range feed.Events {
			got = append(got, event.Seq)
			room, _, _ := strings.Cut(event.Type, ".")
			if event.About != "" || room == "operator" || room == "user" {
				t.Errorf("%s sees %s", partner, shown(event))
			}
		}
		if !slices.Equal(got, want) || feed.Next != all.Next || feed.ID != all.ID {
			t.Errorf("%s sees %v up to %d, want %v up to %d", partner, got, feed.Next, want, all.Next)
		}
	}
}

// toldTypes finds the types of events in the source, as the literals that they are.
func toldTypes(t *testing.T) (types []string) {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	must(t, err)
	literal := regexp.MustCompile(`"((?:biker|user|cleaning|load|letter|person|operator)\.[a-z_]+)"`)
	for _, name := range sources {
		text, err := os.ReadFile(name)
		must(t, err)
		for _, found := range literal.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasSuffix(name, "_test.go") {
				types = append(types, found[1])
			}
		}
	}
	if len(types) < 30 {
		t.Fatalf("only %d types were found", len(types))
	}
	return append(types, "load."+string(LoadCompleted), "load."+string(LoadRejected))
}

// TestPartnerEvents reads one partner's part of a feed: in pieces, past the others', and beyond both ends.
func TestPartnerEvents(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	for n := range byte(30) { // Acme has 1, 11 and 21
		partner := "Other"
		if n%10 == 0 {
			partner = "Acme"
		}
		_, err := s.PutCleanings(ctx, partner, []CleaningInput{someCleaning(n, Planned)})
		must(t, err)
		c.Advance(time.Hour)
	}
	for _, test := range []struct {
		partner string
		after   uint64
		limit   int
		want    string
		kind    refuse.Kind
	}{
		{"Acme", 0, 100, "[1 11 21] then 30", 0},
		{"Acme", 0, 2, "[1 11] then 11", 0},
		{"Acme", 0, 3, "[1 11 21] then 21", 0},
		{"Acme", 1, 1, "[11] then 11", 0},
		{"Acme", 11, 1, "[21] then 21", 0},
		{"Acme", 21, 1, "[] then 30", 0},
		{"Acme", 30, 1, "[] then 30", 0},
		{"Nobody", 0, 1, "[] then 30", 0},
		{"Other", 8, 3, "[9 10 12] then 12", 0},
		{"Acme", 31, 1, "", refuse.Conflict},
		{"Acme", 1<<64 - 1, 1, "", refuse.Conflict},
	} {
		feed, err := s.PartnerEvents(test.partner, test.after, test.limit)
		if wantKind(t, err, test.kind); err == nil && sequence(feed) != test.want {
			t.Errorf("%s after %d: %s, want %s", test.partner, test.after, sequence(feed), test.want)
		}
	}
	keep := keepAll
	keep.Events = 10*time.Hour + time.Minute
	_, err := s.Prune(ctx, keep)
	must(t, err)
	_, err = s.PartnerEvents("Acme", 1, 10)
	wantKind(t, err, refuse.Gone) // though none of its own lies in between: who can tell, once they are gone?
	oldest, last, err := s.KeptEvents()
	if err != nil || oldest != 21 || last != 30 {
		t.Errorf("kept %d to %d, %v", oldest, last, err)
	}
	if feed, err := s.PartnerEvents("Acme", 20, 10); err != nil || sequence(feed) != "[21] then 30" {
		t.Errorf("after pruning: %s, %v", sequence(feed), err)
	}
}

func sequence(feed Feed) string {
	numbers := []uint64{}
	for _, event := range feed.Events {
		numbers = append(numbers, event.Seq)
	}
	return fmt.Sprintf("%v then %d", numbers, feed.Next)
}

// TestWatchPartner holds that a partner's readers are woken by its own events, by what becomes of the partner, and by
// nothing else.
func TestWatchPartner(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	addPartner(t, s, "Other")
	put := func(partner string, n byte) error {
		_, err := s.PutCleanings(ctx, partner, []CleaningInput{someCleaning(n, Planned)})
		return err
	}
	for _, test := range []struct {
		name  string
		act   func() error
		wakes bool
	}{
		{"a cleaning of its own", func() error { return put("Acme", 1) }, true},
		{"one of another's", func() error { return put("Other", 2) }, false},
		{"the operator's", func() error { return s.PauseSending(ctx, true) }, false},
		{"a refusal", func() error { return s.DeleteCleaning(ctx, guid.ID{1}) }, false},
		{"another one revoked", func() error { _, err := s.RevokePartner(ctx, "Other"); return err }, false},
		{"itself revoked", func() error { _, err := s.RevokePartner(ctx, "acme"); return err }, true},
	} {
		first, second := s.WatchPartner("Acme"), s.WatchPartner("Acme")
		err := test.act()
		for _, news := range []<-chan struct{}{first, second} {
			woken := false
			select {
			case <-news:
				woken = true
			default:
			}
			if woken != test.wakes {
				t.Errorf("%s (%v) wakes: %v", test.name, err, woken)
			}
		}
	}
}

// TestLatestEvents lists events from the newest, by kind, by what they are about, and from a moment on.
func TestLatestEvents(t *testing.T) {
	c := newClock()
	s := openTest(t, at(c))
	addPartner(t, s, `"Quoted"`)
	zoe := created(t, s, `"Quoted"`, "zoe@example.com")
	begun := c.Now()
	c.Advance(time.Hour)
	tim := created(t, s, `"Quoted"`, "tim@example.com")
	send(t, s)
	sent, err := s.Letters(LetterFilter{To: "tim@example.com"})
	must(t, err)
	must(t, s.NoteViewed(ctx, zoe.ID, false))
	if err := s.NoteViewed(ctx, sent[0].ID, false); !refuse.Is(err, refuse.NotFound) {
		t.Errorf("a letter was looked at as a person: %v", err)
	}
	for _, want := range []struct {
		filter   EventFilter
		want     string
		from, to uint64
		more     bool
	}{
		{EventFilter{Limit: 3}, "operator.person_viewed letter.sent letter.sent", 8, 6, true},
		{EventFilter{Limit: 3, Before: 6}, "biker.created biker.created operator.partner_added", 5, 3, true},
		{EventFilter{Limit: 3, Before: 2}, "operator.plan_added", 1, 1, false},
		{EventFilter{Limit: 9, Kind: "letter."}, "letter.sent letter.sent", 8, 1, false},
		{EventFilter{Limit: 9, Kind: "letter.se"}, "", 8, 1, false},
		{EventFilter{Limit: 9, Kind: "biker.created", About: tim.ID.String()}, "biker.created", 8, 1, false},
		{EventFilter{Limit: 9, About: zoe.ID.String()}, "operator.person_viewed letter.sent biker.created", 8, 1, false},
		{EventFilter{Limit: 2, About: zoe.ID.String()}, "operator.person_viewed letter.sent", 8, 6, true},
		{EventFilter{Limit: 2, About: zoe.ID.String(), Before: 6}, "biker.created", 5, 1, false},
		{EventFilter{Limit: 9, About: sent[0].ID.String()}, "letter.sent biker.created", 8, 1, false},
		{EventFilter{Limit: 9, Kind: "operator.", About: `"Quoted"`}, "operator.partner_added", 8, 1, false},
		{EventFilter{Limit: 9, Until: begun.Add(time.Minute), Kind: "biker."}, "biker.created", 4, 1, false},
		{EventFilter{Limit: 9, Until: begun.Add(-time.Minute)}, "", 0, 1, false},
		{EventFilter{Limit: 1, Until: begun.Add(9 * time.Hour)}, "operator.person_viewed", 8, 8, true},
	} {
		page, err := s.LatestEvents(want.filter)
		must(t, err)
		var kinds []string
		for _, event := range page.Events {
			kinds = append(kinds, event.Type)
		}
		if got := strings.Join(kinds, " "); got != want.want || page.From != want.from || page.To != want.to ||
			page.More != want.more {
			t.Errorf("%+v: %s, %d to %d, %v", want.filter, got, page.From, page.To, page.More)
		}
	}
	none, err := openTest(t).LatestEvents(EventFilter{Limit: 1})
	if err != nil || len(none.Events) > 0 || none.More {
		t.Errorf("in an empty file: %+v, %v", none, err)
	}
}

// TestEventsOf pages through what the feed tells of a person, from the newest, after an erasure too.
func TestEventsOf(t *testing.T) {
	s := openTest(t)
	addPartner(t, s, "Acme")
	tim, zoe := activated(t, s, "tim@example.com"), activated(t, s, "zoe@example.com")
	eva := created(t, s, "Acme", "eva@example.com")
	for _, id := range []guid.ID{tim.ID, zoe.ID, eva.ID, zoe.ID} {
		must(t, s.NoteViewed(ctx, id, false))
	}
	all := "operator.person_viewed operator.person_viewed user.activated user.registered"
	pages := func(person guid.ID, atOnce int) string {
		var kinds []string
		for seq := uint64(0); ; {
			page, err := s.EventsOf(person, seq, atOnce)
			must(t, err)
			for _, event := range page {
				kinds, seq = append(kinds, event.Type), event.Seq
			}
			if len(page) < atOnce {
				return strings.Join(kinds, " ")
			}
		}
	}
	for _, atOnce := range []int{1, 3, 4, 100} {
		if got := pages(zoe.ID, atOnce); got != all {
			t.Errorf("%d at once: %s", atOnce, got)
		}
	}
	must(t, s.EraseUser(ctx, zoe.ID))
	if got := pages(zoe.ID, 100); got != "person.erased "+all {
		t.Errorf("of who was erased: %s", got)
	}
	if got := pages(guid.ID{9}, 1); got != "" {
		t.Errorf("of nobody: %s", got)
	}
}

// TestEventNotFoundByPerson has the check notice an event that its person's index lacks.
func TestEventNotFoundByPerson(t *testing.T) {
	s := openDamaged(t)
	zoe := register(t, s, "zoe@example.com")
	must(t, submit(s, func(t tx) error { return t.Delete(eventPersonBucket, personEventKey(zoe.ID, 1)) }))
	if found, err := s.EventsOf(zoe.ID, 0, 9); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
