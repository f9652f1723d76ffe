package partner

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"postern/server/web"
	"postern/store"
	"postern/tokens"
)

// TestWhoMayCall holds who gets in: 401 without a token that is known, 403 for what the token does not allow.
func TestWhoMayCall(t *testing.T) {
	s := open(t)
	ctx := context.Background()
	good := s.add(t, store.PartnerInput{Name: "paye"})
	events := s.add(t, store.PartnerInput{Name: "eventful", Scopes: []store.Scope{store.ScopeEvents}})
	office := s.add(t, store.PartnerInput{Name: "office",
		From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}})
	revoked := s.add(t, store.PartnerInput{Name: "gone"})
	if _, err := s.RevokePartner(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	unknown, err := tokens.NewBearer(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	altered := good[:len(good)-1] + string(good[len(good)-1]^1)
	auth := func(values ...string) (header []string) {
		for _, value := range values {
			header = append(header, "Authorization", value)
		}
		return header
	}
	for _, test := range []struct {
		name   string
		header []string
		status int
		seen   string
		says   string
	}{
		{"known", auth("Bearer " + good), 404, "paye", ""},
		{"scheme in any case", auth("bEARER  " + good), 404, "paye", ""},
		{"none", nil, 401, "", "needs the header Authorization"},
		{"empty", auth(""), 401, "", "needs the header Authorization"},
		{"scheme alone", auth("Bearer"), 401, "", "can be no token"},
		{"no scheme", auth(good), 401, "", "the word Bearer, a space"},
		{"another scheme", auth("Basic " + good), 401, "", "the word Bearer, a space"},
		{"altered", auth("Bearer " + altered), 401, "", "can be no token"},
		{"cut short", auth("Bearer " + good[:20]), 401, "", "can be no token"},
		{"more behind it", auth("Bearer " + good + " x"), 401, "", "can be no token"},
		{"two tokens", auth("Bearer "+good, "Bearer "+good), 401, "", "given twice"},
		{"of nobody", auth("Bearer " + unknown), 401, "", "not known here"},
		{"revoked", auth("Bearer " + revoked), 401, "", "has been revoked, or replaced"},
		{"without the scope", auth("Bearer " + events), 403, "eventful", ""},
		{"from elsewhere", auth("Bearer " + office), 403, "", ""},
		{"from a network of its own", append(auth("Bearer "+office), "X-Forwarded-For", "192.0.2.9"), 404, "office",
			""},
		{"from its own IPv6", append(auth("Bearer "+office), "X-Forwarded-For", "2001:db8::7"), 404, "office", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.seen = nil
			before := s.security.Count(web.TokenRefused)
			status, header, body := s.call(t, "GET", "/partner/v1/users?partner_EmployeeID=nobody", nil, test.header...)
			if status != test.status || header.Get("Content-Type") != "application/problem+json" ||
				header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v %s, want %d", status, header, body, test.status)
			}
			if challenge := header.Get("Www-Authenticate"); (challenge == "Bearer") != (status == 401) {
				t.Errorf("challenge %q", challenge)
			}
			if seen := strings.Join(s.seen, " "); seen != test.seen {
				t.Errorf("seen %q, want %q", seen, test.seen)
			}
			refused := uint64(0)
			if status == 401 || test.name == "from elsewhere" {
				refused = 1
			}
			if s.security.Count(web.TokenRefused)-before != refused {
				t.Errorf("%d tokens noted as refused, want %d", s.security.Count(web.TokenRefused)-before, refused)
			}
			if !strings.Contains(body, test.says) {
				t.Errorf("%s, want it to say %q", body, test.says)
			}
			if created, _, _ := s.call(t, "POST", create, strings.NewReader("{"),
				test.header...); created != max(test.status, 400) && test.status != 404 {
				t.Errorf("user.create answers %d", created)
			}
		})
	}
	if strings.Contains(s.logged(), good) {
		t.Error("a token was logged")
	}
}

// TestRotation holds that both tokens work until the rotation is finished.
func TestRotation(t *testing.T) {
	s := open(t)
	old := s.add(t, store.PartnerInput{Name: "paye"})
	s.add(t, store.PartnerInput{Name: "spare"})
	fresh, err := tokens.NewBearer(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	statuses := func() (got []int) {
		for _, token := range []string{old, fresh} {
			status, _ := s.post(t, token, "", `{"users":[]}`)
			got = append(got, status)
		}
		return got
	}
	partners, err := s.Partners()
	if err != nil {
		t.Fatal(err)
	}
	next := partners[1].Tokens[0]
	next.Hash, _ = tokens.HashBearer(fresh)
	for _, step := range []struct {
		act  func() error
		want []int
	}{
		{func() error { return nil }, []int{200, 401}},
		{func() error { _, err := s.RotatePartner(context.Background(), "paye", next); return err }, []int{200, 200}},
		{func() error { _, err := s.FinishRotation(context.Background(), "paye"); return err }, []int{401, 200}},
	} {
		if err := step.act(); err != nil {
			t.Fatal(err)
		}
		if got := statuses(); !slices.Equal(got, step.want) {
			t.Errorf("got %v, want %v", got, step.want)
		}
	}
}
