package command

import (
	"flag"
	"fmt"
	"net/http"
	"strings"

	"postern/server/operator"
	"postern/store"
	"postern/store/guid"
)

func partnerAdd() command {
	return command{
		name: "partner add", least: 1, most: 1,
		args:  "NAME [--scope users|cleanings|events]… [--plan CODE]… [--from CIDR]… [--expect-every 5m]",
		short: "adds a system that calls with a bearer token, and prints that token, once",
		long: `The token stands alone on standard output; only its hash is kept. --scope, --plan and --from may be
given more than once, or name several between commas. A revoked partner that is added again has its bikers again.`,
		examples: []string{
			"postern partner add payroll > token",
			"postern partner add payroll --scope users --plan ACME-NL --from 192.0.2.0/24 --expect-every 5m > token",
			"postern partner add kaai9 --scope cleanings,events > token",
		},
		prepare: func(f *flag.FlagSet) action {
			var in operator.PartnerRequest
			f.Var(words{&in.Scopes, scopeNames()}, "scope",
				"the `SCOPE` of its calls: users, cleanings or events; without it all")
			f.Var(words{to: &in.Plans}, "plan",
				"the `CODE` of a bike plan that it may use; without it all, later ones too")
			f.Var(words{to: &in.From}, "from", "the network (`CIDR`) or address that it calls from; without it any")
			f.StringVar(&in.ExpectEvery, "expect-every", "",
				"how often it calls, as `5m`: silence three times as long is reported")
			return func(c *call, args []string) error {
				in.Name = args[0]
				c.makes = true // partners may be there before the first start
				return c.newToken("/partners", in, "")
			}
		},
	}
}

func scopeNames() []string {
	names := make([]string, len(store.Scopes))
	for i, scope := range store.Scopes {
		names[i] = string(scope)
	}
	return names
}

func partnerRotate() command {
	return command{
		name: "partner rotate", args: "NAME [--finish]", least: 1, most: 1,
		short: "prints a second token for a partner; both work until --finish ends the older one",
		examples: []string{
			"postern partner rotate payroll > token.new",
			"postern partner rotate payroll --finish",
		},
		prepare: func(f *flag.FlagSet) action {
			finish := f.Bool("finish", false, "end the older token")
			return func(c *call, args []string) error {
				named := operator.NamedPartner{Name: args[0]}
				if *finish {
					return c.finishRotation(named)
				}
				return c.newToken("/partners/rotate", named,
					"the older token works, too, until you say: postern partner rotate "+args[0]+" --finish")
			}
		},
	}
}

// newToken asks for a token and prints it, alone on standard output, so that it can go into a file (> token) without
// anybody having seen it. What there is to know beside it goes elsewhere. Nobody can print it a second time.
func (c *call) newToken(path string, in any, note string) error {
	var made operator.PartnerToken
	if err := c.ask(http.MethodPost, path, nil, in, &made); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.Out, made.Token); err != nil {
		return fmt.Errorf("the token is made, but could not be printed (%w): rotate it to get another", err)
	}
	p := made.Partner
	fmt.Fprintf(c.Err,
		"this is the only time that the token of %s is shown; its scopes: %s; bike plans: %s; from: %s\n",
		p.Name, listed(p.Scopes, ""), listed(p.Plans, "all"), listed(p.From, "anywhere"))
	if note != "" {
		fmt.Fprintln(c.Err, note)
	}
	return nil
}

func (c *call) finishRotation(named operator.NamedPartner) error {
	var partner operator.Partner
	if err := c.ask(http.MethodPost, "/partners/finish", nil, named, &partner); err != nil {
		return err
	}
	for _, token := range partner.Tokens {
		fmt.Fprintf(c.Out, "the older token is over; the one that ends in %s works\n", token.Last)
	}
	return nil
}

func partnerRevoke() command {
	return command{
		name: "partner revoke", args: "NAME", least: 1, most: 1,
		short:    "ends the tokens of a partner; its bikers and cleanings stay",
		examples: []string{"postern partner revoke payroll"},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				err := c.ask(http.MethodPost, "/partners/revoke", nil, operator.NamedPartner{Name: args[0]}, nil)
				if err == nil {
					fmt.Fprintln(c.Out, "revoked")
				}
				return err
			}
		},
	}
}

func partnerList() command {
	return command{
		name: "partner list", short: "lists the partners by name, the revoked ones too",
		examples: []string{"postern partner list", "postern partner list --json"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				heading := []string{"NAME", "STATE", "TOKENS", "ADDED", "SCOPES", "PLANS", "FROM", "EXPECTED"}
				return printPages(c.Out, *asJSON, heading, partnerRow,
					func(guid.ID) (page operator.Page[operator.Partner], err error) {
						err = c.ask(http.MethodGet, "/partners", nil, nil, &page)
						return page, err
					})
			}
		},
	}
}

func partnerRow(p operator.Partner) []string {
	state, expected := "active", ""
	switch {
	case !p.RevokedAt.IsZero():
		state = "revoked"
	case p.Rotating:
		state = "rotating"
	}
	if p.ExpectEvery > 0 {
		expected = "every " + p.ExpectEvery.String()
	}
	ends := make([]string, len(p.Tokens))
	for i, token := range p.Tokens {
		ends[i] = "…" + token.Last
	}
	return []string{p.Name, state, listed(ends, "-"), clock(p.AddedAt), listed(p.Scopes, ""), listed(p.Plans, "all"),
		listed(p.From, "anywhere"), expected}
}

// listed puts commas between items; none gives the word for that.
func listed[T any](items []T, none string) string {
	if len(items) == 0 {
		return none
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return strings.Join(texts, ", ")
}
