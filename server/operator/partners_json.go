package operator

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/server/web/schema"
	"postern/store"
)

const (
	mostEntries   = 100 // of a partner's scopes, plans and networks each
	longestEntry  = 100 // code points of one of them
	longestName   = 63  // of a partner
	leastExpected = time.Second
)

// PartnerRequest is the body of POST partners, as whoever asks has written it: what becomes a NewPartner where it is
// right.
type PartnerRequest struct {
	Name        string   `json:"name"`
	Scopes      []string `json:"scope,omitempty"`
	Plans       []string `json:"plan,omitempty"`
	From        []string `json:"from,omitempty"` // CIDRs
	ExpectEvery string   `json:"expect-every,omitempty"`
}

// NamedPartner names a partner in the acts on partners.
type NamedPartner struct {
	Name string `json:"name"`
}

// partnerFields are the properties of POST partners, called as the flags of `postern partner add`.
func partnerFields(in *NewPartner) fields.Object {
	return fields.Object{
		"name":         parsed(&in.Name, true, partnerName),
		"scope":        entries(&in.Scopes, scope),
		"plan":         entries(&in.Plans, planCode),
		"from":         entries(&in.From, network),
		"expect-every": parsed(&in.ExpectEvery, false, interval),
	}
}

// parser reads one text. Where it is wrong it gives the sentence that says so, else none.
type parser[T any] func(text string) (value T, wrong string)

// parsed reads a text by a parser.
func parsed[T any](to *T, isRequired bool, parse parser[T]) fields.Reader {
	return &parsedReader[T]{to, fields.Limits{Required: isRequired, Max: longestEntry}, parse}
}

type parsedReader[T any] struct {
	to     *T
	limits fields.Limits
	parse  parser[T]
}

// Read reads it, as fields.Reader says.
func (p *parsedReader[T]) Read(v jsontext.Value, path string, r *fields.Report) {
	var text string
	fields.Text(&text, p.limits).Read(v, path, r)
	if text == "" || utf8.RuneCountInString(text) > p.limits.Max {
		return // what is wrong with it has been said
	}
	value, wrong := p.parse(text)
	if wrong != "" {
		r.Fault(path, wrong)
		return
	}
	*p.to = value
}

// Schema describes the text; what the parser wants of it is said where the property is documented.
func (p *parsedReader[T]) Schema() *schema.Schema { return fields.Text(new(string), p.limits).Schema() }

// entries reads a list by a parser of its entries.
func entries[T any](to *[]T, parse parser[T]) fields.Reader {
	return fields.List(to, mostEntries, func(one *T) fields.Reader { return parsed(one, true, parse) })
}

func partnerName(text string) (name, wrong string) {
	for i, c := range []byte(text) {
		isWord := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !isWord && (i == 0 || strings.IndexByte("._-", c) < 0) {
			return "", "A partner's name begins with a letter or digit and goes on with these or the signs . _ -, " +
				"as payroll-1."
		}
	}
	if len(text) > longestName {
		return "", fmt.Sprintf("A partner's name has at most %d characters.", longestName)
	}
	return text, ""
}

func scope(text string) (_ store.Scope, wrong string) {
	for _, known := range store.Scopes {
		if strings.EqualFold(string(known), text) {
			return known, ""
		}
	}
	return "", fmt.Sprintf("%q is not a scope: use users, cleanings or events.", text)
}

// network reads a network from which a partner may call.
func network(text string) (prefix netip.Prefix, wrong string) {
	prefix, err := web.ParseNetwork(text)
	if err == nil {
		return prefix, ""
	}
	wrong = fmt.Sprintf("%q is not a network: %s", text, err)
	if !strings.HasSuffix(wrong, "?") {
		wrong += "."
	}
	return prefix, wrong
}

func interval(text string) (_ time.Duration, wrong string) {
	d, err := time.ParseDuration(text)
	if err != nil || d < leastExpected {
		return 0, fmt.Sprintf("%q is not a duration of 1s or more: write it as 5m or 1h30m.", text)
	}
	return d, ""
}

func (o *Operator) addPartner(c *web.Call) error {
	var in NewPartner
	if err := c.Decode(partnerFields(&in)); err != nil {
		return err
	}
	added, err := o.AddPartner(c.R.Context(), in)
	return answer(c, added, err)
}

func (o *Operator) partners(c *web.Call) error {
	all, err := o.Partners()
	return answer(c, Page[Partner]{Items: all}, err)
}

func (o *Operator) rotatePartner(c *web.Call) error {
	return onPartner(c, o.RotatePartner)
}

func (o *Operator) finishRotation(c *web.Call) error {
	return onPartner(c, o.FinishRotation)
}

func (o *Operator) revokePartner(c *web.Call) error {
	return onPartner(c, o.RevokePartner)
}

// namedPartnerFields are its properties.
func namedPartnerFields(in *NamedPartner) fields.Object {
	return fields.Object{"name": parsed(&in.Name, true, partnerName)}
}

// onPartner does an act on the NamedPartner in the body.
func onPartner[T any](c *web.Call, act func(context.Context, string) (T, error)) error {
	var in NamedPartner
	if err := c.Decode(namedPartnerFields(&in)); err != nil {
		return err
	}
	changed, err := act(c.R.Context(), in.Name)
	return answer(c, changed, err)
}
