package apitest

import (
	"net/http"
	"strings"
	"testing"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
)

type answered struct {
	ID   string `json:"id"`
	Note string `json:"note,omitzero"`
}

func TestCheck(t *testing.T) {
	ok := []web.Answer{web.Returns[answered](200, "Fine."), web.Refuses(429, "Often.")}
	thing := func(to *string) fields.Object { return fields.Object{"name": fields.Text(to, fields.Limits{Max: 5})} }
	c := Must(t,
		web.Route{Method: "GET", Path: "/things/:id", Doc: web.Doc{ID: "getThing", Summary: "Get", Out: ok,
			Params: []web.Param{web.InPath("id", schema.GUID(), "Its id.")}}},
		web.Route{Method: "GET", Path: "/things/latest", Doc: web.Doc{ID: "getLatest", Summary: "Get",
			Out: []web.Answer{web.ReturnsFile("text/*", "Fine.")}}},
		web.Route{Method: "GET", Path: "/act", NoHead: true, Doc: web.Doc{ID: "act", Summary: "Act", Out: ok}},
		web.Route{Method: "POST", Path: "/things", Doc: web.Doc{ID: "makeThing", Summary: "Make", Out: ok,
			In: web.TakesJSON("NewThing", thing, nil)}},
	)
	for _, test := range []struct {
		name, method, path string
		status             int
		kind, body         string
		want               string // part of the fault; empty: none
	}{
		{"fine", "GET", "/things/7", 200, "application/json", `{"id":"7"}`, ""},
		{"with what may be there", "GET", "/things/7", 200, "application/json", `{"id":"7","note":"n"}`, ""},
		{"HEAD", "HEAD", "/things/7", 200, "application/json", "", ""},
		{"no HEAD", "HEAD", "/act", 405, "", "", ""},
		{"the fixed path goes first", "GET", "/things/latest", 200, "text/plain", "x", ""},
		{"unknown path", "GET", "/nothing", 404, "", "", ""},
		{"undescribed path", "GET", "/nothing", 200, "", "", "described nowhere"},
		{"another status", "GET", "/things/7", 418, "", "", "418 is not among its answers"},
		{"another type", "GET", "/things/7", 200, "text/plain", "x", `is "text/plain", not "application/json"`},
		{"a member too few", "GET", "/things/7", 200, "application/json", `{}`, "missing property 'id'"},
		{"a member too many", "GET", "/things/7", 200, "application/json", `{"id":"7","x":1}`, "'x' not allowed"},
		{"of another type", "GET", "/things/7", 200, "application/json", `{"id":7}`, "got number, want string"},
		{"no header", "GET", "/things/7", 429, "application/problem+json", `{}`, "429 has no header Retry-After"},
		{"a fault of the body", "POST", "/things", 400, "application/problem+json", problem(`"name"`), ""},
		{"of the whole body", "POST", "/things", 400, "application/problem+json", problem(`""`), ""},
		{"of no property", "POST", "/things", 400, "application/problem+json", problem(`"nmae"`), "errors names nmae"},
	} {
		header := http.Header{"Content-Type": {test.kind}}
		err := c.Check(test.method, test.path, test.status, header, []byte(test.body))
		if test.want == "" && err != nil ||
			test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := New(web.Route{Method: "GET", Path: "/bare"}); err == nil {
		t.Error("a route that is not described is taken")
	}
}

func problem(field string) string {
	return `{"type":"about:blank","title":"Bad Request","status":400,"traceId":"1","errors":{` + field + `:["Wrong."]}}`
}
