package web

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"

	"postern/server/web/fields"
	"postern/server/web/schema"
)

// Doc is what a route says of itself: the published description is made from it alone. What every route has in common
// is not repeated: the errors that this package answers by itself (Route.Answers), X-Request-Id, HEAD beside GET.
type Doc struct {
	ID      string   // names the operation in clients that are made of the description, as registerUser
	Summary string   // what it does, in a line without a full stop
	Text    string   // what else a caller must know; an empty line parts paragraphs
	Params  []Param  // every parameter of the path; of query and headers those that it knows
	In      Body     // the zero Body: none is read
	Out     []Answer // what it answers, and refuses for reasons of its own
}

// Param is a parameter of the path, of the query or a header.
type Param struct {
	Name     string
	In       string // path, query, header
	Text     string
	Required bool
	Schema   *schema.Schema
}

// InPath describes a parameter of the route's pattern.
func InPath(name string, s *schema.Schema, text string) Param {
	return Param{Name: name, In: "path", Text: text, Required: true, Schema: s}
}

// InQuery describes an optional parameter of the query.
func InQuery(name string, s *schema.Schema, text string) Param {
	return Param{Name: name, In: "query", Text: text, Schema: s}
}

// InHeader describes an optional header of a request, or one that an answer has.
func InHeader(name string, s *schema.Schema, text string) Param {
	return Param{Name: name, In: "header", Text: text, Schema: s}
}

// MustHave makes a parameter required.
func (p Param) MustHave() Param {
	p.Required = true
	return p
}

// Body describes the body that a route reads.
type Body struct {
	Type     string // media type
	Text     string
	Optional bool
	Schema   func() *schema.Schema // called when the description is made
	Example  string                // JSON; empty: none
}

// Texts say what properties are; see schema.Texts.
type Texts = schema.Texts

// TakesJSON describes a JSON object by the readers that read it, so that object is what the handler decodes with. The
// name is that of its schema. Describing a property that there is not panics.
func TakesJSON[T any](name string, object func(*T) fields.Object, texts Texts) Body {
	return Body{Type: "application/json", Schema: func() *schema.Schema {
		return texts.On(object(new(T)).Schema()).Named(name)
	}}
}

// Like gives a body an example.
func (b Body) Like(example string) Body {
	b.Example = example
	return b
}

// MayLack makes a body optional.
func (b Body) MayLack() Body {
	b.Optional = true
	return b
}

// TakesForm describes a page's form, by its fields.
func TakesForm(fields ...schema.Property) Body {
	return Body{Type: "application/x-www-form-urlencoded",
		Schema: func() *schema.Schema { return schema.ObjectOf(fields...) }}
}

// Field is a text that a form must have.
func Field(name, text string) schema.Property {
	return schema.Property{Name: name, Text: text, Schema: schema.Of(schema.String), Required: true}
}

// Answer describes one status of a route. Two of the same status are two media types of it.
type Answer struct {
	Status  int
	Text    string
	Type    string // media type; empty: no body
	Headers []Param

	of      reflect.Type // what is written as JSON; of a problem: its further members; may be nil
	problem bool
	usual   bool // it says nothing of its own
	program bool // of a page: for a caller that accepts JSON
}

// htmlType is that of pages, without the charset that they have always.
const htmlType = "text/html"

// Returns describes an answer that is a T, as JSON.
func Returns[T any](status int, text string) Answer {
	return Answer{Status: status, Text: text, Type: isJSON[0], of: reflect.TypeFor[T]()}
}

// ReturnsFile describes an answer of 200 of another type than JSON.
func ReturnsFile(contentType, text string) Answer {
	return Answer{Status: http.StatusOK, Text: text, Type: contentType}
}

// ReturnsPage describes a page.
func ReturnsPage(status int, text string) Answer {
	return Answer{Status: status, Text: text, Type: htmlType}
}

// ReturnsNothing describes an answer of 204.
func ReturnsNothing(text string) Answer { return Answer{Status: http.StatusNoContent, Text: text} }

// LeadsOn describes an answer of 303.
func LeadsOn(text string) Answer {
	return Answer{Status: http.StatusSeeOther, Text: text,
		Headers: []Param{InHeader("Location", schema.Of(schema.String), "Where to go on.").MustHave()}}
}

// Refuses describes an error, for reasons of the route's own; an empty text stands for the usual one.
func Refuses(status int, text string) Answer {
	return Answer{Status: status, Text: cmp.Or(text, usually[status]), Type: isProblem[0], problem: true,
		usual: text == ""}
}

// RefusesWith describes an error whose problem may have the members of the struct T beside the usual ones.
func RefusesWith[T any](status int, text string) Answer {
	refused := Refuses(status, text)
	refused.of, refused.usual = reflect.TypeFor[T](), false
	return refused
}

// ForPrograms makes an error of a page one for callers that accept JSON: a problem, beside the page of that status.
func (a Answer) ForPrograms() Answer {
	a.program = true
	return a
}

// With adds headers to an answer.
func (a Answer) With(headers ...Param) Answer {
	a.Headers = append(slices.Clip(a.Headers), headers...)
	return a
}

// Retry adds that the answer says when to come back, as those of 429 and 503 do anyhow.
func (a Answer) Retry() Answer { return a.With(retryHeader) }

// IsProblem reports whether an answer is an error.
func (a Answer) IsProblem() bool { return a.problem }

// IsUsual reports whether an answer is the same on every route.
func (a Answer) IsUsual() bool { return a.usual }

// Schema describes the body; nil where that is no JSON.
func (a Answer) Schema() *schema.Schema {
	switch {
	case a.Type == htmlType:
		return nil
	case a.problem:
		return a.problemSchema()
	case a.of != nil:
		return schema.For(a.of)
	}
	return nil
}

// problemSchema is that of every problem, or one of its own with further members.
func (a Answer) problemSchema() *schema.Schema {
	problem := schema.ForType[wire]()
	if a.of == nil {
		return problem
	}
	with := schema.For(a.of)
	for i := range with.Properties {
		with.Properties[i].Required = false
	}
	whole := schema.ObjectOf(append(problem.Properties, with.Properties...)...)
	return whole.Named(with.Name)
}

// usually says of statuses what they mean where a route says nothing more.
var usually = map[int]string{
	http.StatusBadRequest:            "The request is wrong; errors says how, by field.",
	http.StatusUnauthorized:          "Who calls is not proven.",
	http.StatusForbidden:             "The caller may not do this.",
	http.StatusNotFound:              "There is no such thing, or none that the caller may know of.",
	http.StatusRequestTimeout:        "The body took too long to arrive.",
	http.StatusConflict:              "What is there already does not allow it.",
	http.StatusRequestEntityTooLarge: "The body is too large.",
	http.StatusUnsupportedMediaType:  "The body is of another type than is taken here, or has a Content-Encoding.",
	http.StatusTooManyRequests:       "A limit is used up; come back after Retry-After.",
	http.StatusInternalServerError:   internalFault,
	http.StatusServiceUnavailable:    "Nothing is written now, or too much is being done; come back after Retry-After.",
}

// The headers that an error has by its status.
var (
	retryHeader = InHeader("Retry-After", schema.Of(schema.Integer), "Seconds until it is worth a try.").MustHave()
	proofHeader = InHeader("WWW-Authenticate", schema.Of(schema.String), "Always Bearer.").MustHave()
)

// Answers are all that a route answers, by status: what it says itself, and what is answered for every route of its
// kind.
func (r *Route) Answers() []Answer {
	list := slices.Clone(r.Doc.Out)
	for _, status := range r.usualFaults() {
		if !slices.ContainsFunc(list, func(own Answer) bool { return own.Status == status }) {
			list = append(list, Refuses(status, ""))
		}
	}
	slices.SortStableFunc(list, func(a, b Answer) int { return cmp.Compare(a.Status, b.Status) })
	for i, answer := range list {
		status := answer.Status
		switch {
		case !answer.problem:
		case r.Page && !answer.program:
			answer.Type = htmlType
		case status == http.StatusUnauthorized && r.Caller.isBearer():
			answer = answer.With(proofHeader)
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			answer = answer.Retry()
		}
		list[i] = answer
	}
	return list
}

// usualFaults are the statuses of errors that are not a route's own.
func (r *Route) usualFaults() []int {
	faults := []int{http.StatusInternalServerError, http.StatusServiceUnavailable}
	unsafe := !isSafe(r.Method)
	if r.Doc.In.Type != "" {
		faults = append(faults, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge)
	}
	if r.Doc.In.Type != "" || unsafe {
		faults = append(faults, http.StatusUnsupportedMediaType)
	}
	if r.Caller.Proof != nil && !r.Caller.Optional && r.Caller.Proof.Cookie == "" {
		faults = append(faults, http.StatusUnauthorized)
	}
	if r.Caller.isBearer() || unsafe && (r.Page || r.Operator) { // another scope or address; another site's form
		faults = append(faults, http.StatusForbidden)
	}
	return faults
}
