// Package openapi makes the description of routes (OpenAPI 3.1) and the page that shows it to people, from the routes'
// own words alone. It knows no route.
package openapi

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"postern/server/web"
	"postern/server/web/schema"
)

// Group is what one audience calls.
type Group struct {
	Name   string
	Text   string
	Routes []web.Route
}

// Info is what is said of the whole.
type Info struct {
	Title   string
	Text    string
	Version string // of the interface
}

// Document is a description.
type Document struct {
	info    Info
	groups  []group
	schemas map[string]*schema.Schema // those that are shared, by name
	proofs  map[string]*web.Proof
	faults  []error
}

type group struct {
	Name, Text string
	Operations []operation
}

// operation is a route, as it is described.
type operation struct {
	web.Route
	In      *schema.Schema // nil: no body, or one of another kind
	Answers []answer
}

type answer struct {
	web.Answer
	Schema *schema.Schema
}

// New describes the routes of the groups. Its error names whatever is not described, or described in two ways; the
// document can be used nevertheless.
func New(info Info, groups ...Group) (*Document, error) {
	d := &Document{info: info, schemas: make(map[string]*schema.Schema), proofs: make(map[string]*web.Proof)}
	ids := make(map[string]string)
	for _, given := range groups {
		g := group{Name: given.Name, Text: given.Text}
		for _, route := range given.Routes {
			name := route.Method + " " + route.Path
			if other, taken := ids[route.Doc.ID]; taken {
				d.fault("%s and %s have the same ID", name, other)
			}
			ids[route.Doc.ID] = name
			g.Operations = append(g.Operations, d.describe(name, route))
		}
		d.groups = append(d.groups, g)
	}
	return d, errors.Join(d.faults...)
}

func (d *Document) fault(format string, args ...any) {
	d.faults = append(d.faults, fmt.Errorf(format, args...))
}

// identifier matches what makers of clients can make a name of.
var identifier = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)

func (d *Document) describe(name string, route web.Route) operation {
	op := operation{Route: route}
	doc := route.Doc
	if !identifier.MatchString(doc.ID) || doc.Summary == "" {
		d.fault("%s needs an ID, as registerUser, and a summary", name)
	}
	if !slices.ContainsFunc(doc.Out, func(a web.Answer) bool { return a.Status != 0 }) {
		d.fault("%s does not say what it answers", name)
	}
	d.checkParams(name, route)
	if proof := route.Caller.Proof; proof != nil {
		d.proofs[proof.Name] = proof
	}
	if doc.In.Schema != nil {
		op.In = doc.In.Schema()
		d.share(name, op.In)
	}
	for _, a := range route.Answers() {
		described := answer{Answer: a, Schema: a.Schema()}
		if a.Text == "" {
			d.fault("%s does not say what %d means", name, a.Status)
		}
		d.share(name, described.Schema)
		op.Answers = append(op.Answers, described)
	}
	return op
}

// checkParams holds that all parameters of the pattern are described, and no others of the path.
func (d *Document) checkParams(name string, route web.Route) {
	var inPattern, described []string
	for segment := range strings.SplitSeq(route.Path, "/") {
		if parameter, is := strings.CutPrefix(segment, ":"); is {
			inPattern = append(inPattern, parameter)
		}
	}
	for _, p := range route.Doc.Params {
		if p.In == "path" {
			described = append(described, p.Name)
		}
		if p.Schema == nil {
			d.fault("%s does not say what its parameter %s is", name, p.Name)
		}
	}
	slices.Sort(inPattern)
	slices.Sort(described)
	if !slices.Equal(inPattern, described) {
		d.fault("%s has the parameters %q in its path, and describes %q", name, inPattern, described)
	}
}

// share notes the schemas within s that have a name.
func (d *Document) share(name string, s *schema.Schema) {
	if s == nil {
		return
	}
	if s.Name != "" {
		known, met := d.schemas[s.Name]
		if met {
			if !reflect.DeepEqual(known, s) {
				d.fault("%s has another %s than what is called so elsewhere", name, s.Name)
			}
			return
		}
		d.schemas[s.Name] = s
	}
	for _, p := range s.Properties {
		d.share(name, p.Schema)
	}
	for _, one := range s.OneOf {
		d.share(name, one)
	}
	d.share(name, s.Items)
	d.share(name, s.Values)
}

// names are those of the shared schemas, in order.
func (d *Document) names() []string { return slices.Sorted(maps.Keys(d.schemas)) }

// paragraphs takes the indentation and the line breaks of Go's source out of a text; empty lines part paragraphs.
func paragraphs(text string) (all []string) {
	for part := range strings.SplitSeq(text, "\n\n") {
		if words := strings.Fields(part); len(words) > 0 {
			all = append(all, strings.Join(words, " "))
		}
	}
	return all
}

// shownPath writes a pattern's parameters in curly brackets.
func shownPath(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if name, is := strings.CutPrefix(part, ":"); is {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}
