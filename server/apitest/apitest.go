// Package apitest holds answers to their description, in tests: a status that a route does not name, a member of a JSON
// that its schema does not have, or one that is missing, is a fault. It is no part of the product.
package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"postern/server/openapi"
	"postern/server/openapi/yaml"
	"postern/server/web"
)

// Checker knows the answers of routes. It is safe for concurrent use.
type Checker struct {
	routes   []web.Route
	document map[string]any

	mu       sync.Mutex
	compiler *jsonschema.Compiler          // guarded by mu
	compiled map[string]*jsonschema.Schema // guarded by mu; by place in the document
}

const resource = "document.json"

// made are the checkers that there are already, by their routes: a test binary has many sites of the same room.
var made sync.Map

// New makes a checker. Its error is that of openapi.New.
func New(routes ...web.Route) (*Checker, error) {
	key := ""
	for _, route := range routes {
		key += route.Method + route.Path + "\n"
	}
	if known, met := made.Load(key); met {
		return known.(*Checker), nil
	}
	document, err := openapi.New(openapi.Info{}, openapi.Group{Routes: routes})
	if err != nil {
		return nil, err
	}
	c := &Checker{routes: routes, compiler: jsonschema.NewCompiler(), compiled: make(map[string]*jsonschema.Schema),
		document: closed(plain(document.Tree())).(map[string]any)}
	c.compiler.AssertFormat()
	text, err := json.Marshal(c.document)
	if err != nil {
		return nil, err
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	made.Store(key, c)
	return c, c.compiler.AddResource(resource, parsed)
}

// plain is a part of the document without its order.
func plain(value any) any {
	switch v := value.(type) {
	case yaml.Map:
		m := make(map[string]any, len(v))
		for _, entry := range v {
			m[entry.Name] = plain(entry.Value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	}
	return value
}

// closed lets no object have other properties than the described ones: callers must put up with more, a test need not.
func closed(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			closed(inner)
		}
		if _, isObject := v["properties"].(map[string]any); isObject && v["type"] == "object" {
			v["additionalProperties"] = false
		}
	case []any:
		for _, inner := range v {
			closed(inner)
		}
	}
	return value
}

// Check says what is wrong with an answer, by its description.
func (c *Checker) Check(method, path string, status int, header http.Header, body []byte) error {
	route := c.find(method, path)
	hidden := route != nil && route.Operator && status == http.StatusNotFound // from whoever is not the operator
	if route == nil || hidden {
		if method != http.MethodOptions && status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			return fmt.Errorf("%s %s is described nowhere, and answers %d", method, path, status)
		}
		return nil
	}
	if err := c.check(route, method, status, header, body); err != nil {
		return fmt.Errorf("%s %s answers otherwise than it is described: %w", method, path, err)
	}
	return nil
}

func (c *Checker) check(route *web.Route, method string, status int, header http.Header, body []byte) error {
	given, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	answers := slices.DeleteFunc(route.Answers(), func(a web.Answer) bool { return a.Status != status })
	if len(answers) == 0 {
		return fmt.Errorf("%d is not among its answers; body %.300s", status, body)
	}
	i := slices.IndexFunc(answers, func(a web.Answer) bool { return matches(a.Type, given) })
	if i < 0 {
		return fmt.Errorf("%d is %q, not %q", status, given, answers[0].Type)
	}
	answer := answers[i]
	for _, h := range answer.Headers {
		if h.Required && len(header[http.CanonicalHeaderKey(h.Name)]) == 0 {
			return fmt.Errorf("%d has no header %s", status, h.Name)
		}
	}
	if method == http.MethodHead || answer.Schema() == nil {
		return nil
	}
	if err := knownFields(route, answer, body); err != nil {
		return err
	}
	return c.validate(route, answer, body)
}

// matches reports whether a media type is the described one, which may have a * for any.
func matches(described, given string) bool {
	kind, any := strings.CutSuffix(strings.TrimSuffix(described, "*/*"), "/*")
	return described == given || described == "*/*" || any && strings.HasPrefix(given, kind+"/")
}

// find returns the route of a path, nil where there is none; what stands fixed in a pattern goes before a parameter.
func (c *Checker) find(method, path string) (found *web.Route) {
	isHead := method == http.MethodHead
	if isHead {
		method = http.MethodGet
	}
	given := strings.Split(path, "/")
	fewest := len(given) + 1
	for i := range c.routes {
		route := &c.routes[i]
		if parameters, fits := fit(strings.Split(route.Path, "/"), given); fits && route.Method == method &&
			parameters < fewest && !(isHead && route.NoHead) {
			found, fewest = route, parameters
		}
	}
	return found
}

// fit counts the parameters of a pattern that a path fits.
func fit(pattern, given []string) (parameters int, fits bool) {
	if len(pattern) != len(given) {
		return 0, false
	}
	for i, segment := range pattern {
		switch {
		case strings.HasPrefix(segment, ":") && given[i] != "":
			parameters++
		case segment != given[i]:
			return 0, false
		}
	}
	return parameters, true
}

// knownFields holds that the faults of a body are told of by names that are described.
func knownFields(route *web.Route, answer web.Answer, body []byte) error {
	var problem struct{ Errors map[string][]string }
	if !answer.IsProblem() || json.Unmarshal(body, &problem) != nil {
		return nil
	}
	for name := range problem.Errors {
		first, _, _ := strings.Cut(strings.TrimLeft(name, "[].0123456789"), ".")
		first, _, _ = strings.Cut(first, "[")
		isParam := slices.ContainsFunc(route.Doc.Params, func(p web.Param) bool { return p.Name == first })
		if first == "" || isParam {
			continue
		}
		if in := route.Doc.In.Schema; in == nil || in().Find(first) == nil && in().Find("user", first) == nil {
			return fmt.Errorf("errors names %s, which is no property of the body", name)
		}
	}
	return nil
}

func (c *Checker) validate(route *web.Route, answer web.Answer, body []byte) error {
	schema, err := c.schema(route, answer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return fmt.Errorf("%d: %w\n%.2000s", answer.Status, err, body)
	}
	return nil
}

// schema compiles the schema of an answer where it stands in the document.
func (c *Checker) schema(route *web.Route, answer web.Answer) (*jsonschema.Schema, error) {
	method, status := strings.ToLower(route.Method), strconv.Itoa(answer.Status)
	place := []string{"paths", shown(route.Path), method, "responses", status}
	at := c.document
	for _, name := range place {
		at, _ = at[name].(map[string]any)
	}
	if shared, is := at["$ref"].(string); is {
		place = strings.Split(strings.TrimPrefix(shared, "#/"), "/")
	}
	place = append(place, "content", answer.Type, "schema")
	for i, name := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	pointer := resource + "#/" + strings.Join(place, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, met := c.compiled[pointer]; met {
		return known, nil
	}
	compiled, err := c.compiler.Compile(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
	c.compiled[pointer] = compiled
	return compiled, err
}

func shown(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if name, is := strings.CutPrefix(part, ":"); is {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// Must is New for a test, which it ends where a route is not described.
func Must(t testing.TB, routes ...web.Route) *Checker {
	t.Helper()
	c, err := New(routes...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Transport checks each answer that passes. One that is not as described is an error of the call.
func (c *Checker) Transport(next http.RoundTripper) http.RoundTripper { return transport{c, next} }

type transport struct {
	checker *Checker
	next    http.RoundTripper
}

// RoundTrip does a call, and reads its answer whole.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, err
	}
	if err := t.checker.Check(r.Method, r.URL.Path, answer.StatusCode, answer.Header, body); err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// CloseIdleConnections lets a client's own pass through.
func (t transport) CloseIdleConnections() {
	if closer, is := t.next.(interface{ CloseIdleConnections() }); is {
		closer.CloseIdleConnections()
	}
}

// Watch checks each answer of a handler that a test calls, or serves until the handler has returned.
func (c *Checker) Watch(t testing.TB, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &seen{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		if err := c.Check(r.Method, r.URL.Path, seen.status, w.Header(), seen.body.Bytes()); err != nil {
			t.Error(err)
		}
	})
}

// seen is an answer that is kept beside being written.
type seen struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Write notes a part of the body.
func (s *seen) Write(part []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	s.body.Write(part)
	return s.ResponseWriter.Write(part)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *seen) Unwrap() http.ResponseWriter { return s.ResponseWriter }
