package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"

	"postern/server/wire"
	"postern/store/guid"
)

func events() command {
	return command{
		name: "events", args: "[--follow] [--after N]", short: "prints the events, the oldest first",
		long: "With --json an event is one line.",
		prepare: func(f *flag.FlagSet) action {
			follow := f.Bool("follow", false, "go on with events as they happen")
			after := f.Uint64("after", 0, "begin after event `N`; without it, with the oldest that is kept")
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				feed := feed{call: c, after: *after, asJSON: *asJSON}
				given := false
				f.Visit(func(set *flag.Flag) { given = given || set.Name == "after" })
				return feed.print(*follow, !given)
			}
		},
	}
}

// feed prints events.
type feed struct {
	*call
	after  uint64
	asJSON bool
}

// print prints what there is, and goes on as more comes where it is to follow. fromOldest: where the feed no longer
// holds its beginning, it begins with the oldest event that is kept.
func (f *feed) print(follow, fromOldest bool) error {
	for wait := ""; ; {
		n, err := f.page(wait)
		var gone *refusal
		switch {
		case fromOldest && errors.As(err, &gone) && gone.Oldest > 0:
			f.after, fromOldest = gone.Oldest-1, false
		case f.ctx.Err() != nil:
			return nil // the operator has seen enough
		case err != nil:
			return err
		case n > 0:
		case !follow:
			return nil
		case !f.session.running:
			return fmt.Errorf("no appliance is running: there is nothing to follow")
		default:
			wait = "30s"
		}
	}
}

// page prints the next events and tells how many there were.
func (f *feed) page(wait string) (int, error) {
	query := url.Values{"after": {strconv.FormatUint(f.after, 10)}, "wait": {wait}}
	var page wire.Feed
	if err := f.ask(http.MethodGet, "/events", query, nil, &page); err != nil {
		return 0, err
	}
	for _, event := range page.Events {
		if err := printEvent(f.Out, event, f.asJSON); err != nil {
			return 0, err
		}
	}
	f.after = page.Next
	return len(page.Events), nil
}

func printEvent(out io.Writer, event wire.Event, asJSON bool) error {
	if asJSON {
		line, err := json.Marshal(event, json.Deterministic(true))
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", line)
		}
		return err
	}
	line := fmt.Sprintf("%8d  %s  %-22s", event.Seq, clock(event.At), event.Type)
	for _, about := range []struct {
		what string
		id   guid.ID
	}{{"biker", event.Biker}, {"user", event.User}, {"cleaning", event.Cleaning}, {"letter", event.Letter}} {
		if !about.id.IsZero() {
			line += "  " + about.what + " " + about.id.String()
		}
	}
	_, err := fmt.Fprintln(out, line)
	return err
}
