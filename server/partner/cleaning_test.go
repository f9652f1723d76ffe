package partner

import (
	"context"
	"strings"
	"testing"

	"postern/store"
	"postern/store/guid"
	"postern/tokens"
)

const (
	cleaningID   = "00000000-0000-4000-8000-0000000000a1"
	otherID      = "00000000-0000-4000-8000-0000000000a2"
	cleaningPath = "/partner/v1/cleanings/" + cleaningID
	otherPath    = "/partner/v1/cleanings/" + otherID
)

const cleaning = `{"number":"S-1","station":{"name":"Kaai 9","city":"Antwerpen"},` +
	`"equipment":{"kind":"silo","identification":"ZZSU1"},` +
	`"compartments":[{"number":1,"previousLoad":{"unNumber":"1230","name":"METHANOL"},"cleaned":true,"codes":["P10"]}],` +
	`"timeIn":"2026-03-01T14:05:00+01:00","status":"signedOff"}`

// openLoad begins a load that nobody has decided.
const openLoad = `"load":{"status":"open","decidedAt":null,"productName":null,"comment":null,"decidedBy":null,` +
	`"reopened":`

// partnerCall is one call of a partner, and what it is answered.
type partnerCall struct {
	what, method, path, body string
	status                   int
	want                     string // in the body; several parted by line breaks
}

func (p partnerCall) check(t *testing.T, s *site, token string, header ...string) {
	t.Helper()
	header = append(header, "Authorization", "Bearer "+token)
	status, _, body := s.call(t, p.method, p.path, strings.NewReader(p.body), header...)
	if status != p.status {
		t.Errorf("%s: %d %.600s, want %d", p.what, status, body, p.status)
	}
	for line := range strings.SplitSeq(p.want, "\n") {
		if !strings.Contains(body, line) {
			t.Errorf("%s: %s\nwant …%s…", p.what, body, line)
		}
	}
}

// driver is a user with a proven mailbox.
func (s *site) driver(t *testing.T, email string) store.User {
	t.Helper()
	ctx := context.Background()
	user, err := s.RegisterUser(ctx, store.Registration{Email: email, FirstName: "Jan", LastName: "Peeters",
		OrganisationName: "Terminal BV", Language: "nl"})
	if err == nil {
		user, err = s.ActivateUser(ctx, store.Confirmation{User: user.ID, Email: tokens.EmailHash(email),
			Generation: user.LinkGeneration, Token: tokens.Hash("token"), ExpiresAt: s.clock.Now().Add(1)})
	}
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func (s *site) decide(t *testing.T, by store.User, d store.Decision) {
	t.Helper()
	id, _ := guid.Parse(cleaningID)
	holder := store.Holder{User: by.ID, Generation: by.TokenGeneration, Proven: true}
	if _, err := s.DecideLoad(context.Background(), holder, id, d); err != nil {
		t.Fatal(err)
	}
}

// TestCleanings delivers a cleaning, changes it, hears of the decision, takes it back, and hears of the next.
func TestCleanings(t *testing.T) {
	s := open(t)
	token := s.add(t, store.PartnerInput{Name: "wash", Scopes: []store.Scope{store.ScopeCleanings}})
	changed := strings.Replace(cleaning, "S-1", "S-1b", 1)
	named := strings.Replace(cleaning, "{", `{"ID":"{`+strings.ToUpper(cleaningID)+`}",`, 1)
	spelt := "/partner/v1/cleanings/" + strings.ReplaceAll(strings.ToUpper(cleaningID), "-", "")
	decided := strings.Replace(changed, "Antwerpen", "Gent", 1)
	for _, call := range []partnerCall{
		{"unknown", "GET", cleaningPath, "", 404, `There is no cleaning ` + cleaningID},
		{"new", "PUT", cleaningPath, cleaning, 201, `{"id":"` + cleaningID + `",` + cleaning[1:len(cleaning)-1] + "\n" +
			`"document":null,` + openLoad + `null},"outcome":"created","warnings":[]}`},
		{"the same", "PUT", cleaningPath, cleaning, 200, `"outcome":"unchanged"`},
		{"with its id beside", "PUT", spelt, named, 200, `"outcome":"unchanged","warnings":[]`},
		{"changed", "PUT", cleaningPath, changed, 200, `"number":"S-1b"` + "\n" + `"outcome":"changed"`},
		{"with what no cleaning has", "PUT", cleaningPath, `{"compartements":[],"station2":1,` + changed[1:], 200,
			`"warnings":["Ignored, as these properties are not known here: \"compartements\", \"station2\"."]`},
		{"read back", "GET", cleaningPath, "", 200, `{"id":"` + cleaningID + `","number":"S-1b"`},
		{"nothing to take back", "POST", cleaningPath + "/reopen", `{"Reason":"x"}`, 409, `"loadStatus":"open"`},
	} {
		call.check(t, s, token)
	}
	jan, els := s.driver(t, "jan@example.org"), s.driver(t, "els@example.org")
	s.decide(t, jan, store.Decision{Status: store.LoadCompleted, ProductName: "Ethanol", Comment: "24 t"})
	by := func(user store.User) string {
		return `"decidedBy":{"userId":"` + user.ID.String() +
			`","firstName":"Jan","lastName":"Peeters","organisationName":"Terminal BV"}`
	}
	for _, call := range []partnerCall{
		{"decided", "GET", cleaningPath, "", 200, `"load":{"status":"completed","decidedAt":"2026-03-02T08:00:00Z",` +
			`"productName":"Ethanol","comment":"24 t",` + by(jan) + `,"reopened":null}`},
		{"the same as is decided", "PUT", cleaningPath, changed, 409, `"loadStatus":"completed"`},
		{"otherwise", "PUT", cleaningPath, decided, 409, `"loadStatus":"completed"`},
		{"without a reason", "POST", cleaningPath + "/reopen", `{"Reason":" "}`, 400,
			`"errors":{"Reason":["This field is required."]}`},
		{"with a long one", "POST", cleaningPath + "/reopen", `{"Reason":"` + strings.Repeat("x", 2001) + `"}`, 400,
			`"errors":{"Reason":[`},
		{"of nobody's", "POST", otherPath + "/reopen", `{"Reason":"x"}`, 404, `There is no cleaning`},
		{"taken back", "POST", cleaningPath + "/reopen", `{"reason":"wrong\ntank"}`, 200,
			openLoad + `{"at":"2026-03-02T08:00:00Z","reason":"wrong\ntank"}}`},
		{"taken back again", "POST", cleaningPath + "/reopen", `{"Reason":"wrong"}`, 409, `"loadStatus":"open"`},
		{"otherwise now", "PUT", cleaningPath, decided, 200, `"outcome":"changed"`},
	} {
		call.check(t, s, token)
	}
	s.decide(t, els, store.Decision{Status: store.LoadRejected, Comment: "wet"})
	again := partnerCall{"decided again", "GET", cleaningPath, "", 200,
		`"status":"rejected"` + "\n" + by(els) + `,"reopened":{`}
	again.check(t, s, token)
	if err := s.EraseUser(context.Background(), els.ID); err != nil {
		t.Fatal(err)
	}
	erased := partnerCall{"erased", "GET", cleaningPath, "", 200, `"comment":null,"decidedBy":{"userId":"` +
		els.ID.String() + `","firstName":null,"lastName":null,"organisationName":null}`}
	erased.check(t, s, token)
	feed, err := s.Events(0, 100)
	var told []string
	for _, event := range feed.Events {
		if event.Partner == "wash" {
			told = append(told, event.Type)
		}
	}
	want := "cleaning.stored cleaning.stored load.completed load.reopened cleaning.stored load.rejected"
	if got := strings.Join(told, " "); err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

// TestCleaningFaults holds that all that is wrong with a cleaning comes back at once, by path, and nothing is stored.
func TestCleaningFaults(t *testing.T) {
	s := open(t)
	token := s.add(t, store.PartnerInput{Name: "wash"})
	odd := strings.NewReplacer(`"P10"`, `"P10","X1"`, "signedOff", "done", "+01:00", "", `"Kaai 9"`, `" "`)
	faults := odd.Replace(cleaning)
	for _, call := range []partnerCall{
		{"no body", "PUT", cleaningPath, "", 400, `"errors":{"":["The body is empty: send a JSON object."]}`},
		{"a list", "PUT", cleaningPath, "[" + cleaning + "]", 400,
			`"errors":{"":["The body must be a JSON object, in curly brackets."]}`},
		{"nothing in it", "PUT", cleaningPath, `{}`, 400,
			`"errors":{"equipment.kind":["This field is required."],"number":["This field is required."],` +
				`"station.name":["This field is required."],"status":["This field is required."]}`},
		{"odd", "PUT", cleaningPath, faults, 400,
			`"compartments[0].codes[1]":[` + "\n" + `"station.name":[` + "\n" + `"status":[` + "\n" + `"timeIn":[`},
		{"of another id", "PUT", cleaningPath, `{"id":"` + otherID + `",` + cleaning[1:], 400,
			`"errors":{"id":["This is not the GUID in the path`},
		{"of another id, and odd", "PUT", cleaningPath, `{"id":"` + otherID + `",` + faults[1:], 400,
			`"id":["This is not` + "\n" + `"status":[`},
		{"given twice", "PUT", cleaningPath, `{"Number":"1",` + cleaning[1:], 400, `is given twice`},
		{"too large", "PUT", cleaningPath, `{"x":"` + strings.Repeat("x", maxCleaning) + `"}`, 413, ``},
		{"named by no GUID", "PUT", "/partner/v1/cleanings/1", cleaning, 400, `"errors":{"id":[`},
		{"named by the zero GUID", "PUT", "/partner/v1/cleanings/" + guid.ID{}.String(), cleaning, 400, `"errors":{"id":[`},
		{"asked for by no GUID", "GET", "/partner/v1/cleanings/1", "", 400, `"errors":{"id":[`},
		{"reopened by no GUID", "POST", "/partner/v1/cleanings/1/reopen", `{}`, 400, `"errors":{"id":[`},
		{"a list of all", "GET", "/partner/v1/cleanings", "", 404, ``},
		{"deleted", "DELETE", cleaningPath, "", 405, ``},
	} {
		call.check(t, s, token)
	}
	if all, err := s.Cleanings(guid.ID{}, 10); err != nil || len(all) != 0 {
		t.Errorf("%d cleanings are stored, %v", len(all), err)
	}
}

// TestLargestCleaning sends all fields at their longest, and the reason of a reopening, in the spelling that takes most
// room: escapes, as many clients write all that is not ASCII.
func TestLargestCleaning(t *testing.T) {
	s, token := withCleaning(t)
	longest := func(most int) string { return `"` + strings.Repeat(`\ud83d\ude00`, most) + `"` }
	list := func(most int, item string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", most), ",") + "]"
	}
	text, long := longest(200), longest(2000)
	compartment := `{"number":1000000,"cleaned":false,"codes":` + list(100, `"P10"`) +
		`,"previousLoad":{"unNumber":` + text + `,"name":` + text + `}}`
	time := `"2026-03-01T14:05:00.123456789+01:00"`
	body := `{"number":` + text + `,"customer":` + text + `,"customerReference":` + text + `,"productNature":` + text +
		`,"nextLoad":` + text + `,"cleaner":` + text + `,"driver":` + text + `,"timeIn":` + time + `,"timeOut":` + time +
		`,"station":{"name":` + text + `,"city":` + text + `,"country":` + text + `,"phone":` + text + `}` +
		`,"equipment":{"kind":"tankContainer","identification":` + text + `,"vehicle":` + text + `}` +
		`,"additionalServices":` + long + `,"comments":` + long + `,"seals":` + list(100, text) +
		`,"compartments":` + list(12, compartment) + `,"status":"completed"}`
	for _, call := range []partnerCall{
		{"the largest", "PUT", cleaningPath, body, 200, `"outcome":"changed","warnings":[]`},
		{"its longest reason", "POST", cleaningPath + "/reopen", `{"Reason":` + long + `}`, 409, `"loadStatus":"open"`},
	} {
		call.check(t, s, token)
	}
}

// TestCleaningScope holds that a partner without the scope may do none of it.
func TestCleaningScope(t *testing.T) {
	s := open(t)
	token := s.add(t, store.PartnerInput{Name: "pay", Scopes: []store.Scope{store.ScopeUsers, store.ScopeEvents}})
	for _, route := range s.room.cleaningRoutes() {
		path := strings.ReplaceAll(route.Path, ":id", cleaningID)
		call := partnerCall{path, route.Method, path, cleaning, 403, "may not be used for this call"}
		call.check(t, s, token)
	}
}
