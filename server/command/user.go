package command

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"postern/server/operator"
)

func userShow() command {
	return command{
		name: "user show", args: "EMAIL", least: 1, most: 1, short: "shows a user and the latest letters to the user",
		examples: []string{"postern user show jan@example.org --json"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showUser(http.MethodGet, "/users", url.Values{"email": {args[0]}}, nil, *asJSON)
			}
		},
	}
}

// userExport has no decisions of cleanings that are deleted by now: they are gone with these.
func userExport() command {
	return export("user", "/users/export",
		"prints everything held of a user as JSON: record, letters, decisions, events")
}

func userDelete() command {
	return command{
		name: "user delete", args: "EMAIL", least: 1, most: 1,
		short:    "erases a user; decisions and events stay, without the name",
		examples: []string{"postern user delete jan@example.org"},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				if err := c.ask(http.MethodDelete, "/users", url.Values{"email": {args[0]}}, nil, nil); err != nil {
					return err
				}
				fmt.Fprintln(c.Out, "erased")
				return nil
			}
		},
	}
}

func userBlock() command {
	return userAct("block", "keeps a user out: no sign-in, no token, no letter")
}

func userUnblock() command { return userAct("unblock", "lets a blocked user in again") }

func userReactivate() command {
	return userAct("reactivate", "makes a user prove the mailbox again before the next sign-in")
}

// userAct is a command that changes a user and shows the outcome.
func userAct(act, short string) command {
	return command{
		name: "user " + act, args: "EMAIL", least: 1, most: 1, short: short,
		examples: []string{"postern user " + act + " jan@example.org"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showUser(http.MethodPost, "/users/"+act, nil, operator.Person{Email: args[0]}, *asJSON)
			}
		},
	}
}

func (c *call) showUser(method, path string, query url.Values, in any, asJSON bool) error {
	var user operator.User
	if err := c.ask(method, path, query, in, &user); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, user)
	}
	return printUser(c.Out, user)
}

var userStates = map[operator.UserState]string{
	operator.UserUnconfirmed: "registered, mailbox never confirmed",
	operator.UserActive:      "active",
	operator.UserReactivate:  "must confirm the mailbox again",
	operator.UserBlocked:     "blocked",
}

func printUser(out io.Writer, user operator.User) error {
	err := printFields(out,
		"id", user.ID.String(), "e-mail", user.Email, "name", strings.TrimSpace(user.FirstName+" "+user.LastName),
		"organisation", user.OrganisationName, "language", user.Language, "state", userStates[user.State],
		"registered", clock(user.RegisteredAt), "confirmed", clock(user.ActivatedAt),
		"signed in", clock(user.SignedInAt), "came for", idText(user.CleaningID))
	if err != nil {
		return err
	}
	return printLetters(out, user.Letters)
}
