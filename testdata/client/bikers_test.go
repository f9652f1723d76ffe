package client

import (
	"net/http"
	"testing"

	"postern/testdata/client/api"
)

// TestBikers goes the journey of a partner and its bikers: registered, a password set by the mailed link, read back.
func TestBikers(t *testing.T) {
	ctx, partner := t.Context(), with("Authorization", "Bearer "+postern.token)
	number, email := "SYN-17", "zoe.claes@example.org"
	zoe := api.Person{
		BikePlanCode:      "SYN-NL-ANT-01",
		FirstName:         "Zoë",
		LastName:          "Claes",
		Email:             "zoe.claes@example.org",
		Language:          api.NL,
		PartnerEmployeeID: &number,
	}

	alone := register(t, func(r *api.Registration) error { return r.FromPersonInUser(api.PersonInUser{User: zoe}) })
	created, err := postern.CreateUserWithResponse(ctx, nil, alone, partner)
	if err != nil || created.JSON201 == nil || created.JSON201.Id == nil || created.JSON201.Letter == nil {
		t.Fatalf("%v %s", err, created.Body)
	}

	token := letter(t, email, "biker/password")
	set, err := postern.FormPasswordWithFormdataBodyWithResponse(ctx,
		api.FormPasswordFormdataRequestBody{Token: token, Password: "velvet otter climbs marble"})
	if err != nil || set.StatusCode() != http.StatusSeeOther || set.HTTPResponse.Header.Get("Location") != "/biker" {
		t.Fatalf("%v %s", err, set.Body)
	}

	found, err := postern.GetUserWithResponse(ctx, &api.GetUserParams{PartnerEmployeeID: &number}, partner)
	if err != nil || found.JSON200 == nil || found.JSON200.Id != *created.JSON201.Id ||
		found.JSON200.PasswordSetAt == nil {
		t.Fatalf("%v %s", err, found.Body)
	}

	nobody := api.Person{FirstName: "Nobody", BikePlanCode: "no such plan", Email: "nobody@example.org"}
	refused, err := postern.CreateUserWithResponse(
		ctx,
		nil,
		register(
			t,
			func(r *api.Registration) error { return r.FromPersonInUser(api.PersonInUser{User: nobody}) },
		),
		partner,
	)
	if err != nil || refused.ApplicationproblemJSON422 == nil ||
		len((*refused.ApplicationproblemJSON422.Errors)["Language"]) == 0 {
		t.Fatalf("%v %s", err, refused.Body)
	}

	list(t, partner, zoe, nobody)

	unknown, err := postern.GetUserWithResponse(
		ctx,
		&api.GetUserParams{PartnerEmployeeID: &number},
		with("Authorization", "Bearer x"),
	)
	if err != nil || unknown.ApplicationproblemJSON401 == nil ||
		unknown.HTTPResponse.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Fatalf("%v %s", err, unknown.Body)
	}
}

// list sends people twice under one Idempotency-Key.
func list(t *testing.T, partner api.RequestEditorFn, people ...api.Person) {
	t.Helper()
	key := "list-1"
	items := make(api.People, len(people))
	for i, person := range people {
		if err := items[i].FromPerson(person); err != nil {
			t.Fatal(err)
		}
	}
	body := register(t, func(r *api.Registration) error { return r.FromPeopleInUsers(api.PeopleInUsers{Users: items}) })
	var first string
	for range 2 {
		listed, err := postern.CreateUserWithResponse(
			t.Context(),
			&api.CreateUserParams{IdempotencyKey: &key},
			body,
			partner,
		)
		if err != nil || listed.JSON200 == nil {
			t.Fatalf("%v %s", err, listed.Body)
		}
		outcome, err := listed.JSON200.AsPeopleOutcome()
		if err != nil || outcome.Existing != 1 || outcome.Failed != 1 || len(outcome.Results) != 2 ||
			outcome.Results[1].Errors == nil {
			t.Fatalf("%v %s", err, listed.Body)
		}
		if first != "" && string(listed.Body) != first {
			t.Errorf("answered %s, and then %s", first, listed.Body)
		}
		first = string(listed.Body)
	}
}

func register(t *testing.T, fill func(*api.Registration) error) (r api.Registration) {
	t.Helper()
	if err := fill(&r); err != nil {
		t.Fatal(err)
	}
	return r
}
