package command

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"net/url"

	"postern/server/operator"
	"postern/store/guid"
)

func planAdd() command {
	return command{
		name:  "plan add",
		args:  "CODE --client NAME [--name NAME] [--language NL|FR|EN] [--next-text TEXT] [--next-url URL]",
		least: 1, most: 1,
		short: "adds a bike plan, by whose code partners register bikers, or changes what bikers read of it",
		examples: []string{
			`postern plan add ACME-NL --client "Acme NV" --language NL`,
			`postern plan add ACME-NL --client "Acme NV" --name "Stadsfiets 2026" --next-url https://bikes.acme.example/start`,
		},
		prepare: func(f *flag.FlagSet) action {
			client := f.String("client", "", "the `NAME` of the client whose bike plan it is; bikers read it")
			name := f.String("name", "", "the plan's own `NAME`; bikers read it in place of the code")
			text := f.String("next-text", "", "the `TEXT` that tells bikers what happens once their password is set")
			next := f.String("next-url", "", "the `URL` of the page where they go on then")
			var language string
			f.Var(choice{&language, []string{"NL", "FR", "EN"}}, "language",
				"the `LANGUAGE` of bikers whose registration names none that is valid: NL, FR or EN; without it EN")
			return func(c *call, args []string) error {
				if *client == "" {
					return wrongUse("say whose bike plan it is: --client NAME")
				}
				c.makes = true // bike plans may be there before the first start
				var plan operator.Plan
				in := operator.Plan{Code: args[0], Client: *client, Language: language, Name: *name, NextURL: *next,
					NextText: *text}
				if err := c.ask(http.MethodPost, "/plans", nil, in, &plan); err != nil {
					return err
				}
				fmt.Fprintf(c.Out, "%s  %s\n", plan.Code, inLine(plan.Client))
				return nil
			}
		},
	}
}

func planList() command {
	return command{
		name: "plan list", short: "lists the bike plans by code",
		examples: []string{"postern plan list"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				heading := []string{"CODE", "LANGUAGE", "ADDED", "CLIENT", "NAME", "NEXT"}
				row := func(p operator.Plan) []string {
					return []string{p.Code, orDash(p.Language), clock(p.AddedAt), p.Client, orDash(p.Name),
						orDash(cmp.Or(p.NextURL, p.NextText))}
				}
				return printPages(c.Out, *asJSON, heading, row, func(guid.ID) (operator.Page[operator.Plan], error) {
					var page operator.Page[operator.Plan]
					err := c.ask(http.MethodGet, "/plans", nil, nil, &page)
					return page, err
				})
			}
		},
	}
}

func planRemove() command {
	return command{
		name: "plan remove", args: "CODE", least: 1, most: 1,
		short:    "removes a bike plan: nobody new is registered with it; bikers who have it keep it",
		examples: []string{"postern plan remove ACME-NL"},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				err := c.ask(http.MethodDelete, "/plans", url.Values{"code": {args[0]}}, nil, nil)
				if err == nil {
					fmt.Fprintln(c.Out, "removed")
				}
				return err
			}
		},
	}
}
