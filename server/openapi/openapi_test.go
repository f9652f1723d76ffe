package openapi

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"postern/server/openapi/yaml"
	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
)

type thing struct {
	Name string  `json:"name" doc:"What it is called."`
	Next *thing2 `json:"next"`
}

type thing2 struct {
	Name string `json:"name"`
}

// another has the name of thing, and is something else.
type another struct{ X int }

func (another) SchemaName() string { return "Thing" }

func thingFields(to *string) fields.Object {
	return fields.Object{"name": fields.Text(to, fields.Limits{Required: true, Max: 7})}
}

var proof = web.Proof{Name: "token", Text: "A token."}

// things is a route with everything.
func things() web.Route {
	return web.Route{Method: "POST", Path: "/things/:id", Caller: web.Caller{Proof: &proof, Scopes: []string{"make"}},
		Handle: func(c *web.Call) error { return c.JSON(http.StatusCreated, thing{Name: "a"}) },
		Doc: web.Doc{
			ID: "makeThing", Summary: "Make a <thing>", Text: "\n\t\tOne\n\t\tthing.\n\n\t\tAt a time.",
			Params: []web.Param{
				web.InPath("id", schema.GUID(), "Its id."),
				web.InQuery("dry", schema.Of(schema.Boolean), ""),
			},
			In: web.TakesJSON("NewThing", thingFields, web.Texts{"name": "A name."}).Like(`{"name":"a"}`),
			Out: []web.Answer{web.Returns[thing](http.StatusCreated, "It is made."),
				web.RefusesWith[struct {
					Left int `json:"left"`
				}](http.StatusConflict, "There are too many."), web.Refuses(http.StatusNotFound, "")},
		}}
}

func TestDocument(t *testing.T) {
	d, err := New(
		Info{Title: "Things", Text: "All.", Version: "1"},
		Group{Name: "Makers", Text: "Who make.", Routes: []web.Route{things()}},
	)
	if err != nil {
		t.Fatal(err)
	}
	text := string(d.YAML())
	for _, want := range []string{"  /things/{id}:\n    post:\n      operationId: makeThing\n      tags: [Makers]\n",
		"description: |-\n        One thing.\n\n        At a time.\n", "security:\n        - token: [make]\n",
		"        - name: id\n          in: path\n          description: Its id.\n          required: true\n",
		"            example:\n              name: a\n",
		`        "401":` + "\n" + `          $ref: "#/components/responses/UnauthorizedBearer"` + "\n",
		`        "404":` + "\n" + `          $ref: "#/components/responses/NotFound"` + "\n", "                  left:\n",
		"    NewThing:\n      type: object\n      required: [name]\n      properties:\n" +
			"        name:\n          type: string\n" +
			"          description: A name.\n          minLength: 1\n          maxLength: 7\n",
		"        next:\n          oneOf:\n" +
			"            - $ref: \"#/components/schemas/Thing2\"\n            - type: \"null\"\n",
		"    token:\n      type: http\n      scheme: bearer\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no\n%s\nin\n%s", want, text)
		}
	}
	if again := string(d.YAML()); again != text {
		t.Error("written in another way the second time")
	}
}

// TestFaults names all that is not described, or in two ways.
func TestFaults(t *testing.T) {
	bare := web.Route{Method: "GET", Path: "/bare/:id"}
	twice := things()
	twice.Path = "/twice/:id"
	other := things()
	other.Path, other.Doc.ID = "/other/:id", "makeOther"
	other.Doc.Out = []web.Answer{web.Returns[another](http.StatusOK, "")}
	other.Doc.Params = []web.Param{{Name: "id", In: "path"}}
	_, err := New(Info{}, Group{Routes: []web.Route{things(), bare, twice, other}})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{"GET /bare/:id needs an ID", "GET /bare/:id does not say what it answers",
		`GET /bare/:id has the parameters ["id"] in its path, and describes []`,
		"POST /twice/:id and POST /things/:id have the same ID",
		"POST /other/:id has another Thing than", "POST /other/:id does not say what 200 means", "what its parameter id is"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it is not said that %s:\n%s", want, err)
		}
	}
}

// TestPublish: file and page tell each caller of what is there for it, and a browser keeps them.
func TestPublish(t *testing.T) {
	hidden := web.Route{
		Method:   "GET",
		Path:     "/hidden",
		Operator: true,
		Handle:   func(c *web.Call) error { return c.NoContent() },
		Doc:      web.Doc{ID: "hide", Summary: "Hide", Out: []web.Answer{web.ReturnsNothing("Hidden.")}},
	}
	routes, err := Publish(Info{Title: "Things"}, []Group{{Name: "Makers", Routes: []web.Route{things()}}},
		[]Group{{Name: "Hidden", Routes: []web.Route{hidden}}})
	if err != nil {
		t.Fatal(err)
	}
	middleware, err := web.NewMiddleware(web.Options{Log: zerolog.Nop(), Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	for access, sees := range map[web.Access]bool{web.ForNobody: false, web.ForAnybody: true} {
		h := middleware.Handler(access, routes)
		for _, path := range []string{"/openapi.yaml", "/docs"} {
			first := get(h, path, "")
			if first.Code != http.StatusOK || strings.Contains(first.Body.String(), "/hidden") != sees ||
				!strings.Contains(
					first.Body.String(),
					"/things/{id}",
				) || first.Header().Get("Cache-Control") != "no-cache" {
				t.Errorf("%s: %d %v\n%s", path, first.Code, first.Header(), first.Body)
			}
			if again := get(h, path, first.Header().Get("ETag")); again.Code != http.StatusNotModified ||
				again.Body.Len() > 0 {
				t.Errorf("%s again: %d", path, again.Code)
			}
		}
		if said := strings.Contains(get(h, "/openapi.yaml", "").Body.String(), "For the operator alone"); said != sees {
			t.Errorf("that something is for the operator alone is said: %v", said)
		}
		page := get(h, "/docs", "").Body.String()
		for _, want := range []string{
			`<h3 id="makeThing"><code>POST /things/{id}</code><br>Make a &lt;thing&gt;</h3>`, "<p>One thing.</p>",
			`who has the <a href="#proof-token">token</a>, with the scope make.`, `<a href="#schema-NewThing">NewThing</a>`,
			`<td><code>name</code> <strong>required</strong></td><td>text, at most 7 characters</td><td>A name.</td>`,
			`<a href="#schema-Thing2">Thing2</a> or null`} {
			if !strings.Contains(page, want) {
				t.Errorf("there is no %s in\n%s", want, page)
			}
		}
	}
}

func get(h http.Handler, path, tag string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("If-None-Match", tag)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestExamples keep their order.
func TestExamples(t *testing.T) {
	got := string(yaml.Marshal(ordered(`{"b":[1,{"a":null}],"a":true,"c":{}}`)))
	if want := "b:\n  - 1\n  - a: null\na: true\nc: {}\n"; got != want {
		t.Errorf("%q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a broken example is taken")
		}
	}()
	ordered(`{"a"`)
}
