package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postern/server/web/schema"
)

// TestAnswers: what a route does not say follows from what sort of route it is.
func TestAnswers(t *testing.T) {
	form := TakesForm(Field("a", "A."))
	cookie, header := Caller{
		Proof: &Proof{Name: "session", Cookie: "s"},
	}, Caller{
		Proof: &Proof{Name: "user", Header: "X-User"},
	}
	optional := header
	optional.Optional = true
	for _, test := range []struct {
		name  string
		route Route
		want  string
	}{
		{"read", Route{Method: "GET", Doc: Doc{Out: []Answer{Returns[wire](200, "A.")}}}, "200 500 503"},
		{"no body", Route{Method: "POST", Doc: Doc{Out: []Answer{ReturnsNothing("A.")}}}, "204 415 500 503"},
		{"body", Route{Method: "PUT", Doc: Doc{In: Body{Type: "a/b"}}}, "400 408 413 415 500 503"},
		{"page", Route{Method: "GET", Page: true, Doc: Doc{Out: []Answer{ReturnsPage(200, "A."), Refuses(404, "")}}},
			"200 404 500 503"},
		{"form", Route{Method: "POST", Page: true, Doc: Doc{In: form, Out: []Answer{LeadsOn("A.")}}},
			"303 400 403 408 413 415 500 503"},
		{"session", Route{Method: "GET", Page: true, Caller: cookie}, "500 503"},
		{"bearer", Route{Method: "GET", Caller: byToken}, "401 403 500 503"},
		{"header", Route{Method: "GET", Caller: header}, "401 500 503"},
		{"optional", Route{Method: "GET", Caller: optional}, "500 503"},
		{"operator", Route{Method: "DELETE", Operator: true}, "403 415 500 503"},
	} {
		var got []string
		for _, a := range test.route.Answers() {
			got = append(got, fmt.Sprint(a.Status))
			isPage := a.Type == htmlType
			if a.IsProblem() && (isPage != test.route.Page || a.Text == "" || (a.Schema() == nil) != isPage) {
				t.Errorf("%s: %d is %q: %s", test.name, a.Status, a.Type, a.Text)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %s", test.name, got, test.want)
		}
	}
}

// TestAnswerHeaders: an error says by which headers a caller can go on.
func TestAnswerHeaders(t *testing.T) {
	route := Route{
		Method: "GET",
		Caller: byToken,
		Doc:    Doc{Out: []Answer{Refuses(429, "Often.").With(InHeader("X", schema.Of(schema.String), ""))}},
	}
	got := map[int][]string{}
	for _, a := range route.Answers() {
		for _, h := range a.Headers {
			got[a.Status] = append(got[a.Status], h.Name)
		}
	}
	if !slices.Equal(got[401], []string{"WWW-Authenticate"}) || !slices.Equal(got[429], []string{"X", "Retry-After"}) ||
		!slices.Equal(got[503], []string{"Retry-After"}) || got[500] != nil {
		t.Errorf("%v", got)
	}
}

type blocked struct {
	Until string `json:"until"`
}

// TestProblemSchema: further members stand beside the usual ones, and may be missing.
func TestProblemSchema(t *testing.T) {
	s := RefusesWith[blocked](403, "Blocked.").Schema()
	if s.Name != "Blocked" || s.Find("until").Required || !s.Find("traceId").Required || s.Find("errors").Required {
		t.Errorf("%+v", s)
	}
	if usual := Refuses(403, ""); usual.Schema().Name != "Problem" || !usual.IsUsual() ||
		Refuses(403, "So.").IsUsual() {
		t.Errorf("%+v", usual)
	}
}
