package operator_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json"

	"postern/server/operator"
	"postern/server/web"
	"postern/store"
	"postern/tokens"
)

// ask sends JSON, or nothing, to a handler.
func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, operator.Prefix+path, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	return w
}

// act is one request, and what its answer holds: every line of want.
type act struct {
	method, path, body string
	status             int
	want               string
}

func (a act) check(t *testing.T, h http.Handler) {
	t.Helper()
	w := ask(h, a.method, a.path, a.body)
	if w.Code != a.status {
		t.Errorf("%s %s %.200s: got %d %.600s\nwant %d", a.method, a.path, a.body, w.Code, w.Body, a.status)
	}
	for line := range strings.SplitSeq(a.want, "\n") {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("%s %s %.200s:\n got %.900s\nwant …%s…", a.method, a.path, a.body, w.Body, line)
		}
	}
}

// Partners and plans, one act after the other.
func TestPartnersAndPlans(t *testing.T) {
	h, _ := openRoom(t, store.Options{}, nil)
	for _, a := range []act{
		{"GET", "/plans", "", 200, `{"items":[]}`},
		{"POST", "/plans", `{"code":"NL-1","client":" Haven “één” NV ","language":"nl"}`, 200,
			`{"code":"NL-1","client":"Haven “één” NV","language":"NL","addedAt":"2`},
		{"POST", "/plans", `{"code":"NL-1","client":"Haven “één” NV","language":"NL"}`, 200, `"code":"NL-1"`},
		{"POST", "/plans", `{"code":"NL-1","client":"Other"}`, 409, `NL-1 is there already`},
		{"POST", "/plans", `{"code":"NL-1","client":"Haven “één” NV","language":"NL","name":"Stad",` +
			`"nextUrl":"https://x.example/é","nextText":"a\r\nb"}`, 200,
			`"name":"Stad","nextUrl":"https://x.example/%C3%A9","nextText":"a\nb","addedAt"`},
		{"POST", "/plans", `{"code":"NL-1","client":"Haven “één” NV","language":"NL","name":"Buiten"}`, 200,
			`"name":"Buiten","nextUrl":"https://x.example/%C3%A9"`},
		{"POST", "/plans", `{"code":"X","client":"x","name":"a@b","nextUrl":"javascript:x()","nextText":"` +
			strings.Repeat("é", 1001) + `"}`, 400,
			`"name":["A name may hold neither` + "\n" + `"nextUrl":["\"javascript:x()\" is not a web address` + "\n" +
				`"nextText":["This may have at most 1000`},
		{"POST", "/plans", `{"code":"X","client":"x","nextUrl":"https://u:p@x.example"}`, 400, `"nextUrl":[`},
		{"POST", "/plans", `{"code":"X","client":"x","nextUrl":"/start"}`, 400, `"nextUrl":[`},
		{"POST", "/plans", `{"code":"nl-1","client":"Other"}`, 200, `{"code":"nl-1","client":"Other","addedAt"`},
		{"POST", "/plans", `{"code":"A B","client":"a://b","language":"DE"}`, 400,
			`"client":["A name may hold neither`},
		{"POST", "/plans", `{"code":"A,B","client":"x","language":"DE"}`, 400,
			`"code":["\"A,B\" cannot be the code` + "\n" + `"language":["This must be one of: NL, FR, EN."]`},
		{"POST", "/plans", `{"code":"` + strings.Repeat("é", 3) + `"}`, 400,
			`"client":["This field is required."]` + "\n" + `"code":["`},
		{"POST", "/plans", `{"code":"` + strings.Repeat("x", 65) + `","client":"x"}`, 400, `at most 64 characters`},
		{"POST", "/plans", `{"code":"` + strings.Repeat("x", 101) + `","client":"x"}`, 400,
			`"code":["This may have at most 100 characters."]`},
		{"GET", "/plans", "", 200, `{"items":[{"code":"NL-1",` + "\n" + `{"code":"nl-1"`},
		{"DELETE", "/plans?code=nl-1", "", 204, ``},
		{"DELETE", "/plans?code=nl-1", "", 404, `There is no bike plan nl-1.`},
		{"DELETE", "/plans", "", 400, `"code":["Name the bike plan by its code."]`},
		{"DELETE", "/plans?code=a%20b", "", 400, `"code":["\"a b\" cannot be the code`},

		{"GET", "/partners", "", 200, `{"items":[]}`},
		{"POST", "/partners", `{"name":"Pay.roll_1"}`, 200,
			`"name":"Pay.roll_1","scopes":["users","cleanings","events"],"plans":[],"from":[],` + "\n" +
				`"rotating":false`},
		{"POST", "/partners", `{"name":"pay.ROLL_1"}`, 409, `There is a partner Pay.roll_1 already`},
		{"POST", "/partners", `{"name":"flex","scope":["USERS","users","events"],"plan":["NL-1","NL-1"],"from":["192.0.2.7","2001:db8::/32"],"expect-every":"5m"}`, 200,
			`"scopes":["users","events"],"plans":["NL-1"],"from":["192.0.2.7/32","2001:db8::/32"],"expectEvery":"5m0s"`},
		{"POST", "/partners", `{"name":"-x","scope":["user",""],"plan":["a b"],"from":["10.0.0.1/8","::ffff:10.0.0.0/104","everywhere"],"expect-every":"5"}`, 400,
			strings.Join([]string{`"8 fields are wrong."`, `"name":["A partner's name begins`,
				`"scope[0]":["\"user\" is not a scope: use users, cleanings or events."]`,
				`"scope[1]":["This field is required."]`, `"plan[0]":["\"a b\" cannot be the code`,
				`"from[0]":["\"10.0.0.1/8\" is not a network: bits are set beyond the network's length; did you mean 10.0.0.0/8?"]`,
				`"from[1]":["\"::ffff:10.0.0.0/104\" is not a network`, `"from[2]":["\"everywhere\" is not a network`,
				`"expect-every":["\"5\" is not a duration`}, "\n")},
		{"POST", "/partners", `{"name":"` + strings.Repeat("x", 64) + `","expect-every":"10ms"}`, 400,
			`at most 63 characters` + "\n" + `"expect-every":[`},
		{"POST", "/partners", `{"name":"other","plan":["NO-1","NL-1","NO-2"]}`, 400,
			`There is no bike plan NO-1` + "\n" + `There is no bike plan NO-2`},
		{"POST", "/partners", `{}`, 400, `"name":["This field is required."]`},
		{"POST", "/partners", "", 400, ``},

		{"POST", "/partners/finish", `{"name":"flex"}`, 409, `Only one token of flex works`},
		{"POST", "/partners/rotate", `{"name":"FLEX"}`, 200, `"token":"pstp_` + "\n" + `"rotating":true`},
		{"POST", "/partners/rotate", `{"name":"flex"}`, 409, `Two tokens of flex work already`},
		{"GET", "/partners", "", 200, `"rotating":true` + "\n" + `"rotating":false`},
		{"POST", "/partners/finish", `{"name":"flex"}`, 200, `"rotating":false`},
		{"POST", "/partners/revoke", `{"name":"flex"}`, 200, `"tokens":[],"rotating":false` + "\n" + `"revokedAt":"2`},
		{"POST", "/partners/revoke", `{"name":"flex"}`, 409, `is revoked`},
		{"POST", "/partners/rotate", `{"name":"flex"}`, 409, `is revoked`},
		{"POST", "/partners", `{"name":"Flex","scope":["cleanings"]}`, 200, `"name":"flex","scopes":["cleanings"]`},
		{"POST", "/partners/revoke", `{"name":"nobody"}`, 404, `There is no partner nobody.`},
		{"POST", "/partners/rotate", `{"name":"no body"}`, 400, `"name":["A partner's name`},
		{"POST", "/partners/finish", `{}`, 400, `"name":["This field is required."]`},
	} {
		a.check(t, h)
	}
}

// A token opens what it was made for, is told once, and never stands in the data file.
func TestTokens(t *testing.T) {
	h, file := openRoom(t, store.Options{}, nil)
	var first, second operator.PartnerToken
	for _, make := range []struct {
		path string
		made *operator.PartnerToken
	}{{"/partners", &first}, {"/partners/rotate", &second}} {
		if err := json.Unmarshal(ask(h, "POST", make.path, `{"name":"flex"}`).Body.Bytes(), make.made); err != nil {
			t.Fatal(err)
		}
	}
	opens := func(token string) bool {
		hash, sound := tokens.HashBearer(token)
		if !sound {
			t.Errorf("%s is no bearer token", token)
		}
		partner, err := file.PartnerByToken(hash)
		return err == nil && partner.Name == "flex"
	}
	if first.Token == second.Token || !opens(first.Token) || !opens(second.Token) {
		t.Errorf("tokens %q and %q do not both let in", first.Token, second.Token)
	}
	kept := second.Partner.Tokens
	if len(kept) != 2 || !strings.HasSuffix(first.Token, kept[0].Last) ||
		!strings.HasSuffix(second.Token, kept[1].Last) || len(kept[0].Last) != 4 {
		t.Errorf("kept are %+v", kept)
	}
	ask(h, "POST", "/partners/finish", `{"name":"flex"}`)
	if opens(first.Token) || !opens(second.Token) {
		t.Error("finishing the rotation did not end the older token alone")
	}
	copied := t.TempDir() + "/copy.db"
	if err := file.Copy(copied); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	told := ask(h, "GET", "/partners", "").Body.Bytes()
	for _, where := range [][]byte{data, told} {
		if bytes.Contains(where, []byte(second.Token[:20])) {
			t.Error("a token is kept, or told again")
		}
	}
	if bytes.Contains(told, []byte("hash")) {
		t.Errorf("hashes are told: %s", told)
	}
}

// Without randomness there is no token, and no partner with a guessable one.
func TestTokenWithoutRandomness(t *testing.T) {
	_, file := openRoom(t, store.Options{}, nil)
	acts, err := operator.New(operator.Options{Store: file, Dir: t.TempDir(), Draining: t.Context(),
		Random: iotest.ErrReader(errors.New("dry"))})
	if err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Random: strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	act{"POST", "/partners", `{"name":"flex"}`, 500, ""}.check(t, middleware.Handler(web.ForAnybody, acts.Routes()))
	if all, err := file.Partners(); err != nil || len(all) != 0 {
		t.Errorf("stored are %+v, %v", all, err)
	}
}
