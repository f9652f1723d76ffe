package command

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"postern/server/operator"
)

func bikerShow() command {
	return command{
		name: "biker show", args: "EMAIL", least: 1, most: 1,
		short:    "shows a biker and the latest letters to the biker",
		examples: []string{"postern biker show jane@example.org"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showBiker(http.MethodGet, "", url.Values{"email": {args[0]}}, nil, *asJSON)
			}
		},
	}
}

func bikerExport() command {
	return export("biker", "/bikers/export",
		"prints everything held of a biker as JSON: record, letters, sessions, events")
}

// export is a command that prints what is held of a person, for the person (GDPR article 15). Hashes of passwords and
// tokens are no part of it: they say nothing about the person, and a file that is mailed around is no place for them.
func export(who, path, short string) command {
	return command{
		name: who + " export", args: "EMAIL", least: 1, most: 1, short: short,
		examples: []string{"postern " + who + " export jane@example.org > held.json"},
		prepare: func(f *flag.FlagSet) action {
			jsonFlag(f) // it is JSON in any case
			return func(c *call, args []string) error {
				var held jsontext.Value
				if err := c.ask(http.MethodGet, path, url.Values{"email": {args[0]}}, nil, &held); err != nil {
					return err
				}
				return printJSON(c.Out, held)
			}
		},
	}
}

func bikerDelete() command {
	return command{
		name: "biker delete", args: "EMAIL", least: 1, most: 1, short: "erases a biker; events stay, without the name",
		long:     "Letters to the address about registrations that failed are erased, too.",
		examples: []string{"postern biker delete jane@example.org"},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				err := c.ask(http.MethodDelete, "/bikers", url.Values{"email": {args[0]}}, nil, nil)
				if err == nil {
					fmt.Fprintln(c.Out, "erased")
				}
				return err
			}
		},
	}
}

func bikerBlock() command {
	return bikerAct("block", "keeps a biker out: no login, no letter; sessions end")
}

func bikerUnblock() command { return bikerAct("unblock", "lets a blocked biker in again") }

// bikerAct is a command that changes a biker and shows the outcome.
func bikerAct(act, short string) command {
	return command{
		name: "biker " + act, args: "EMAIL", least: 1, most: 1, short: short,
		examples: []string{"postern biker " + act + " jane@example.org"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showBiker(http.MethodPost, "/"+act, nil, operator.Person{Email: args[0]}, *asJSON)
			}
		},
	}
}

func bikerMove() command {
	return command{
		name: "biker move", args: "EMAIL --partner NAME --plan CODE", least: 1, most: 1,
		short: "moves a biker to a partner and a bike plan",
		long: "With another partner the former one's employee id goes; the new partner sets its own with its next " +
			"call.",
		examples: []string{"postern biker move jane@example.org --partner payroll --plan ACME-FR"},
		prepare: func(f *flag.FlagSet) action {
			var move operator.Move
			f.StringVar(&move.Partner, "partner", "", "the `NAME` of the partner that the biker belongs to from now on")
			f.StringVar(&move.Plan, "plan", "", "the `CODE` of the bike plan")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				if move.Partner == "" || move.Plan == "" {
					return wrongUse("say where to: --partner NAME --plan CODE")
				}
				move.Email = args[0]
				return c.showBiker(http.MethodPost, "/move", nil, move, *asJSON)
			}
		},
	}
}

// showBiker asks for a biker, by an act or without one, and shows what came of it.
func (c *call) showBiker(method, path string, query url.Values, in any, asJSON bool) error {
	var biker operator.Biker
	if err := c.ask(method, "/bikers"+path, query, in, &biker); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, biker)
	}
	return printBiker(c.Out, biker)
}

var bikerStates = map[operator.BikerState]string{
	operator.BikerInvited: "registered, no password set yet",
	operator.BikerActive:  "active",
	operator.BikerBlocked: "blocked",
}

// printBiker prints what an operator is asked about on the telephone: who it is, how things stand, and the last
// letters.
func printBiker(out io.Writer, biker operator.Biker) error {
	language := biker.Language
	if biker.Chosen != "" {
		language = biker.Chosen + ", chosen by the biker"
	}
	err := printFields(out,
		"id", biker.ID.String(), "e-mail", biker.Email, "name", strings.TrimSpace(biker.FirstName+" "+biker.LastName),
		"partner", biker.Partner, "bike plan", biker.BikePlanCode, "employee id", biker.EmployeeID,
		"personnel number", biker.PersonnelNumber, "contract", biker.ContractType, "language", language,
		"state", bikerStates[biker.State], "registered", clock(biker.RegisteredAt),
		"password set", clock(biker.PasswordSetAt),
		"sessions", strconv.Itoa(biker.Sessions))
	if err != nil {
		return err
	}
	return printLetters(out, biker.Letters)
}
