package operator

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/tokens"
)

const (
	mostEntries   = 100 // of a partner's scopes, plans and networks each
	longestEntry  = 100 // code points of one of them
	longestName   = 63  // of a partner
	tokenShown    = 4   // last characters of a token by which it is told from another
	leastExpected = time.Second
)

// partnerFields are the properties of POST partners, called as the flags of `postern partner add`.
func partnerFields(in *store.PartnerInput) fields.Object {
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
	return func(v jsontext.Value, path string, r *fields.Report) {
		var text string
		fields.Text(&text, fields.Limits{Required: isRequired, Max: longestEntry})(v, path, r)
		if text == "" || utf8.RuneCountInString(text) > longestEntry {
			return // what is wrong with it has been said
		}
		value, wrong := parse(text)
		if wrong != "" {
			r.Fault(path, wrong)
			return
		}
		*to = value
	}
}

// entries reads a list by a parser of its entries.
func entries[T any](to *[]T, parse parser[T]) fields.Reader {
	return fields.List(to, mostEntries, func(one *T) fields.Reader { return parsed(one, true, parse) })
}

func partnerName(text string) (name, wrong string) {
	for i, c := range []byte(text) {
		isWord := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !isWord && (i == 0 || strings.IndexByte("._-", c) < 0) {
			return "", "A partner's name begins with a letter or digit and goes on with these or the signs . _ -, as payroll-1."
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
	return "", fmt.Sprintf("%q is no scope: say users, cleanings or events.", text)
}

// network reads a network from which a partner may call.
func network(text string) (prefix netip.Prefix, wrong string) {
	prefix, err := web.ParseNetwork(text)
	if err == nil {
		return prefix, ""
	}
	wrong = fmt.Sprintf("%q is no network: %s", text, err)
	if !strings.HasSuffix(wrong, "?") {
		wrong += "."
	}
	return prefix, wrong
}

func interval(text string) (_ time.Duration, wrong string) {
	d, err := time.ParseDuration(text)
	if err != nil || d < leastExpected {
		return 0, fmt.Sprintf("%q is no length of time of 1 s or more: write one as 5m.", text)
	}
	return d, ""
}

// addPartner makes a partner and its token, which is shown in this answer and never again.
func (o *Operator) addPartner(c *web.Call) error {
	var in store.PartnerInput
	if err := c.Decode(partnerFields(&in)); err != nil {
		return err
	}
	in.Scopes, in.Plans, in.From = once(in.Scopes), once(in.Plans), once(in.From)
	text, token, err := o.newToken()
	if err != nil {
		return err
	}
	in.Token = token
	added, err := o.Store.AddPartner(c.R.Context(), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, PartnerToken{Token: text, Partner: viewPartner(added)})
}

// once leaves out what a list names again.
func once[T comparable](list []T) []T {
	var kept []T
	for _, item := range list {
		if !slices.Contains(kept, item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// newToken makes a bearer token: its text for the partner, and what is kept of it.
func (o *Operator) newToken() (text string, kept store.PartnerToken, err error) {
	text, err = tokens.NewBearer(o.Random)
	if err != nil {
		return "", kept, fmt.Errorf("making a bearer token: %w", err)
	}
	hash, sound := tokens.HashBearer(text)
	if !sound {
		return "", kept, errors.New("a bearer token was made that is none")
	}
	return text, store.PartnerToken{Hash: hash, Last: text[len(text)-tokenShown:]}, nil
}

func (o *Operator) partners(c *web.Call) error {
	found, err := o.Store.Partners()
	if err != nil {
		return err
	}
	list := Page[Partner]{Items: make([]Partner, len(found))}
	for i, partner := range found {
		list.Items[i] = viewPartner(partner)
	}
	return c.JSON(http.StatusOK, list)
}

// rotatePartner makes a second token, which is shown in this answer and never again.
func (o *Operator) rotatePartner(c *web.Call) error {
	name, err := namedPartner(c)
	if err != nil {
		return err
	}
	text, token, err := o.newToken()
	if err != nil {
		return err
	}
	rotating, err := o.Store.RotatePartner(c.R.Context(), name, token)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, PartnerToken{Token: text, Partner: viewPartner(rotating)})
}

func (o *Operator) finishRotation(c *web.Call) error {
	name, err := namedPartner(c)
	if err != nil {
		return err
	}
	partner, err := o.Store.FinishRotation(c.R.Context(), name)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewPartner(partner))
}

func (o *Operator) revokePartner(c *web.Call) error {
	name, err := namedPartner(c)
	if err != nil {
		return err
	}
	partner, err := o.Store.RevokePartner(c.R.Context(), name)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewPartner(partner))
}

// namedPartner reads a NamedPartner.
func namedPartner(c *web.Call) (name string, err error) {
	err = c.Decode(fields.Object{"name": parsed(&name, true, partnerName)})
	return name, err
}
