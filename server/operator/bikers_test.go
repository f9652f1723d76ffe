package operator_test

import (
	"strings"
	"testing"
	"time"

	"postern/store"
	"postern/store/limit"
	"postern/tokens"
)

// register has a partner register a biker of the plan NL-1, or fail to where faults is not nil.
func register(t *testing.T, file *store.Store, partner, email string, faults map[string][]string) store.BikerResult {
	t.Helper()
	answer, err := file.RegisterBikers(t.Context(), store.BikerList{Partner: partner, People: []store.Candidate{{
		BikerData: store.BikerData{BikePlanCode: "NL-1", FirstName: "Zoë", LastName: "D’hooghe", Language: "fr",
			EmployeeID: "E-1", PersonnelNumber: "007"},
		Email: email, Said: email, Faults: faults,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Results[0]
}

// logIn has the biker of an address set a password by a link, which begins a session.
func logIn(t *testing.T, file *store.Store, email string) {
	t.Helper()
	biker, err := file.BikerByEmail(email)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = file.SetPassword(t.Context(),
		store.NewPassword{Hash: "$argon2id$secret", Secret: [32]byte{1}, Link: store.Link{
			Biker: biker.ID, Email: tokens.EmailHash(email), Generation: biker.LinkGeneration,
			ExpiresAt: time.Now().Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
}

// The life of a biker, one act of the operator after the other.
func TestBikers(t *testing.T) {
	h, file := openRoom(t, store.Options{}, nil)
	for _, a := range []act{
		{"POST", "/plans", `{"code":"NL-1","client":"Haven"}`, 200, ``},
		{"POST", "/plans", `{"code":"FR-2","client":"Meuse"}`, 200, ``},
		{"POST", "/partners", `{"name":"pay"}`, 200, ``},
		{"POST", "/partners", `{"name":"Flex","plan":["FR-2"]}`, 200, ``},
	} {
		a.check(t, h)
	}
	const email, query = "zoe@example.org", "?email=ZOE@example.org"
	invited := register(t, file, "pay", email, nil)
	for _, a := range []act{
		{"GET", "/bikers" + query, "", 200, `"id":"` + invited.Biker.String() +
			`","email":"zoe@example.org","firstName":"Zoë","lastName":"D’hooghe","partner":"pay","bikePlanCode":"NL-1","language":"FR","employeeId":"E-1","personnelNumber":"007","state":"invited"` +
			"\n" + `"sessions":0,"letters":[{` + "\n" +
			`"kind":"welcome","language":"fr","to":"zoe@example.org","partner":"pay"`},
		{"GET", "/letters?to=zoe@example.org", "", 200, `"kind":"welcome"`},
		{"GET", "/letters/" + invited.Letter.String(), "", 200, `"kind":"welcome"` + "\n" + `"partner":"pay"`},
		{"GET", "/bikers?email=nobody@example.org", "", 404, `There is no biker nobody@example.org.`},
		{"GET", "/bikers?email=x", "", 400, `"email":["This must be a plain e-mail address`},
		{"GET", "/users" + query, "", 404, `There is no user`},

		{"POST", "/bikers/move", `{}`, 400,
			`"email":[` + "\n" + `"partner":["This field is required."]` + "\n" + `"plan":["This field is required."]`},
		{"POST", "/bikers/move", `{"email":"zoe@example.org","partner":"none","plan":"XX"}`, 400,
			`"partner":["There is no partner none."]` + "\n" + `"plan":["There is no bike plan XX`},
		{"POST", "/bikers/move", `{"email":"zoe@example.org","partner":"flex","plan":"NL-1"}`, 400,
			`"plan":["Flex may not use the bike plan NL-1."]`},
		{"POST", "/bikers/move", `{"email":"ZOE@example.org","partner":"flex","plan":"FR-2"}`, 200,
			`"partner":"Flex","bikePlanCode":"FR-2","language":"FR","personnelNumber"`},
		{"POST", "/bikers/move", `{"email":"nobody@example.org","partner":"flex","plan":"FR-2"}`, 404,
			`There is no biker nobody@example.org.`},
	} {
		a.check(t, h)
	}
	logIn(t, file, email)
	for _, a := range []act{
		{"GET", "/bikers" + query, "", 200, `"state":"active"` + "\n" + `"passwordSetAt":"2` + "\n" + `"sessions":1,` +
			"\n" + `"kind":"password-changed"`},
		{"GET", "/bikers/export" + query, "", 200,
			`"biker":{"id":"` + invited.Biker.String() + `"` + "\n" + `"sessions":[{"begunAt":"2` + "\n" +
				`"type":"biker.created"` + "\n" + `"kind":"welcome"` + "\n" + `"exportedAt":"2`},
		{"POST", "/bikers/block", `{"email":"zoe@example.org"}`, 200, `"state":"blocked"` + "\n" + `"sessions":0`},
		{"POST", "/bikers/unblock", `{"email":"zoe@example.org"}`, 200, `"state":"active"`},
		{"POST", "/bikers/block", `{"email":"nobody@example.org"}`, 404, `There is no biker`},
	} {
		a.check(t, h)
	}
	held := ask(h, "GET", "/bikers/export"+query, "").Body.String()
	for _, secret := range []string{"argon2id", "ecret", "eneration", "ash"} {
		if strings.Contains(held, secret) {
			t.Errorf("the export holds %q: %s", secret, held)
		}
	}
	for _, a := range []act{
		{"DELETE", "/bikers" + query, "", 204, ``},
		{"DELETE", "/bikers" + query, "", 404, `There is no biker ZOE@example.org.`},
		{"GET", "/bikers/export" + query, "", 404, `There is no biker ZOE@example.org.`},
		{"GET", "/letters", "", 200, `"kind":"welcome"` + "\n" + `"to":""`},
	} {
		a.check(t, h)
	}
}

// Somebody whose registration failed has no account, but a letter that names the address.
func TestFailedRegistration(t *testing.T) {
	h, file := openRoom(t, store.Options{}, nil)
	act{"POST", "/partners", `{"name":"pay"}`, 200, ``}.check(t, h)
	register(t, file, "pay", "tom@example.org", map[string][]string{"BikePlanCode": {"There is none."}})
	for _, a := range []act{
		{"GET", "/bikers?email=tom@example.org", "", 404, `There is no biker`},
		{"GET", "/bikers/export?email=tom@example.org", "", 200,
			`"letters":[{` + "\n" + `"kind":"failed"` + "\n" + `"sessions":[],"events":[]`},
		{"DELETE", "/bikers?email=tom@example.org", "", 204, ``},
		{"GET", "/bikers/export?email=tom@example.org", "", 404, `There is no biker`},
	} {
		a.check(t, h)
	}
}

// One address may be a biker and a user: each export has its own.
func TestExportUser(t *testing.T) {
	h, file := openRoom(t,
		store.Options{Rules: store.Rules{ReactivateAfter: time.Hour, ConfirmationReuse: time.Minute}}, nil)
	for _, a := range []act{
		{"POST", "/plans", `{"code":"NL-1","client":"Haven"}`, 200, ``},
		{"POST", "/partners", `{"name":"pay"}`, 200, ``},
		{"POST", "/cleanings", item(id, "S-1", ""), 200, ``},
		{"GET", "/users/export?email=driver@example.org", "", 404, `There is no user driver@example.org.`},
	} {
		a.check(t, h)
	}
	decide(t, file, id)
	register(t, file, "pay", "driver@example.org", nil)
	act{"GET", "/users/export?email=Driver@example.org", "", 200,
		`"user":{"id":"` + "\n" + `"decisions":[{"cleaningActionId":"` + id +
			`","status":"rejected"` + "\n" + `"comment":"wet"` + "\n" + `"type":"load.rejected"` + "\n" +
			`"kind":"decided"`}.check(t, h)
	users, bikers := ask(h, "GET", "/users/export?email=driver@example.org", "").Body.String(),
		ask(h, "GET", "/bikers/export?email=driver@example.org", "").Body.String()
	if strings.Contains(users, "welcome") || strings.Contains(users, "pay") || strings.Contains(bikers, "decided") ||
		!strings.Contains(bikers, "welcome") {
		t.Errorf("the exports are mixed up:\n%s\n%s", users, bikers)
	}
	if strings.Contains(users, "oken") || strings.Contains(users, "eneration") {
		t.Errorf("the export holds secrets: %s", users)
	}
}

// What a partner causes beyond its limit waits for the operator.
func TestRelease(t *testing.T) {
	h, file := openRoom(t, store.Options{Rules: store.Rules{PartnerLetters: limit.Rate{Count: 1, Per: time.Hour}}}, nil)
	act{"POST", "/plans", `{"code":"NL-1","client":"Haven"}`, 200, ``}.check(t, h)
	act{"POST", "/partners", `{"name":"pay"}`, 200, ``}.check(t, h)
	var letters []string
	for _, email := range []string{"a@example.org", "b@example.org", "c@example.org", "d@example.org"} {
		letters = append(letters, register(t, file, "pay", email, nil).Letter.String())
	}
	for _, a := range []act{
		{"GET", "/letters?state=held", "", 200, letters[3] + "\n" + letters[2] + "\n" + letters[1]},
		{"POST", "/letters/" + letters[1] + "/release", "", 200, `"state":"queued"`},
		{"POST", "/letters/" + letters[1] + "/release", "", 409, ``},
		{"POST", "/letters/" + id + "/release", "", 404, ``},
		{"POST", "/letters/x/release", "", 400, `must be a GUID`},
		{"POST", "/sending/release-held", "", 200, `{"count":2}`},
		{"GET", "/letters?state=held", "", 200, `{"items":[]}`},
		{"GET", "/sending", "", 200, `"queued":4`},
	} {
		a.check(t, h)
	}
}
