package partner

import (
	"context"
	"strings"
	"testing"
	"time"

	"postern/store"
	"postern/store/fixture"
	"postern/tokens"
)

// TestReadBack reads a person back as it goes on: registered, invited, with a password.
func TestReadBack(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	paye, other := s.add(t, store.PartnerInput{Name: "paye"}), s.add(t, store.PartnerInput{Name: "other"})
	s.post(t, paye, "", `[`+jane+`,`+changed("jane@", "jan@", `"ABC123"`, `""`)+`]`)
	biker, err := s.BikerByEmail("jane@example.org")
	if err != nil {
		t.Fatal(err)
	}
	jan, err := s.BikerByEmail("jan@example.org")
	if err != nil {
		t.Fatal(err)
	}
	get := func(token, query string) (int, string) {
		status, _, body := s.call(t, "GET", "/partner/v1/users"+query, nil, "Authorization", "Bearer "+token)
		return status, body
	}
	const head = `{"id":ID,"Email":"jane@example.org","partner_EmployeeID":"ABC123","BikePlanCode":"SYN-FR-LIE-02",` +
		`"registeredAt":"2026-03-02T08:00:00Z","letter":`
	for _, test := range []struct {
		name, token, query string
		status             int
		want               string
	}{
		{"by the partner's id", paye, "?partner_EmployeeID=%20ABC123", 200,
			head + `{"id":ID,"kind":"welcome","state":"queued","at":"2026-03-02T08:00:00Z","reason":null},` +
				`"passwordSetAt":null}`},
		{"by id in any case", paye, "?ID=" + strings.ToUpper(biker.ID.String()), 200, head},
		{"by both", paye, "?partner_EmployeeID=ABC123&id=" + biker.ID.String(), 200, head},
		{"by both, of two people", paye, "?partner_EmployeeID=ABC123&id=" + jan.ID.String(), 404, ""},
		{"without the partner's id", paye, "?id=" + jan.ID.String(), 200, `"partner_EmployeeID":null`},
		{"another's", other, "?partner_EmployeeID=ABC123", 404, ""},
		{"another's by id", other, "?id=" + biker.ID.String(), 404, ""},
		{"ids in other case", paye, "?partner_EmployeeID=abc123", 404, ""},
		{"no GUID", paye, "?id=ABC123", 404, ""},
		{"zero GUID", paye, "?id=00000000-0000-0000-0000-000000000000", 404, ""},
		{"nobody", paye, "", 400, "partner_EmployeeID"},
		{"zero GUID beside an employee's id", paye,
			"?partner_EmployeeID=ABC123&id=00000000-0000-0000-0000-000000000000", 200, head},
		{"GUID without hyphens, in braces", paye,
			"?id=%7B" + strings.ToUpper(strings.ReplaceAll(biker.ID.String(), "-", "")) + "%7D", 200, head},
		{"nobody named", paye, "?id=&partner_EmployeeID=", 400, "partner_EmployeeID"},
		{"twice", paye, "?id=a&id=b", 400, "twice"},
		{"unreadable", paye, "?partner_EmployeeID=%zz", 400, "percent-encode"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, body := get(test.token, test.query); status != test.status ||
				!strings.Contains(masked(body), test.want) {
				t.Errorf("%d %s, want %d with %s", status, masked(body), test.status, test.want)
			}
		})
	}

	s.clock.Advance(time.Minute)
	if _, err := s.RecordAttempts(ctx, []store.Outcome{{Letter: biker.Welcome,
		Attempt: store.Attempt{At: fixture.Start, Class: store.AttemptPermanent, Phase: "rcpt", Code: 550,
			Text: "no such mailbox"}}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SetPassword(ctx, store.NewPassword{Hash: "$argon2id$x", Link: store.Link{Biker: biker.ID,
		Email: tokens.EmailHash(biker.Email), Generation: biker.LinkGeneration,
		ExpiresAt: fixture.Start.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	_, body := get(paye, "?partner_EmployeeID=ABC123")
	if !strings.Contains(body, `"kind":"welcome","state":"failed","at":"2026-03-02T08:01:00Z",`+
		`"reason":"rcpt: 550 no such mailbox"`) ||
		!strings.Contains(body, `"passwordSetAt":"2026-03-02T08:01:00Z"}`) {
		t.Errorf("got %s", body)
	}
}
