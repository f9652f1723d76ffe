package command

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"postern/server/operator"
	"postern/server/wire"
	"postern/store/guid"
)

func cleaningAdd() command {
	return command{
		name: "cleaning add", args: "FILE.json [--pdf FILE]", least: 1, most: 1,
		short: "stores a cleaning, or a list of them: all, or none where one is wrong",
		long: `The file holds a cleaning, as the README shows one, with its id beside the fields, or a list of such
cleanings; - reads it from standard input. Adding a cleaning again changes it. Without a PDF the document is made from
the data; one that was added before stays. PDFs are stored after all cleanings: if the disk fills up in between, the
cleanings are there without them, and the answer says so.`,
		examples: []string{
			"postern cleaning add cleanings.json",
			"postern cleaning add cleaning.json --pdf eecd.pdf",
			"postern cleaning add - < cleanings.json",
		},
		prepare: func(f *flag.FlagSet) action {
			pdf := f.String("pdf", "", "the `FILE` with the document, - for standard input, where there is one cleaning")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error { return c.addCleaning(args[0], *pdf, *asJSON) }
		},
	}
}

func (c *call) addCleaning(name, pdf string, asJSON bool) error {
	if name == "-" && pdf == "-" {
		return wrongUse("standard input holds the cleaning or its document, not both: name a file for one of them")
	}
	body, err := c.readFile(name)
	if err != nil {
		return err
	}
	if pdf != "" {
		document, err := c.readFile(pdf)
		if err != nil {
			return err
		}
		if body, err = enclose(body, document); err != nil {
			return err
		}
	}
	// The first cleanings may be there before the first start. Commands that only look must not make a directory: it
	// would be in the wrong place where POSTERN_DATA is misspelt.
	c.makes = true
	var answer operator.StoredCleanings
	if err := c.ask(http.MethodPost, "/cleanings", nil, body, &answer); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, answer.Stored)
	}
	for _, path := range answer.Ignored {
		fmt.Fprintf(c.Err, "ignored, as no cleaning has it: %s\n", inLine(path))
	}
	for _, s := range answer.Stored {
		what := string(s.Outcome)
		if s.PDF {
			what += ", with its document"
		}
		fmt.Fprintf(c.Out, "%s  %s  %s\n", s.ID, inLine(s.Number), what)
	}
	return nil
}

// readFile reads a file, or standard input for -.
func (c *call) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(c.In)
	}
	return os.ReadFile(name)
}

// enclose puts a PDF beside the fields of the one cleaning in a body. The fields are not decoded on the way: unknown
// and doubled ones are the appliance's to judge, and would be gone.
func enclose(body, pdf []byte) ([]byte, error) {
	// What else may be wrong with the body is for the appliance to say.
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if !bytes.HasPrefix(start, []byte("{")) {
		return nil, wrongUse("--pdf goes with a file that holds one cleaning, in curly brackets")
	}
	member, err := json.Marshal(map[string]string{"pdf": base64.StdEncoding.EncodeToString(pdf)})
	if err != nil {
		return nil, err
	}
	if rest := bytes.TrimLeft(start[1:], " \t\r\n"); bytes.HasPrefix(rest, []byte("}")) {
		return append(member[:len(member)-1], rest...), nil
	}
	return append(append(member[:len(member)-1], ','), start[1:]...), nil
}

func cleaningShow() command {
	return command{
		name: "cleaning show", args: "ID", least: 1, most: 1, short: "shows a cleaning and how its load stands",
		examples: []string{"postern cleaning show 00000000-0000-4000-8000-000000000001"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				return c.showCleaning(http.MethodGet, args[0], "", nil, *asJSON)
			}
		},
	}
}

func cleaningReopen() command {
	return command{
		name: "cleaning reopen", args: "ID --reason TEXT", least: 1, most: 1,
		short: "takes back the decision about a cleaning's load, so that it can be decided again",
		long: `Whoever decided keeps the letter about it; both decisions stay in the events. The reason is kept with the
cleaning, where its partner reads it: do not name people in it.`,
		examples: []string{
			"postern cleaning reopen 00000000-0000-4000-8000-000000000001 --reason 'loaded on another tank'",
		},
		prepare: func(f *flag.FlagSet) action {
			reason := f.String("reason", "", "why, in a `TEXT` of at most 2,000 characters")
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				if *reason == "" {
					return wrongUse("say why, by --reason")
				}
				return c.showCleaning(http.MethodPost, args[0], "/reopen", operator.Reopening{Reason: *reason}, *asJSON)
			}
		},
	}
}

// showCleaning asks for a cleaning, or for an act on it, and shows it.
func (c *call) showCleaning(method, name, act string, in any, asJSON bool) error {
	id, err := parseID(name)
	if err != nil {
		return err
	}
	var found wire.StoredCleaning
	if err := c.ask(method, "/cleanings/"+id+act, nil, in, &found); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, found)
	}
	return printCleaning(c.Out, found)
}

func printCleaning(out io.Writer, found wire.StoredCleaning) error {
	document := "made from the data"
	if found.Document.Size > 0 {
		document = fmt.Sprintf("uploaded, %d octets", found.Document.Size)
	}
	err := printFields(out,
		"id", found.ID.String(), "number", found.Number, "status", string(found.Status),
		"station", joined(found.Station.Name, found.Station.City, found.Station.Country, found.Station.Phone),
		"customer", joined(found.Customer, found.CustomerReference),
		"equipment", joined(found.Equipment.Kind, found.Equipment.Identification, found.Equipment.Vehicle),
		"product", found.ProductNature, "next load", found.NextLoad,
		"cleaner", found.Cleaner, "driver", found.Driver, "time in", clock(found.TimeIn),
		"time out", clock(found.TimeOut),
		"seals", joined(found.Seals...), "services", found.AdditionalServices, "comments", found.Comments,
		"document", document,
		"delivered by", found.Partner, "stored", clock(found.StoredAt), "changed", clock(found.ChangedAt),
		"load", string(found.Load.Status), "decided", clock(found.Load.DecidedAt), "decided by", decider(found.Load),
		"loaded", found.Load.ProductName, "comment", found.Load.Comment,
		"reopened", clock(found.Reopened.At), "reason", found.Reopened.Reason)
	if err != nil || len(found.Compartments) == 0 {
		return err
	}
	rows := make([][]string, len(found.Compartments))
	for i, part := range found.Compartments {
		cleaned := "no"
		if part.Cleaned {
			cleaned = "yes"
		}
		load := joined(part.PreviousLoad.UNNumber, part.PreviousLoad.Name)
		rows[i] = []string{fmt.Sprint(part.Number), cleaned, strings.Join(part.Codes, " "), load}
	}
	fmt.Fprintln(out)
	return printRows(out, []string{"COMPARTMENT", "CLEANED", "CODES", "PREVIOUS LOAD"}, rows)
}

// decider names who decided a load, as far as that is known.
func decider(load wire.StoredLoad) string {
	by := load.DecidedBy
	if by == nil || by.FirstName == nil || by.LastName == nil || by.OrganisationName == nil {
		return idText(load.By)
	}
	return joined(*by.FirstName+" "+*by.LastName, *by.OrganisationName, idText(load.By))
}

// joined puts commas between what is there.
func joined(parts ...string) string {
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, part)
		}
	}
	return strings.Join(there, ", ")
}

func cleaningList() command {
	return command{
		name: "cleaning list", short: "lists the cleanings in the order of their ids",
		examples: []string{"postern cleaning list", "postern cleaning list --json"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				heading := []string{"ID", "NUMBER", "STATUS", "LOAD", "STATION", "EQUIPMENT"}
				row := func(one wire.StoredCleaning) []string {
					return []string{one.ID.String(), one.Number, string(one.Status), string(one.Load.Status),
						one.Station.Name, one.Equipment.Identification}
				}
				return printPages(c.Out, *asJSON, heading, row,
					func(after guid.ID) (page operator.Page[wire.StoredCleaning], err error) {
						err = c.ask(http.MethodGet, "/cleanings", url.Values{"after": {idText(after)}}, nil, &page)
						return page, err
					})
			}
		},
	}
}

func cleaningDelete() command {
	return command{
		name: "cleaning delete", args: "ID", least: 1, most: 1, short: "deletes a cleaning with its document",
		examples: []string{"postern cleaning delete 00000000-0000-4000-8000-000000000001"},
		prepare: func(*flag.FlagSet) action {
			return func(c *call, args []string) error {
				id, err := parseID(args[0])
				if err != nil {
					return err
				}
				if err := c.ask(http.MethodDelete, "/cleanings/"+id, nil, nil, nil); err != nil {
					return err
				}
				fmt.Fprintln(c.Out, "deleted")
				return nil
			}
		},
	}
}
